"""A recording in H.264, decoded so that it is known which of its pictures are damaged. Shell: native code, a file.

Needs the extra ``clips`` (PyAV); without it, and for other codecs, films are read by OpenCV, which does not tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vision.decoding import Decoding, video_of
from vision.errors import Garbage
from vision.frame import Image

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame


def open_film(path: Path) -> CodedFilm | None:
    """None where OpenCV is to read it. Raises `SourceError`."""
    try:
        import av
    except ImportError:
        return None
    try:
        container = av.open(str(path), "r")
    except (av.FFmpegError, OSError):
        return None  # OpenCV's error says the same
    try:
        if container.streams.video and container.streams.video[0].codec_context.name == "h264":
            return CodedFilm(container)
    except BaseException:
        container.close()
        raise
    container.close()
    return None


class CodedFilm:
    """An open film."""

    def __init__(self, container: InputContainer) -> None:
        """Raises `Garbage` where its pictures cannot be used."""
        self._container, self._stream = container, video_of(container)
        self.fps = float(self._stream.average_rate or 0)

    def close(self) -> None:
        """Let go of it."""
        self._container.close()

    def pictures(self) -> Iterator[tuple[float, Image, bool]]:
        """Seconds since the film's start, BGR, whether it is damaged. Raises `SourceError`."""
        import av
        from av.video.reformatter import VideoReformatter

        decoding, convert = Decoding(self._stream), VideoReformatter()
        base = float(self._stream.time_base or 0)
        started_s = (self._stream.start_time or 0) * base
        try:
            for packet in self._container.demux(self._stream):
                for frame in decoding.pictures(packet):
                    decoding.came(frame)
                    image = convert.reformat(frame, format="bgr24").to_ndarray()
                    yield (
                        (frame.time or 0.0) - started_s,
                        _upright(np.asarray(image, np.uint8), frame),
                        decoding.damaged,
                    )
        except av.FFmpegError as error:
            raise Garbage("解码出错", f"decoder failed: {type(error).__name__}") from None


def _upright(image: Image, frame: VideoFrame) -> Image:
    """As telephones mean it: they film lying and say by how much it is to be turned."""
    turns = round(getattr(frame, "rotation", 0) / 90) % 4  # PyAV 14.0 does not tell
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image
