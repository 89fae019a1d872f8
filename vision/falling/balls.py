"""Core: is what falls low on the wall a ball that came up from the ground.

Children's balls fall like anything else. But what was kicked up was seen to rise: as a trail of its own, or, where it
stands still at its top and is lost there, as things on the way up that its fall says it must have come. What leaves a
window has nothing below it.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from vision.falling.facade import Wall
from vision.falling.flight import Flight
from vision.falling.grow import History
from vision.falling.measures import Measures
from vision.falling.tracks import Trail

UP_MPS, TOP_M, BESIDE_M, AGAIN_S = 3.0, 13.0, 5.0, 20.0
"""They start so fast upward, reach so high on the wall behind them, come again near and soon."""
LEAST, SLOWER_MPS = 10, 2.0
"""Points of a ball that is remembered, and speed that it loses on its way up: insects and noise make shorter trails."""
OVER_M = 2.0
"""Higher than they were seen: what rises further than they reach is a bird."""
RISE_M, THROWN_UP_MPS = 0.12, 1.0
"""What rises less, and was thrown up less, need not have come from below."""
TOSSED_M, TOSSED_PRIOR = 1.2, 10.0
"""Hands at a window toss no higher; a ball flies nearer to the camera than a fall explains well (`Flight.prior`)."""
LOW_M, LOW_PRIOR = 7.0, 5.0
"""What seems to be thrown so unusually from so low is a ball of which the way up was not seen."""
BELOW_S = (0.06, 0.6)
"""Before it was first seen: when it would have been on its way up."""
BELOW_M, BELOW_PX = 0.5, 2.0
BELOW_LEAST = 8
"""Pictures of that time in which its way lay in sight; fewer prove nothing."""


class Balls:
    """Those of one camera."""

    def __init__(self, wall: Wall, history: History) -> None:
        self._wall, self._history = wall, history
        self._seen: deque[tuple[float, float, float]] = deque(maxlen=32)  # end, where across, how high

    def note(self, trail: Trail, found: Measures) -> None:
        """Remembers what was seen to rise from low down, slower and slower."""
        slower_mps = float(found.early_mps[1] - found.late_mps[1])
        seen = found.points >= LEAST and found.early_mps[1] > UP_MPS and found.rise_m > 1.0
        if seen and slower_mps > SLOWER_MPS:
            place = self._wall.to_wall(trail.points)
            top_m = float(place[:, 1].max())
            if float(place[0, 1]) < TOP_M and top_m < TOP_M + OVER_M:
                self._seen.append((float(trail.at_s[-1]), float(place[0, 0]), top_m))

    def may_be(self, trail: Trail, found: Measures, flight: Flight, height_m: float) -> bool:
        """Low, and where things have been thrown up lately, or thrown like none, or rising and not plainly thrown.

        Nothing was below what is plainly thrown from a window.
        """
        if height_m > TOP_M:
            return False
        x = float(self._wall.to_wall(trail.points[:1])[0, 0])
        if any(
            abs(trail.at_s[0] - end_s) < AGAIN_S and abs(x - at) < BESIDE_M and height_m < top + OVER_M
            for end_s, at, top in self._seen
        ):
            return True
        if height_m < LOW_M and flight.prior > LOW_PRIOR:
            return True
        up_mps = flight.thrown_mps[2]
        if found.rise_m <= RISE_M and up_mps <= THROWN_UP_MPS:
            return False
        tossed = found.rise_m < TOSSED_M and up_mps < UP_MPS and flight.prior < TOSSED_PRIOR
        return not (tossed and self._nothing_below(trail, flight))

    def _nothing_below(self, trail: Trail, flight: Flight) -> bool:
        """Was its way up in sight, and nothing on it?"""
        first_s = float(trail.at_s[0])
        lately = [kept for kept in self._history.pictures() if BELOW_S[0] < first_s - kept[0] < BELOW_S[1]]
        if len(lately) < BELOW_LEAST:
            return False
        way = self._wall.project(flight.place(np.array([at_s for at_s, _ in lately])))
        near_px = BELOW_M * float(self._wall.px_per_m(trail.points[:1])[0]) + BELOW_PX
        inside = np.all((way > 0) & (way < np.array(self._wall.size)), axis=1).tolist()
        for at, (_, blobs), seen in zip(way, lately, inside, strict=True):
            if seen and len(blobs) and float(np.hypot(*(blobs.centre - at).T).min()) < near_px:
                return False
        return len([one for one in inside if one]) >= BELOW_LEAST
