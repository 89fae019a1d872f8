"""A guard's own report, and what others add to an incident. Core: data only."""

from __future__ import annotations

from dataclasses import dataclass

from edge.operators import Operator
from sync.event import Attachment


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeReport:
    """A guard reports what no device saw."""

    request_id: str
    what: str
    """A key of ``edge.reports.rules.KINDS``."""
    words: str
    place: str
    operator: Operator
    urgent: bool = False
    map: str = ""
    """Plan on which ``at`` lies; empty for none."""
    at: tuple[float, float] | None = None
    """x, y as fractions of the plan's picture."""
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAlarm:
    """Words or photos added to an open alarm, by whoever is there."""

    request_id: str
    alarm: str
    note: str
    operator: Operator
    attachments: tuple[Attachment, ...] = ()


ReportAct = MakeReport | NoteAlarm
