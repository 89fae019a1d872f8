"""Alarms: what a person must act on. Core: pure. (Clocks, escalation and shelving come with the guards' duty.)"""

from __future__ import annotations

from dataclasses import dataclass


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
    count: int = 1
    """How often the same condition came while this alarm was open; nothing is dropped, it is counted."""
    returned_at_s: float | None = None
    """When the condition went away by itself."""
    acknowledged_by: str = ""
    acknowledged_at_s: float | None = None
    event_id: str = ""
    """The event that opened it (its media show what happened)."""
    detail: str = ""
    picture: str = ""
    """SHA-256 of the picture that came with that event; empty when there is none."""
