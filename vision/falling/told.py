"""Core: what has been told lately, so that nothing is told twice: neither again, nor in parts, nor drop by drop."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.falling.facade import Wall
from vision.falling.judge import Verdict
from vision.falling.tracks import Trail, shared

Floats = NDArray[np.float64]

KEPT = 16
SAME_S, SAME_M = 8.0, 3.0
"""A trail that a reported fall explains within these is that fall again."""
BEGINS_PX, BEGINS_M, SPLASH = 4.0, 1.5, 2
"""What so plainly starts at rest is that fall only within this way of it, unless so much of it has come that it is a
splash."""
ITSELF = 0.3
"""Share of the things of the shorter of two trails that are the other's too: one thing, told once more."""
SOON_S = 1.0
LOWER_M, SPREADS = 2.0, 0.15
"""So far below, and within those metres and that share of the way beside, what only the traits tell is a part of it."""
REPEAT_S, REPEAT_M, REPEAT_PX = 20.0, 0.8, 5.0
"""A small thing from where one fell before is dripping water."""
FIRST, LAST = 8, 12
"""Points by which the beginning of one trail is compared with the end of another."""


@dataclass(slots=True)
class _One:
    trail: Trail
    verdict: Verdict
    origin: Floats
    pieces: int = 0
    """Trails that were it again."""

    @property
    def ended_s(self) -> float:
        return float(self.trail.at_s[-1])


class Told:
    """By one camera."""

    def __init__(self, wall: Wall) -> None:
        self._wall = wall
        self._lately: deque[_One] = deque(maxlen=KEPT)

    def remember(self, trail: Trail, verdict: Verdict, origin: Floats) -> None:
        """It is told now; `origin`: x, z on the wall where it was let go."""
        self._lately.append(_One(trail, verdict, origin))

    def again(self, trail: Trail, verdict: Verdict, origin: Floats) -> str:
        """Why this is nothing new; empty where it is."""
        for told in self._lately:
            since_s = float(trail.at_s[0]) - told.ended_s
            if since_s > REPEAT_S:
                continue
            beside_m = float(np.hypot(*(origin - told.origin)))
            small = verdict.measures.size_px < REPEAT_PX
            if small and beside_m < REPEAT_M * 3 and abs(origin[0] - told.origin[0]) < REPEAT_M:
                return "drips"
            if since_s < SAME_S and (
                self._explained(trail, verdict, told, beside_m)
                or (verdict.against_rules and self._part(trail, origin, told))
            ):
                told.pieces += 1
                return "told already"
        return ""

    def _explained(self, trail: Trail, verdict: Verdict, told: _One, beside_m: float) -> bool:
        start_s = told.trail.at_s[0]
        if (abs(trail.at_s[0] - start_s) < SOON_S and beside_m < SAME_M) or _itself(trail, told.trail):
            return True
        if trail.at_s[0] < start_s:
            return False
        at_s, here = trail.at_s[:FIRST], self._wall.to_wall(trail.points[:FIRST])
        if told.verdict.flight is not None:
            there = self._wall.to_wall(self._wall.project(told.verdict.flight.place(at_s)))
        else:
            last = self._wall.to_wall(told.trail.points[-LAST:])
            slope = np.polyfit(told.trail.at_s[-LAST:], last, 1)
            there = slope[0] * at_s[:, None] + slope[1]
        begins = verdict.measures.lag_px > BEGINS_PX and told.pieces < SPLASH
        within_m = BEGINS_M if begins else SAME_M
        off_m = float(np.median(np.hypot(*(here - there).T)))
        return off_m < within_m + SPREADS * abs(float(here[0, 1] - told.origin[1]))

    @staticmethod
    def _part(trail: Trail, origin: Floats, told: _One) -> bool:
        """Does it begin below where something was let go, and not before that, as drops and lost parts do?"""
        below_m = float(told.origin[1] - origin[1])
        beside_m = abs(float(origin[0] - told.origin[0]))
        after = trail.at_s[0] >= told.trail.at_s[0]
        return bool(after) and below_m > LOWER_M and beside_m < SAME_M + SPREADS * below_m


def _itself(one: Trail, other: Trail) -> bool:
    if one.at_s[0] > other.at_s[-1] or other.at_s[0] > one.at_s[-1]:
        return False
    return bool(np.count_nonzero(shared(one.rows, other.rows)) > ITSELF * min(len(one.rows), len(other.rows)))
