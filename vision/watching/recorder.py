"""The last seconds of one watching camera, and clips of them when something happened. Shell: native code, a lock.

H.264 is copied as the camera coded it. Where that cannot be (other codecs, no PyAV, pictures) a few pictures a second
are kept as JPEG and go into a ZIP file. A clip is made when the seconds after it have passed, or when the stream ends.
"""

from __future__ import annotations

import io
import threading
import zipfile
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vision.clip_ring import AFTER_S, BEFORE_S, ClipRing, can_copy
from vision.frame import Frame
from vision.jpeg import jpeg, shrunk
from vision.packet_ring import PictureRing
from vision.sightings import ClipKept
from vision.watching.watches import Thinned
from vision.wire_frames import HEADER_BYTES_MAX, MESSAGE_BYTES_MAX

if TYPE_CHECKING:
    import av
    from av.video.stream import VideoStream

CLIP_BYTES_MAX = MESSAGE_BYTES_MAX - HEADER_BYTES_MAX - 1024
"""What one message to the hub can carry."""
PICTURES_FPS = 8.0
PICTURE_WIDTH_MAX_PX, PICTURE_QUALITY = 960, 75
FALL_S_MAX = 10.0
"""Paper from the thirtieth floor."""
WAITING_MAX = 8
"""Clips that wait for the seconds after; one more and the oldest is made at once, shorter."""
LATE_S = 3.0
"""A stream that is silent for so long after the seconds after will not bring them."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    matter: str
    event_s: float
    event_at_s: float
    lasted_s: float

    @property
    def from_s(self) -> float:
        return self.event_s - BEFORE_S

    @property
    def until_s(self) -> float:
        return self.event_s + self.lasted_s + AFTER_S


class Recorder:
    """One camera's. The capturing thread fills it (`Keep`), the watching thread asks for clips."""

    def __init__(self, camera: str, *, bytes_max: int = CLIP_BYTES_MAX) -> None:
        self._camera, self._bytes_max = camera, bytes_max
        self._lock = threading.Lock()
        self._coded: ClipRing | None = None
        self._pictures = PictureRing(seconds_max=BEFORE_S + FALL_S_MAX + AFTER_S + LATE_S)
        self._thin = Thinned(PICTURES_FPS)
        self._wanted: deque[_Wanted] = deque()
        self._made: deque[ClipKept] = deque(maxlen=WAITING_MAX)

    def opened(self, stream: VideoStream) -> None:
        """A new connection."""
        with self._lock:
            self._coded = ClipRing(stream) if can_copy(stream) else None

    def packet(self, packet: av.Packet[VideoStream], at_s: float) -> None:
        """A packet has come."""
        with self._lock:
            if self._coded is None:
                return
            if self._coded.begins_anew(packet):
                self._make_all(self._coded)
            self._coded.put(packet, at_s)

    def closing(self) -> None:
        """The stream ends: what waits is made now, because a closed stream must not be touched."""
        with self._lock:
            if self._coded is not None:
                self._make_all(self._coded)
            self._coded = None

    def picture(self, frame: Frame) -> None:
        """Keep a picture, where the stream cannot be copied."""
        if self._coded is None and self._thin.wants(frame.captured_mono_s):
            self._pictures.put(frame.captured_mono_s, jpeg(shrunk(frame.image, PICTURE_WIDTH_MAX_PX), PICTURE_QUALITY))

    def want(self, matter: str, event_s: float, event_at_s: float, lasted_s: float = 0.0) -> None:
        """A clip shall come of what began then (both clocks) and lasted so long."""
        with self._lock:
            if any(wanted.matter == matter for wanted in self._wanted):
                return
            self._wanted.append(_Wanted(matter, event_s, event_at_s, lasted_s))
            if len(self._wanted) > WAITING_MAX:
                self._make(self._wanted.popleft())

    def due(self, now_s: float) -> list[ClipKept]:
        """The clips that can be made by now; each once."""
        with self._lock:
            waiting = deque(self._wanted)
            self._wanted.clear()
            for wanted in waiting:
                ready = self._coded is None or self._coded.ready(wanted.event_s + wanted.lasted_s)
                if now_s >= wanted.until_s and (ready or now_s >= wanted.until_s + LATE_S):
                    self._make(wanted)
                else:
                    self._wanted.append(wanted)
            made = list(self._made)
            self._made.clear()
        return made

    def _make_all(self, coded: ClipRing) -> None:
        """Whatever has begun, as far as it goes: the packets cannot be joined to those that follow."""
        newest_s = coded.ring.newest_s
        waiting, self._wanted = self._wanted, deque()
        for wanted in waiting:
            if newest_s is not None and wanted.event_s <= newest_s:
                self._make(wanted)
            else:
                self._wanted.append(wanted)

    def _make(self, wanted: _Wanted) -> None:
        kept = self._copied(wanted) if self._coded is not None else self._zipped(wanted)
        if kept is not None:
            self._made.append(kept)

    def _copied(self, wanted: _Wanted) -> ClipKept | None:
        assert self._coded is not None, "asked while the stream is open"
        packets = self._coded.cut(wanted.event_s, lasted_s=wanted.lasted_s, bytes_max=self._bytes_max)
        if not packets:
            return None
        wall_s = wanted.event_at_s - wanted.event_s
        return ClipKept(
            camera=self._camera,
            matter=wanted.matter,
            media="video/mp4",
            from_at_s=packets[0].at_s + wall_s,
            until_at_s=packets[-1].at_s + wall_s,
            data=self._coded.film(packets),
        )

    def _zipped(self, wanted: _Wanted) -> ClipKept | None:
        count = round((wanted.until_s - wanted.from_s) * PICTURES_FPS)
        while count >= 2:
            pictures = self._pictures.cut(wanted.from_s, wanted.until_s, count_max=count)
            if sum(len(jpeg) + 256 for _, jpeg in pictures) <= self._bytes_max:
                break
            count //= 2
        else:
            return None
        if not pictures:
            return None
        wall_s = wanted.event_at_s - wanted.event_s
        return ClipKept(
            camera=self._camera,
            matter=wanted.matter,
            media="application/zip",
            from_at_s=pictures[0][0] + wall_s,
            until_at_s=pictures[-1][0] + wall_s,
            data=_zip([(at_s - wanted.event_s, jpeg) for at_s, jpeg in pictures]),
        )


def _zip(pictures: list[tuple[float, bytes]]) -> bytes:
    """Pictures by their seconds from the event; the same bytes for the same pictures."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for number, (from_event_s, data) in enumerate(pictures, start=1):
            entry = zipfile.ZipInfo(f"{number:03d}_{from_event_s:+08.3f}s.jpg")
            archive.writestr(entry, data)
    return out.getvalue()
