"""Far end of a turnstile's line. Core: fed bytes and time.

Its own controller closes it again, ``open_s`` after it was opened, as a real one does when nobody passes. Locked, it
opens for nobody; a dropped arm (火警落杆) lets everybody through until it is raised.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from devices.turnstile import Act, Reader, Told

QUIET_S = 0.05


@dataclass(slots=True)
class SimTurnstile:
    """One turnstile."""

    address: int = 1
    open_s: float = 5.0
    xor_with: int = 0
    locked: bool = False
    dropped: bool = False
    opened: list[Act] = field(default_factory=list)
    """Every opening, in order."""
    _until_s: float = float("-inf")
    _last_byte_s: float = float("-inf")
    _reader: Reader = field(init=False)

    def __post_init__(self) -> None:
        self._reader = Reader(self.xor_with)

    def passable(self, now_s: float) -> bool:
        """Whether somebody could walk through now."""
        return self.dropped or now_s < self._until_s

    def relay_on(self, relay: int, now_s: float) -> bool:
        """Whether it stands open to the left (1) or to the right (2): what a barrier's open contact would be."""
        way = (Act.OPEN_LEFT, Act.OPEN_RIGHT)[relay - 1]
        return now_s < self._until_s and bool(self.opened) and self.opened[-1] is way

    @property
    def ons(self) -> list[int]:
        """How often it opened to the left and to the right."""
        return [self.opened.count(Act.OPEN_LEFT), self.opened.count(Act.OPEN_RIGHT)]

    def set_input(self, channel: int, closed: bool) -> None:
        """It has no inputs. ValueError: always."""
        raise ValueError(f"a turnstile has no input {channel}")

    def receive(self, data: bytes, now_s: float) -> bytes:
        """Bytes from the line; it answers nothing."""
        if now_s - self._last_byte_s > QUIET_S:
            self._reader.quiet()
        self._last_byte_s = now_s
        for told in self._reader.receive(data):
            if told.address == self.address:
                self._obey(told, now_s)
        return b""

    def _obey(self, told: Told, now_s: float) -> None:
        match told.act:
            case Act.OPEN_LEFT | Act.OPEN_RIGHT:
                if not self.locked:
                    self.opened.append(told.act)
                    self._until_s = now_s + self.open_s
            case Act.DROP | Act.RAISE:
                self.dropped = told.act is Act.DROP
            case Act.LOCK | Act.UNLOCK:
                self.locked = told.act is Act.LOCK
