"""Core: how seldom chance shows things as strong as these, so that a few strong ones on one path tell as much as many.

A codec at night shows a thing in bursts: nothing in three pictures of four, then far more than any noise. Counted among
all faint things such a burst is worth little; among those as strong it is worth what it should be.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from vision.falling.blobs import Blobs
from vision.falling.clutter import CELL_PX, FORGET, LEAST, Clutter
from vision.falling.tracks import Trail

Floats = NDArray[np.float64]

STRENGTHS = (0.0, 400.0, 1600.0)
"""Least strength of a grade's things: grey levels of difference, summed over the box."""
KEPT = 400
"""Pictures whose times are remembered."""
AT_LEAST = 6
"""Things of a grade on a path below which the grade says nothing."""


class Grades:
    """False things by strength, for pictures of `size` (width, height)."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._clutters = [Clutter(size) for _ in STRENGTHS]
        self._taken_s: deque[float] = deque(maxlen=KEPT)

    def take(self, blobs: Blobs, at_s: float) -> None:
        """Counts the things of one picture."""
        strength = strength_of(blobs.high - blobs.low, blobs.contrast)
        for least, clutter in zip(STRENGTHS, self._clutters, strict=True):
            clutter.take(blobs.chosen(np.flatnonzero(strength >= least)))
        self._taken_s.append(at_s)

    def stronger(self, least: float) -> Clutter:
        """False things of the grade of that least strength."""
        return self._clutters[STRENGTHS.index(least)]

    def calm(self, most: float) -> float:
        """The least strength that no more than so many things of a picture have.

        Rain and snow are many and faint: what is stronger is as seldom as anything in calm weather.
        """
        few = [least for least, one in zip(STRENGTHS, self._clutters, strict=True) if one.per_picture <= most]
        return few[0] if few else STRENGTHS[-1]

    def evidence(self, trail: Trail, off_px: Floats, within_px: float, missed: int, seen: float) -> float:
        """As `Clutter.evidence`, by the grade that tells most: weaker points then count as missed.

        The trail's own things are not held against it.
        """
        strength = strength_of(trail.sides, trail.rows[:, 7])
        near = np.log(seen / (2 * np.pi * within_px**2)) - 0.5 * np.minimum(off_px / within_px, 4.0) ** 2
        best = -np.inf
        for least, clutter in zip(STRENGTHS, self._clutters, strict=True):
            own = strength >= least
            if least > 0.0 and own.sum() < AT_LEAST:
                continue
            others = self._others(clutter, trail.rows[own])
            lost = missed + int((~own).sum())
            best = max(best, float((near[own] - np.log(others)).sum() + lost * np.log(1 - seen)))
        return best

    def _others(self, clutter: Clutter, rows: Floats) -> Floats:
        """N rows -> N: density of false things there, without these."""
        taken = np.array(self._taken_s)
        ago = len(taken) - 1 - np.searchsorted(taken, rows[:, 0] - 1e-3)
        counted = (1 - FORGET) * FORGET ** np.maximum(ago, 0)
        cells = np.floor(rows[:, 1:3] / CELL_PX)
        same = (cells[:, None] == cells[None]).all(2)
        return np.asarray(np.maximum(clutter.density(rows[:, 1:3]) - same @ counted / CELL_PX**2, LEAST))


def strength_of(sides: Floats, contrast: Floats) -> Floats:
    """Nx2 widths and heights, N mean differences -> N."""
    return np.asarray(sides[:, 0] * sides[:, 1] * np.abs(contrast))


def usual_strength(trail: Trail) -> float:
    """The usual strength of its things."""
    return float(np.median(strength_of(trail.sides, trail.rows[:, 7])))


def usual_contrast(trail: Trail) -> float:
    """The usual difference from the wall, with its sign: flakes and drops are brighter than most."""
    return float(np.median(trail.rows[:, 7]))
