"""Core: one person who is followed: where they are, and what they have done so far."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field

import numpy as np

from vision.zones.people import Box, Looks, Person
from vision.zones.portrait import Portrait

COAST_S = 1.0
"""Somebody unseen so long is lost, and taken up again only by their looks."""
_MEETING = 2.25
"""Heights between two who can just have met."""
_SAMPLES_MAX = 8
_PAST = (
    *("number", "looks", "portrait", "dwell_s", "returns", "entered_s", "inside_s"),
    *("known", "matter", "heights", "moved"),
)


@dataclass(slots=True)
class Followed:
    """One person."""

    number: int
    box: Box
    looks: Looks
    seen_s: float
    started_s: float
    first: tuple[float, float]
    inside: bool = False
    inside_s: float = float("-inf")
    """When they were last seen in the zone."""
    entered_s: float = float("-inf")
    """When the present stay, absences included, began."""
    dwell_s: float = 0.0
    returns: int = 0
    sightings: int = 1
    moved: bool = False
    """Walked at some time: what never moves is a thing that looks like a person."""
    known: bool = False
    matter: str = ""
    velocity: tuple[float, float] = (0.0, 0.0)
    heights: list[float] = field(default_factory=list)
    portrait: Portrait | None = None
    """What they look like when seen alone; None until that was seen often enough."""
    fresh: list[Person] = field(default_factory=list)
    """Pictures of them alone since it last was in doubt who they are."""
    doubt_s: float = float("-inf")
    """Since when that is in doubt; -inf: it is not."""
    vanished: bool = False
    """Whether they were out of sight, or at the edge of the picture, since then."""
    before: Followed | None = None
    """As they were when it came into doubt."""
    hidden_s: float = float("-inf")
    """When they were last taken to be behind somebody else."""
    grown: int = 0
    """In how many pictures on end the box was too large or too small to be theirs."""
    crowded_s: float = float("-inf")
    """When somebody last stood before or behind them."""

    @property
    def height(self) -> float:
        """Median of the last boxes'."""
        return float(np.median(self.heights[-9:])) if self.heights else self.box[3] - self.box[1]

    @property
    def in_doubt(self) -> bool:
        """Whether they may have become somebody else, having met them."""
        return self.doubt_s > float("-inf")

    def doubt(self, now_s: float, *, vanished: bool) -> None:
        """From now on it may be somebody else."""
        if not self.in_doubt:
            self.before = None
            self.vanished = False
            self.before, self.doubt_s = copy(self), now_s
        self.vanished = self.vanished or vanished
        self.fresh = []

    def settle(self, portrait: Portrait | None) -> None:
        """It is known who they are, and if given, how they look now."""
        self.portrait = portrait or self.portrait
        self.doubt_s, self.before, self.fresh = float("-inf"), None, []

    def sample(self, person: Person) -> None:
        """Take a picture in which they are seen alone."""
        self.looks = self.looks + np.float32(0.1) * (person.looks - self.looks)
        self.heights = [*self.heights[-8:], person.height]
        if self.portrait is not None and not self.in_doubt:
            self.portrait = self.portrait.with_another(person)
        else:
            self.fresh = [*self.fresh[-_SAMPLES_MAX + 1 :], person]

    def expected(self, now_s: float) -> Box:
        """Where the box should be now."""
        gap = min(now_s - self.seen_s, COAST_S)
        dx, dy = self.velocity[0] * gap, self.velocity[1] * gap
        return self.box[0] + dx, self.box[1] + dy, self.box[2] + dx, self.box[3] + dy


def exchange_past(one: Followed, other: Followed) -> None:
    """What each has done so far belongs to the other."""
    for name in _PAST:
        mine, theirs = getattr(one, name), getattr(other, name)
        setattr(one, name, theirs)
        setattr(other, name, mine)


def near(one: Followed, other: Followed) -> bool:
    """Whether they can just have met."""
    return distance(one.box, other.box) < _MEETING * other.height


def centre(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def foot_of(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, box[3] - 0.03 * (box[3] - box[1])


def distance(one: Box, other: Box) -> float:
    """Between the middles of heads and of feet, whichever is nearer: the lower half may be hidden."""
    across = (one[0] + one[2] - other[0] - other[2]) / 2
    return min(float(np.hypot(across, one[edge] - other[edge])) for edge in (1, 3))
