"""From probabilities to characters: nothing is repaired, and no character is surer than both heads make it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from vision.plate_decode import StripRead, agree, best_path, confidences, places_text

LETTERS = "京AB0"
Floats = NDArray[np.float32]


def rows_of(*peaks: tuple[int, float]) -> Floats:
    """One row per (class, probability); the rest goes to the others evenly."""
    table = np.empty((len(peaks), len(LETTERS) + 1), np.float32)
    for row, (number, probability) in zip(table, peaks, strict=True):
        row[:] = (1 - probability) / len(LETTERS)
        row[number] = probability
    return table


def read(text: str, *confidence: float, candidate: str | None = None, plate: float = 1.0) -> StripRead:
    return StripRead(
        text=text,
        char_confidences=confidence,
        candidate=text if candidate is None else candidate,
        plate=plate,
        two_rows=0.0,
        color="blue",
        color_confidence=1.0,
        seen_kind="ordinary",
    )


@pytest.mark.parametrize(
    ("path", "text", "peaks"),
    [
        ([(1, 0.6), (1, 0.9), (0, 0.8), (2, 0.7)], "京A", [0.9, 0.7]),
        ([(2, 0.9), (0, 0.9), (2, 0.8)], "AA", [0.9, 0.8]),
        ([(2, 0.9), (2, 0.8)], "A", [0.9]),
        ([(2, 0.9), (4, 0.5), (0, 0.9)], "A0", [0.9, 0.5]),
        ([(0, 0.9), (0, 0.8)], "", []),
    ],
)
def test_repeats_and_blanks_are_dropped(path: list[tuple[int, float]], text: str, peaks: list[float]) -> None:
    classes, found = best_path(rows_of(*path))
    assert "".join(LETTERS[c - 1] for c in classes) == text
    assert found == pytest.approx(peaks)


def test_a_character_is_as_sure_as_the_weaker_head() -> None:
    places = rows_of((1, 0.99), (3, 0.9), (0, 1.0))
    sure, doubtful = confidences([1, 2], [0.8, 0.95], places)
    assert sure == pytest.approx(0.8)
    assert doubtful == pytest.approx(0.1 / 4), "the places see a B where the steps read an A"


def test_a_text_shorter_or_longer_than_the_places_see_is_not_sure() -> None:
    places = rows_of((1, 0.99), (2, 0.99), (3, 0.97))
    assert confidences([1, 2], [0.9, 0.9], places)[-1] == pytest.approx(0.03 / 4)
    assert confidences([1, 2, 3, 4], [0.9] * 4, places)[-1] == 0.0
    assert confidences([], [], places) == ()


def test_the_places_text_ends_at_the_first_empty_place() -> None:
    assert places_text(rows_of((1, 0.9), (2, 0.9), (0, 0.9), (3, 0.9)), LETTERS) == "京A"


def test_the_confidence_is_that_of_the_weakest_character_and_of_there_being_a_plate() -> None:
    assert read("京A00000", *[0.9] * 6, 0.4).confidence == 0.4
    assert read("京A00000", *[0.9] * 7, plate=0.2).confidence == 0.2
    assert read("").confidence == 0.0


def test_the_kind_is_the_grammars_and_none_for_what_is_no_plate() -> None:
    kind = read("京A0000警", *[0.9] * 7).kind
    assert kind is not None and kind.name == "police"
    assert read("京A000", *[0.9] * 5).kind is None


def test_cuts_that_agree_win_and_cuts_that_do_not_weaken() -> None:
    right = read("京A12345", *[0.8] * 7)
    wrong = read("津A12345", *[0.9] * 7)
    best = agree([right, wrong, right])
    assert best.text == "京A12345" and best.candidate == "津A12345"
    assert best.confidence == pytest.approx(0.8 * 2 / 3)
    assert agree([right]).confidence == pytest.approx(0.8)


def test_a_plate_is_preferred_to_what_is_none() -> None:
    assert agree([read("京A1234", *[0.9] * 6), read("京A12345", *[0.3] * 7)]).text == "京A12345"
    assert agree([read(""), read("")]).text == ""
    with pytest.raises(ValueError, match="no reads"):
        agree([])
