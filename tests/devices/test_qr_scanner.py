"""A QR scanner's bytes: lines, encodings, repeats, limits."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.qr_scanner import GAP_S, LINE_MAX, RATE_MAX, REPEAT_S, QrScanner


@pytest.mark.parametrize(
    ("data", "codes"),
    [
        (b"HELLO\r\n", ["HELLO"]),
        (b"HELLO\n", ["HELLO"]),
        (b"HELLO\r", ["HELLO"]),
        (b"A\r\nB\r\nC\n", ["A", "B", "C"]),
        (b"\r\n\r\n", []),
        (b"  padded \r\n", ["padded"]),
        ("门卫 12".encode() + b"\r", ["门卫 12"]),
        ("café".encode("latin-1") + b"\r", ["café"]),
        (b"A" * LINE_MAX + b"\n", ["A" * LINE_MAX]),
        (b"A" * (LINE_MAX + 1) + b"\n", []),
        (b"A" * 5000 + b"\nB\n", ["B"]),
        (b"no end", []),
        (b"bell\x07\n", []),
        (b"nul\0\n", []),
    ],
)
@pytest.mark.parametrize("cut", [1, 7, 100_000])
def test_which_bytes_are_a_code(data: bytes, codes: list[str], cut: int) -> None:
    scanner = QrScanner()
    assert [c for at in range(0, len(data), cut) for c in scanner.feed(data[at : at + cut], 1.0)] == codes


def test_a_code_held_before_the_scanner_counts_once_and_again_after_it_was_away() -> None:
    scanner = QrScanner()
    said = [code for n in range(20) for code in scanner.feed(b"PASS\r\n", 10.0 + n * 0.5)]
    assert said == ["PASS"]
    assert scanner.counters.repeats == 19
    assert scanner.feed(b"PASS\r\n", 19.5 + REPEAT_S + 0.01) == ["PASS"]


def test_two_people_who_take_turns_are_not_each_others_repeats() -> None:
    scanner = QrScanner()
    assert scanner.feed(b"A\nB\nA\nB\n", 1.0) == ["A", "B"]


def test_half_a_line_is_forgotten_after_a_gap() -> None:
    scanner = QrScanner()
    assert scanner.feed(b"OLD", 1.0) == []
    assert scanner.feed(b"NEW\r\n", 1.0 + GAP_S + 0.01) == ["NEW"]
    assert scanner.counters.broken == 1
    assert scanner.feed(b"SPLIT", 5.0) == []
    assert scanner.feed(b"LINE\r\n", 5.0 + GAP_S / 2) == ["SPLITLINE"]


def test_a_flood_of_codes_is_no_hand() -> None:
    scanner = QrScanner()
    assert len(scanner.feed(b"".join(b"%d\n" % n for n in range(1000)), 1.0)) == RATE_MAX
    assert scanner.counters.too_fast == 1000 - RATE_MAX
    assert scanner.feed(b"next\n", 2.0) == ["next"]


def test_what_was_scanned_stands_in_no_repr() -> None:
    scanner = QrScanner()
    scanner.feed(b"SECRET\nSECRET2", 1.0)
    assert "SECRET" not in repr(scanner)


@given(st.binary(max_size=2000), st.lists(st.integers(0, 2000), max_size=5))
def test_how_the_stream_is_cut_changes_nothing(data: bytes, cuts: list[int]) -> None:
    whole = QrScanner().feed(data, 1.0)
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    scanner = QrScanner()
    pieces = [data[a:b] for a, b in itertools.pairwise(places)]
    assert [code for piece in pieces for code in scanner.feed(piece, 1.0)] == whole


def test_100_000_random_frames_raise_nothing_and_stay_bounded() -> None:
    rng, scanner, now_s = random.Random(7), QrScanner(), 0.0
    for _ in range(100_000):
        now_s += rng.choice((0.0, 0.1, 2.0))
        data = rng.randbytes(rng.randrange(30)) + rng.choice((b"", b"\n", b"\r"))
        for code in scanner.feed(data, now_s):
            assert 0 < len(code) <= LINE_MAX
            assert code.isprintable()
    assert scanner.counters.codes > 1000
