"""Core: what somebody looks like over several pictures, and what that says on whether two such portraits are of one.

All is told as log odds: above 0 for "the same person", below for "somebody else". Heights are compared as they would be
at the same place: near the camera everybody is taller, by a rate (*lean*) that is learnt from the people themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, log, sqrt
from statistics import fmean

import numpy as np

from vision.zones.people import Looks, Person, looks_apart

_FIRST, _KEPT = 10, 60
_FOLLOW = np.float32(0.1)
_ALIKE, _UNLIKE, _PER_APART, _EVEN = 1.7, -6.0, 8.0, 0.4
"""Log odds of looks: most, least, by how much they fall, and where they are 0."""
_HEIGHT_SPREAD = 0.1
"""Of grown-ups' heights, as a logarithm."""
_SPREAD = 0.03
"""Of the log heights of single boxes of one person, until it is learnt: a detector's."""
_PLACE_SHARE, _RUN = 0.18, 2.7
"""Of that variance: what is left between two stretches of any length (boxes are wider here than there), and of single
pictures, each of which wavers with those before it."""
_HEIGHT_LEAST = -6.0
_TRIMMED = 4
_LEAN_MAX, _LEAN_PRIOR = 0.8, 4.0
_LEAN_KEEP, _JUMP_MAX = 0.998, 0.35


@dataclass(slots=True)
class Portrait:
    """Of one person, picture by picture."""

    first: Looks | None = None
    """In the first pictures."""
    last: Looks | None = None
    """Lately: light and shadow change within a minute."""
    pictures: int = 0
    heights: list[tuple[float, float]] = field(default_factory=list)
    """Of the last pictures: logarithm of the height, and where the foot is, in pixels downwards."""

    _mean: tuple[tuple[int, float], float, float] | None = None

    def add(self, person: Person) -> None:
        """One more picture in which they are seen alone."""
        if self.first is None or self.last is None:
            self.first = self.last = np.asarray(person.looks, np.float32)
        else:
            share = max(float(_FOLLOW), 1 / (self.pictures + 1))
            self.last = np.asarray(self.last + np.float32(share) * (person.looks - self.last), np.float32)
            if self.pictures < _FIRST:
                self.first = np.asarray(self.first + (person.looks - self.first) / (self.pictures + 1), np.float32)
        self.pictures += 1
        self.heights = [*self.heights[-_KEPT + 1 :], (log(person.height), person.foot[1])]

    def join(self, later: Portrait) -> Portrait:
        """Of the same person, over both stretches."""
        return Portrait(
            self.first if self.first is not None else later.first,
            later.last if later.last is not None else self.last,
            self.pictures + later.pictures,
            [*self.heights, *later.heights][-_KEPT:],
        )

    def height_at(self, foot_y: float, rate: float) -> float:
        """Logarithm of the height that they would have there; the mean without the outer quarters."""
        if self._mean is None or self._mean[0] != (self.pictures, rate):
            scale = exp(sorted(height for height, _ in self.heights)[len(self.heights) // 2])
            above = sorted(height - rate * y / scale for height, y in self.heights)
            cut = len(above) // _TRIMMED
            self._mean = (self.pictures, rate), fmean(above[cut : len(above) - cut]), scale
        return self._mean[1] + rate * foot_y / self._mean[2]

    def odds(self, later: Portrait, lean: Lean) -> float:
        """Log odds that they are of one person, the other one taken later."""
        if self.last is None or later.first is None:
            return 0.0
        looks = min(_ALIKE, _PER_APART * (_EVEN - looks_apart(self.last, later.first)))
        foot_y = later.heights[0][1]
        taller = later.height_at(foot_y, lean.rate) - self.height_at(foot_y, lean.rate)
        return max(_UNLIKE, looks) + height_odds(taller, len(self.heights), len(later.heights), lean.spread)


def height_odds(taller: float, pictures: int, others: int, spread: float = _SPREAD) -> float:
    """Log odds of one person for a difference of log heights: its spread with one person's against with two's."""
    one = spread**2 * (_PLACE_SHARE + _RUN * (1 / pictures + 1 / others))
    two = one + 2 * _HEIGHT_SPREAD**2
    return max(_HEIGHT_LEAST, 0.5 * log(two / one) - 0.5 * taller**2 * (1 / one - 1 / two))


class Lean:
    """How much taller people are who stand a height further down in the picture, and how much their boxes waver."""

    def __init__(self) -> None:
        self._both, self._square = 0.0, _LEAN_PRIOR
        self._variance = _SPREAD**2

    @property
    def rate(self) -> float:
        """Of log heights; 0 until learnt, 0.8 at most."""
        return round(min(_LEAN_MAX, max(0.0, self._both / self._square)), 2)

    @property
    def spread(self) -> float:
        """Of the log heights of single pictures of one person."""
        return sqrt(self._variance)

    def learn(self, heights: list[tuple[float, float]], person: Person) -> None:
        """Take one more picture of somebody whose last heights are known."""
        log_height, foot_y = fmean(height for height, _ in heights), fmean(y for _, y in heights)
        step = (person.foot[1] - foot_y) / exp(log_height)
        taller = log(person.height) - log_height
        if abs(taller) < _JUMP_MAX:
            self._both = _LEAN_KEEP * self._both + step * taller
            self._square = _LEAN_KEEP * (self._square - _LEAN_PRIOR) + step * step + _LEAN_PRIOR
            self._variance += (1 - _LEAN_KEEP) * ((taller - self.rate * step) ** 2 - self._variance)
