"""The barrier state machine (道闸). Core: pure functions of (lane, event, rules, now).

Order of rules: fire > manual release > link lost > latched fault > authorisation > operator > normal cycle.
Software is never the safety device: closing belongs to the barrier's own controller unless the site says otherwise,
and Close is only ever asked for when safety is clear and known, the fire input is healthy, nobody has released the
arm by hand, the link is up and no fault is latched.
"""

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
    refresh_mono_s: float | None = None
