"""What stands on the plates that are issued: how often each place of a text is a letter. Core: arithmetic only.

A reader takes on the habits of what it learns from. Where every allowed character came equally often, two thirds of the
serials would be letters, and a washed-out 6 would sooner be read as G than as 6. The issuing rules (GA 36, from
secondary sources) hand out serials of digits alone first, then with one letter, the earlier places first, then with
two, never more; private choices keep to the same forms. New-energy plates began with D and F only.
"""

from __future__ import annotations

import numpy as np

from vision.plate_text import PlateKind

Rng = np.random.Generator

_SERIAL = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_NEW_ENERGY = "ABCDEFGHJK"
_LETTERS = (0.22, 0.36, 0.37, 0.05)
"""Of five places none, one, two are letters, or more: those are in no rule, and must be read all the same."""
_FEW_LETTERS = (0.55, 0.30, 0.12, 0.03)
"""Of the same in kinds of which few are issued."""
_EARLIER = (6.0, 3.0, 2.0, 1.0, 1.5)
"""How often a letter stands in the first to the fifth place of a serial."""
_FIRST_TWO = 0.6
"""Share of D and F among the letters of new-energy plates."""
_ONLY = 0.35
_ONLY_HK = 0.7
"""Share of letters in a serial's only free place: new energy; Hong Kong and Macau."""


def draw_characters(rng: Rng, kind: PlateKind) -> str:
    """A text of this kind with letters about as often as real plates have them; other places uniformly."""
    free = [i for i, slot in enumerate(kind.slots) if slot == _SERIAL]
    letters = _letter_places(rng, kind, free)
    return "".join(_character(rng, slot, i in letters) for i, slot in enumerate(kind.slots))


def _character(rng: Rng, slot: str, letter: bool) -> str:
    if slot == _SERIAL:
        slot = slot[10:] if letter else slot[:10]
    elif slot == _NEW_ENERGY and rng.random() < _FIRST_TWO:
        slot = "DF"
    return slot[int(rng.integers(len(slot)))]


def _letter_places(rng: Rng, kind: PlateKind, free: list[int]) -> set[int]:
    """Which of the free places of a serial are letters."""
    if len(free) < 2:
        return {i for i in free if rng.random() < (_ONLY_HK if kind.name == "hk_macau" else _ONLY)}
    odds = _LETTERS if kind.name == "ordinary" else _FEW_LETTERS
    count = int(rng.choice(len(odds), p=odds))
    if count == len(odds) - 1:
        count = int(rng.integers(count, len(free) + 1))
    weights = np.array(_EARLIER[: len(free)])
    return {free[int(i)] for i in rng.choice(len(free), count, replace=False, p=weights / weights.sum())}
