"""Maps of real relay boards as data, and one opening pulse as a pure machine. Core: no port, no clock.

A **timed pulse** (点动) is one write after which the *board* opens the contact again by itself. Only such
pulses are ever sent: whatever dies here, no relay stays on. A board that cannot time its pulses may give
inputs, but may not move a barrier (``can_pulse``).

A pulse is believed only after a read-back with another function, whose reply cannot be an echo of the write::

    write  01 05 02 00 00 05 crc   relay 1 on for 5 x 100 ms
    read   01 01 00 00 00 08 crc   relays 1 to 8; bit 0 must be on while the pulse lasts

A read-back that comes after the pulse has ended proves nothing about it; that is said, not guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from devices.errors import NoReply, Refused
from devices.messages import Command, FailReason, OpenLane
from devices.modbus import READ_COILS, READ_INPUTS, WRITE_COIL, Answer, Outcome, Request

ATTEMPTS_MAX = 3  # the first sending and at most two more


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardMap:
    """What one model understands. Channels are counted from 1 outside and from 0 on the line."""

    model: str
    relays: int
    inputs: int
    inputs_read_count: int
    """Number of inputs to ask for; some boards answer only to this one."""
    pulse_base: int | None
    """Coil address of relay 1's timed pulse (function 05); None: the board times no pulses."""
    pulse_unit_s: float = 0.1
    pulse_units_max: int = 100
    """Longest pulse asked for, 10 s: the site file's bound, well inside the board's."""
    source: str

    @property
    def can_pulse(self) -> bool:
        """Whether the board itself ends a pulse."""
        return self.pulse_base is not None


BOARDS: dict[str, BoardMap] = {
    "waveshare-8": BoardMap(
        model="waveshare-8",
        relays=8,
        inputs=8,
        inputs_read_count=8,
        pulse_base=0x0200,
        source="Waveshare wiki 'Modbus RTU Relay (D)'; nobrega8/mbmap-library modbus-rtu-relay.mbmap.json",
    ),
    "lctech-8": BoardMap(
        model="lctech-8",
        relays=8,
        inputs=8,
        inputs_read_count=8,  # other counts fail (CSDN 112915034, artisan discussion 634)
        pulse_base=None,
        source="CSDN 112915034; artisan discussion 634",
    ),
}


def inputs_request(board: BoardMap, unit: int) -> Request:
    """Read all inputs at once (function 02)."""
    return Request(unit, READ_INPUTS, bytes((0, 0, 0, board.inputs_read_count)))


def relays_request(board: BoardMap, unit: int) -> Request:
    """Read back all relays at once (function 01)."""
    return Request(unit, READ_COILS, bytes((0, 0, 0, board.relays)))


def pulse_units(board: BoardMap, pulse_s: float) -> int:
    """A pulse length in the board's units: at least 1, at most the map's bound, never a latch."""
    return max(1, min(board.pulse_units_max, round(pulse_s / board.pulse_unit_s)))


def pulse_request(board: BoardMap, unit: int, relay: int, pulse_s: float) -> Request:
    """One board-timed pulse (function 05). ValueError: no such relay, or a board that times no pulses."""
    if board.pulse_base is None or not 1 <= relay <= board.relays:
        raise ValueError(f"{board.model} has no timed pulse on relay {relay}")
    address = board.pulse_base + relay - 1
    payload = address.to_bytes(2, "big") + pulse_units(board, pulse_s).to_bytes(2, "big")
    return Request(unit, WRITE_COIL, payload)


class Phase(Enum):
    """Where a pulse stands."""

    WRITE = "write"
    VERIFY = "verify"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The end of a pulse; ``reason`` None means done and verified."""

    reason: FailReason | None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """One command on its way through write and read-back; frozen, each step gives the next."""

    command: Command
    board: str
    map: BoardMap
    unit: int
    relay: int
    pulse_s: float
    phase: Phase = Phase.WRITE
    attempt: int = 1
    first_byte_mono_s: float | None = None
    """First byte of the first write."""
    write_mono_s: float = 0.0
    """First byte of the last write."""
    last_failure: Verdict | None = None

    @property
    def length_s(self) -> float:
        """Pulse length as the board will time it."""
        return pulse_units(self.map, self.pulse_s) * self.map.pulse_unit_s

    def request(self) -> Request:
        """What to send next."""
        if self.phase is Phase.WRITE:
            return pulse_request(self.map, self.unit, self.relay, self.pulse_s)
        return relays_request(self.map, self.unit)

    def sent(self, first_byte_mono_s: float) -> Pulse:
        """The request's first byte went out."""
        if self.phase is Phase.VERIFY:
            return self
        first = self.first_byte_mono_s if self.first_byte_mono_s is not None else first_byte_mono_s
        return replace(self, first_byte_mono_s=first, write_mono_s=first_byte_mono_s)

    def expired(self, now_mono_s: float) -> Verdict | None:
        """The verdict when a write may no longer be sent; a read-back is harmless and always may."""
        if self.phase is Phase.VERIFY or now_mono_s < self.command.expires_mono_s:
            return None
        late_s = now_mono_s - self.command.expires_mono_s
        return self.last_failure or Verdict(FailReason.EXPIRED, f"{late_s:.3f} s too late, nothing sent")

    def advance(self, outcome: Outcome, now_mono_s: float) -> Pulse | Verdict:
        """The next step after a transaction: go on, send again, or the verdict."""
        if isinstance(outcome, Refused):
            return Verdict(FailReason.REFUSED, str(outcome))
        if not isinstance(outcome, Answer):
            silent = isinstance(outcome, NoReply)
            reason = FailReason.NO_REPLY if silent else FailReason.BAD_REPLY
            return self._again(Verdict(reason, f"{self.phase.value}: {outcome}"), now_mono_s)
        if self.phase is Phase.WRITE:
            return replace(self, phase=Phase.VERIFY)
        if outcome.bits(self.map.relays)[self.relay - 1]:
            return Verdict(None)
        return self._again(self._relay_is_off(now_mono_s), now_mono_s)

    def _relay_is_off(self, now_mono_s: float) -> Verdict:
        if now_mono_s < self.write_mono_s + self.length_s:
            return Verdict(FailReason.NOT_VERIFIED, f"relay {self.relay} is off during its pulse")
        return Verdict(
            FailReason.NOT_VERIFIED,
            f"acknowledged, but read back only after the pulse of {self.length_s:.1f} s had ended",
        )

    def _again(self, failure: Verdict, now_mono_s: float) -> Pulse | Verdict:
        """Send once more: an opening pulse is idempotent. A closing one is not: a car may have come since."""
        repeatable = isinstance(self.command, OpenLane) and self.attempt < ATTEMPTS_MAX
        if not repeatable or now_mono_s >= self.command.expires_mono_s:
            return failure
        return replace(self, phase=Phase.WRITE, attempt=self.attempt + 1, last_failure=failure)
