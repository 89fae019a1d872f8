"""What goes into and comes out of the door machine (门). Core: frozen data only; ``machine`` re-exports it all."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DoorState(StrEnum):
    """Where a door stands."""

    OFFLINE = "offline"
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    OPEN = "open"
    HELD_OPEN = "held_open"
    FORCED = "forced"
    FREE = "free"
    """Unlocked by its schedule."""
    FIRE_RELEASED = "fire_released"


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorRules:
    """What is wired and how long things may take; from the site file."""

    has_contact: bool
    interlocked: bool = False
    escape_route: bool = True
    unlock_s: float = 3.0
    grace_s: float = 2.0
    """After the pulse: the lock falls and the contact is read a little later."""
    held_open_s: float = 30.0

    @property
    def refresh_s(self) -> float:
        """A standing release repeats its pulse before the last one ends; short pulses at most twice a second."""
        return max(0.5, 0.7 * self.unlock_s)


@dataclass(frozen=True, slots=True)
class DoorSensed:
    """What contact and exit button say after polarity; None is unknown, also for those not wired."""

    open: bool | None
    exit_pressed: bool | None = None


@dataclass(frozen=True, slots=True)
class DoorLinkLost:
    """The board of the lock does not answer."""


@dataclass(frozen=True, slots=True)
class DoorLinkBack:
    """The board of the lock answers again; what stands in its inputs comes with it."""

    open: bool | None
    exit_pressed: bool | None = None


@dataclass(frozen=True, slots=True)
class FireStarted:
    """Fire was latched at the site."""


@dataclass(frozen=True, slots=True)
class FireEnded:
    """A person reset the fire state."""


@dataclass(frozen=True, slots=True)
class ScheduleChanged:
    """The schedule that keeps the door unlocked began or ended."""

    unlocked: bool


@dataclass(frozen=True, slots=True)
class OthersChanged:
    """Whether all doors that this one is interlocked with are closed, known to be so and not just unlocked."""

    clear: bool


@dataclass(frozen=True, slots=True)
class Unlock:
    """Somebody may pass: by a credential or by a guard's hand."""

    reference: str
    """Id of the grant, carried into the events of this passage."""


@dataclass(frozen=True, slots=True)
class UnlockFailed:
    """An unlock pulse failed for good."""

    detail: str
    reference: str = ""


@dataclass(frozen=True, slots=True)
class UnlockDone:
    """An unlock pulse was sent and read back."""


@dataclass(frozen=True, slots=True)
class DoorTimePassed:
    """Timers may be due."""


DoorEvent = (
    DoorSensed
    | DoorLinkLost
    | DoorLinkBack
    | FireStarted
    | FireEnded
    | ScheduleChanged
    | OthersChanged
    | Unlock
    | UnlockFailed
    | UnlockDone
    | DoorTimePassed
)


class DoorNote(StrEnum):
    """What a step reports; the hub turns each into one event, and some into alarms."""

    UNLOCKED = "unlocked"
    NOT_OPENED = "not_opened"
    OPENED = "opened"
    CLOSED = "closed"
    HELD_OPEN = "held_open"
    HELD_OVER = "held_over"
    FORCED = "forced"
    INTERLOCK_BLOCKED = "interlock_blocked"
    REFUSED = "refused"
    FREE = "free"
    FREE_ENDED = "free_ended"
    FIRE_RELEASED = "fire_released"
    FIRE_ENDED = "fire_ended"
    OFFLINE = "offline"
    ONLINE = "online"
    CONTACT_UNKNOWN = "contact_unknown"
    CONTACT_KNOWN = "contact_known"
    UNLOCK_FAILED = "unlock_failed"
    UNLOCK_WORKS = "unlock_works"


@dataclass(frozen=True, slots=True)
class PulseUnlock:
    """Ask for one board-timed unlock pulse. There is no action that locks: a lock falls by itself."""

    urgent: bool = False
    """Fire: does not wait for the log."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something to write down."""

    what: DoorNote
    detail: str = ""
    reference: str = ""


DoorAction = PulseUnlock | Note


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One door's whole memory. Starts offline: nothing is commanded before its board was read."""

    state: DoorState = DoorState.OFFLINE
    linked: bool = False
    open: bool | None = None
    """What the contact says now."""
    was_open: bool | None = None
    """What it said last while it was known."""
    contact_lost: bool = False
    """That the contact became unknown has been told."""
    exit_pressed: bool | None = None
    fire_latched: bool = False
    free: bool = False
    """The schedule says unlocked."""
    others_clear: bool = False
    waiting: str | None = None
    """Reference of the unlocking whose door has not been opened yet; empty for the exit button, None for nobody."""
    unlocked_until_mono_s: float | None = None
    """Until then opening is no surprise; None when the last pulse is long over."""
    held_at_mono_s: float | None = None
    """When an open door counts as held open."""
    refresh_mono_s: float | None = None
    """When the pulse of a standing release (schedule, fire) is repeated."""
    failing: bool = False
    """The last pulse failed and that was told."""
