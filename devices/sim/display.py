"""Displays that do not exist: they parse the real bytes of one line. Core: fed bytes and time, returns bytes."""

from __future__ import annotations

from dataclasses import dataclass, field

from devices.lane_display import DA_TEXT, Dialect, Reader, Shown, decode, text_frame
from devices.modbus import seal

QUIET_S = 0.5  # a cut frame is given up after this much silence
KEPT_MAX = 200


@dataclass(slots=True)
class SimDisplay:
    """What one display shows and has spoken."""

    dialect: Dialect
    lines: dict[int, str] = field(default_factory=dict)
    spoken: list[str] = field(default_factory=list)
    frames: int = 0
    answers: bool = False
    """Whether it acknowledges its frames."""
    mute: bool = False
    """Fault: neither hears nor answers."""
    _reader: Reader = field(init=False)
    _last_byte_s: float = 0.0

    def __post_init__(self) -> None:
        self._reader = Reader(self.dialect)

    @property
    def text(self) -> str:
        """All lines, in order."""
        return "\n".join(self.lines[number] for number in sorted(self.lines))

    def receive(self, data: bytes, now_s: float) -> bytes:
        """Bytes from the line; returns the acknowledgements."""
        if self.mute:
            return b""
        if now_s - self._last_byte_s > QUIET_S:
            self._reader.quiet()
        self._last_byte_s = now_s
        return b"".join(self._take(frame) for frame in self._reader.receive(data))

    def _take(self, frame: bytes) -> bytes:
        said = decode(self.dialect, frame)
        if said is not None:
            self._show(said)
        if not self.answers:
            return b""
        if self.dialect.family == "da":
            return seal(frame[:5] + b"\x01\x00")
        return text_frame(self.dialect, 0, b"")

    def _show(self, said: Shown) -> None:
        self.frames += 1
        if said.spoken:
            self.spoken = [*self.spoken[-KEPT_MAX:], said.text]
        else:
            if said.cmd != DA_TEXT or said.line == 0:
                self.lines = {}
            self.lines[said.line] = said.text
