"""Rounds and what was visited. Core: frozen data only.

A round is known by its plan and its due time on the site's clock (``night@2026-06-01T22:00``), so that neither a
restart nor a clock that jumps back makes one twice. Its age counts from the due time (negative before it) and goes by
the monotonic clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from edge.alarms.model import Age
from edge.observations import Now


class RoundState(StrEnum):
    """How far a round has come."""

    DUE = "due"
    STARTED = "started"
    DONE = "done"
    LATE = "late"
    """Done, but begun late or a point was visited late."""
    MISSED = "missed"
    ABORTED = "aborted"


OPEN = frozenset({RoundState.DUE, RoundState.STARTED})
COMPLETE = frozenset({RoundState.DONE, RoundState.LATE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One point of a round, as the route stood when the round was announced."""

    point: str
    place: str
    required: bool = True
    after_s: float | None = None
    tolerance_s: float = 300.0
    walk_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One point visited."""

    point: str
    age_s: float
    """Age of the round at that moment."""
    guard: str
    proof: str
    """``reader``, ``nfc``, ``ble``, ``qr`` or ``typed``: what the log can say for it, strongest first."""
    offline: bool = False
    """Sent later by a device that had no link; its time is the device's."""
    off_s: float = 0.0
    """Outside of the tolerance by so much; negative when too early."""
    in_order: bool = True
    doubtful: str = ""
    """``too_quick``, ``device_clock``; empty when nothing speaks against it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One walk of a route."""

    id: str
    plan: str
    route: str
    title: str
    order: str
    legs: tuple[Leg, ...]
    start_early_s: float
    start_late_s: float
    within_s: float
    due_s: float
    """Unix time."""
    age: Age
    state: RoundState = RoundState.DUE
    guard: str = ""
    """Who set out."""
    started_age_s: float | None = None
    visits: tuple[Visit, ...] = ()
    warned: frozenset[str] = frozenset()
    """What was told to be late already: ``start`` or a point."""
    reason: str = ""
    """Why it was ended early."""
    healed: bool = False
    """Missed first; scans that came later showed that it was walked."""

    @property
    def deadline_age_s(self) -> float:
        """Age at which what is not visited is missed."""
        begun_s = self.start_late_s if self.started_age_s is None else self.started_age_s
        return begun_s + self.within_s

    def visited(self, point: str) -> Visit | None:
        """The visit of a point."""
        return next((visit for visit in self.visits if visit.point == point), None)

    def left(self, *, required: bool = False) -> tuple[Leg, ...]:
        """Legs without a visit, in order; ``required`` leaves the others out."""
        legs = (leg for leg in self.legs if leg.required or not required)
        return tuple(leg for leg in legs if self.visited(leg.point) is None)

    def at_s(self, age_s: float, now: Now) -> float:
        """Unix time of an age, as the clock stands now."""
        return now.wall_s - (self.age.at(now) - age_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """How far the scans of a device have come."""

    seq: int
    at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PatrolView:
    """The patrol at this moment."""

    rounds: Mapping[str, Round] = field(default_factory=dict)
    """Open ones, and the last that ended, oldest first."""
    looked_s: float = 0.0
    """Unix time up to which the plans were looked at; 0: never."""
    devices: Mapping[str, Device] = field(default_factory=dict)

    def open(self) -> tuple[Round, ...]:
        """Rounds that are due or under way, by due time."""
        return tuple(sorted((r for r in self.rounds.values() if r.state in OPEN), key=lambda r: (r.due_s, r.id)))
