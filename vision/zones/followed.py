"""Core: one box that is followed from picture to picture; whose it is, is another matter (`vision.zones.identity`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median

import numpy as np

from vision.zones.people import Box, Looks, Person
from vision.zones.piece import COAST_S, Piece

EDGE_PX = 2.0
_CUT_WIDTH, _INWARDS = 0.33, 0.06
_OUTWARDS, _BACK = 0.3, 0.15


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

    def about_s(self, hidden_max_s: float) -> float:
        """When they were last seen, or so long after it taken to be behind somebody."""
        return max(self.seen_s, min(self.hidden_s, self.seen_s + hidden_max_s))

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


def turns_at_edge(one: Followed, person: Person, width: float) -> bool:
    """Whether somebody who is walking out of the picture would have to come back in as somebody else does."""
    left, right = one.box[0] <= EDGE_PX, one.box[2] >= width - EDGE_PX
    if left == right or one.box[2] - one.box[0] > _CUT_WIDTH * one.height:
        return False
    inwards = person.box[2] - one.box[2] if left else one.box[0] - person.box[0]
    return inwards > _INWARDS * one.height


def jumps_back(one: Followed, person: Person, width: float) -> bool:
    """Whether somebody who was walking out of the picture is suddenly seen further inwards, as whoever comes in is."""
    left, right = one.box[0] < one.height, one.box[2] > width - one.height
    outwards = -one.velocity[0] if left else one.velocity[0]
    inwards = centre(person.box)[0] - centre(one.box)[0]
    if left == right or outwards < _OUTWARDS * one.height:
        return False
    return (inwards if left else -inwards) > _BACK * one.height
