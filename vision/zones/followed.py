"""Core: one box that is followed from picture to picture; whose it is, is another matter (`vision.zones.identity`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median

import numpy as np

from vision.zones.people import Box, Looks
from vision.zones.piece import COAST_S, Piece


@dataclass(slots=True, eq=False)
class Followed:
    """One box."""

    number: int
    box: Box
    looks: Looks
    seen_s: float
    piece: Piece
    first: tuple[float, float]
    sightings: int = 1
    velocity: tuple[float, float] = (0.0, 0.0)
    heights: list[float] = field(default_factory=list)
    moved: bool = False
    """Walked at some time."""
    hidden_s: float = float("-inf")
    """When they were last taken to be behind somebody else."""
    grown: int = 0
    """In how many pictures on end the box was too large or too small to be theirs."""
    crowded_s: float = float("-inf")
    """When somebody last stood before or behind them."""

    @property
    def height(self) -> float:
        """Median of the last boxes'."""
        return median(self.heights[-9:]) if self.heights else self.box[3] - self.box[1]

    def expected(self, now_s: float) -> Box:
        """Where the box should be now."""
        gap = min(now_s - self.seen_s, COAST_S)
        dx, dy = self.velocity[0] * gap, self.velocity[1] * gap
        return self.box[0] + dx, self.box[1] + dy, self.box[2] + dx, self.box[3] + dy


def centre(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def distance(one: Box, other: Box) -> float:
    """Between the middles of heads and of feet, whichever is nearer: the lower half may be hidden."""
    across = (one[0] + one[2] - other[0] - other[2]) / 2
    return min(float(np.hypot(across, one[edge] - other[edge])) for edge in (1, 3))
