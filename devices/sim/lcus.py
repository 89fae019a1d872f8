"""Far end of an LCUS USB relay. Core: bytes in, bytes out."""

from __future__ import annotations

from dataclasses import dataclass, field

BUFFER_MAX = 64


@dataclass(slots=True)
class SimLcus:
    """Relays that stay as they were told: nothing here ever lets go by itself."""

    channels: int = 4
    on: list[bool] = field(init=False)
    ons: list[int] = field(init=False)
    """How often each relay was told to close."""
    stuck_on: set[int] = field(default_factory=set)
    """Fault: relays (from 1) whose contact is welded."""
    _buffer: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        self.on, self.ons = [False] * self.channels, [0] * self.channels

    def relay_on(self, relay: int, now_s: float) -> bool:
        """Whether a relay (from 1) is closed; it stays so for ever."""
        return self.on[relay - 1] or relay in self.stuck_on

    def set_input(self, channel: int, closed: bool) -> None:
        """It has no inputs. ValueError: always."""
        raise ValueError(f"an LCUS board has no input {channel}")

    def receive(self, data: bytes, now_s: float) -> bytes:
        """Bytes from the line; returns the states when it was asked for them. The clock does not matter to it."""
        self._buffer += data
        del self._buffer[: max(0, len(self._buffer) - BUFFER_MAX)]
        out = b""
        while self._buffer:
            if self._buffer[0] == 0xFF:
                del self._buffer[:1]
                out += self._states()
            elif self._buffer[0] != 0xA0:
                del self._buffer[:1]
            elif len(self._buffer) < 4:
                break
            else:
                self._take(bytes(self._buffer[:4]))
        return out

    def _take(self, frame: bytes) -> None:
        good = sum(frame[:3]) & 0xFF == frame[3] and 1 <= frame[1] <= self.channels and frame[2] <= 1
        del self._buffer[: 4 if good else 1]
        if good:
            self.on[frame[1] - 1] = bool(frame[2])
            self.ons[frame[1] - 1] += frame[2]

    def _states(self) -> bytes:
        if self.channels == 1:  # the one-channel model answers nothing
            return b""
        on = [self.relay_on(n, 0.0) for n in range(1, self.channels + 1)]
        return b"".join(b"CH%d: %s\r\n" % (n, b"ON" if closed else b"OFF") for n, closed in enumerate(on, 1))
