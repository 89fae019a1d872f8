"""What goes into and comes out of the lane machine (道闸). Core: frozen data only; ``machine`` re-exports it all."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class LaneState(StrEnum):
    """Where a lane stands."""

    OFFLINE = "offline"
    CLOSED = "closed"
    OPENING = "opening"
    OPEN = "open"
    PASSING = "passing"
    CLEARING = "clearing"
    CLOSING = "closing"
    HELD = "held"
    FORCED = "forced"
    FAULT = "fault"
    MANUAL = "manual"
    FIRE_OPEN = "fire_open"


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneRules:
    """What is wired and how long things may take; from the site file."""

    has_up_limit: bool
    has_down_limit: bool
    has_safety: bool
    gateway_closes: bool = False
    open_timeout_s: float = 8.0
    wait_s: float = 20.0
    pass_timeout_s: float = 30.0
    clear_s: float = 1.0
    close_timeout_s: float = 10.0
    hold_refresh_s: float = 2.0
    hold_remind_s: float = 300.0
    """After the agreed end of a hold the guard is reminded again this often."""
    queue_max: int = 8
    """Grants that may wait for their cars; beyond it the barrier still opens, the count stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensors:
    """Sensor values after polarity; None is unknown (stale or link lost), also for those not wired."""

    up: bool | None = None
    down: bool | None = None
    safety: bool | None = None
    """True: something is under the arm."""
    manual: bool | None = None
    """True: hand crank or cabinet door is open."""


@dataclass(frozen=True, slots=True)
class SensorsChanged:
    """New sensor values."""

    sensors: Sensors


@dataclass(frozen=True, slots=True)
class LaneLinkLost:
    """The board behind the lane does not answer."""


@dataclass(frozen=True, slots=True)
class LaneLinkBack:
    """The board answers again, inputs read first."""

    sensors: Sensors


@dataclass(frozen=True, slots=True)
class FireChanged:
    """The fire input: ``active`` None when the line is broken or unknown."""

    active: bool | None


@dataclass(frozen=True, slots=True)
class FireReset:
    """A person ends the fire state (honoured only when the input is clear)."""


@dataclass(frozen=True, slots=True)
class Authorised:
    """Somebody may pass: by rule or by a guard's hand."""

    reference: str
    """Id of the grant, carried into the events of this passage."""
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class HoldOpen:
    """A person holds the lane open until a moment on the monotonic clock."""

    until_mono_s: float
    reference: str


@dataclass(frozen=True, slots=True)
class Release:
    """A person ends the hold."""


@dataclass(frozen=True, slots=True)
class FaultReset:
    """A person has looked at the lane and clears a latched fault."""


@dataclass(frozen=True, slots=True)
class OpenFailed:
    """An open command failed for good (the device said so, or nobody answered)."""

    detail: str


@dataclass(frozen=True, slots=True)
class TimePassed:
    """Timers may be due."""


LaneEvent = (
    SensorsChanged
    | LaneLinkLost
    | LaneLinkBack
    | FireChanged
    | FireReset
    | Authorised
    | HoldOpen
    | Release
    | FaultReset
    | OpenFailed
    | TimePassed
)


class LaneNote(StrEnum):
    """What a step reports; the hub turns each into one event, and some into alarms."""

    OPENING = "opening"
    OPENED = "opened"
    PASSING = "passing"
    PASSED = "passed"
    CLOSED = "closed"
    NO_PASSAGE = "no_passage"
    TAILGATE = "tailgate"
    STOPPED_UNDER_ARM = "stopped_under_arm"
    FORCED = "forced"
    FAULT = "fault"
    FAULT_CLEARED = "fault_cleared"
    ARM_ON_VEHICLE = "arm_on_vehicle"
    REOPENED = "reopened"
    HELD = "held"
    HOLD_DUE = "hold_due"
    RELEASED = "released"
    MANUAL = "manual"
    MANUAL_ENDED = "manual_ended"
    OFFLINE = "offline"
    ONLINE = "online"
    FIRE_OPEN = "fire_open"
    FIRE_LINE_BROKEN = "fire_line_broken"
    FIRE_LINE_OK = "fire_line_ok"
    FIRE_ENDED = "fire_ended"
    REFUSED = "refused"
    QUEUE_FULL = "queue_full"


@dataclass(frozen=True, slots=True)
class PulseOpen:
    """Ask the barrier to open. ``urgent``: fire or safety, does not wait for the log."""

    urgent: str = ""
    """Empty, ``fire`` or ``safety``."""


@dataclass(frozen=True, slots=True)
class PulseClose:
    """Ask the barrier to close."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something to write down."""

    what: LaneNote
    detail: str = ""
    reference: str = ""


LaneAction = PulseOpen | PulseClose | Note


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One lane's whole memory. Starts offline: nothing is commanded before the inputs were read."""

    state: LaneState = LaneState.OFFLINE
    sensors: Sensors = field(default_factory=Sensors)
    since_mono_s: float = 0.0
    """When the state was entered."""
    deadline_mono_s: float | None = None
    queue: tuple[str, ...] = ()
    """References of grants whose car has not passed yet."""
    fault: str = ""
    """Latched fault; empty when there is none. Survives link loss, fire and manual release."""
    fire_active: bool | None = False
    fire_latched: bool = False
    hold_until_mono_s: float | None = None
    """Agreed end of a hold; None when nobody holds the lane."""
    refresh_mono_s: float | None = None
    """When the open pulse of a hold or of the fire state is repeated."""
    remind_mono_s: float | None = None
    """When the guard is next reminded of a hold."""
    linked: bool = False
    """The board answers. Apart from the state, because fire and manual release outrank a lost link."""
    manual_seen: bool = False
    """Last known value of the manual input; an unknown value or a lost link does not end a manual release."""
    passing: str | None = None
    """Reference of the car under the arm; empty when nobody let it in, None when there is no car."""
    lapsed: int = 0
    """How many references at the head of the queue were already reported as not having passed."""
