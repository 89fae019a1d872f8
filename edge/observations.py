"""Everything that can reach the hub: what vision and devices say, what people do, and time. Core: data only."""

from __future__ import annotations

from dataclasses import dataclass, field

from devices.messages import Report
from edge.alarms.acts import AcknowledgeAlarm as AcknowledgeAlarm  # noqa: PLC0414 - re-exported
from edge.alarms.acts import AlarmAct
from edge.alarms.acts import CloseAlarm as CloseAlarm  # noqa: PLC0414 - re-exported
from edge.duty.acts import DutyAct
from edge.operators import Operator as Operator  # noqa: PLC0414 - re-exported
from edge.patrol.acts import PatrolAct
from edge.push.model import PushReport
from edge.reports.acts import ReportAct
from edge.selftest.acts import SelfTestAct
from sync.records import Change, Policy
from vision.observations import Observation as EyesObservation


@dataclass(frozen=True, slots=True)
class Now:
    """The two clocks, read by the shell once per observation."""

    mono_s: float
    wall_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenByHand:
    """A guard opens a lane, with a reason (异常放行)."""

    request_id: str
    """Idempotency key: the same request twice opens once."""
    lane: str
    reason: str
    operator: Operator
    visit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseByHand:
    """A guard turns a waiting vehicle away."""

    request_id: str
    lane: str
    visit: str
    reason: str
    operator: Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldByHand:
    """A guard holds a lane open, with a reason and an end."""

    request_id: str
    lane: str
    reason: str
    for_s: float
    operator: Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseByHand:
    """A guard ends a hold."""

    request_id: str
    lane: str
    operator: Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetLane:
    """A person resets a latched fault after looking at the lane."""

    request_id: str
    lane: str
    operator: Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetFire:
    """A person ends the fire state; honoured only when the input is clear."""

    request_id: str
    operator: Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLists:
    """A person or the centre changes who may enter; row and event land together."""

    request_id: str
    change: Change
    operator: Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """Something a person did that changes nothing but must be on record (log-in, refused log-in, export)."""

    kind: str
    operator: str
    body: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlockByHand:
    """A guard unlocks a door, with a reason."""

    request_id: str
    door: str
    reason: str
    operator: Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetSirens:
    """A person silences the sirens; they stay silent until a new alarm starts them."""

    request_id: str
    operator: Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSlip:
    """A guard checks a goods slip item by item at the exit; ``seen`` is what was counted."""

    request_id: str
    slip: str
    seen: tuple[tuple[str, int], ...]
    note: str
    operator: Operator
    plate: str = ""
    """Plate of the vehicle that carries the goods; empty for none."""
    photo: bytes = field(default=b"", repr=False)
    """What the guard took of the goods, JPEG or PNG; empty for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectRegister:
    """A guard notes that somebody has left although nobody saw it."""

    request_id: str
    key: str
    reason: str
    operator: Operator


OperatorAct = (
    OpenByHand
    | RefuseByHand
    | HoldByHand
    | ReleaseByHand
    | ResetLane
    | ResetFire
    | AlarmAct
    | DutyAct
    | PatrolAct
    | ReportAct
    | SelfTestAct
    | ChangeLists
    | UnlockByHand
    | ResetSirens
    | CheckSlip
    | CorrectRegister
)


@dataclass(frozen=True, slots=True)
class PolicyLoaded:
    """The lists as they now stand in the store."""

    policy: Policy


@dataclass(frozen=True, slots=True)
class SweepFaces:
    """Time to look whose consent has ended; said once a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EyesLost:
    """The eyes process died, hung or grew too large; it is being restarted."""

    cause: str
    gave_up: bool = False
    """The restart ceiling was reached; it stays down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EyesBack:
    """The eyes process works (again)."""

    down_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LogTrouble:
    """The event log cannot be written; doors go on, events wait in memory."""

    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRestored:
    """The event log can be written again."""

    down_s: float
    dropped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxOverflow:
    """Vision observations were dropped because the hub could not keep up."""

    dropped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayStarted:
    """The program runs; said once per start."""

    version: str
    site_file: str
    fallback: tuple[str, str] | None = None
    """Why the last good site file is in use (zh, en)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayStopping:
    """The program was asked to stop."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDown:
    """A supervised task failed too often and stays down."""

    name: str
    cause: str


@dataclass(frozen=True, slots=True)
class Written:
    """Whether a grant that uses something up is on disk; False when it was not in time."""

    reference: str
    durable: bool


@dataclass(frozen=True, slots=True)
class PruneLists:
    """Time to forget codes, slips and passes that ended long ago."""

    clock_synced: bool
    """Whether the kernel says that the wall clock is disciplined; otherwise nothing is forgotten."""


@dataclass(frozen=True, slots=True)
class CertificateRead:
    """The HTTPS certificate of the page was looked at."""

    days_left: float | None
    """None: it cannot be read."""
    file: str


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passes; sent four times a second."""

    clock_synced: bool = True
    """Whether the kernel says that the wall clock is disciplined."""


Observation = (
    EyesObservation
    | Report
    | OperatorAct
    | PushReport
    | Audited
    | PolicyLoaded
    | SweepFaces
    | EyesLost
    | EyesBack
    | LogTrouble
    | LogRestored
    | InboxOverflow
    | GatewayStarted
    | GatewayStopping
    | TaskDown
    | CertificateRead
    | PruneLists
    | Written
    | Tick
)
