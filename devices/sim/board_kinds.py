"""Far ends of the other families of boards, and the one for a model's name. Core: fed bytes and time, returns bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from config.boards import BOARD_MODELS, BoardModel
from devices.sim.board import ILLEGAL_ADDRESS, ILLEGAL_FUNCTION, ILLEGAL_VALUE, SimBoard
from devices.sim.lcus import SimLcus
from devices.sim.turnstile import SimTurnstile


@dataclass(slots=True, kw_only=True)
class FlashBoard(SimBoard):
    """Relays with a flash command (闪开): ``10`` writes two registers from 3 + 5n, 4 or 2 and n x 100 ms.

    ``FF 10 00 03 00 02 04 00 04 00 14`` closes relay 1 for 2 s; command 2 opens it for that long. Anything else that
    is written there is refused.
    """

    pulses: bool = False
    registers: bool = False
    inputs_count_only: int | None = 8

    def _carry_out(self, function: int, payload: bytes, now_s: float) -> bytes | int:
        if function != 0x10:
            return SimBoard._carry_out(self, function, payload, now_s)
        index, rest = divmod(int.from_bytes(payload[:2], "big") - 3, 5)
        if rest or not 0 <= index < self.relays or payload[2:5] != b"\x00\x02\x04" or len(payload) != 9:
            return ILLEGAL_ADDRESS
        if payload[5:7] not in (b"\x00\x04", b"\x00\x02"):
            return ILLEGAL_VALUE
        self._pulse(index, now_s + int.from_bytes(payload[7:9], "big") / 10)
        self._latched[index] = payload[6] == 2
        return payload[:4]


@dataclass(slots=True, kw_only=True)
class RegisterBoard(SimBoard):
    """Eletechsup: a register per relay, from 1. ``06`` with 01xx on, 02xx off, 03xx toggle, 05xx 1 s, 06ss for ss s.

    ``03`` reads 0001 or 0000. Inputs and function 02 do not exist.
    """

    inputs: list[bool] = field(default_factory=list)

    def _carry_out(self, function: int, payload: bytes, now_s: float) -> bytes | int:
        first, second = int.from_bytes(payload[:2], "big"), int.from_bytes(payload[2:4], "big")
        if function == 0x03:
            if not 1 <= first <= first + second - 1 <= self.relays:
                return ILLEGAL_ADDRESS
            states = [self.relay_on(relay, now_s) for relay in range(first, first + second)]
            return bytes((2 * second,)) + b"".join(bytes((0, on)) for on in states)
        if function != 0x06:
            return ILLEGAL_FUNCTION
        if not 1 <= first <= self.relays:
            return ILLEGAL_ADDRESS
        return self._command(first - 1, second >> 8, second & 0xFF, now_s) or payload

    def _command(self, index: int, command: int, seconds: int, now_s: float) -> int | None:
        match command:
            case 1 | 2 | 3:
                self._latch(index, not self._latched[index] if command == 3 else command == 1)
            case 5 | 6:
                self._latched[index] = False
                self._pulse(index, now_s + (1 if command == 5 else seconds))
            case _:
                return ILLEGAL_VALUE
        return None


@dataclass(slots=True, kw_only=True)
class MappedBoard(SimBoard):
    """A board that a site file describes, as far as its map goes: it can be no oracle for that map."""

    wiring: BoardModel

    def __post_init__(self) -> None:
        self.relays, self.inputs = self.wiring.relays, [False] * self.wiring.inputs
        SimBoard.__post_init__(self)

    def _carry_out(self, function: int, payload: bytes, now_s: float) -> bytes | int:
        first, count = int.from_bytes(payload[:2], "big"), int.from_bytes(payload[2:4], "big")
        wiring = self.wiring
        if function == 0x02:
            bits = self.inputs + [False] * ((wiring.inputs_read_count or 0) - wiring.inputs)
            return self._bits(bits, first - wiring.inputs_base, count)
        if function == wiring.relays_function:
            on = [self.relay_on(relay + 1, now_s) for relay in range(self.relays)]
            first -= wiring.relays_base
            if function == 0x01:
                return self._bits(on, first, count)
            if not 0 <= first <= first + count <= self.relays:
                return ILLEGAL_ADDRESS
            return bytes((2 * count,)) + b"".join(bytes((0, state)) for state in on[first : first + count])
        if wiring.pulse is not None and function == wiring.pulse.function:
            return self._timed(payload, now_s)
        return ILLEGAL_FUNCTION

    def _timed(self, payload: bytes, now_s: float) -> bytes | int:
        pulse = self.wiring.pulse
        if pulse is None:
            return ILLEGAL_FUNCTION
        index, rest = divmod(int.from_bytes(payload[:2], "big") - pulse.base, pulse.step)
        units = int.from_bytes(payload[-2:], "big") - (0 if pulse.function == 0x10 else pulse.command)
        if rest or not 0 <= index < self.relays:
            return ILLEGAL_ADDRESS
        if not 1 <= units <= pulse.units_max:
            return ILLEGAL_VALUE
        self._pulse(index, now_s + units * pulse.unit_s)
        return payload[:4]


class FarEnd(Protocol):
    """What every board at the far end of a line can do."""

    @property
    def ons(self) -> list[int]:
        """How often each relay was told to close."""

    def receive(self, data: bytes, now_s: float) -> bytes:
        """Bytes from the line; returns the replies."""

    def relay_on(self, relay: int, now_s: float) -> bool:
        """Whether a relay (from 1) is closed now."""

    def set_input(self, channel: int, closed: bool) -> None:
        """Contact of an input, counted from 1."""


SIMULATED: dict[str, Callable[[int], SimBoard]] = {
    "waveshare-8": lambda unit: SimBoard(unit=unit),
    "lctech-8": lambda unit: SimBoard(unit=unit, pulses=False, registers=False, inputs_count_only=8),
    "flash-4": lambda unit: FlashBoard(unit=unit, relays=4),
    "flash-8": lambda unit: FlashBoard(unit=unit),
    "eletechsup-8": lambda unit: RegisterBoard(unit=unit),
}


def simulated(model: str, unit: int = 1, wiring: BoardModel | None = None) -> SimBoard:
    """The far end of a Modbus model of ours, or of one that a site file describes. KeyError: no simulator for it."""
    if model not in SIMULATED and wiring is not None:
        return MappedBoard(unit=unit, wiring=wiring)
    return SIMULATED[model](unit)


def far_end(model: str, unit: int = 1, wiring: BoardModel | None = None) -> FarEnd:
    """The far end of any model. KeyError: no simulator for it."""
    wiring = BOARD_MODELS.get(model, wiring)
    if wiring is not None and wiring.frames == "lcus":
        return SimLcus(wiring.relays)
    if wiring is not None and wiring.frames == "turnstile":
        return SimTurnstile(unit, xor_with=wiring.xor_with)
    return simulated(model, unit, wiring)
