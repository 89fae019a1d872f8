"""A source that hands its coded packets on before it decodes them (extra ``clips``: PyAV). Shell: native code.

One connection gives both pictures and clips: many cameras allow few connections, and a second one would show another
moment. Decoding costs the same as OpenCV's (measured: 8.1 against 8.0 ms of CPU for a 1080p picture), keeping the
packets 0.01 ms. Same limits and the same errors as `vision.source`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np

from vision.decoding import Decoding, video_of
from vision.diagnose import diagnose, look_up
from vision.errors import Ended, Garbage, SourceError, Stalled, Unreachable
from vision.frame import Image, image_fault
from vision.source import DIAGNOSE_TIMEOUT_S, Pace, Pause
from vision.stream_clock import StreamClock

if TYPE_CHECKING:
    import av
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_SCHEMES = ("rtsp", "rtsps", "http", "https")
_FILM_SUFFIXES = frozenset({".mp4", ".mkv", ".mov", ".ts", ".264", ".h264", ".avi"})
_FPS_DEFAULT, _FPS_MAX = 25.0, 120.0


class Keep(Protocol):
    """Who keeps the packets; called by the capturing thread."""

    def opened(self, stream: VideoStream) -> None:
        """A new connection: what follows cannot be joined to what was."""

    def packet(self, packet: av.Packet[VideoStream], at_s: float) -> None:
        """A packet has come (monotonic time)."""

    def closing(self) -> None:
        """The stream is about to be closed; afterwards it must not be touched."""


def can_be_coded(text: str) -> bool:
    """Whether this source has packets that could be kept, and PyAV is here."""
    scheme = text.split("://", 1)[0].lower() if "://" in text else ""
    if not (scheme in _SCHEMES or (not scheme and Path(text).suffix.lower() in _FILM_SUFFIXES)):
        return False
    try:
        import av  # noqa: F401  # only whether it loads
    except ImportError:
        return False
    return True


def open_coded(
    text: str,
    *,
    keep: Keep,
    open_timeout_s: float,
    read_timeout_s: float,
    loop_file: bool = False,
    pause: Pause = time.sleep,
) -> CodedSource:
    """Open what a camera's ``source`` setting names. Raises `SourceError`, never with credentials in it."""
    live = "://" in text
    if live:
        look_up(text)
    elif not Path(text).is_file():
        raise Unreachable(f"没有文件或目录 {text}", f"no such file or folder: {text}")
    container = _opened(text, live, open_timeout_s, read_timeout_s)
    try:
        return CodedSource(container, keep, live=live, read_timeout_s=read_timeout_s, loop=loop_file, pause=pause)
    except BaseException:
        container.close()
        raise


def _opened(text: str, live: bool, open_timeout_s: float, read_timeout_s: float) -> InputContainer:
    import av

    options = {"rtsp_transport": "tcp", "analyzeduration": "300000"} if live else {}
    try:
        return av.open(text, "r", options=options, timeout=(open_timeout_s, read_timeout_s))
    except (av.FFmpegError, OSError) as error:
        if live:
            raise diagnose(text, timeout_s=min(DIAGNOSE_TIMEOUT_S, open_timeout_s)) from None
        name = Path(text).name
        raise Garbage(f"不是可播放的视频 {name}", f"not a video that can be played: {name}") from error


class CodedSource:
    """A stream that is open; one thread uses it."""

    def __init__(
        self, container: InputContainer, keep: Keep, *, live: bool, read_timeout_s: float, loop: bool, pause: Pause
    ) -> None:
        self.live = live
        self._container, self._keep, self._loop = container, keep, loop and not live
        self._read_timeout_s = read_timeout_s
        self._stream = video_of(container)
        # A file is played at its own pace; a camera sets its own.
        rate = float(self._stream.average_rate or 0)
        self._pace = None if live else Pace(rate if 0 < rate <= _FPS_MAX else _FPS_DEFAULT, pause)
        self._frames: Iterator[VideoFrame] = iter(())
        self._frame: VideoFrame | None = None
        self._grabbed = 0
        self._packets = container.demux(self._stream)
        self._clock = StreamClock() if live else StreamClock(lag_max_s=inf)
        self._decoding = Decoding(self._stream)
        self.taken_s: float | None = None
        self.damaged = False
        keep.opened(self._stream)

    def grab(self) -> None:
        """Wait for the next picture and take it, without converting it. Raises `SourceError`."""
        import av

        if self._pace is not None:
            self._pace.wait()
        started_s = time.monotonic()
        try:
            self._frame = self._next()
        except av.InvalidDataError:
            raise Garbage("解码出错", "decoder failed") from None
        except (av.FFmpegError, OSError) as error:
            raise self._ended(time.monotonic() - started_s) from error
        self._grabbed += 1
        self.damaged = self._decoding.damaged
        stamp_s = self._frame.time
        self.taken_s = None if stamp_s is None else self._clock.taken(stamp_s, time.monotonic())

    def _next(self) -> VideoFrame:
        while True:
            frame = next(self._frames, None)
            if frame is not None:
                self._decoding.came(frame)
                return frame
            packet = next(self._packets, None)
            if packet is None:
                self._finished()
                continue
            if packet.size:  # the last one is empty and asks the decoder for what it still holds
                self._keep.packet(packet, self._time_of(packet))
            self._frames = iter(self._decoding.pictures(packet))

    def _time_of(self, packet: av.Packet[VideoStream]) -> float:
        """By the clock of its pictures, so that a clip shows what was seen."""
        stamp = packet.dts if packet.pts is None else packet.pts
        if stamp is None or packet.time_base is None:
            return time.monotonic()
        return self._clock.at(float(stamp * packet.time_base), time.monotonic())

    def _finished(self) -> None:
        if self.live:
            raise Unreachable("摄像机断开了连接", "the camera closed the stream")
        if not self._grabbed:
            raise Garbage("视频里没有画面", "no picture in this film")
        if not self._loop:
            raise Ended("播放完毕", "the film is finished")
        self._container.seek(0)
        self._stream.codec_context.flush_buffers()
        self._decoding.begin()
        self._packets = self._container.demux(self._stream)
        self._grabbed = 0

    def _ended(self, waited_s: float) -> SourceError:
        if waited_s >= 0.9 * self._read_timeout_s:
            return Stalled(f"{waited_s:.1f} 秒没有画面", f"no picture for {waited_s:.1f} s")
        if self._grabbed == 0:
            return Garbage("有数据但没有画面", "bytes arrive, but no picture comes out")
        return Unreachable("摄像机断开了连接", "the camera closed the stream")

    def retrieve(self) -> Image:
        """The picture grabbed last, BGR. Raises `SourceError`."""
        import av

        assert self._frame is not None, "grab first"
        try:
            image = self._frame.to_ndarray(format="bgr24")
        except (av.FFmpegError, ValueError, cv2.error) as error:
            raise Garbage("解码出错", f"decoder failed: {type(error).__name__}") from None
        fault = image_fault(image)
        if fault is not None:
            raise Garbage(f"画面不可用 {fault}", f"picture cannot be used: {fault}")
        return np.asarray(image, np.uint8)

    def close(self) -> None:
        """Let go of it."""
        self._keep.closing()
        self._container.close()
