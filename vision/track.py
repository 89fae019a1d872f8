"""Core: what one vehicle's plate does from frame to frame: does it come nearer, and what moves with it?

A third witness is its way down the picture. Before a pinhole camera of height H a plate of width W at height h moves
by (H - h) / (W cos pitch) pixels for each pixel that it grows, at any distance: nearly the same for all vehicles, and
another for a plate on a phone, which is a third as wide. Each camera learns it from the vehicles that it has seen.
"""

from __future__ import annotations

from collections import deque
from statistics import median
from typing import Literal

import numpy as np

from vision.observations import Carrier
from vision.plate_reader import Box
from vision.vehicle import Surroundings, View, comparable, compare, moved_enough

Direction = Literal["nearer", "farther", "unknown"]

GROWTH_MIN = 1.12
"""A plate that has grown by this factor has come nearer; one that has shrunk by it goes away."""
_SMOOTH = 3
_SLOPE_GROWTH_MIN = 1.25
"""A slope is told by a plate that has grown by this factor."""
_LEARNT_FROM, _KEPT = 8, 64
_SLOPE_SLACK = (1.5, 0.15)
"""Plates hang at 0.3 to 1.1 m: 1.5 widths more or less; and a share for what is measured inexactly."""
_PLACES_MAX = 200


class Descent:
    """How far down the picture plates move for each pixel that they grow, before one camera."""

    def __init__(self) -> None:
        self._slopes: deque[float] = deque(maxlen=_KEPT)

    def learn(self, slope: float) -> None:
        """A vehicle has come this way."""
        self._slopes.append(slope)

    def fits(self, slope: float) -> bool:
        """Whether a plate as wide as those of vehicles can move so; True while too few have come."""
        if len(self._slopes) < _LEARNT_FROM:
            return True
        usual = median(self._slopes)
        return abs(slope - usual) <= _SLOPE_SLACK[0] + _SLOPE_SLACK[1] * abs(usual)


class Track:
    """One visit's plate; fed with every frame in which it was read."""

    def __init__(self, descent: Descent | None = None) -> None:
        """`descent` is the camera's; it learns from this track once a vehicle is seen."""
        self._descent = descent or Descent()
        self._places: deque[tuple[float, float]] = deque(maxlen=_PLACES_MAX)
        self.direction: Direction = "unknown"
        """Of its last clear move; one that stands keeps it."""
        self._widths: tuple[int, ...] = ()
        self._least_px, self._most_px = float("inf"), 0.0
        self._kept: tuple[View, Box] | None = None
        self._surroundings = Surroundings()
        self._vehicle = False

    @property
    def settled(self) -> bool:
        """Whether further pictures would change nothing of what moves with it."""
        return self._vehicle

    @property
    def carrier(self) -> Carrier:
        """What the surroundings have said so far."""
        if self._vehicle:
            return Carrier.VEHICLE
        said, slope = self._surroundings.carrier, self._slope()
        if said is Carrier.VEHICLE and slope is not None and not self._descent.fits(slope):
            return Carrier.NO_VEHICLE
        return Carrier.UNKNOWN if said is Carrier.VEHICLE else said

    def _slope(self) -> float | None:
        """Pixels down for each pixel of growth; None before it has grown enough."""
        if len(self._places) < _SMOOTH:
            return None
        width, y = np.array(self._places).T
        low, high = np.percentile(width, (10, 90))
        if high < _SLOPE_GROWTH_MIN * low:
            return None
        return float(np.polyfit(width, y, 1)[0])

    def place(self, box: Box) -> None:
        """The plate was read there; call it once a frame."""
        self._widths = (*self._widths[1 - _SMOOTH :], box[2] - box[0])
        self._places.append((box[2] - box[0], (box[1] + box[3]) / 2))
        if len(self._widths) < _SMOOTH:
            return
        width_px = sorted(self._widths)[_SMOOTH // 2]
        self._least_px, self._most_px = min(self._least_px, width_px), max(self._most_px, width_px)
        if self.direction != "nearer" and width_px >= GROWTH_MIN * self._least_px:
            self.direction, self._most_px = "nearer", width_px
        elif self.direction != "farther" and width_px * GROWTH_MIN <= self._most_px:
            self.direction, self._least_px = "farther", width_px

    def look(self, view: View, box: Box) -> bool:
        """Compare the surroundings with those of an earlier frame, once the plate has moved enough.

        Returns whether it is now clear that a vehicle carries it.
        """
        if self._kept is not None and moved_enough(self._kept[1], box):
            if comparable(self._kept[1], box):
                self._surroundings += compare(*self._kept, view, box)
                self._settle()
            self._kept = view, box
        elif self._kept is None:
            self._kept = view, box
        return self._vehicle

    def _settle(self) -> None:
        slope = self._slope()
        if self.direction != "nearer" or slope is None or self._surroundings.carrier is not Carrier.VEHICLE:
            return
        self._vehicle = self._descent.fits(slope)
        if self._vehicle:
            self._descent.learn(slope)
