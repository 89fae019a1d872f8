"""Core: pieces of paths among things that are seldom met: two of them lead, the others vote.

What falls is met in one picture of three near the noise. Any two things of the last pictures, one below the other at a
speed of falling, give a path on the wall; the strongest things of the last second that lie on it are its votes (Hough).
Chance gives six votes to a path once in hours where things are few; where they are many, only the strongest count.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.falling.blobs import Blobs
from vision.falling.facade import Wall
from vision.falling.tracks import Trail, rows_of, shared

Floats = NDArray[np.float64]

STRONGEST = 40
APART, REMEMBERED = (2, 10), 32
"""Pictures between the two that lead; pictures of which things vote."""
SPEED_MPS, ACROSS_MPS = (2.5, 28.0), 2.0
PULL, PULL_SPREAD = -5.0, 3.0
VOTES = 6
PIECES = 3
LEADERS = 60
OFF_PX, WIDEST_M = 1.6, 0.7
KEPT_PX = 2.0
RIPE_S = 0.5
"""A piece that has not grown for so long is complete."""
PENDING = 6


@dataclass(frozen=True, slots=True)
class _Picture:
    at_s: float
    things: Blobs
    place: Floats
    scale: Floats


class Pairs:
    """Looks for pieces of paths, picture by picture."""

    def __init__(self, wall: Wall) -> None:
        self._wall = wall
        self._kept: deque[_Picture] = deque(maxlen=REMEMBERED)
        self._pending: list[tuple[float, Floats]] = []

    def take(self, blobs: Blobs, px_per_m: Floats, at_s: float, *, search: bool = True) -> None:
        """The things of one picture, and the scale where each is; whether paths that end in it are sought."""
        if len(blobs) > STRONGEST:
            chosen = np.argsort(-blobs.weight)[:STRONGEST]
            blobs, px_per_m = blobs.chosen(chosen), px_per_m[chosen]
        self._kept.append(_Picture(at_s, blobs, self._wall.to_wall(blobs.centre), px_per_m))
        for piece in self._pieces() if search else ():
            self._note(piece, at_s)

    def ripe(self, now_s: float) -> list[Trail]:
        """Pieces that are complete."""
        done = [rows for noted_s, rows in self._pending if now_s - noted_s >= RIPE_S]
        self._pending = [held for held in self._pending if now_s - held[0] < RIPE_S]
        return [Trail(rows, -1) for rows in done]

    def _note(self, piece: Floats, now_s: float) -> None:
        for i, (_, rows) in enumerate(self._pending):
            if np.count_nonzero(shared(rows, piece)) >= 2:
                self._pending[i] = now_s, _joined(rows, piece)
                return
        self._pending = [*self._pending, (now_s, piece)][-PENDING:]

    def _pieces(self) -> list[Floats]:
        """Rows of the paths with most votes that end in the newest picture, each at another thing."""
        now = self._kept[-1]
        earlier = list(self._kept)[-1 - APART[1] : -APART[0]]
        if not len(now.things) or not earlier:
            return []
        place = np.concatenate([picture.place for picture in earlier])
        passed = np.concatenate([np.full(len(p.things), now.at_s - p.at_s) for p in earlier])
        way = now.place[:, None] - place[None]
        speed = -way[..., 1] / passed
        leads = (speed > SPEED_MPS[0]) & (speed < SPEED_MPS[1]) & (np.abs(way[..., 0]) < ACROSS_MPS * passed + 0.1)
        ends, starts = np.nonzero(leads)
        if not len(ends):
            return []
        if len(ends) > LEADERS:
            nearest = np.argsort(np.abs(way[ends, starts, 0]))[:LEADERS]
            ends, starts = ends[nearest], starts[nearest]
        return self._vote(ends, now.place[ends], way[ends, starts], passed[starts], float(np.median(now.scale)))

    def _vote(self, ends: NDArray[np.intp], last: Floats, way: Floats, passed: Floats, scale: float) -> list[Floats]:
        pictures = list(self._kept)
        place = np.concatenate([p.place for p in pictures])
        which = np.concatenate([np.full(len(p.things), i) for i, p in enumerate(pictures)])
        ago = np.concatenate([np.full(len(p.things), p.at_s - pictures[-1].at_s) for p in pictures])
        rate = way / passed[:, None]
        beside = np.abs(rate[:, :1] * ago + last[:, :1] - place[:, 0])
        leads, near = np.nonzero(beside < WIDEST_M)
        span, back = passed[leads], ago[near]
        bend = back * (back + span)
        z = last[leads, 1] + rate[leads, 1] * back + 0.5 * PULL * bend
        reach = OFF_PX / scale * (1 + np.abs(back) / span)
        off_x = beside[leads, near] / np.minimum(reach + 0.5 * np.abs(bend), WIDEST_M)
        off_z = np.abs(place[near, 1] - z) / np.minimum(reach + 0.5 * PULL_SPREAD * np.abs(bend), WIDEST_M)
        off = np.maximum(off_x, off_z)
        leads, near, off = leads[off < 1], near[off < 1], off[off < 1]
        votes = np.zeros((len(last), len(pictures)), np.bool_)
        votes[leads, which[near]] = True
        count = votes.sum(1)
        pieces: list[Floats] = []
        done: set[int] = set()
        for lead in np.argsort(-count, kind="stable"):
            if count[lead] < VOTES or len(done) == PIECES:
                break
            if int(ends[lead]) in done:
                continue
            done.add(int(ends[lead]))
            beside_lead = np.full(len(which), np.inf)
            beside_lead[near[leads == lead]] = off[leads == lead]
            piece = self._agreed(pictures, [(int(i), which == i) for i in np.flatnonzero(votes[lead])], beside_lead)
            if piece is not None:
                pieces.append(piece)
        return pieces

    def _agreed(
        self, pictures: list[_Picture], voted: list[tuple[int, NDArray[np.bool_]]], off: Floats
    ) -> Floats | None:
        """Rows of the votes that lie on one bent path."""
        rows = []
        for i, own in voted:
            nearest = int(off[own].argmin())
            rows.append(rows_of(pictures[i].things, np.array([nearest]), pictures[i].at_s)[0])
        piece = np.array(rows)
        while len(piece) >= VOTES:
            t = piece[:, 0] - piece[-1, 0]
            design = np.stack([np.ones_like(t), t, t * t], 1)
            left = design @ np.linalg.lstsq(design, piece[:, 1:3], rcond=None)[0] - piece[:, 1:3]
            far = np.hypot(*left.T)
            if far.max() < KEPT_PX:
                return piece
            piece = np.delete(piece, int(far.argmax()), 0)
        return None


def _joined(a: Floats, b: Floats) -> Floats:
    """What of a lies before b, and b."""
    return np.concatenate([a[a[:, 0] < b[0, 0] - 1e-3], b])
