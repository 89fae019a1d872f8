"""Far end of the line: relay boards as sans-IO Modbus RTU slaves. Core: fed bytes and time, returns bytes.

Written from the makers' frames, not from our maps: what both have in common is the document.

Speaks 01, 02, 03, 05, 06 and 0F as the Waveshare "Modbus RTU Relay (D)" does::

    coils  0x0000..0x0007  relays; 05 with FF00 on, 0000 off, 5500 toggle; 0x00FF all relays
           0x0200..0x0207  05: on for value x 100 ms, then off     (点动 flash on)
           0x0400..0x0407  05: off for value x 100 ms, then on     (flash off)
    inputs 0x0000..0x0007
    holding 0x4000 unit address, 0x8000 version, 0x1000..0x1007 control mode per relay

``lctech-8`` knows neither pulses nor registers and answers input reads of exactly 8 only. The others are in
``board_kinds``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from devices.modbus import is_sealed, seal

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3
RELAYS = 8
IDLE_GAP_S = 0.05
BUFFER_MAX = 1024
VERSION = 200  # V2.00


def _length(buffer: bytes | bytearray) -> int | None:
    """Length of the request that begins the buffer; 0 unknown function, None more bytes needed."""
    if len(buffer) < 2:
        return None
    if buffer[1] in (0x01, 0x02, 0x03, 0x05, 0x06):
        return 8
    if buffer[1] in (0x0F, 0x10):
        return 9 + buffer[6] if len(buffer) >= 7 else None
    return 8


@dataclass(slots=True, kw_only=True)
class SimBoard:
    """One board. ``set_input`` from the world, ``receive`` from the line, ``relay_on`` for the world to look at."""

    unit: int = 1
    relays: int = RELAYS
    pulses: bool = True
    registers: bool = True
    inputs_count_only: int | None = None
    inputs: list[bool] = field(default_factory=lambda: [False] * RELAYS)
    refuse_with: int | None = None
    """Fault: answer every request with this exception code."""
    relay_stuck_off: set[int] = field(default_factory=set)
    """Fault: relays (from 1) that acknowledge but never close."""
    relay_stuck_on: set[int] = field(default_factory=set)
    """Fault: relays (from 1) whose contact is welded."""
    ons: list[int] = field(default_factory=list)
    """How often each relay was told to close."""
    _latched: list[bool] = field(default_factory=list)
    _until_s: list[float] = field(default_factory=list)
    _modes: list[int] = field(default_factory=lambda: [0] * RELAYS)
    _buffer: bytearray = field(default_factory=bytearray)
    _last_byte_s: float = 0.0

    def __post_init__(self) -> None:
        self.ons, self._latched = [0] * self.relays, [False] * self.relays
        self._until_s = [0.0] * self.relays

    def set_input(self, channel: int, closed: bool) -> None:
        """Contact of an input, counted from 1."""
        self.inputs[channel - 1] = closed

    def relay_on(self, relay: int, now_s: float) -> bool:
        """Whether a relay (from 1) is closed now: a running pulse inverts the latched state."""
        if relay in self.relay_stuck_off or relay in self.relay_stuck_on:
            return relay in self.relay_stuck_on
        i = relay - 1
        return self._latched[i] != (now_s < self._until_s[i])

    def receive(self, data: bytes, now_s: float) -> bytes:
        """Bytes from the line; returns the replies."""
        if self._buffer and now_s - self._last_byte_s > IDLE_GAP_S:
            self._buffer.clear()
        self._last_byte_s = now_s
        self._buffer += data
        del self._buffer[: max(0, len(self._buffer) - BUFFER_MAX)]
        out = b""
        while (frame := self._next_frame()) is not None:
            out += self._answer(frame, now_s)
        return out

    def _next_frame(self) -> bytes | None:
        """The next frame with a good CRC, for whatever unit; what stands before it is dropped."""
        for start in range(len(self._buffer) - 3):
            length = _length(self._buffer[start:])
            if length is None:
                continue
            frame = bytes(self._buffer[start : start + length])
            if len(frame) == length and is_sealed(frame):
                del self._buffer[: start + length]
                return frame
        return None

    def _answer(self, frame: bytes, now_s: float) -> bytes:
        unit, function = frame[0], frame[1]
        if unit not in (0, self.unit):
            return b""
        result = self.refuse_with or self._carry_out(function, frame[2:-2], now_s)
        if unit == 0:  # a broadcast is obeyed and never answered
            return b""
        if isinstance(result, int):
            return seal(bytes((self.unit, function | 0x80, result)))
        return seal(bytes((unit, function)) + result)

    def _carry_out(self, function: int, payload: bytes, now_s: float) -> bytes | int:
        """Payload of the reply, or an exception code."""
        first, second = int.from_bytes(payload[:2], "big"), int.from_bytes(payload[2:4], "big")
        match function:
            case 0x01:
                return self._bits([self.relay_on(i + 1, now_s) for i in range(self.relays)], first, second)
            case 0x02:
                if self.inputs_count_only not in (None, second):
                    return ILLEGAL_VALUE
                return self._bits(self.inputs, first, second)
            case 0x05:
                return self._write_coil(first, second, now_s) or payload
            case 0x0F:
                return self._write_coils(first, second, payload[5:]) or payload[:4]
            case 0x03 if self.registers:
                return self._read_registers(first, second)
            case 0x06 if self.registers:
                return self._write_register(first, second) or payload
        return ILLEGAL_FUNCTION

    def _bits(self, bits: list[bool], first: int, count: int) -> bytes | int:
        if not 1 <= count <= len(bits) or first + count > len(bits):
            return ILLEGAL_ADDRESS
        value = sum(1 << i for i, bit in enumerate(bits[first : first + count]) if bit)
        size = (count + 7) // 8
        return bytes((size,)) + value.to_bytes(size, "little")

    def _write_coil(self, address: int, value: int, now_s: float) -> int | None:
        page, index = address >> 8, address & 0xFF
        if page in (2, 4) and index < self.relays and self.pulses:
            self._pulse(index, now_s + value / 10)
            self._latched[index] = page == 4
            return None
        if page != 0 or not (index < self.relays or index == 0xFF):
            return ILLEGAL_ADDRESS
        if value not in (0xFF00, 0x0000, 0x5500):
            return ILLEGAL_VALUE
        for i in range(self.relays) if index == 0xFF else (index,):
            self._latch(i, not self._latched[i] if value == 0x5500 else value == 0xFF00)
        return None

    def _pulse(self, index: int, until_s: float) -> None:
        self._until_s[index] = until_s
        self.ons[index] += 1

    def _latch(self, index: int, on: bool) -> None:
        self._latched[index] = on
        self._until_s[index] = 0.0
        self.ons[index] += on

    def _write_coils(self, first: int, count: int, data: bytes) -> int | None:
        if not 1 <= count <= self.relays or first + count > self.relays or len(data) != 1:
            return ILLEGAL_ADDRESS
        for i in range(count):
            self._latch(first + i, bool(data[0] >> i & 1))
        return None

    def _read_registers(self, first: int, count: int) -> bytes | int:
        known = {0x4000: self.unit, 0x8000: VERSION}
        known |= {0x1000 + i: mode for i, mode in enumerate(self._modes)}
        wanted = range(first, first + count)
        if not 1 <= count <= 125 or any(address not in known for address in wanted):
            return ILLEGAL_ADDRESS
        return bytes((2 * count,)) + b"".join(known[address].to_bytes(2, "big") for address in wanted)

    def _write_register(self, address: int, value: int) -> int | None:
        if address == 0x4000 and 1 <= value <= 255:
            self.unit = value
        elif 0x1000 <= address < 0x1000 + self.relays and value <= 3:
            self._modes[address - 0x1000] = value
        else:
            return ILLEGAL_ADDRESS
        return None
