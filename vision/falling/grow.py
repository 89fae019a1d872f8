"""Core: a short piece of a path, followed forwards and backwards through the faint things of the last seconds.

A thing near the noise is met in one picture of three, too seldom for `tracks` to hold it; but where a path leads is
known to a few pixels, and there even a faint thing tells. So each piece is carried on in time and back (least squares
on the wall's plane with gravity as a prior), the next faint thing within reach of the prediction is taken, and the
path ends where its odds against chance are best: evidence grows only along it (track before detect).
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from vision.falling.blobs import Blobs, Pictures
from vision.falling.clutter import Clutter, odds_of
from vision.falling.facade import Wall
from vision.falling.grades import Grades, strength_of
from vision.falling.measures import noise_px
from vision.falling.tracks import Trail, rows_of

Floats = NDArray[np.float64]

KEPT_S = 8.0
KEPT = 220
"""Pictures remembered, and seconds: longer falls than from the 30th floor are not followed back to their start."""
SEEN_SHARE = 0.3
MISSED = float(np.log(1 - SEEN_SHARE))
"""Logarithm of odds of a picture in which it is not seen."""
WINDOW_S = 0.8
"""Drag changes the acceleration: only the nearest part of a path is carried on."""
PULL = np.array([[0.0, 1.2], [-6.0, 3.0]])
"""Acceleration across and upward, m/s^2: mean and spread of what falls with any drag."""
VAGUE_PX = 3.5
"""How much vaguer than the place of a thing a prediction may be before it is worth nothing."""
REACH = 3.0
GIVE_UP = 12.0
"""Logarithm of odds lost since the best end of the path."""


class History:
    """What differed lately, faint things included, and how many of them each part of the picture shows."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.clutter = Grades(size)
        self._kept: deque[tuple[float, Blobs]] = deque(maxlen=KEPT)

    def take(self, blobs: Blobs, at_s: float) -> None:
        """Remembers the things of one picture."""
        self.clutter.take(blobs, at_s)
        self._kept.append((at_s, blobs))
        while at_s - self._kept[0][0] > KEPT_S:
            self._kept.popleft()

    def pictures(self, least: float = 0.0) -> Pictures:
        """Times and things of at least that strength (`grades`), oldest first."""
        if not least:
            return list(self._kept)
        strong = [strength_of(blobs.high - blobs.low, blobs.contrast) >= least for _, blobs in self._kept]
        return [
            (at_s, blobs.chosen(np.flatnonzero(own))) for (at_s, blobs), own in zip(self._kept, strong, strict=True)
        ]

    def grow(self, wall: Wall, trail: Trail) -> Trail:
        """The trail with what lies on its path before and after it; itself when nothing does."""
        rows = trail.rows
        before = [kept for kept in reversed(self._kept) if kept[0] < rows[0, 0] - 1e-3]
        rows = np.concatenate([self._follow(wall, rows, before)[::-1], rows])
        after = [kept for kept in self._kept if kept[0] > rows[-1, 0] + 1e-3]
        return Trail(np.concatenate([rows, self._follow(wall, rows, after)]), trail.number)

    def _follow(self, wall: Wall, rows: Floats, pictures: Pictures) -> Floats:
        """Rows of what lies on, in the order of the pictures; they lead away from one end of the rows."""
        if not pictures:
            return rows[:0]
        back = pictures[0][0] < rows[0, 0]
        known = rows[::-1] if back else rows  # the open end last
        times, places = known[:, 0], wall.to_wall(known[:, 1:3])
        scale = float(wall.px_per_m(known[-1:, 1:3])[0])
        spread_px = noise_px(known[-40:])
        ahead = _Ahead(times, places, scale, spread_px)
        odds, best, best_odds = 0.0, 0, 0.0
        found: list[Floats] = []
        for at_s, blobs in pictures:
            place, vague_px = ahead.at(at_s)
            point = wall.to_picture(place[None])[0]
            if vague_px > spread_px + VAGUE_PX or not self._inside(wall, point):
                break
            met = nearest(blobs, point, vague_px, REACH, self.clutter.stronger(0.0))
            if met is None:
                odds += MISSED
                if odds < best_odds - GIVE_UP:
                    break
                continue
            thing, gained = met
            odds += gained
            where = blobs.centre[thing : thing + 1]
            found.append(rows_of(blobs, np.array([thing]), at_s)[0])
            scale = float(wall.px_per_m(where)[0])
            ahead.take(at_s, wall.to_wall(where)[0], scale)
            if odds > best_odds:
                best, best_odds = len(found), odds
        return np.array(found[:best]).reshape(best, rows.shape[1])

    @staticmethod
    def _inside(wall: Wall, point: Floats) -> bool:
        return bool((point > -2).all() and (point < np.array(wall.size) + 2).all())


def nearest(blobs: Blobs, point: Floats, within_px: float, reach: float, clutter: Clutter) -> tuple[int, float] | None:
    """The thing nearest to where one should be, and its odds; None: nothing is within so many spreads."""
    if not len(blobs):
        return None
    off = np.hypot(*(blobs.centre - point).T) / within_px
    thing = int(off.argmin())
    if off[thing] > reach:
        return None
    chance = float(clutter.density(blobs.centre[thing : thing + 1])[0])
    return thing, float(odds_of(off[thing], within_px, chance, SEEN_SHARE))


class _Ahead:
    """Where a path leads: place, speed and acceleration at its open end, with the spread that they leave."""

    def __init__(self, times: Floats, places: Floats, px_per_m: float, noise_px: float) -> None:
        self._times, self._places = list(times[-40:]), list(places[-40:])
        self._scale, self._noise_px = px_per_m, noise_px
        self._fit()

    def take(self, at_s: float, place: Floats, px_per_m: float) -> None:
        """One more point of the path."""
        self._times.append(at_s)
        self._places.append(place)
        self._scale = px_per_m
        self._fit()

    def at(self, at_s: float) -> tuple[Floats, float]:
        """Wall metres (2) at a time, and the spread in pixels of a faint thing round it."""
        t = at_s - self._times[-1]
        basis = np.array([1.0, t, 0.5 * t * t])
        spread_m = np.sqrt(np.einsum("i,kij,j->k", basis, self._spread, basis))
        return basis @ self._state, float(np.hypot(spread_m.max() * self._scale, self._noise_px))

    def _fit(self) -> None:
        times = np.array(self._times[-40:])
        near = np.abs(times - times[-1]) <= WINDOW_S
        t = times[near] - times[-1]
        places = np.array(self._places[-40:])[near]
        design = np.stack([np.ones_like(t), t, 0.5 * t * t], 1)
        normal = design.T @ design * (self._scale / self._noise_px) ** 2
        right = design.T @ places * (self._scale / self._noise_px) ** 2
        self._state, self._spread = np.empty((3, 2)), np.empty((2, 3, 3))
        for axis, (mean, spread) in enumerate(PULL):
            prior = np.diag([1e-9, 1e-9, spread**-2])
            self._spread[axis] = np.linalg.inv(normal + prior)
            self._state[:, axis] = self._spread[axis] @ (right[:, axis] + prior @ [0, 0, mean])
