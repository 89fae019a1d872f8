"""Core: which thing in one picture is which in the next.

All tracks are carried as arrays. A birth needs two things near each other in pictures that follow one another, because
what falls leaves slowly; a young track must be met again at once, an old one may be lost behind a railing for half a
second. Gains are those of an expanding-memory filter of second order, held at twelve pictures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.falling.blobs import Blobs

Floats = NDArray[np.float64]

BIRTH_M = 0.5
"""Way between two pictures of something new, on the wall; 12 m/s at 25 pictures per second."""
MOST = 500
CONFIRMED, SETTLED = 4, 6
"""Hits after which a track is believed, and after which it may be lost for a while."""
MISSES = np.array([0, 0, 1, 2, 4, 4, 12])
"""Pictures in a row without a thing that a track survives, by its hits."""
PARTNERS = 3
"""Earlier things that a new one is tried with, nearest first."""
UNLIKE = 2.0
"""Times heavier or lighter than a track was: another takes such a thing first, be it younger."""
WEIGHT_GAIN = 0.15
"""Share by which its usual weight follows that of the newest thing, at least."""
SHARED = 0.15
"""Of the things of a pieced fall, in a track that goes on."""
KEPT_POINTS = 600
_COLUMNS = 10  # of a row: at_s, x, y, left, top, right, bottom, contrast, width and height at half contrast


@dataclass(frozen=True, slots=True)
class Trail:
    """One thing over time: rows of at_s, x, y, left, top, right, bottom, contrast, core sides; it has ended."""

    rows: Floats
    number: int = 0
    """Of the track, over one run."""

    @property
    def at_s(self) -> Floats:
        """N: times."""
        return self.rows[:, 0]

    @property
    def points(self) -> Floats:
        """Nx2: centres in pixels."""
        return self.rows[:, 1:3]

    @property
    def sides(self) -> Floats:
        """Nx2: widths and heights in pixels."""
        return self.rows[:, 5:7] - self.rows[:, 3:5]

    @property
    def core(self) -> Floats:
        """Nx2: widths and heights in pixels at half of the contrast; `sides` where they are not known."""
        return self.rows[:, 8:10] if self.rows.shape[1] == _COLUMNS else self.sides


class Tracks:
    """Follows the things of one camera's pictures of `size`; `frame_s` is the usual time between two."""

    def __init__(self, size: tuple[int, int], frame_s: float = 0.04) -> None:
        self._size = np.array(size, np.float64)
        self.frame_s = frame_s
        self._state = np.zeros((0, 6))  # x, y, and their first and second derivatives per picture
        self._hits = np.zeros(0, np.int64)
        self._misses = np.zeros(0, np.int64)
        self._span = np.zeros(0)
        self._log_weight = np.zeros(0)  # of its things, usually
        self._rows: list[list[Floats]] = []
        self._number = np.zeros(0, np.int64)
        self._born = 0
        self._recent: list[tuple[Blobs, NDArray[np.bool_]]] = []
        self._last_s: float | None = None

    def __len__(self) -> int:
        return len(self._hits)

    def step(self, blobs: Blobs | None, at_s: float, px_per_m: Floats) -> list[Trail]:
        """Takes the things of one picture (None: not looked at) -> trails that have ended now.

        `px_per_m`: N, the scale where each thing is.
        """
        steps = self._advance(at_s)
        if blobs is None:
            self._recent.clear()
            return self._bury(np.zeros(len(self), np.bool_), steps)
        taken, hit = self._meet(blobs, at_s)
        ended = self._bury(hit, steps)
        free = ~taken
        self._bear(blobs, free, at_s, px_per_m, steps)
        self._recent = [(blobs, free), *self._recent[:1]]
        return ended

    def finish(self) -> list[Trail]:
        """Ends every track."""
        ended = [self._trail(i) for i in range(len(self)) if self._hits[i] >= SETTLED]
        self._keep(np.zeros(len(self), np.bool_))
        self._recent.clear()
        return ended

    def free(self) -> NDArray[np.bool_]:
        """Which things of the newest picture no confirmed track has."""
        return self._recent[0][1] if self._recent else np.zeros(0, np.bool_)

    def going_down(self) -> list[tuple[int, Floats]]:
        """Tracks that were met just now and sink: number and row."""
        sinking = (self._hits >= SETTLED) & (self._misses == 0) & (self._state[:, 3] > 0.3)
        return [(int(self._number[i]), self._rows[i][-1]) for i in np.flatnonzero(sinking)]

    def having(self, rows: Floats) -> int | None:
        """The settled track that goes on and holds enough of these things to tell of them itself, when it ends."""
        for track in np.flatnonzero(self._hits >= SETTLED):
            own = [row for row in self._rows[track] if row[0] >= rows[0, 0]]
            if own and np.count_nonzero(shared(np.array(own), rows)) > SHARED * len(rows):
                return int(self._number[track])
        return None

    def goes_on(self, number: int) -> bool:
        """Is this track still followed?"""
        return bool((self._number == number).any())

    def _advance(self, at_s: float) -> float:
        steps = 1.0 if self._last_s is None else float(np.clip((at_s - self._last_s) / self.frame_s, 0.2, 25))
        self._last_s = at_s
        s = self._state
        # What is not seen gathers speed downward, if any: the rest of its acceleration is badly known.
        unseen = np.stack([np.zeros(len(s)), np.maximum(s[:, 5], 0.0)], 1)
        bent = np.where(self._misses[:, None] > 0, unseen, s[:, 4:6])
        s[:, 0:2] += s[:, 2:4] * steps + 0.5 * bent * steps * steps
        s[:, 2:4] += bent * steps
        return steps

    def _meet(self, blobs: Blobs, at_s: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Assigns things to tracks: each to its nearest, those of its weight first, then older ones.

        Where a flake crosses something that falls, both are one thing for a while, and the heavier of them it is.
        """
        taken, hit = np.zeros(len(blobs), np.bool_), np.zeros(len(self), np.bool_)
        if not len(self) or not len(blobs):
            return taken, hit
        lost = self._misses + 1.0
        young = np.where(self._hits < 8, 0.12, 0.06)
        reach = 2.0 + 0.25 * np.minimum(self._span, 24) + young * lost * lost + 0.25 * lost + 3.0 / self._hits
        dx, dy = (np.subtract.outer(self._state[:, i], blobs.centre[:, i]) for i in (0, 1))
        far = (dx * dx + dy * dy) / (reach * reach)[:, None]
        best = far.argmin(1)
        near = far[np.arange(len(self)), best]
        ready = np.flatnonzero(near < 1)
        hits = self._hits[ready]
        unlike = np.abs(np.log(blobs.weight[best[ready]]) - self._log_weight[ready]) > np.log(UNLIKE)
        order = ready[np.lexsort((near[ready], -np.minimum(hits, 12), unlike, hits <= CONFIRMED))]
        _, first = np.unique(best[order], return_index=True)
        winners = order[first]
        hit[winners] = True
        chosen = best[winners]
        self._update(winners, blobs, chosen, at_s)
        taken[chosen[self._hits[winners] > CONFIRMED]] = True
        return taken, hit

    def _update(self, tracks: NDArray[np.intp], blobs: Blobs, chosen: NDArray[np.intp], at_s: float) -> None:
        n = np.minimum(self._hits[tracks] + 1, 12).astype(np.float64)[:, None]
        steps = (self._misses[tracks] + 1.0)[:, None]
        bent = n > SETTLED
        three = n * (n + 1) * (n + 2)
        alpha = np.where(bent, 3 * (3 * n * n - 3 * n + 2) / three, 2 * (2 * n - 1) / (n * (n + 1)))
        beta = np.where(bent, 18 * (2 * n - 1) / three, 6 / (n * (n + 1)))
        gamma = np.where(bent, 60 / three, 0.0)
        off = blobs.centre[chosen] - self._state[tracks, 0:2]
        self._state[tracks, 0:2] += alpha * off
        self._state[tracks, 2:4] += beta * off / steps
        self._state[tracks, 4:6] = np.clip(self._state[tracks, 4:6] + gamma * off / steps**2, -2.0, 2.0)
        sides = (blobs.high[chosen] - blobs.low[chosen]).max(1)
        self._span[tracks] += 0.3 * (sides - self._span[tracks])
        heavier = np.log(blobs.weight[chosen]) - self._log_weight[tracks]
        self._log_weight[tracks] += np.maximum(WEIGHT_GAIN, 1 / n[:, 0]) * heavier
        self._hits[tracks] += 1
        rows = rows_of(blobs, chosen, at_s)
        for track, row in zip(tracks, rows, strict=True):
            points = self._rows[track]
            points.append(row)
            if len(points) > KEPT_POINTS:
                del points[: KEPT_POINTS // 4]

    def _bury(self, hit: NDArray[np.bool_], steps: float) -> list[Trail]:
        self._misses = np.where(hit, 0, self._misses + max(1, round(steps)))
        allowed = MISSES[np.minimum(self._hits, SETTLED)]
        outside = ((self._state[:, 0:2] < -8) | (self._state[:, 0:2] > self._size + 8)).any(1)
        dead = (self._misses > allowed) | (outside & (self._misses > 0))
        ended = [self._trail(int(i)) for i in np.flatnonzero(dead) if self._hits[i] >= SETTLED]
        self._keep(~dead)
        return ended

    def _trail(self, track: int) -> Trail:
        return Trail(np.array(self._rows[track]), int(self._number[track]))

    def _keep(self, alive: NDArray[np.bool_]) -> None:
        self._state, self._span = self._state[alive], self._span[alive]
        self._log_weight = self._log_weight[alive]
        self._hits, self._misses = self._hits[alive], self._misses[alive]
        self._number = self._number[alive]
        self._rows = [rows for rows, kept in zip(self._rows, alive, strict=True) if kept]

    def _bear(self, blobs: Blobs, free: NDArray[np.bool_], at_s: float, px_per_m: Floats, steps: float) -> None:
        here = np.flatnonzero(free)
        room = MOST - len(self)
        for back, (before, free_before) in enumerate(self._recent, 1):
            there = np.flatnonzero(free_before)
            if not len(here) or not len(there) or room <= 0:
                continue
            dx, dy = (np.subtract.outer(blobs.centre[here, i], before.centre[there, i]) for i in (0, 1))
            reach = 1.5 + BIRTH_M * px_per_m[here] * steps * self.frame_s / 0.04
            far = dx * dx + dy * dy
            new, old = _nearest(far, reach**2)
            new, old = here[new[:room]], there[old[:room]]
            room -= len(new)
            self._add(blobs, new, before, old, at_s, back * steps)

    def _add(
        self, now: Blobs, new: NDArray[np.intp], before: Blobs, old: NDArray[np.intp], at_s: float, steps: float
    ) -> None:
        speed = (now.centre[new] - before.centre[old]) / steps
        state = np.concatenate([now.centre[new], speed, np.zeros_like(speed)], 1)
        first = rows_of(before, old, at_s - steps * self.frame_s)
        second = rows_of(now, new, at_s)
        self._state = np.concatenate([self._state, state])
        self._hits = np.r_[self._hits, np.full(len(new), 2, np.int64)]
        self._misses = np.r_[self._misses, np.zeros(len(new), np.int64)]
        self._span = np.r_[self._span, (now.high[new] - now.low[new]).max(1, initial=0)]
        self._log_weight = np.r_[self._log_weight, (np.log(now.weight[new]) + np.log(before.weight[old])) / 2]
        self._number = np.r_[self._number, self._born + np.arange(len(new))]
        self._born += len(new)
        self._rows += [[a, b] for a, b in zip(first, second, strict=True)]


def _nearest(far: Floats, reach: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """NxM distances, N -> the nearest `PARTNERS` of each row that are within its reach: rows and columns."""
    rows, columns = np.nonzero(far < reach[:, None])
    order = np.lexsort((far[rows, columns], rows))
    rows, columns = rows[order], columns[order]
    rank = np.arange(len(rows)) - np.searchsorted(rows, rows)
    return rows[rank < PARTNERS], columns[rank < PARTNERS]


def shared(a: Floats, b: Floats) -> NDArray[np.bool_]:
    """Which rows of b are the same thing in the same picture as one of a."""
    return np.asarray((b[:, None, :3] == a[None, :, :3]).all(2).any(1))


def rows_of(blobs: Blobs, chosen: NDArray[np.intp], at_s: float) -> Floats:
    """Rows of a `Trail` for some things of one picture."""
    rows = np.empty((len(chosen), _COLUMNS))
    rows[:, 0] = at_s
    rows[:, 1:3], rows[:, 3:5], rows[:, 5:7] = blobs.centre[chosen], blobs.low[chosen], blobs.high[chosen]
    rows[:, 7] = blobs.contrast[chosen]
    rows[:, 8:10] = rows[:, 5:7] - rows[:, 3:5] if blobs.core is None else blobs.core[chosen]
    return rows
