"""Core: characters out of what the recogniser says, with a confidence for each; nothing is repaired.

The recogniser answers twice: step by step from left to right (CTC), and place by place (first character, second
character, ...). Where the two, or several cuts of one plate, say different things, the text that all of them
together hold likeliest is taken; only what one of them has said can be chosen, alone or with another's first
character. A character's confidence is the smaller probability of the two heads, averaged over the cuts, so a
character on which they do not agree is never sure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.plate_text import PlateKind, kind_of

Floats = NDArray[np.float32]

BLANK = 0
_FLOOR = np.float32(1e-9)
_STEP_FLOOR = np.float32(1e-7)
_TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Heads:
    """What the recogniser says about one strip, as probabilities."""

    steps: Floats
    """Time x classes; class 0 is the blank, the others are the alphabet."""
    places: Floats
    """Places x classes; the blank says that there is no such place."""
    kind: Floats
    color: Floats
    rows: Floats


@dataclass(frozen=True, slots=True)
class Labels:
    """What the classes of the heads stand for."""

    alphabet: str
    kinds: tuple[str, ...]
    """Names of `plate_text.KINDS`, and "none"."""
    colors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StripRead:
    """What stands on one strip; all confidences are 0 to 1, the texts need not be plates."""

    text: str
    char_confidences: tuple[float, ...]
    candidate: str
    """The runner-up; the text itself where nothing else was said."""
    plate: float
    """That the strip shows a plate at all."""
    two_rows: float
    """That the strip shows both rows of a plate squeezed into one line."""
    color: str
    color_confidence: float
    seen_kind: str
    """The kind that the plate looks like (a name of `plate_text.KINDS`), whatever its text says."""

    @property
    def kind(self) -> PlateKind | None:
        """The kind that the text is by the grammar, or None."""
        return kind_of(self.text)

    @property
    def confidence(self) -> float:
        """Of the weakest character, never more than that there is a plate; 0 without any."""
        return min(*self.char_confidences, self.plate) if self.char_confidences else 0.0


def read_of(cuts: Sequence[Heads], labels: Labels) -> StripRead:
    """What one or several cuts of the same plate say together. ``ValueError`` for none."""
    if not cuts:
        raise ValueError("no cuts to read")
    paths = [best_path(cut.steps) for cut in cuts]
    said = [*(tuple(classes) for classes, _ in paths), *(places_path(cut.places) for cut in cuts)]
    ranked = _rank(said, cuts, labels.alphabet)
    best = ranked[0]
    per_cut = [_confidences(best, path, cut.places) for path, cut in zip(paths, cuts, strict=True)]
    color, kind = _mean([cut.color for cut in cuts]), _mean([cut.kind for cut in cuts])
    none = labels.kinds.index("none")
    seen = max((number for number in range(len(kind)) if number != none), key=kind.__getitem__)
    return StripRead(
        text=_text(best, labels.alphabet),
        char_confidences=tuple(sum(found) / len(cuts) for found in zip(*per_cut, strict=True)),
        candidate=_text(ranked[1] if len(ranked) > 1 else best, labels.alphabet),
        plate=1.0 - kind[none],
        two_rows=_mean([cut.rows for cut in cuts])[1],
        color=labels.colors[color.index(max(color))],
        color_confidence=max(color),
        seen_kind=labels.kinds[seen],
    )


def _mean(heads: Sequence[Floats]) -> list[float]:
    """Class by class; a few short rows are added up faster as plain numbers."""
    return [sum(chances) / len(heads) for chances in zip(*(head.tolist() for head in heads), strict=True)]


def sureness(cut: Heads, labels: Labels) -> float:
    """How sure one cut is of a plate of the grammar, 0 to 1; nothing is said where its two heads disagree."""
    path = best_path(cut.steps)
    classes = tuple(path[0])
    if kind_of(_text(classes, labels.alphabet)) is None:
        return 0.0
    return min(*_confidences(classes, path, cut.places), 1.0 - float(cut.kind[labels.kinds.index("none")]))


def best_path(steps: Floats) -> tuple[list[int], list[float]]:
    """The likeliest class of each step, repeats and blanks dropped, and the highest probability that each reached."""
    classes: list[int] = []
    peaks: list[float] = []
    before = BLANK
    for number, chance in zip(steps.argmax(axis=1).tolist(), steps.max(axis=1).tolist(), strict=True):
        if number == BLANK:
            pass
        elif number != before:
            classes.append(number)
            peaks.append(chance)
        elif chance > peaks[-1]:
            peaks[-1] = chance
        before = number
    return classes, peaks


def places_path(places: Floats) -> tuple[int, ...]:
    """The likeliest class of each place up to the first that is empty."""
    best: list[int] = places.argmax(axis=1).tolist()
    return tuple(best[: best.index(BLANK)] if BLANK in best else best)


def path_scores(steps: Floats, paths: Sequence[tuple[int, ...]]) -> Floats:
    """Logarithm of the probability of each path in the steps (CTC, all alignments).

    ``steps``: one cut (time x classes) or several (cuts x time x classes), whose logarithms are added up.
    """
    cuts = steps.reshape(-1, *steps.shape[-2:])
    states = np.zeros((2 * max(map(len, paths)) + 1, len(paths)), np.intp)
    for column, path in zip(states.T, paths, strict=True):
        column[1 : 2 * len(path) : 2] = path
    # Products stay above 1e-308 with this floor and forty steps, so that no logarithms are needed on the way.
    heard = np.maximum(cuts, _STEP_FLOOR)[:, :, states].transpose(1, 2, 0, 3).astype(np.float64, order="C")
    skips = np.zeros(heard.shape[1:])
    skips[2:] = ((states[2:] != BLANK) & (states[2:] != states[:-2]))[:, None]
    chance = _forward(heard.reshape(*heard.shape[:2], -1), skips.reshape(len(skips), -1)).reshape(skips.shape)
    last = np.array([2 * len(path) for path in paths])
    index = np.arange(len(paths))
    in_last = np.where((last > 0)[:, None], chance[np.maximum(last - 1, 0), :, index], 0.0)
    whole = chance[last, :, index] + in_last
    return np.asarray(np.log(np.maximum(whole, _TINY)).sum(axis=1), np.float32)


def _forward(heard: NDArray[np.float64], skips: NDArray[np.float64]) -> NDArray[np.float64]:
    """The chance of ending in each state (states x paths); ``heard``: time x states x paths."""
    # Two states that nothing reaches stand before the first, so that all move alike, in four plain steps.
    now, after = ((b[2:], b[1:-1], b[:-2]) for b in np.zeros((2, len(skips) + 2, skips.shape[1])))
    leap = np.empty_like(skips)
    now[0][:2] = heard[0, :2]
    for chances in heard[1:]:
        np.multiply(now[2], skips, leap)
        np.add(now[0], now[1], after[0])
        np.add(after[0], leap, after[0])
        np.multiply(after[0], chances, after[0])
        now, after = after, now
    return now[0]


def _rank(said: Sequence[tuple[int, ...]], cuts: Sequence[Heads], alphabet: str) -> list[tuple[int, ...]]:
    """What was said, likeliest first; plates before what is none."""
    paths = list(dict.fromkeys(said))
    if len(paths) == 1:
        return paths
    # The first character is the hardest: any that was said may stand before any rest that was said.
    paths = list(dict.fromkeys(paths + [(*a[:1], *b[1:]) for a in paths for b in paths if a and b]))
    plates = [kind_of(_text(path, alphabet)) is not None for path in paths]
    if sum(plates) > 1:
        paths = [path for path, plate in zip(paths, plates, strict=True) if plate]
        plates = [True] * len(paths)
    score = path_scores(np.stack([cut.steps for cut in cuts]), paths)
    for cut in cuts:
        score = score + places_scores(cut.places, paths)
    return [paths[i] for i in np.lexsort((-score, ~np.array(plates)))]


def places_scores(places: Floats, paths: Sequence[tuple[int, ...]]) -> Floats:
    """Logarithm of the probability of each path in the places."""
    logs = np.log(places + _FLOOR)
    full = np.zeros((len(paths), len(places)), np.intp)
    for row, path in zip(full, paths, strict=True):
        row[: len(path)] = path[: len(places)]
    return np.asarray(logs[np.arange(len(places)), full].sum(axis=1), np.float32)


def _confidences(best: tuple[int, ...], path: tuple[list[int], list[float]], places: Floats) -> list[float]:
    """Per character of the text the smaller probability of the two heads in one cut."""
    classes, peaks = path
    if len(classes) != len(best):
        return [0.0] * len(best)
    length = min(len(best), len(places))
    placed = places[np.arange(length), best[:length]].tolist() + [0.0] * (len(best) - length)
    found = [
        min(peak, place) if said == number else 0.0
        for number, said, peak, place in zip(best, classes, peaks, placed, strict=True)
    ]
    if found and len(best) < len(places):
        found[-1] = min(found[-1], float(places[len(best), BLANK]))
    return found


def _text(path: tuple[int, ...], alphabet: str) -> str:
    return "".join(alphabet[number - 1] for number in path)
