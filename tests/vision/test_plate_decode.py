"""From probabilities to characters: nothing is repaired, and no character is surer than both heads make it."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from vision.plate_decode import Heads, Labels, best_path, path_scores, places_path, read_of, sureness

LETTERS = "京AB0津"
Floats = NDArray[np.float32]


def rows_of(*peaks: tuple[int, float]) -> Floats:
    """One row per (class, probability); the rest goes to the others evenly."""
    table = np.empty((len(peaks), len(LETTERS) + 1), np.float32)
    for row, (number, probability) in zip(table, peaks, strict=True):
        row[:] = (1 - probability) / len(LETTERS)
        row[number] = probability
    return table


LABELS = Labels(LETTERS, ("ordinary", "police", "none"), ("blue", "white"))


def heads(steps: Floats, places: Floats, plate: float = 1.0) -> Heads:
    kind = np.array([0.9 * plate, 0.1 * plate, 1 - plate], np.float32)
    return Heads(steps, places, kind, np.array([0.8, 0.2], np.float32), np.array([0.7, 0.3], np.float32))


def spelt(text: str, sure: float = 0.95, **changed: tuple[str, float]) -> Heads:
    """Heads that say a text; ``steps0=("津", 0.6)`` makes the steps say another first character, and so on."""
    told: dict[str, list[tuple[int, float]]] = {"steps": [], "places": []}
    for head, path in told.items():
        for i, char in enumerate(text):
            other, probability = changed.get(f"{head}{i}", (char, sure))
            path.append((LETTERS.index(other) + 1, probability))
    steps = ([pair for told_pair in told["steps"] for pair in (told_pair, (0, 0.99))] + [(0, 0.99)] * 20)[:20]
    places = (told["places"] + [(0, 0.99)] * 9)[:9]
    return heads(rows_of(*steps), rows_of(*places))


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


def test_the_places_end_at_the_first_that_is_empty() -> None:
    assert places_path(rows_of((1, 0.9), (2, 0.9), (0, 0.9), (3, 0.9))) == (1, 2)
    assert places_path(rows_of((1, 0.9), (2, 0.9))) == (1, 2)


def brute_force(steps: Floats, path: tuple[int, ...]) -> float:
    total = 0.0
    for way in product(range(steps.shape[1]), repeat=len(steps)):
        kept = [c for i, c in enumerate(way) if c and (i == 0 or way[i - 1] != c)]
        if tuple(kept) == path:
            total += float(np.prod([steps[t, c] for t, c in enumerate(way)]))
    return total


@pytest.mark.parametrize(
    ("cut", "least", "most"),
    [
        (spelt("京AB00000"[:7], sure=0.9), 0.85, 0.91),
        (spelt("京A00000", sure=0.9, places3=("B", 0.9)), 0.0, 0.1),
        (spelt("A京00000", sure=0.9), 0.0, 0.0),
    ],
    ids=["a plate", "two heads disagree", "no plate by the grammar"],
)
def test_one_cut_is_as_sure_as_its_less_sure_head(cut: Heads, least: float, most: float) -> None:
    assert least <= sureness(cut, LABELS) <= most


def test_a_strip_that_shows_no_plate_is_not_sure() -> None:
    said = spelt("京A00000", sure=0.9)
    blank = heads(said.steps, said.places, plate=0.05)
    assert sureness(blank, LABELS) == pytest.approx(0.05, abs=1e-3)


def test_the_scores_of_several_cuts_are_added_up() -> None:
    steps = np.random.default_rng(2).dirichlet(np.ones(4), (3, 6)).astype(np.float32)
    paths = [(1, 2), (3,), (2, 2, 1)]
    np.testing.assert_allclose(path_scores(steps, paths), sum(path_scores(cut, paths) for cut in steps), rtol=1e-5)


@pytest.mark.parametrize("path", [(), (1,), (1, 2), (2, 2), (1, 2, 1)])
def test_the_score_of_a_path_sums_all_its_alignments(path: tuple[int, ...]) -> None:
    steps = np.random.default_rng(1).dirichlet(np.ones(3), 5).astype(np.float32)
    score, _ = path_scores(steps, [path, (1, 2, 1, 2)])
    assert np.exp(score) == pytest.approx(brute_force(steps, path), rel=1e-4)


def test_heads_that_agree_give_the_text_and_the_weaker_confidence() -> None:
    read = read_of([spelt("京A00000", 0.95, places3=("0", 0.6))], LABELS)
    assert read.text == read.candidate == "京A00000"
    assert read.confidence == pytest.approx(0.6) == read.char_confidences[3]
    assert (read.color, read.seen_kind) == ("blue", "ordinary")
    assert read.two_rows == pytest.approx(0.3) and read.color_confidence == pytest.approx(0.8)


def test_heads_that_differ_are_never_sure_and_name_both() -> None:
    read = read_of([spelt("京A00000", 0.95, steps0=("津", 0.6))], LABELS)
    assert (read.text, read.candidate) == ("京A00000", "津A00000")
    assert read.confidence == 0.0, "the steps saw another first character"


def test_several_cuts_outvote_one_and_lower_the_confidence() -> None:
    good, bad = spelt("京A00000"), spelt("京A00000", steps0=("津", 0.9), places0=("津", 0.9))
    read = read_of([bad, good, good], LABELS)
    assert (read.text, read.candidate) == ("京A00000", "津A00000")
    assert read.confidence == pytest.approx(0.95 * 2 / 3)


def test_plates_come_before_what_is_none_and_nothing_is_added() -> None:
    longer = spelt("京A000000", 0.7)
    read = read_of([longer, spelt("京A00000", 0.6)], LABELS)
    assert read.text == "京A00000"
    assert read_of([spelt("京A000")], LABELS).kind is None, "no plate is made of it"
    assert read_of([spelt("")], LABELS).text == "" and read_of([spelt("")], LABELS).confidence == 0.0
    with pytest.raises(ValueError, match="no cuts"):
        read_of([], LABELS)


def test_the_confidence_is_never_more_than_that_there_is_a_plate() -> None:
    cut = spelt("京A00000")
    assert read_of([heads(cut.steps, cut.places, 0.2)], LABELS).confidence == pytest.approx(0.2)


def test_a_plate_longer_than_the_places_is_not_sure() -> None:
    assert read_of([spelt("京A0000000" + "A")], LABELS).char_confidences[-1] == 0.0
