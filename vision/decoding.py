"""Packets into pictures, and which of these are damaged (extra ``clips``: PyAV). Shell: native code.

What a decoder makes of damaged data looks like a picture. It knows where data could not be decoded; that a picture is
missing altogether is seen by the numbers of H.264 (`vision.h264_order`). Of H.265 FFmpeg tells neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vision.errors import Garbage
from vision.frame import size_fault
from vision.h264_order import PictureOrder
from vision.wholeness import Wholeness

if TYPE_CHECKING:
    import av
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

FAILURES_MAX = 250
"""Packets in a row that cannot be decoded: 10 s of a camera; then it is no stream of pictures."""


def video_of(container: InputContainer) -> VideoStream:
    """The pictures of an open stream or film, decoded by one thread. Raises `Garbage`."""
    if not container.streams.video:
        raise Garbage("码流里没有视频", "the stream has no video")
    stream = container.streams.video[0]
    fault = size_fault(stream.codec_context.width, stream.codec_context.height)
    if fault is not None:
        raise Garbage(f"画面尺寸不可用 {fault}", f"picture size cannot be used: {fault}")
    stream.thread_type = "NONE"
    stream.codec_context.thread_count = 1  # more threads delay each picture by one frame per thread
    return stream


class Decoding:
    """Of one open stream."""

    def __init__(self, stream: VideoStream) -> None:
        context = stream.codec_context
        self._order = PictureOrder(context.extradata or b"") if context.name == "h264" else None
        self._whole = Wholeness()
        self._failures = 0

    @property
    def damaged(self) -> bool:
        """Whether the picture that came last is."""
        return self._whole.damaged

    def begin(self) -> None:
        """What follows does not go on from what was: a film begins again."""
        self._whole.begin()
        if self._order is not None:
            self._order.begin()

    def pictures(self, packet: av.Packet[VideoStream]) -> list[VideoFrame]:
        """What comes out for a packet. Raises `av.InvalidDataError` where nothing can be decoded for long."""
        import av

        stamp = packet.dts if packet.pts is None else packet.pts
        missing = self._order is not None and packet.size > 0 and self._order.is_missing(bytes(packet))
        if stamp is not None and (missing or packet.is_corrupt):
            self._whole.packet_broken(stamp)
        try:
            frames = packet.decode()
        except av.InvalidDataError:
            self._failures += 1
            if self._failures > FAILURES_MAX:
                raise
            if stamp is not None:
                self._whole.packet_broken(stamp)
            return []
        if frames:
            self._failures = 0
        return frames

    def came(self, frame: VideoFrame) -> None:
        """This picture is the next that is used or passed over; in the order of `pictures`."""
        at_s = frame.time or 0.0
        self._whole.picture(frame.pts, at_s, key=frame.key_frame, corrupt=frame.is_corrupt)
