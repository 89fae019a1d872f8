"""A keypad's bytes: what is an entry, what is none, and that nothing else ever comes out."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.keypad import KEYS_MAX, PAUSE_S, Keypad


def burst8(keys: str) -> bytes:
    """The 8-bit burst codes of keys: four bits behind their complement."""
    return bytes((0xF - code) << 4 | code for code in ("0123456789*#".index(key) for key in keys))


def burst4(keys: str) -> bytes:
    return bytes("0123456789*#".index(key) for key in keys)


@pytest.mark.parametrize(
    ("data", "entries"),
    [
        (b"1234#", ["1234"]),
        (b"1234\r", ["1234"]),
        (b"1234\r\n", ["1234"]),
        (b"1234\n", ["1234"]),
        (b"12*34#", ["34"]),
        (b"12\x7f34\x0d", ["34"]),  # OSDP's star and hash
        (b"12\x1b34#", ["34"]),
        (b"12#34#", ["12", "34"]),
        (burst8("0123456789#"), ["0123456789"]),
        (burst8("9*8#"), ["8"]),
        (burst4("0123456789#"), ["0123456789"]),
        (burst4("9*8#"), ["8"]),
        (b"#", []),
        (b"*#", []),
        (b"\r\n\r\n", []),
        (b"1234", []),
        (b"1" * 16 + b"#", ["1" * 16]),
        (b"1" * 17 + b"#", []),
        (b"1" * 17 + b"#12#", ["12"]),
        (b"1" * 17 + b"*12#", ["12"]),
        (b"1" * 500 + b"#", []),
        (b"12\xff4#", []),  # a damaged key is no key left out
        (b"12\xff4#5#", ["5"]),
        (b"\xff12#", ["12"]),  # noise before an entry spoils nothing
        (b"12" + burst8("3") + b"#", []),
        (b"12" + burst4("3") + b"#", []),
    ],
)
@pytest.mark.parametrize("cut", [1, 1000])
def test_which_bytes_are_an_entry(data: bytes, entries: list[str], cut: int) -> None:
    pad = Keypad()
    heard = [entry for at in range(0, len(data), cut) for entry in pad.feed(data[at : at + cut], 1.0)]
    assert heard == entries
    assert pad.counters.entries == len(entries)


def test_the_known_burst_codes() -> None:
    assert burst8("0123456789*#") == bytes.fromhex("F0 E1 D2 C3 B4 A5 96 87 78 69 5A 4B")


def test_a_pause_ends_an_entry_and_the_next_key_begins_another() -> None:
    pad = Keypad()
    assert pad.feed(b"12", 100.0) == []
    assert pad.feed(b"3", 104.0) == []
    assert pad.deadline_mono_s == 104.0 + PAUSE_S
    assert pad.expire(108.9) == []
    assert pad.expire(109.0) == ["123"]
    assert pad.expire(200.0) == []
    pad.feed(b"45", 300.0)
    assert pad.feed(b"6", 305.0) == ["45"]
    assert pad.feed(b"#", 305.1) == ["6"]


def test_a_pause_ends_a_void_entry_without_a_word() -> None:
    pad = Keypad()
    pad.feed(b"1" * 20, 1.0)
    assert pad.expire(6.0) == []
    assert pad.feed(b"12#", 6.1) == ["12"]
    assert pad.counters.too_long == 1


def test_what_was_typed_stands_in_no_repr() -> None:
    pad = Keypad()
    pad.feed(b"13579", 1.0)
    assert "13579" not in repr(pad)


@given(st.lists(st.tuples(st.binary(max_size=40), st.floats(0, 10)), max_size=20))
def test_whatever_comes_an_entry_has_1_to_16_digits(pieces: list[tuple[bytes, float]]) -> None:
    pad, now_s = Keypad(), 0.0
    for data, later_s in pieces:
        now_s += later_s
        for entry in pad.feed(data, now_s) + pad.expire(now_s):
            assert 1 <= len(entry) <= KEYS_MAX
            assert set(entry) <= set("0123456789")


def test_100_000_random_frames_raise_nothing_and_stay_bounded() -> None:
    rng, pad, now_s = random.Random(7), Keypad(), 0.0
    for _ in range(100_000):
        now_s += rng.choice((0.001, 0.3, 6.0))
        entries = pad.feed(rng.randbytes(rng.randrange(12)), now_s)
        assert all(0 < len(entry) <= KEYS_MAX and entry.isascii() and entry.isdigit() for entry in entries)
    assert pad.counters.noise > 100_000
