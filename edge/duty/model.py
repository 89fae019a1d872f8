"""Shifts, handing over, night checks. Core: frozen data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from edge.alarms.model import Age


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Somebody mans a post."""

    post: str
    guard: str
    age: Age


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """One guard hands a post over to another (交接班): every open matter is taken one by one, and both sign."""

    post: str
    leaving: str
    coming: str
    age: Age
    taken: Mapping[str, str] = field(default_factory=dict)
    """What the coming guard took over so far (key of an item) -> a note on it."""
    signed: frozenset[str] = frozenset()
    """Who has signed."""
    told: bool = False
    """That it takes too long was said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """The check that somebody is awake at a post (查岗)."""

    post: str
    asked: Age | None = None
    """Waiting for an answer since; None when nothing was asked."""
    last: Age | None = None
    """When it was asked last, answered or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """A drill that runs (演练)."""

    by: str
    reason: str
    for_s: float
    age: Age
    made: int = 0
    """Alarms made so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyView:
    """The guards' duty at this moment."""

    shifts: Mapping[str, Shift] = field(default_factory=dict)
    """By post."""
    handovers: Mapping[str, Handover] = field(default_factory=dict)
    """By post."""
    watches: Mapping[str, Watch] = field(default_factory=dict)
    """By post."""
    drill: Drill | None = None
