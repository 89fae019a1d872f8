"""Core: what one vehicle's plate does from frame to frame: does it come nearer, and what moves with it?"""

from __future__ import annotations

from typing import Literal

from vision.observations import Carrier
from vision.plate_reader import Box
from vision.vehicle import Surroundings, View, comparable, compare, moved_enough

Direction = Literal["nearer", "farther", "unknown"]

GROWTH_MIN = 1.12
"""A plate that has grown by this factor has come nearer; one that has shrunk by it goes away."""
_SMOOTH = 3


class Track:
    """One visit's plate; fed with every frame in which it was read."""

    def __init__(self) -> None:
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
        said = self._surroundings.carrier
        if self._vehicle:
            return Carrier.VEHICLE
        return Carrier.UNKNOWN if said is Carrier.VEHICLE else said

    def place(self, box: Box) -> None:
        """The plate was read there; call it once a frame."""
        self._widths = (*self._widths[1 - _SMOOTH :], box[2] - box[0])
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
                self._vehicle = self._surroundings.carrier is Carrier.VEHICLE and self.direction == "nearer"
            self._kept = view, box
        elif self._kept is None:
            self._kept = view, box
        return self._vehicle
