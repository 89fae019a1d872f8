"""Core: what somebody looks like over several pictures, and how unlike two such portraits are.

Heights are compared as they would be at the same place: near the camera everybody is taller, by a rate (*lean*) that is
learnt from the people themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vision.zones.people import Looks, Person, looks_apart

SAMPLES_MIN = 5
_STEADY = 1.12
_HEIGHT_SLACK, _HEIGHT_WEIGHT = 0.03, 4.0
_FOLLOW = np.float32(0.1)
_LEAN_MAX, _LEAN_PRIOR = 0.8, 4.0
_LEAN_KEEP, _JUMP_MAX = 0.998, 0.35


@dataclass(frozen=True, slots=True)
class Portrait:
    """Of one person."""

    looks: Looks
    log_height: float
    foot_y: float

    @staticmethod
    def of(people: Sequence[Person]) -> Portrait:
        """From several pictures of one person."""
        looks = np.asarray(np.mean([person.looks for person in people], axis=0), np.float32)
        height = float(np.median([person.height for person in people]))
        return Portrait(looks, float(np.log(height)), float(np.mean([person.foot[1] for person in people])))

    def with_another(self, person: Person) -> Portrait:
        """A little more like one more picture of them."""
        share = float(_FOLLOW)
        return Portrait(
            self.looks + _FOLLOW * (person.looks - self.looks),
            (1 - share) * self.log_height + share * float(np.log(person.height)),
            (1 - share) * self.foot_y + share * person.foot[1],
        )

    def apart(self, other: Portrait, lean: float) -> float:
        """Up to some 0.25: the same person, or one that cannot be told from them; from 0.4 on somebody else."""
        step = (other.foot_y - self.foot_y) / float(np.exp(self.log_height))
        taller = abs(other.log_height - self.log_height - lean * step)
        return looks_apart(self.looks, other.looks) + _HEIGHT_WEIGHT * max(0.0, taller - _HEIGHT_SLACK)


def steady(people: Sequence[Person]) -> bool:
    """Whether they are enough for a portrait, all but two of one height: a box about two people is not."""
    if len(people) < SAMPLES_MIN:
        return False
    heights = sorted(person.height for person in people)[1:-1]
    return heights[-1] < _STEADY * heights[0]


class Lean:
    """How much taller people are who stand a height further down in the picture, as a logarithm; 0 until learnt."""

    def __init__(self) -> None:
        self._both, self._square = 0.0, _LEAN_PRIOR

    @property
    def rate(self) -> float:
        """0 to 0.8."""
        return min(_LEAN_MAX, max(0.0, self._both / self._square))

    def learn(self, portrait: Portrait, person: Person) -> None:
        """Take one more picture of somebody whose portrait there is."""
        step = (person.foot[1] - portrait.foot_y) / float(np.exp(portrait.log_height))
        taller = float(np.log(person.height)) - portrait.log_height
        if abs(taller) < _JUMP_MAX:
            self._both = _LEAN_KEEP * self._both + step * taller
            self._square = _LEAN_KEEP * (self._square - _LEAN_PRIOR) + step * step + _LEAN_PRIOR
