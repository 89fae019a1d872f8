"""Core: what comes down in plural: rain, snow, leaves. Something thrown is unlike it.

Pieces of one thing, which is lost and found again on its way, are no plural.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.falling.grades import usual_contrast, usual_strength
from vision.falling.measures import Measures, streak
from vision.falling.tracks import Trail

CROWD_S = 12.0
CROWD_MIN, CROWD_TIMES = 7, 1.5
"""So many others like it within that time: weather; how much larger than nine in ten of them a flutter must be then."""
STORM_MIN = 20
"""So many others are rain or snow, which start nowhere; leaves are fewer, and do."""
BEGINS_PX, BEGINS_POINTS, BEGINS_TIMES = 4.0, 60, 1.0
"""What is seen in a storm so long, and to start so plainly slowly, need only be as large as nine in ten."""
POINTS_MIN, DROP_M, DENSITY_MIN = 12, 1.0, 0.75
"""Of what is counted."""
RAIN_MIN = 3
"""Streaks of that time that are rain."""
QUIET_MAX = 2
LEAF_PX, LAG_CLEAR_PX, APART_S = 6.0, 6.0, 1.0
"""Smaller flutters that do not start so plainly slowly are leaves when another comes down beside them, ending so much
before or after."""
SELF_PX, SELF_TIMES = 12.0, 2.0
"""What ended so near to where this one was at that time, or sizes of it, was this one."""


@dataclass(frozen=True, slots=True)
class _Came:
    """Something that came down."""

    end_s: float
    end: NDArray[np.float64]
    speed_mps: float
    size_px: float
    strength: float
    contrast: float


class Weather:
    """Of one camera."""

    def __init__(self) -> None:
        self._came: deque[_Came] = deque(maxlen=400)
        self._streaks_s: deque[float] = deque(maxlen=RAIN_MIN)

    def note(self, trail: Trail, found: Measures) -> None:
        """Remembers what came down, whatever it was."""
        if streak(found):
            self._streaks_s.append(float(trail.at_s[-1]))
        if found.points >= POINTS_MIN and found.drop_m > DROP_M and found.density > DENSITY_MIN:
            self._came.append(
                _Came(
                    end_s=float(trail.at_s[-1]),
                    end=trail.points[-1].copy(),
                    speed_mps=-float(found.late_mps[1]),
                    size_px=found.size_px,
                    strength=usual_strength(trail),
                    contrast=usual_contrast(trail),
                )
            )

    def raining(self, now_s: float) -> bool:
        """Have streaks come down lately, as nothing but rain does in plural?"""
        return len(self._streaks_s) == RAIN_MIN and now_s - self._streaks_s[0] < CROWD_S

    def beside(self, trail: Trail) -> Company:
        """What else has come down lately."""
        now_s = float(trail.at_s[-1])
        lately = [one for one in self._came if now_s - one.end_s < CROWD_S]
        if not lately:
            return Company((), self.raining(now_s))
        size_px = float(np.median(trail.sides.max(1)))
        end_s = np.array([one.end_s for one in lately])
        at_s = np.clip(end_s, trail.at_s[0], now_s)
        then = np.stack([np.interp(at_s, trail.at_s, trail.points[:, axis]) for axis in (0, 1)], 1)
        off_px = np.linalg.norm(then - np.stack([one.end for one in lately]), axis=1)
        itself = (end_s >= trail.at_s[0]) & (off_px < max(SELF_PX, SELF_TIMES * size_px))
        others = tuple(one for one, same in zip(lately, itself.tolist(), strict=True) if not same)
        return Company(others, self.raining(now_s))


@dataclass(frozen=True, slots=True)
class Company:
    """What has come down beside one trail, and is not a piece of it."""

    others: tuple[_Came, ...]
    rain: bool = False
    """Whether streaks are among them."""

    @property
    def quiet(self) -> bool:
        """Nothing else has come down for a while."""
        return len(self.others) <= QUIET_MAX

    @property
    def crowded(self) -> bool:
        """Has so much come down lately that it is weather?"""
        return len(self.others) >= CROWD_MIN

    @property
    def stormy(self) -> bool:
        """Is it rain or snow?"""
        return len(self.others) >= STORM_MIN

    def alike(self, found: Measures) -> int:
        """How many like it have come down lately."""
        return sum(_alike(one, found) for one in self.others)

    def has_alike(self, found: Measures) -> bool:
        """Has much like it come down lately?"""
        return self.alike(found) >= CROWD_MIN

    def begins(self, found: Measures) -> bool:
        """Whether it plainly began here, as flakes and drops do not."""
        return found.points >= BEGINS_POINTS and found.lag_px > BEGINS_PX and (self.stormy or self.rain)

    def hides(self, trail: Trail, found: Measures) -> bool:
        """Whether it is not clearly larger than the many things, fast or slow, that come down; or one of few leaves."""
        sizes = [one.size_px for one in self.others]
        times = BEGINS_TIMES if self.begins(found) else CROWD_TIMES
        lost = self.crowded and found.size_px < times * float(np.percentile(sizes, 90))
        return lost or self._leaf(trail, found)

    def _leaf(self, trail: Trail, found: Measures) -> bool:
        """Small, its slow start not plain, and another like it came down before or after: leaves come in plural."""
        if found.size_px >= LEAF_PX or found.lag_px > LAG_CLEAR_PX:
            return False
        begin, end = float(trail.at_s[0]), float(trail.at_s[-1])
        return any(
            abs(one.end_s - end) > APART_S and one.end_s > begin + APART_S and _alike(one, found) for one in self.others
        )


def _alike(one: _Came, found: Measures) -> bool:
    speed_mps = -float(found.late_mps[1])
    return 0.6 * speed_mps < one.speed_mps < 1.6 * speed_mps and one.size_px > 0.6 * found.size_px
