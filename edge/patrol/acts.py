"""What guards do on a patrol. Core: data only."""

from __future__ import annotations

from dataclasses import dataclass, field

from edge.operators import Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRound:
    """A guard sets out on a round; the first scan does the same."""

    request_id: str
    round: str
    operator: Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class EndRound:
    """A round ends before its time: with a reason unless every required point was visited."""

    request_id: str
    round: str
    reason: str
    operator: Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanPoint:
    """The code of a checkpoint, as read or typed."""

    request_id: str
    code: str = field(repr=False)
    how: str
    """``qr``, ``nfc``, ``ble`` or ``typed``, as the device says."""
    operator: Operator
    at_s: float | None = None
    """Unix time of the device when it was scanned without a link; None: just now."""
    device: str = ""
    """Random name that a device gave itself; with ``seq`` it tells a scan that is sent again."""
    seq: int = 0
    """Counts the scans of a device from 1; 0: none."""


PatrolAct = StartRound | EndRound | ScanPoint
