"""Clips of what happened, copied from the stream and not coded again (extra ``clips``: PyAV). Shell: native code.

For the eyes process only. H.264 goes into an MP4 file as the camera coded it, so a clip costs no decoding and shows
exactly what came. Other codecs are for `packet_ring.PictureRing`.
"""

from __future__ import annotations

import io
from fractions import Fraction
from typing import TYPE_CHECKING

from vision.errors import SourceError
from vision.observations import CameraFault
from vision.packet_ring import BYTES_MAX, SECONDS_MAX, Coded, PacketRing

if TYPE_CHECKING:
    import av
    from av.video.stream import VideoStream

BEFORE_S, AFTER_S = 10.0, 5.0
CLIP_MAX_BYTES = 8 * 1024 * 1024
"""What one attachment of an event may have."""
_TABLES_BYTES = 16 * 1024
"""What the container adds by itself, beside two per cent for its tables of packets."""
COPIED = frozenset({"h264"})


def can_copy(stream: VideoStream) -> bool:
    """Whether this stream's packets can be put into a clip as they are."""
    return stream.codec_context.name in COPIED and stream.time_base is not None


class ClipRing:
    """The last seconds of one open stream; a new connection needs a new one."""

    def __init__(self, stream: VideoStream, *, seconds_max: float = SECONDS_MAX, bytes_max: int = BYTES_MAX) -> None:
        if not can_copy(stream):
            name = stream.codec_context.name
            raise SourceError(CameraFault.GARBAGE, f"码流 {name} 不能直接截取 / {name} cannot be copied into a clip")
        self._stream = stream
        self._ring = PacketRing(seconds_max=seconds_max, bytes_max=bytes_max)
        self._last_dts: int | None = None

    @property
    def ring(self) -> PacketRing:
        """What is kept."""
        return self._ring

    def begins_anew(self, packet: av.Packet[VideoStream]) -> bool:
        """Whether this packet lies before the last one, so that nothing kept can be joined to it."""
        return self._last_dts is not None and packet.dts is not None and packet.dts <= self._last_dts

    def put(self, packet: av.Packet[VideoStream], at_s: float) -> None:
        """Keep a demuxed packet; one without bytes or time is no packet, one that goes back in time begins anew."""
        data = bytes(packet)
        if not data or packet.dts is None:
            return
        if self.begins_anew(packet):
            self._ring.clear()
        self._last_dts = packet.dts
        pts = packet.dts if packet.pts is None else packet.pts
        self._ring.put(Coded(data=data, at_s=at_s, pts=pts, dts=packet.dts, key=packet.is_keyframe))

    def ready(self, ended_s: float) -> bool:
        """Whether the seconds after the end of an event have come."""
        newest = self._ring.newest_s
        return newest is not None and newest >= ended_s + AFTER_S

    def clip(self, event_s: float, *, bytes_max: int = CLIP_MAX_BYTES) -> bytes:
        """An MP4 from 10 s before to 5 s after; empty when nothing of it is here. Shorter where it would be too large.

        Begins at the key picture before, which may be some seconds earlier.
        """
        return self.film(self.cut(event_s, bytes_max=bytes_max))

    def cut(self, event_s: float, *, lasted_s: float = 0.0, bytes_max: int = CLIP_MAX_BYTES) -> tuple[Coded, ...]:
        """The packets of such a clip, of an event that lasted so long."""
        room = bytes_max - bytes_max // 50 - _TABLES_BYTES
        return self._ring.cut(event_s - BEFORE_S, event_s + lasted_s + AFTER_S, bytes_max=room)

    def film(self, packets: tuple[Coded, ...]) -> bytes:
        """Packets of this stream as an MP4 file; empty when there are none. Only while the stream is open."""
        return muxed(packets, self._stream) if packets else b""


def muxed(packets: tuple[Coded, ...], stream: VideoStream) -> bytes:
    """The packets as an MP4 file, made in memory."""
    import av

    out = io.BytesIO()
    time_base = stream.time_base or Fraction(1, 90_000)
    start = packets[0].dts
    with av.open(out, "w", format="mp4") as container:
        target = container.add_stream_from_template(stream)
        for coded in packets:
            packet = av.Packet(coded.data)
            packet.stream, packet.time_base = target, time_base
            packet.dts, packet.pts = coded.dts - start, coded.pts - start
            packet.is_keyframe = coded.key
            container.mux(packet)
    return out.getvalue()
