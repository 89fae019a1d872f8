"""What the hub says to devices, and what they report. Core: frozen data only.

Commands carry an id and an expiry on the monotonic clock. A command past its expiry is answered
``CommandFailed(reason=EXPIRED)``, never executed late: a late opening is a hazard, not a service.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class Priority(IntEnum):
    """Order in a port's queue: smaller goes first."""

    FIRE = 0
    SAFETY = 1
    OPEN = 2
    NORMAL = 3
    POLL = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLane:
    """Send one board-timed opening pulse to the lane's barrier."""

    id: str
    lane: str
    expires_mono_s: float
    priority: Priority = Priority.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseLane:
    """Send one board-timed closing pulse; only where ``closing = "gateway"``."""

    id: str
    lane: str
    expires_mono_s: float
    priority: Priority = Priority.NORMAL


@dataclass(frozen=True, slots=True, kw_only=True)
class PulseOutput:
    """Close one relay for a while, timed by its board: a lock, one beat of a siren's pattern."""

    id: str
    board: str
    relay: int
    """Counted from 1."""
    pulse_s: float
    expires_mono_s: float
    priority: Priority = Priority.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """Show text at a display and speak it where it can."""

    id: str
    display: str
    lines: tuple[str, ...]
    voice: str
    """What is spoken; empty for nothing."""
    expires_mono_s: float
    priority: Priority = Priority.NORMAL


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalReader:
    """Answer at a reader: light, buzzer, text, or the verdict on a phone's connection."""

    id: str
    reader: str
    granted: bool | None
    """None: neither (waiting for a second factor, out of order)."""
    text: str
    expires_mono_s: float
    connection: str = ""
    """The phone's connection that the answer is for."""
    priority: Priority = Priority.NORMAL


Command = OpenLane | CloseLane | PulseOutput | Show | SignalReader


class FailReason(StrEnum):
    """Why a command was not carried out. The caller acts differently on each."""

    EXPIRED = "expired"  # it waited past its life: nothing was sent
    LINK_DOWN = "link_down"  # the port is gone: nothing was sent
    QUEUE_FULL = "queue_full"  # too many wait: nothing was sent
    REFUSED = "refused"  # the board answered with an exception
    NO_REPLY = "no_reply"  # bytes were sent, nobody answered: it may have happened
    BAD_REPLY = "bad_reply"  # bytes were sent, the answer was damaged: it may have happened
    NOT_VERIFIED = "not_verified"  # acknowledged, but the read-back does not show it
    UNKNOWN_LANE = "unknown_lane"  # no barrier of that name here


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandDone:
    """Acknowledged and read back, or sent to something that answers nothing."""

    id: str
    device: str
    first_byte_mono_s: float
    """When the first byte went to the wire."""
    done_mono_s: float
    verified: bool = True
    """False: the bytes are out, and nobody can know what came of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandFailed:
    """Not carried out, or not known to be."""

    id: str
    device: str
    reason: FailReason
    detail: str = ""
    at_mono_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class InputsRead:
    """The raw levels of a board's inputs: at the first read, on every change, and at least once a second.

    ``levels[0]`` is channel 1; True is a closed (energised) contact. Polarity is not applied here.
    """

    board: str
    levels: tuple[bool, ...]
    at_mono_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkLost:
    """A board stopped answering or its port is gone; said once."""

    board: str
    cause: str
    at_mono_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkBack:
    """A board answers (again), its inputs read first; said once, also at the first contact after start."""

    board: str
    levels: tuple[bool, ...]
    at_mono_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRead:
    """A card was shown."""

    reader: str
    uid: str
    """Hex, upper case, as the reader sent it."""
    bits: int
    at_mono_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysTyped:
    """A complete entry at a keypad (ended by # or by a pause)."""

    reader: str
    keys: str = field(repr=False)
    at_mono_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeScanned:
    """A QR code's text, from a scanner on the wire."""

    reader: str
    text: str = field(repr=False)
    at_mono_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneProof:
    """A phone signed the reader's fresh nonce after its user asked for the door; the hub verifies it."""

    reader: str
    connection: str
    key_id: str
    """Hex of the phone's key."""
    message: bytes
    """What was signed: protocol name, reader, nonce, action."""
    signature: bytes
    """Ed25519, 64 bytes."""
    at_mono_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderLost:
    """A reader does not answer; said once."""

    reader: str
    cause: str
    at_mono_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderBack:
    """A reader answers (again); said once, also at the first contact."""

    reader: str
    at_mono_s: float


Report = (
    CommandDone
    | CommandFailed
    | InputsRead
    | LinkLost
    | LinkBack
    | CardRead
    | KeysTyped
    | CodeScanned
    | PhoneProof
    | ReaderLost
    | ReaderBack
)
