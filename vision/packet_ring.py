"""Core: the last seconds of a coded stream, cut only where decoding can begin. Bounded in seconds and in bytes."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

SECONDS_MAX = 30.0
BYTES_MAX = 24 * 1024 * 1024
"""30 s at 6 Mbit/s; a camera that sends more keeps fewer seconds, and that is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """One coded packet of a video stream."""

    data: bytes = field(repr=False)
    at_s: float
    """When it came, on the monotonic clock."""
    pts: int
    dts: int
    """In the stream's time base."""
    key: bool
    """Decoding can begin here."""


class PacketRing:
    """Always begins with a key packet, so that whatever is in it can be decoded."""

    def __init__(self, *, seconds_max: float = SECONDS_MAX, bytes_max: int = BYTES_MAX) -> None:
        self._seconds_max, self._bytes_max = seconds_max, bytes_max
        self._groups: deque[list[Coded]] = deque()
        self.size_bytes = 0
        self.dropped = 0
        """Packets that had no key packet before them, or were let go for want of room before their time."""

    def __len__(self) -> int:
        return sum(map(len, self._groups))

    @property
    def newest_s(self) -> float | None:
        """When the newest packet came; None while empty."""
        return self._groups[-1][-1].at_s if self._groups else None

    def put(self, packet: Coded) -> None:
        """Take a packet in; old groups of pictures go as a whole."""
        if packet.key:
            self._groups.append([])
        if not self._groups:
            self.dropped += 1
            return
        self._groups[-1].append(packet)
        self.size_bytes += len(packet.data)
        while len(self._groups) > 1 and self._groups[1][0].at_s <= packet.at_s - self._seconds_max:
            self._let_go()
        while self._groups and self.size_bytes > self._bytes_max:
            self.dropped += self._let_go()

    def clear(self) -> None:
        """Begin anew, as after a reconnect: packets of two connections cannot be joined."""
        self._groups.clear()
        self.size_bytes = 0

    def cut(self, from_s: float, until_s: float, *, bytes_max: int = BYTES_MAX) -> tuple[Coded, ...]:
        """The packets of a span, begun at the last key packet before it; its oldest groups go where it is too large.

        Empty when nothing of the span is here or not even its last group fits.
        """
        groups = [group for group in self._groups if group[0].at_s <= until_s]
        first = max((n for n, group in enumerate(groups) if group[0].at_s <= from_s), default=0)
        wanted = [[packet for packet in group if packet.at_s <= until_s] for group in groups[first:]]
        if wanted and wanted[-1][-1].at_s < from_s:
            return ()
        while wanted and sum(len(packet.data) for group in wanted for packet in group) > bytes_max:
            wanted.pop(0)
        return tuple(packet for group in wanted for packet in group)

    def _let_go(self) -> int:
        group = self._groups.popleft()
        self.size_bytes -= sum(len(packet.data) for packet in group)
        return len(group)


class PictureRing:
    """JPEG pictures of the last seconds, for streams that cannot be copied; bounded the same way."""

    def __init__(self, *, seconds_max: float = SECONDS_MAX, bytes_max: int = BYTES_MAX) -> None:
        self._seconds_max, self._bytes_max = seconds_max, bytes_max
        self._pictures: deque[tuple[float, bytes]] = deque()
        self.size_bytes = 0

    def put(self, at_s: float, jpeg: bytes) -> None:
        """Take a picture in."""
        self._pictures.append((at_s, jpeg))
        self.size_bytes += len(jpeg)
        while self._pictures and (self._pictures[0][0] < at_s - self._seconds_max or self.size_bytes > self._bytes_max):
            self.size_bytes -= len(self._pictures.popleft()[1])

    def cut(self, from_s: float, until_s: float, *, count_max: int) -> tuple[tuple[float, bytes], ...]:
        """At most so many pictures of a span, evenly spread, its first and last among them."""
        found = [item for item in self._pictures if from_s <= item[0] <= until_s]
        if len(found) <= count_max:
            return tuple(found)
        if count_max < 2:
            return tuple(found[:count_max])
        return tuple(found[round(n * (len(found) - 1) / (count_max - 1))] for n in range(count_max))
