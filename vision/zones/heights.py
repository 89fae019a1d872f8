"""Core: how tall somebody was over several pictures, and what two such series say on whether they are of one person.

Heights are compared as they would be at the same place: near the camera everybody is taller, by a rate (*lean*) that is
learnt from the people themselves, as is how much the measure wavers. There are two: the boxes, and the statures of
`vision.zones.stature`, which are more exact where they can be had.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, log, sqrt
from statistics import fmean

_KEPT = 60
_TRIMMED = 4
_AMONG = 0.1
"""Spread of grown-ups' heights, as a logarithm."""
_BOX, _BOX_JUMP_MAX = 0.03, 0.35
_STATURE, _STATURE_LEAST, _STATURE_JUMP_MAX = 0.015, 0.015, 0.03
"""Spread of single measures of one person, as logarithms: until it is learnt, at least, and what counts at most."""
_PLACE_SHARE, _RUN = 0.18, 2.7
"""Of its variance: what is left between two stretches of any length (boxes are wider here than there), and of single
pictures, each of which wavers with those before it."""
_WRONG, _WRONG_MAX, _WRONG_SPREAD = 0.6, 0.12, 0.2
"""Share of stretches measured wrongly (a part was hidden), for a single picture and at most; and by how much."""
_ASTRAY, _ASTRAY_SPREAD = 0.12, 0.12
"""Share of stretches whose stature is wrong however many pictures there are (shadows, grey shoes); and by how much."""
_BIAS = 0.02
"""By how much more boxes are too large around one than around another."""
_ODDS_LEAST = -6.0
_LEAN_MAX, _LEAN_PRIOR, _LEAN_KEEP = 0.8, 4.0, 0.998
_SPREAD_PRIOR, _JUMP = 50, 3.0
"""So many pictures the spread that is not learnt counts for."""


@dataclass(slots=True)
class Heights:
    """Of one person, picture by picture."""

    kept: list[tuple[float, float]] = field(default_factory=list)
    """The last of them: logarithm of the height, and where the foot is, in pixels downwards."""
    added: int = 0
    _mean: tuple[tuple[int, float], float, float] | None = None

    def __len__(self) -> int:
        """How many are kept."""
        return len(self.kept)

    def add(self, height: float, foot_y: float) -> None:
        """One more, in pixels."""
        self.kept, self.added = [*self.kept[-_KEPT + 1 :], (log(height), foot_y)], self.added + 1

    def join(self, later: Heights) -> Heights:
        """Of the same person, over both stretches."""
        return Heights([*self.kept, *later.kept][-_KEPT:], self.added + later.added)

    def at(self, foot_y: float, rate: float) -> float:
        """Logarithm of the height that they would have there; the mean without the outer quarters."""
        if self._mean is None or self._mean[0] != (self.added, rate):
            scale = exp(sorted(height for height, _ in self.kept)[len(self.kept) // 2])
            above = sorted(height - rate * y / scale for height, y in self.kept)
            cut = len(above) // _TRIMMED
            self._mean = (self.added, rate), fmean(above[cut : len(above) - cut]), scale
        return self._mean[1] + rate * foot_y / self._mean[2]

    def taller(self, later: Heights, lean: Lean) -> Taller:
        """By how much the other ones, taken later, are."""
        foot_y = later.kept[0][1]
        by = later.at(foot_y, lean.rate) - self.at(foot_y, lean.rate)
        return Taller(by, len(self), len(later), lean.spread)


@dataclass(frozen=True, slots=True)
class Taller:
    """A difference of log heights between two series."""

    by: float
    pictures: int
    others: int
    spread: float = _BOX
    """Of single pictures of one person."""

    @property
    def variance(self) -> float:
        """Of the difference, were it one person."""
        return self.spread**2 * (_PLACE_SHARE + _RUN * (1 / self.pictures + 1 / self.others))

    def likely(self, than: float = 0.0, more: float = 0.0) -> float:
        """How likely such boxes are of people who differ by that; `more` variance where that is not known."""
        wrong = min(_WRONG_MAX, _WRONG / min(self.pictures, self.others))
        right = (1 - wrong) * _normal(self.by - than, self.variance + more)
        return right + wrong * _normal(self.by, self.variance + 2 * _AMONG**2 + _WRONG_SPREAD**2)


def height_odds(boxes: Taller) -> float:
    """Log odds of one person against two, of boxes alone."""
    return max(_ODDS_LEAST, log(boxes.likely() / boxes.likely(more=2 * _AMONG**2)))


def stature_odds(boxes: Taller, statures: Taller) -> float:
    """Log odds of one person against two: statures that differ as the boxes do not were measured wrongly."""
    one, two, astray = statures.variance, 2 * _AMONG**2, _ASTRAY_SPREAD**2
    same = (1 - _ASTRAY) * _normal(statures.by, one) + _ASTRAY * _normal(statures.by, one + astray)
    other = (1 - _ASTRAY) * _normal(statures.by, one + two) * boxes.likely(than=statures.by, more=_BIAS**2)
    other += _ASTRAY * _normal(statures.by, one + astray + two) * boxes.likely(more=two)
    return max(_ODDS_LEAST, log(same * boxes.likely() / other))


def _normal(value: float, variance: float) -> float:
    """A density, but for a factor."""
    return exp(-0.5 * value * value / variance) / sqrt(variance)


class Lean:
    """How much taller people are who stand a height further down in the picture, and how much the measure wavers."""

    def __init__(self, spread: float = _BOX, *, least: float = 0.0, jump_max: float = _BOX_JUMP_MAX) -> None:
        """`spread` until it is learnt; `jump_max`: what differs by more is of somebody else."""
        self._both, self._square = 0.0, _LEAN_PRIOR
        self._variance, self._least, self._jump_max = spread**2, least, jump_max
        self._learnt = _SPREAD_PRIOR

    @property
    def rate(self) -> float:
        """Of log heights; 0 until learnt, 0.8 at most."""
        return round(min(_LEAN_MAX, max(0.0, self._both / self._square)), 2)

    @property
    def spread(self) -> float:
        """Of the log heights of single pictures of one person."""
        return max(self._least, sqrt(self._variance))

    def learn(self, known: Heights, height: float, foot_y: float) -> None:
        """Take one more height, in pixels, of somebody whose last ones are known."""
        log_height, known_y = fmean(height for height, _ in known.kept), fmean(y for _, y in known.kept)
        step = (foot_y - known_y) / exp(log_height)
        taller = log(height) - log_height
        if abs(taller) < max(self._jump_max, _JUMP * self.spread):
            self._both = _LEAN_KEEP * self._both + step * taller
            self._square = _LEAN_KEEP * (self._square - _LEAN_PRIOR) + step * step + _LEAN_PRIOR
            self._learnt += 1
            share = max(1 - _LEAN_KEEP, 1 / self._learnt)
            self._variance += share * ((taller - self.rate * step) ** 2 - self._variance)


@dataclass(frozen=True, slots=True)
class Leans:
    """Of both measures."""

    boxes: Lean = field(default_factory=Lean)
    statures: Lean = field(default_factory=lambda: Lean(_STATURE, least=_STATURE_LEAST, jump_max=_STATURE_JUMP_MAX))
