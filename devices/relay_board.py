"""The frames of a board by its map (``config.boards``), and one pulse as a pure machine. Core: no port, no clock.

A **timed pulse** (点动) is one write after which the *board* opens the contact again by itself: whatever dies here, no
relay stays on. A board that cannot time its pulses may move no barrier and no lock (``can_pulse``); one that can be
switched on and off may serve a siren, and ``switch_off`` sees to its end.

A pulse is believed only after a read-back with another function, whose reply cannot be an echo of the write::

    write  01 05 02 00 00 05 crc   relay 1 on for 5 x 100 ms (the frames of a waveshare-8)
    read   01 01 00 00 00 08 crc   relays 1 to 8; bit 0 must be on while the pulse lasts

A read-back that comes after the pulse has ended proves nothing about it; that is said, not guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from config.boards import BOARD_MODELS, PULSE_MAX_S, BoardModel, known_models
from devices import lcus, turnstile
from devices.errors import NoReply, Refused
from devices.messages import Command, FailReason, OpenLane, PulseOutput
from devices.modbus import READ_COILS, READ_INPUTS, WRITE_COIL, WRITE_REGISTERS, Answer, Outcome, Request
from devices.own_frames import Ask, Sent, States

ATTEMPTS_MAX = 3  # the first sending and at most two more
COIL_ON, COIL_OFF = 0xFF00, 0x0000

Asking = Request | Ask
Heard = Outcome | Sent | States


@dataclass(frozen=True, slots=True)
class BoardMap:
    """What one model understands. Channels are counted from 1 outside; the map says what they are on the line."""

    model: str
    wiring: BoardModel

    @property
    def relays(self) -> int:
        """Number of relays."""
        return self.wiring.relays

    @property
    def inputs(self) -> int:
        """Number of inputs."""
        return self.wiring.inputs

    @property
    def can_pulse(self) -> bool:
        """Whether the board itself ends a pulse."""
        return self.wiring.times_pulses

    @property
    def can_switch(self) -> bool:
        """Whether it is switched on and, by the gateway, off again: for sirens alone."""
        return self.wiring.switches and not self.can_pulse

    @property
    def source(self) -> str:
        """Where the model is documented."""
        return self.wiring.source


BOARDS: dict[str, BoardMap] = {name: BoardMap(name, wiring) for name, wiring in BOARD_MODELS.items()}


def maps_of(described_here: Mapping[str, BoardModel]) -> dict[str, BoardMap]:
    """Our maps and those that a site file describes."""
    return {name: BoardMap(name, wiring) for name, wiring in known_models(described_here).items()}


def _words(*words: int) -> bytes:
    return b"".join(word.to_bytes(2, "big") for word in words)


def inputs_request(board: BoardMap, unit: int) -> Request:
    """Read all inputs at once (function 02)."""
    wiring = board.wiring
    return Request(unit, READ_INPUTS, _words(wiring.inputs_base, wiring.inputs_read_count or wiring.inputs))


def relays_request(board: BoardMap, unit: int) -> Asking:
    """Read back all relays at once (function 01, or 03 where each has a register; FF of an LCUS)."""
    wiring = board.wiring
    if wiring.frames != "modbus":
        return Ask(lcus.QUERY, wiring.relays)
    return Request(unit, wiring.relays_function, _words(wiring.relays_base, wiring.relays))


def poll_request(board: BoardMap, unit: int) -> Asking | None:
    """What to ask a board again and again: its inputs; its relays where it has none, to know that it is there.

    None: it answers nothing, so nobody knows more than that its port is there.
    """
    if not board.wiring.answers:
        return None
    return inputs_request(board, unit) if board.inputs else relays_request(board, unit)


def relay_states(board: BoardMap, outcome: Heard) -> tuple[bool, ...] | None:
    """The relays in the answer to ``relays_request``, from 1; None: that is no answer."""
    if isinstance(outcome, States):
        return outcome.on
    if not isinstance(outcome, Answer):
        return None
    if board.wiring.relays_function == READ_COILS:
        return outcome.bits(board.relays)
    return tuple(register != 0 for register in outcome.registers(board.relays))


def pulse_units(board: BoardMap, pulse_s: float) -> int:
    """A pulse length in the board's units: at least 1, at most the map's bound and 10 s, never a latch."""
    pulse = board.wiring.pulse
    if pulse is None:
        raise ValueError(f"{board.model} times no pulses")
    most = min(pulse.units_max, int(PULSE_MAX_S / pulse.unit_s))
    return max(1, min(most, round(min(pulse_s, PULSE_MAX_S) / pulse.unit_s)))


def pulse_request(board: BoardMap, unit: int, relay: int, pulse_s: float) -> Request:
    """One board-timed pulse (function 05, 06 or 10). ValueError: no such relay, or a board that times no pulses."""
    pulse = board.wiring.pulse
    if pulse is None or not 1 <= relay <= board.relays:
        raise ValueError(f"{board.model} has no timed pulse on relay {relay}")
    address, units = pulse.base + pulse.step * (relay - 1), pulse_units(board, pulse_s)
    if pulse.function == WRITE_REGISTERS:
        return Request(unit, WRITE_REGISTERS, _words(address, 2) + b"\x04" + _words(pulse.command, units))
    return Request(unit, pulse.function, _words(address, pulse.command + units))


def switch_request(board: BoardMap, unit: int, relay: int, *, on: bool) -> Asking:
    """Switch a relay for good, on a board made for nothing better. ValueError: no such relay, or another board."""
    if not board.can_switch or not 1 <= relay <= board.relays:
        raise ValueError(f"{board.model} has no relay {relay} to switch")
    if board.wiring.frames == "lcus":
        return Ask(lcus.switch_frame(relay, on))
    return Request(unit, WRITE_COIL, _words(board.wiring.relays_base + relay - 1, COIL_ON if on else COIL_OFF))


def start_request(board: BoardMap, unit: int, relay: int, pulse_s: float) -> Asking:
    """What begins an opening or a beat, on any board. ValueError: the board cannot do it."""
    if board.wiring.frames == "turnstile":
        act = (turnstile.Act.OPEN_LEFT, turnstile.Act.OPEN_RIGHT)[relay - 1]
        return Ask(turnstile.frame(unit, act, xor_with=board.wiring.xor_with))
    if board.can_switch:
        return switch_request(board, unit, relay, on=True)
    return pulse_request(board, unit, relay, pulse_s)


class Phase(Enum):
    """Where a pulse stands."""

    WRITE = "write"
    VERIFY = "verify"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The end of a pulse; ``reason`` None means done."""

    reason: FailReason | None
    detail: str = ""
    verified: bool = True
    """False: it was sent to something that answers nothing."""


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
        """Pulse length as the board will time it, or as the gateway ends it."""
        pulse = self.map.wiring.pulse
        if pulse is None:
            return min(self.pulse_s, PULSE_MAX_S) if self.map.can_switch else 0.0
        return pulse_units(self.map, self.pulse_s) * pulse.unit_s

    def request(self) -> Asking:
        """What to send next."""
        if self.phase is Phase.WRITE:
            return start_request(self.map, self.unit, self.relay, self.pulse_s)
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

    def advance(self, outcome: Heard, now_mono_s: float) -> Pulse | Verdict:
        """The next step after a transaction: go on, send again, or the verdict."""
        if isinstance(outcome, Refused):
            return Verdict(FailReason.REFUSED, str(outcome))
        if isinstance(outcome, Exception):
            silent = isinstance(outcome, NoReply)
            reason = FailReason.NO_REPLY if silent else FailReason.BAD_REPLY
            return self._again(Verdict(reason, f"{self.phase.value}: {outcome}"), now_mono_s)
        if self.phase is Phase.WRITE:
            return replace(self, phase=Phase.VERIFY) if self.map.wiring.answers else Verdict(None, verified=False)
        if (states := relay_states(self.map, outcome)) is not None and states[self.relay - 1]:
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
        """Send once more: opening and unlocking are idempotent. Closing is not: a car may have come since."""
        repeatable = isinstance(self.command, OpenLane | PulseOutput) and self.attempt < ATTEMPTS_MAX
        if not repeatable or now_mono_s >= self.command.expires_mono_s:
            return failure
        return replace(self, phase=Phase.WRITE, attempt=self.attempt + 1, last_failure=failure)
