"""Core: characters out of what the recogniser says, with a confidence for each; nothing is repaired.

The recogniser answers twice: step by step from left to right (CTC), and place by place (first character, second
character, ...). The steps give the text. A character's confidence is the smaller probability of the two, so a
character on which the two do not agree is never sure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.plate_text import PlateKind, kind_of

Floats = NDArray[np.float32]

BLANK = 0


@dataclass(frozen=True, slots=True)
class StripRead:
    """What stands on one strip; all confidences are 0 to 1, the texts need not be plates."""

    text: str
    char_confidences: tuple[float, ...]
    candidate: str
    """What the places say; differs from the text where the recogniser is in doubt."""
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
        return min((*self.char_confidences, self.plate), default=0.0) if self.char_confidences else 0.0


def best_path(steps: Floats) -> tuple[list[int], list[float]]:
    """The likeliest class of each step (time x classes, rows sum to 1), repeats and blanks dropped.

    Returns the classes and the highest probability that each reached.
    """
    best = steps.argmax(axis=1)
    peak = steps.max(axis=1)
    classes: list[int] = []
    peaks: list[float] = []
    before = BLANK
    for number, probability in zip(best.tolist(), peak.tolist(), strict=True):
        if number == BLANK:
            before = BLANK
        elif number == before:
            peaks[-1] = max(peaks[-1], probability)
        else:
            classes.append(number)
            peaks.append(probability)
            before = number
    return classes, peaks


def confidences(classes: Sequence[int], peaks: Sequence[float], places: Floats) -> tuple[float, ...]:
    """Per character the smaller probability of steps and places (places x classes).

    Where the places see more characters than the steps, the last one answers for that.
    """
    if not classes:
        return ()
    pairs = enumerate(zip(classes, peaks, strict=True))
    found = [min(p, float(places[i, c])) if i < len(places) else 0.0 for i, (c, p) in pairs]
    if len(classes) < len(places):
        found[-1] = min(found[-1], float(places[len(classes), BLANK]))
    return tuple(found)


def places_text(places: Floats, alphabet: str) -> str:
    """The likeliest character of each place up to the first that is empty."""
    text = ""
    for number in places.argmax(axis=1).tolist():
        if number == BLANK:
            break
        text += alphabet[number - 1]
    return text


def agree(reads: Sequence[StripRead]) -> StripRead:
    """The read that several cuts of one plate support most; cuts that say something else weaken it.

    ``ValueError`` for no reads.
    """
    if not reads:
        raise ValueError("no reads to choose from")
    votes: dict[str, list[StripRead]] = defaultdict(list)
    for read in reads:
        votes[read.text].append(read)
    same = max(votes.values(), key=lambda r: (r[0].kind is not None, sum(x.confidence for x in r)))
    best = max(same, key=lambda r: r.confidence)
    sums = np.sum([r.char_confidences for r in same], axis=0) / len(reads) if best.char_confidences else ()
    others = [r.text for r in reads if r.text != best.text] + [r.candidate for r in reads if r.candidate != best.text]
    return StripRead(
        text=best.text,
        char_confidences=tuple(float(c) for c in sums),
        candidate=others[0] if others else best.candidate,
        plate=float(np.mean([r.plate for r in reads])),
        two_rows=best.two_rows,
        color=best.color,
        color_confidence=best.color_confidence,
        seen_kind=best.seen_kind,
    )
