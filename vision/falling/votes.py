"""Core: of a piece of a path, the whole fall that most of the faint things around it agree on.

Following a path from thing to thing goes astray where the next one is wrong: at night a codec leaves a thing standing
for some pictures, or shows it late. So the whole family of falls through the piece is laid over the last seconds at
once (speeds at the piece, drag), each counts the odds of the things on it, and the best is fitted in space and counted
again, closely. What belongs to it is then known without following.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.falling.blobs import Pictures
from vision.falling.clutter import Clutter, odds_of
from vision.falling.facade import Wall
from vision.falling.flight import GRAVITY, fit
from vision.falling.grow import MISSED, SEEN_SHARE
from vision.falling.measures import noise_px
from vision.falling.tracks import Trail, rows_of

Floats = NDArray[np.float64]

BEFORE_S, AFTER_S = 2.2, 2.4
"""Of the piece's anchor: how far a fall is followed; from the 20th floor it is longer, but what was seen will do."""
DOWN_MPS, ACROSS_MPS = (-1.6, -0.8, 0.0, 0.8, 1.6), (-0.6, 0.0, 0.6)
TERMINALS_MPS = (6.0, 10.0, 25.0)
"""What is tried: speeds beside the piece's own, and the speed at which the air holds it."""
FAR_S = 6.5
FAR_STARTS_S = (1.0, 1.4, 1.8, 2.2, 2.6, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0)
FAR_DOWN_MPS, FAR_ACROSS_MPS = (-0.5, -0.25, 0.0, 0.25, 0.5), (-0.3, 0.0, 0.3)
"""The same for what has had its final speed for a while: when it was let go, before the middle of the piece."""
PULL, PULL_SPREAD = 6.0, 3.0
WIDE_PX, WIDE_MPS, WIDEST_M = 1.5, 0.15, 0.6
"""How well a tried path is known: at the anchor, more with the time from it, at most."""
REACH = 2.5
CORRIDOR_M = 3.0
MOST = 4000
"""Things that are looked at; where more are around, it is weather."""
RISES_S = 0.35
"""So long before it stands still a thing may have been thrown up."""
WORTH, NEARLY = 20.0, 6.0
"""Odds of a tried path, whose things need not lie closely, that make it worth a fit; so near the best one too."""
LEAST, HALVED = 7, 8
"""Points of a fall; of a piece whose halves are tried too, because one of them may not belong to it."""


class _Around:
    """The things near a piece, picture by picture."""

    def __init__(self, wall: Wall, pictures: Pictures, clutter: Clutter, anchor: Floats) -> None:
        self.at_s = np.array([at_s for at_s, _ in pictures])
        self.blobs = [blobs for _, blobs in pictures]
        which = np.repeat(np.arange(len(pictures)), [len(blobs) for blobs in self.blobs])
        own = np.concatenate([np.arange(len(blobs)) for blobs in self.blobs])
        centre = np.concatenate([blobs.centre for blobs in self.blobs])
        place = wall.to_wall(centre)
        near = np.abs(place[:, 0] - anchor[1]) < CORRIDOR_M
        self.which, self.own, self.centre, self.place = which[near], own[near], centre[near], place[near]
        self.density = clutter.density(self.centre)
        self.scale = wall.px_per_m(self.centre)
        self._starts = np.flatnonzero(np.r_[True, self.which[1:] != self.which[:-1]])

    def row(self, thing: int) -> Floats:
        """Of a `Trail`."""
        picture = int(self.which[thing])
        return np.asarray(rows_of(self.blobs[picture], self.own[thing : thing + 1], float(self.at_s[picture]))[0])

    def stretches(self, odds: Floats, middle: int) -> tuple[Floats, NDArray[np.intp], NDArray[np.intp]]:
        """HxN odds of the things on H paths -> odds of each path's likeliest stretch round a picture; its ends."""
        each = np.full((len(odds), len(self.at_s)), MISSED)
        each[:, self.which[self._starts]] = np.maximum(np.maximum.reduceat(odds, self._starts, axis=1), MISSED)
        after, before = np.cumsum(each[:, middle:], 1), np.cumsum(each[:, :middle][:, ::-1], 1)
        early = before.max(1, initial=0.0)
        reach = before.argmax(1) + 1 if middle else np.zeros(len(odds), np.intp)
        return after.max(1) + early, middle - np.where(early > 0, reach, 0), middle + after.argmax(1)

    def things(self, odds: Floats, first: int, last: int) -> NDArray[np.intp]:
        """N odds -> the likeliest thing of each picture of the stretch that has one."""
        count = np.diff(np.r_[self._starts, len(odds)])
        best = np.repeat(np.maximum.reduceat(odds, self._starts), count)
        own = np.flatnonzero((odds == best) & (odds > MISSED) & (self.which >= first) & (self.which <= last))
        return own[np.unique(self.which[own], return_index=True)[1]]

    def middle(self, at_s: float) -> int:
        """The picture of that time."""
        return int(np.searchsorted(self.at_s, at_s).clip(0, len(self.at_s) - 1))


def gather(wall: Wall, pictures: Pictures, clutter: Clutter, piece: Trail, *, far: bool = False) -> Trail | None:
    """The pictures of the last seconds, oldest first -> all that lies on the likeliest fall through the piece.

    `far`: back to a start long before the piece, which has its final speed.
    """
    anchor = _anchor(wall, piece)
    before_s = FAR_S if far else BEFORE_S
    lately = [kept for kept in pictures if -before_s <= kept[0] - anchor[0] <= AFTER_S]
    if len(lately) < LEAST or sum(len(blobs) for _, blobs in lately) == 0:
        return None
    around = _Around(wall, lately, clutter, anchor)
    if not LEAST <= len(around.which) <= MOST:
        return None
    count = len(piece.rows)
    halves = [slice(0, (count + 1) // 2), slice(count // 2, count)] if count >= HALVED else []
    family = _far_family if far else _family
    tried = [_through(wall, around, Trail(piece.rows[part]), family) for part in [slice(0, count), *halves]]
    worth = max(WORTH, max(one.odds for one in tried) - NEARLY)
    found = [_closely(wall, around, one) for one in tried if one.odds >= worth and len(one.rows) >= LEAST]
    _, rows = max(found, key=lambda one: one[0], default=(0.0, piece.rows[:0]))
    return Trail(rows, piece.number) if len(rows) >= LEAST else None


@dataclass(frozen=True, slots=True)
class _Path:
    """The likeliest of those that were tried."""

    odds: float
    rows: Floats
    anchor_s: float
    start_s: float
    terminal_mps: float


def _through(wall: Wall, around: _Around, piece: Trail, family: Callable[[Floats], tuple[Floats, Floats]]) -> _Path:
    anchor = _anchor(wall, piece)
    px = noise_px(piece.rows)
    paths, starts_s = family(anchor)
    if not len(paths):
        return _Path(-np.inf, piece.rows[:0], float(anchor[0]), float(anchor[0]), 0.0)
    passed = around.at_s[around.which] - anchor[0]
    x, z, alive = _places(paths, passed)
    spread_m = np.minimum((px + WIDE_PX) / around.scale + WIDE_MPS * np.abs(passed), WIDEST_M)
    off = np.hypot(around.place[:, 0] - x, around.place[:, 1] - z) / spread_m
    odds = odds_of(off, spread_m * around.scale, around.density, SEEN_SHARE)
    odds = np.where(alive & (off < REACH), odds, -np.inf)
    total, first, last = around.stretches(odds, around.middle(float(anchor[0])))
    chosen = int(total.argmax())
    things = around.things(odds[chosen], int(first[chosen]), int(last[chosen]))
    rows = np.array([around.row(int(i)) for i in things])
    return _Path(float(total[chosen]), rows, float(anchor[0]), float(starts_s[chosen]), float(paths[chosen, 4]))


def _closely(wall: Wall, around: _Around, tried: _Path) -> tuple[float, Floats]:
    """Odds and rows of the things on the flight that fits those of a tried path."""
    rows = tried.rows
    px = noise_px(rows)
    start_s = min(tried.start_s, float(rows[0, 0]) - 0.02)
    flight = fit(wall, rows[:, 0], rows[:, 1:3], start_s, px, (tried.terminal_mps,))
    at = wall.project(flight.place(around.at_s))[around.which]
    off = np.hypot(*(around.centre - at).T) / px
    odds = odds_of(off, px, around.density, SEEN_SHARE)
    begun = around.at_s[around.which] >= start_s - 0.02
    odds = np.where((off < REACH) & begun, odds, -np.inf)
    total, first, last = around.stretches(odds[None], around.middle(max(tried.anchor_s, start_s)))
    things = around.things(odds, int(first[0]), int(last[0]))
    return float(total[0]), _alike(np.array([around.row(int(i)) for i in things])) if len(things) else rows[:0]


def _alike(rows: Floats) -> Floats:
    """Those that are brighter, or those that are darker than the wall: one thing is mostly one of them."""
    bright = rows[:, 7] > 0
    return rows[bright if 2 * bright.sum() >= len(rows) else ~bright]


def _anchor(wall: Wall, piece: Trail) -> Floats:
    """at_s, x, z, speed across, speed downward in the middle of the piece; gravity as a prior."""
    at_s = float(piece.at_s.mean())
    t = piece.at_s - at_s
    place = wall.to_wall(piece.points)
    scale = float(wall.px_per_m(piece.points).mean())
    x = np.linalg.lstsq(np.stack([np.ones_like(t), t], 1), place[:, 0], rcond=None)[0]
    design = np.concatenate([np.stack([np.ones_like(t), t, -0.5 * t * t], 1) * scale, [[0, 0, 1 / PULL_SPREAD]]])
    z = np.linalg.lstsq(design, np.r_[place[:, 1] * scale, PULL / PULL_SPREAD], rcond=None)[0]
    return np.array([at_s, x[0], z[0], np.clip(x[1], -4, 4), np.clip(-z[1], -4, 28)])


def _family(anchor: Floats) -> tuple[Floats, Floats]:
    """Hx5 x, z, speed across, phase and terminal speed of the falls that are tried; H: when each began."""
    tried = [
        (anchor[1], anchor[2], anchor[3] + across, np.arctanh(np.clip((anchor[4] + down) / vt, -0.9, 0.98)), vt)
        for across in ACROSS_MPS
        for down in DOWN_MPS
        for vt in TERMINALS_MPS
    ]
    paths = np.array(tried)
    return paths, anchor[0] - np.maximum(paths[:, 3], 0) * paths[:, 4] / GRAVITY


def _far_family(anchor: Floats) -> tuple[Floats, Floats]:
    """As `_family`: falls that began so long before the piece that they have its speed by now."""
    tried = []
    for began_s in FAR_STARTS_S:
        for off in FAR_DOWN_MPS:
            phase, vt = _held(anchor[4] + off, began_s)
            if vt:
                tried += [(anchor[1], anchor[2], anchor[3] + across, phase, vt) for across in FAR_ACROSS_MPS]
    paths = np.array(tried).reshape(-1, 5)
    return paths, anchor[0] - paths[:, 3] * paths[:, 4] / GRAVITY


def _held(speed_mps: float, after_s: float) -> tuple[float, float]:
    """Phase and terminal speed of what has this speed so long after it was let go; 0, 0: nothing falls like that."""
    free_mps = GRAVITY * after_s
    if not 1.0 < speed_mps < 0.97 * free_mps:
        return 0.0, 0.0
    vt = speed_mps
    for _ in range(40):  # contracts: the more time, the nearer is the speed to it
        vt = 0.5 * (vt + speed_mps / np.tanh(free_mps / vt))
    return float(free_mps / vt), float(vt)


def _places(paths: Floats, passed: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Hx5 falls, N times from the anchor -> HxN x and z, and whether the fall had begun."""
    x, z, across, phase, vt = (column[:, None] for column in paths.T)
    now = phase + GRAVITY * passed / vt
    fallen = vt**2 / GRAVITY * (_log_cosh(now) - _log_cosh(phase))
    return x + across * passed, z - fallen, now * vt / GRAVITY > -RISES_S


def _log_cosh(value: Floats) -> Floats:
    size = np.abs(value)
    return np.asarray(size + np.log1p(np.exp(-2 * size)) - np.log(2.0))
