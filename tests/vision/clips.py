"""Makes short films and pictures for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

Image = NDArray[np.uint8]


def street(number: int, width: int = 320, height: int = 240) -> Image:
    """A scene with structure and a bright bar that moves with the frame number."""
    image = np.tile(np.linspace(40, 200, width, dtype=np.uint8)[None, :, None], (height, 1, 3))
    left = (number * 8) % (width - 24)
    image[height // 3 : height // 2, left : left + 24] = (250, 250, 250)
    return np.ascontiguousarray(image)


def write_film(
    path: Path, frames: int = 20, fps: int = 10, picture: Callable[[int], Image] = street, codec: str = "libx264"
) -> Path:
    """An H.264 (or other) film at `path`; needs PyAV."""
    height, width = picture(0).shape[:2]
    with av.open(str(path), "w") as container:
        stream = cast(VideoStream, container.add_stream(codec, rate=fps))
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        if codec == "libx264":
            stream.options = {"preset": "ultrafast", "tune": "zerolatency", "g": "10"}
        for number in range(frames):
            image = av.VideoFrame.from_ndarray(picture(number), format="bgr24")
            for packet in stream.encode(image):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path


def jpeg(image: Image, quality: int = 90) -> bytes:
    """The picture as JPEG bytes."""
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
