"""What people do with alarms. Core: data only; ``edge.observations`` re-exports what the switchboard takes."""

from __future__ import annotations

from dataclasses import dataclass

from edge.operators import Operator
from sync.event import Attachment


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgeAlarm:
    """我来处理: a guard takes an alarm."""

    request_id: str
    alarm: str
    operator: Operator
    pressed_at_s: float | None = None
    """Unix time when it was pressed at a page that had lost its link; None: now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoAcknowledge:
    """Taken by mistake: given back within a few seconds."""

    request_id: str
    alarm: str
    operator: Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvanceAlarm:
    """Somebody is on the way (``en_route``) or there (``on_site``), perhaps with a photo."""

    request_id: str
    alarm: str
    stage: str
    operator: Operator
    note: str = ""
    picture: str = ""
    """SHA-256 of a picture that is stored already; empty for none."""
    attachments: tuple[Attachment, ...] = ()
    pressed_at_s: float | None = None
    """Unix time when it was pressed at a page that had lost its link; None: now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseAlarm:
    """A guard closes an alarm: handled, or false with a reason."""

    request_id: str
    alarm: str
    outcome: str
    """``handled`` or ``false``."""
    note: str
    operator: Operator
    pressed_at_s: float | None = None
    """Unix time when it was pressed at a page that had lost its link; None: now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelveAlarm:
    """Set the condition of an alarm aside for a while."""

    request_id: str
    alarm: str
    reason: str
    for_s: float
    operator: Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class UnshelveAlarm:
    """Take a condition back before its time."""

    request_id: str
    kind: str
    source: str
    operator: Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBackAlarm:
    """Whoever reported it was called back (回访)."""

    request_id: str
    alarm: str
    note: str
    operator: Operator
    pressed_at_s: float | None = None
    """Unix time when it was pressed at a page that had lost its link; None: now."""


AlarmAct = AcknowledgeAlarm | UndoAcknowledge | AdvanceAlarm | CloseAlarm | ShelveAlarm | UnshelveAlarm | CallBackAlarm
