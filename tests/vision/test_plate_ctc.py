"""Decoding with the grammar inside: synthetic reader outputs with known answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from vision.plate_ctc import Charset, decode
from vision.plate_text import ALPHABET, KINDS, kind_of

CHARACTERS = ["", *ALPHABET, *"abcdefghijklmnopqrstuvwxyz", "·", "-", "统", "路", ":", " "]
CHARSET = Charset(CHARACTERS)
CERTAIN = 0.99


def output(text: str, confidence: float = CERTAIN, gap: int = 1) -> NDArray[np.float32]:
    """What a reader puts out that sees these glyphs, with blanks between them."""
    rows = []
    for character in text:
        for seen in [character, *[""] * gap]:
            row = np.full(len(CHARACTERS), 0.0, np.float32)
            share = confidence if seen else CERTAIN
            row[CHARACTERS.index(seen)] = share
            row[CHARACTERS.index("路")] += 1 - share
            rows.append(row)
    return np.stack(rows)


PLATES = ["京A12345", "京A11111", "粤OB2160", "粤BD12345", "粤B12345D", "鲁B1234挂", "京A1234学", "沪A0001警"]
PLATES += ["粤ZA123港", "123456使", "沪A1234领", "WJ京12345", "VA12345", "民航A1234", "皖1234567", "WJ0112345"]


@pytest.mark.parametrize("text", PLATES)
@pytest.mark.parametrize("gap", [1, 2])
def test_a_clear_line_is_read_as_it_stands(text: str, gap: int) -> None:
    decoded = decode(output(text, gap=gap), CHARSET)
    assert decoded is not None
    assert (decoded.text, decoded.kind) == (text, kind_of(text))
    assert decoded.confidence == pytest.approx(CERTAIN, abs=1e-3)
    assert len(decoded.char_confidences) == len(text)


@pytest.mark.parametrize(
    ("seen", "plate"),
    [("京A·12345", "京A12345"), ("京a12345", "京A12345"), ("京AOI2O5", "京A01205"), ("粤02160B", "粤O2160B")],
)
def test_glyphs_that_a_plate_does_not_tell_apart_are_read_by_their_place(seen: str, plate: str) -> None:
    decoded = decode(output(seen), CHARSET)
    assert decoded is not None
    assert decoded.text == plate
    assert decoded.confidence > 0.9


@pytest.mark.parametrize("other", ["8B", "B8", "5S", "2Z", "D0", "Q0", "7T"])
def test_similar_characters_that_a_plate_tells_apart_are_never_exchanged(other: str) -> None:
    seen, similar = other[0], other[1]
    decoded = decode(output(f"京A12{seen}45"), CHARSET)
    assert decoded is not None
    assert decoded.text == f"京A12{seen}45"
    assert similar not in decoded.text[4]


@pytest.mark.parametrize(
    "seen",
    [
        "13812345678",
        "2024-05-01",
        "12:00:00",
        "京A123456789",
        "统A12345",
        "A12345",
        "路京A12345",
        "京A1234",
        "AUDI",
        "OOOO",
        "OOOOOOO",
        "C00D",
        "路路路路路路路",
        "京路12345",
        "0012345",
        "1112345",
    ],
)
def test_what_is_no_plate_comes_out_without_confidence(seen: str) -> None:
    decoded = decode(output(seen), CHARSET)
    assert decoded is None or decoded.confidence < 0.05


def test_the_weakest_character_decides() -> None:
    picture = output("京A12345")
    weak = picture[4].copy()
    weak[:] = 0
    weak[CHARACTERS.index("1")], weak[CHARACTERS.index("7")] = 0.6, 0.4
    picture[4] = weak
    decoded = decode(picture, CHARSET)
    assert decoded is not None
    assert decoded.text == "京A12345"
    assert decoded.confidence == pytest.approx(0.6, abs=1e-6)
    assert decoded.char_confidences[2] == decoded.confidence


def test_only_the_kinds_asked_for_are_read() -> None:
    hanzi = [kind for kind in KINDS if kind.has_hanzi]
    military = decode(output("VA12345"), CHARSET, hanzi)
    assert military is None or military.confidence < 0.05


def test_a_line_too_short_for_a_plate_gives_none() -> None:
    assert decode(output("京A1"), CHARSET) is None


def test_a_reader_that_lacks_a_character_is_refused() -> None:
    with pytest.raises(ValueError, match="京"):
        Charset([c for c in CHARACTERS if c != "京"])


def test_the_plain_text_keeps_repeated_characters() -> None:
    assert "".join(c for c, _ in CHARSET.plain(output("京A11:1"))) == "京A11:1"


@settings(max_examples=60, deadline=None)
@given(st.integers(7, 30), st.integers(0, 2**32 - 1), st.floats(0.05, 3))
def test_any_output_gives_a_plate_of_the_grammar_or_none(steps: int, seed: int, sharpness: float) -> None:
    logits = np.random.default_rng(seed).normal(size=(steps, len(CHARACTERS))) * sharpness * 3
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    decoded = decode((shares / shares.sum(axis=1, keepdims=True)).astype(np.float32), CHARSET)
    if decoded is not None:
        assert kind_of(decoded.text) is not None
        assert all(0 <= c <= 1 for c in decoded.char_confidences)


def test_a_weak_glyph_is_shared_between_the_characters_that_it_can_be() -> None:
    faint = output("京A12345")
    faint[0] *= 0.01
    faint[0, CHARACTERS.index("津")] = 0.001
    shares = CHARSET.shares([faint, faint], "京津沪")
    assert shares.sum() == pytest.approx(1)
    assert shares[0] == pytest.approx(0.0099 / 0.0109, abs=1e-3)
    assert shares[2] < 1e-3
