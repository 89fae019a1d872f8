"""Alarms: what a person must act on. Core: pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from typing import Any, ClassVar, Protocol, TypeVar

from edge.observations import Now


class Stage(StrEnum):
    """How far somebody has come with it (ISA-18.2, plus what guards do after they took it)."""

    NEW = "new"
    TAKEN = "taken"
    EN_ROUTE = "en_route"
    ON_SITE = "on_site"


class Clock(StrEnum):
    """What is due for an alarm."""

    RESPOND = "respond"
    ON_SITE = "on_site"
    CLOSE = "close"
    CALL_BACK = "call_back"


class Level(IntEnum):
    """Who must know that something was not done in time."""

    GUARD = 0
    SUPERVISOR = 1
    MANAGER = 2


Overdue = tuple[Clock, Level]
"""A limit that has passed, and how far up that was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """How long something stands. Monotonic within one run; over a restart the wall clock bridges the gap."""

    since_wall_s: float
    base_s: float = 0.0
    """Age at ``from_mono_s``; before that is known, the least that the log proves."""
    from_mono_s: float | None = None
    """None after a restart, until the first tick."""

    def at(self, now: Now) -> float:
        """Seconds; never less than what the log proves, whatever the wall clock says."""
        if self.from_mono_s is None:
            return max(self.base_s, now.wall_s - self.since_wall_s)
        return self.base_s + max(0.0, now.mono_s - self.from_mono_s)

    def anchored(self, now: Now) -> Age:
        """The same age, from now on by the monotonic clock."""
        if self.from_mono_s is not None:
            return self
        return Age(since_wall_s=self.since_wall_s, base_s=self.at(now), from_mono_s=now.mono_s)


class Aged(Protocol):
    """A dataclass that stands for some time."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def age(self) -> Age: ...


K = TypeVar("K")
A = TypeVar("A", bound=Aged)


def anchored(standing: Mapping[K, A], now: Now) -> dict[K, A]:
    """The same things, their ages from now on by the monotonic clock."""
    return {key: replace(one, age=one.age.anchored(now)) for key, one in standing.items()}


def begun(now: Now) -> Age:
    """The age of what begins now."""
    return Age(since_wall_s=now.wall_s, from_mono_s=now.mono_s)


DRILL = "drill-"
"""How the id of an alarm that was made for practice begins; what is said about it is marked by it."""
SELF_TEST = "selftest-"
"""The same for the alarm of a self-test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One condition that needs a person. Return to normal does not close it; a person does."""

    id: str
    kind: str
    """``camera.lost``, ``lane.forced``, ``fire.active`` … (docs/events.md)."""
    priority: int
    """1 urgent, 2 general, 3 system."""
    source: str
    place: str
    opened_at_s: float
    age: Age
    count: int = 1
    """How often the same condition came while this alarm was open; nothing is dropped, it is counted."""
    returned_at_s: float | None = None
    """When the condition went away by itself."""
    stage: Stage = Stage.NEW
    acknowledged_by: str = ""
    acknowledged_at_s: float | None = None
    acknowledged_age_s: float | None = None
    on_site_age_s: float | None = None
    overdue: frozenset[Overdue] = frozenset()
    sounded: bool = False
    """The box's own sirens were started because nobody took it."""
    event_id: str = ""
    """The event that opened it (its media show what happened)."""
    detail: str = ""
    picture: str = ""
    """SHA-256 of the picture that came with that event; empty when there is none."""
    media: tuple[tuple[str, str, str], ...] = ()
    """What came later: role (``clip``, ``before``, ``after``, ``close``), SHA-256, media type."""

    @property
    def condition(self) -> tuple[str, str]:
        """What it is about: one condition has at most one open alarm."""
        return self.kind, self.source

    @property
    def drill(self) -> bool:
        """Made for practice: it sounds no siren and counts in no figure."""
        return self.id.startswith(DRILL)

    @property
    def genuine(self) -> bool:
        """Neither made for practice nor by a self-test."""
        return not self.id.startswith((DRILL, SELF_TEST))

    @property
    def level(self) -> Level:
        """How far up it has climbed."""
        return max((level for _, level in self.overdue), default=Level.GUARD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A condition that a person has set aside for a while, with a reason and an end."""

    kind: str
    source: str
    by: str
    reason: str
    for_s: float
    age: Age

    def left_s(self, now: Now) -> float:
        """Seconds until it ends by itself."""
        return self.for_s - self.age.at(now)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBack:
    """A closed alarm whose reporter must still be called back (回访)."""

    alarm: str
    kind: str
    priority: int
    source: str
    place: str
    closed_by: str
    age: Age
    """Since it was closed."""
    overdue: frozenset[Overdue] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """More alarms than a person can take (ISA-18.2): opened in the last window, and whether it counts as a flood."""

    opened_mono_s: tuple[float, ...] = ()
    active: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """An alarm that closed by itself a moment ago: what chatters comes back as the same one."""

    alarm: Alarm
    closed_mono_s: float
