"""Core: the most likely plate in the output of a character reader (CTC), with an honest confidence.

A general text reader tells O from 0 and I from 1 by the words around them; on a plate the position decides,
because the grammar leaves one of the two. So the best plate is searched in the reader's probabilities
themselves (Viterbi over all kinds of GA 36) instead of repairing its text. A character's confidence is the
probability that the reader gave to that glyph, lowered where the reader saw something that the plate leaves
out: a telephone number cut to seven characters, a badge or a shop sign ends near 0.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.plate_text import ALPHABET, KINDS, PlateKind, normalise

Floats = NDArray[np.float32]

_SAME_GLYPH = dict.fromkeys("0Oo○〇", "0O") | dict.fromkeys("1Il|丨", "1I")
_NO_CHARACTER = "·•‧∙・･.-– '`:,。、—_~°"
_NEVER = np.float32(-1e9)
_LONGEST = max(len(kind.slots) for kind in KINDS)
_FLOOR = np.float32(1e-7)
_STAY, _FROM_BLANK = -1, -2


def _slots() -> Floats:
    """0 where a kind allows a character at a position, else minus infinity: kinds x positions x alphabet."""
    table = np.full((len(KINDS), _LONGEST, len(ALPHABET)), _NEVER, np.float32)
    for k, kind in enumerate(KINDS):
        for i, allowed in enumerate(kind.slots):
            # Without hanzi a telephone number 0012345 would become the military OO12345.
            letters = allowed if kind.has_hanzi or not allowed.isalpha() else allowed.replace("I", "").replace("O", "")
            table[k, i, [ALPHABET.index(c) for c in letters]] = 0
    return table


_SLOTS = _slots()


@dataclass(frozen=True, slots=True)
class Decoded:
    """A plate read from one line."""

    text: str
    kind: PlateKind
    char_confidences: tuple[float, ...]

    @property
    def confidence(self) -> float:
        """Of the weakest character."""
        return min(self.char_confidences)


class Charset:
    """Maps the classes of a reader's output to the characters of plates and to "no character"."""

    def __init__(self, characters: Sequence[str]) -> None:
        """`characters[i]` is the text of class i; class 0 is the CTC blank."""
        groups: dict[str, list[int]] = {c: [] for c in ALPHABET}
        nothing = [0]
        for i, character in enumerate(characters[1:], 1):
            if character in _NO_CHARACTER:
                nothing.append(i)
            for glyph in {normalise(character), *_SAME_GLYPH.get(character, "")} & groups.keys():
                groups[glyph].append(i)
        missing = [c for c, classes in groups.items() if not classes]
        if missing:
            raise ValueError(f"the reader does not know {''.join(missing)}")
        self.characters = tuple(characters)
        self._columns = np.concatenate([*groups.values(), nothing])
        self._starts = np.cumsum([0, *(len(g) for g in groups.values())])

    def reduce(self, probabilities: Floats) -> tuple[Floats, Floats]:
        """Time x classes to time x alphabet, and to the probability of no character, both 0 to 1."""
        sums = np.add.reduceat(probabilities[:, self._columns], self._starts, axis=1)
        return np.minimum(sums[:, :-1], 1), np.minimum(sums[:, -1], 1)

    def shares(self, outputs: Sequence[Floats], among: str) -> Floats:
        """How a glyph that must be one of these characters is shared between them, over several outputs."""
        columns = [ALPHABET.index(c) for c in among]
        peaks = np.sum([self.reduce(output)[0][:, columns].max(axis=0) for output in outputs], axis=0) + _FLOOR
        return np.asarray(peaks / peaks.sum(), np.float32)

    def plain(self, probabilities: Floats) -> list[tuple[str, int]]:
        """The reader's own text without any grammar: characters and the time step of each."""
        best = probabilities.argmax(axis=1)
        new = (best != 0) & np.insert(best[1:] != best[:-1], 0, True)
        return [(self.characters[best[t]], int(t)) for t in np.flatnonzero(new)]


def decode(probabilities: Floats, charset: Charset, kinds: Collection[PlateKind] = KINDS) -> Decoded | None:
    """The most likely plate of these kinds in a line (time x classes, each row summing to 1).

    None if the line is too short for a plate.
    """
    seen, nothing = charset.reduce(probabilities)
    steps, chars, blanks = _forward(np.log(seen + _FLOOR), np.log(nothing + _FLOOR))
    best: tuple[float, int, bool] = (float(_NEVER) / 2, -1, False)
    for k, kind in enumerate(KINDS):
        if kind not in kinds:
            continue
        last = len(kind.slots)
        best = max(best, (float(chars[k, last - 1].max()), k, True), (float(blanks[k, last]), k, False))
    _, k, in_char = best
    if k < 0:
        return None
    path, indices = _trace(steps, k, len(KINDS[k].slots), chars[k], in_char)
    text = "".join(ALPHABET[i] for i in indices)
    return Decoded(text, KINDS[k], _confidences(seen, nothing, path, indices))


_Step = tuple[NDArray[np.int16], NDArray[np.int16]]


def _forward(log_seen: Floats, log_nothing: Floats) -> tuple[list[_Step], Floats, Floats]:
    """Viterbi scores of ending in a character and of ending in no character, and the steps to trace back."""
    kinds, positions, letters = _SLOTS.shape
    chars = np.full(_SLOTS.shape, _NEVER, np.float32)
    blanks = np.full((kinds, positions + 1), _NEVER, np.float32)
    blanks[:, 0] = 0
    steps: list[_Step] = []
    letter = np.arange(letters)
    for seen, nothing in zip(log_seen, log_nothing, strict=True):
        order = np.argpartition(chars, -2, axis=2)[:, :, -2:]
        pair = np.take_along_axis(chars, order, axis=2)
        first, second = pair.max(axis=2), pair.min(axis=2)
        first_at, second_at = (
            chars.argmax(axis=2),
            np.where(pair[:, :, 0] > pair[:, :, 1], order[:, :, 1], order[:, :, 0]),
        )
        # A character may follow another without a blank only if it differs (CTC).
        repeats = letter == first_at[:, :-1, None]
        source = np.zeros(_SLOTS.shape, np.int16)
        follow = np.full(_SLOTS.shape, _NEVER, np.float32)
        follow[:, 1:] = np.where(repeats, second[:, :-1, None], first[:, :-1, None])
        source[:, 1:] = np.where(repeats, second_at[:, :-1, None], first_at[:, :-1, None])
        after_blank = np.broadcast_to(blanks[:, :-1, None], chars.shape)
        best = np.maximum(np.maximum(chars, follow), after_blank)
        char_from = np.where(best == chars, _STAY, np.where(best == after_blank, _FROM_BLANK, source))
        ended = np.insert(first, 0, _NEVER, axis=1)
        blank_from = np.where(ended > blanks, np.insert(first_at, 0, 0, axis=1), _STAY)
        steps.append((char_from.astype(np.int16), blank_from.astype(np.int16)))
        blanks = np.maximum(ended, blanks) + nothing
        chars = best + seen + _SLOTS
    return steps, chars, blanks


def _trace(
    steps: list[_Step], kind: int, length: int, chars: Floats, in_char: bool
) -> tuple[list[tuple[int, bool]], list[int]]:
    """For every time step the position reached and whether a character is being read; and the characters."""
    position = length - 1 if in_char else length
    letter = int(chars[length - 1].argmax()) if in_char else -1
    path: list[tuple[int, bool]] = []
    indices = [0] * length
    for char_from, blank_from in reversed(steps):
        path.append((position, letter >= 0))
        if letter >= 0:
            indices[position] = letter
            came = int(char_from[kind, position, letter])
            if came == _FROM_BLANK:
                letter = -1
            elif came != _STAY:
                position, letter = position - 1, came
        else:
            came = int(blank_from[kind, position])
            if came != _STAY:
                position, letter = position - 1, came
    return path[::-1], indices


def _confidences(seen: Floats, nothing: Floats, path: list[tuple[int, bool]], indices: list[int]) -> tuple[float, ...]:
    """Per character: the highest probability of its glyph, but never more than what else was seen leaves."""
    last = len(indices) - 1
    peak = [0.0] * len(indices)
    room = [1.0] * len(indices)
    for t, (position, in_char) in enumerate(path):
        here = min(position, last)
        # At the edge of a glyph the reader may waver between it and its neighbour: both belong to the plate.
        known = {indices[max(here - 1, 0)], indices[here], indices[min(here + 1, last)]}
        explained = float(nothing[t]) + float(sum(seen[t, i] for i in known))
        room[here] = min(room[here], explained)
        if in_char:
            peak[here] = max(peak[here], float(seen[t, indices[here]]))
    return tuple(min(1.0, max(0.0, min(p, r))) for p, r in zip(peak, room, strict=True))
