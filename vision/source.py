"""Shell: opens one source of pictures and reads it, always within time limits.

Quirks of each kind:

* ``rtsp://``: over TCP (UDP loses packets without a word). The stream is analysed for at most 0.3 s at
  opening; FFmpeg's own default is 5 s and made every reconnect that much later.
* ``http://``: MJPEG (multipart/x-mixed-replace) or any stream FFmpeg knows.
* Video file: played at its own pace; once, or in a loop. Never judged frozen (a still film is no fault).
* Folder of pictures: in order of name, two a second; pictures that do not decode are skipped.
* Number: a webcam (V4L2). Its time-out is the driver's, set through the environment in whole seconds.

`VideoCapture.open` on a dead peer blocks 30 s unless both time-outs are set, so they always are.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from vision.diagnose import diagnose, look_up
from vision.errors import Ended, Garbage, Stalled, Unreachable
from vision.frame import Image, image_fault, size_fault

# Read by FFmpeg's side of OpenCV at each opening; there is no other way to pass these.
os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp|analyzeduration;300000")

FOLDER_FPS = 2.0
PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
PICTURE_BYTES_MAX = 32 * 1024 * 1024
DIAGNOSE_TIMEOUT_S = 1.0
_FILE_FPS_DEFAULT, _FILE_FPS_MAX = 25.0, 120.0
_NETWORK_SCHEMES = ("rtsp", "rtsps", "http", "https")

Pause = Callable[[float], object]
"""Waits so many seconds, or less when the reader is to stop."""


class Source(Protocol):
    """A source that is open. One thread uses it."""

    live: bool
    """Pictures come when they come; a file or folder is not live."""
    taken_s: float | None
    """Monotonic time at which the picture grabbed last was taken, by the stream's stamps; None: when it came."""
    damaged: bool
    """Whether the picture grabbed last is known to be smeared by lost or spoilt data; OpenCV does not tell."""

    def grab(self) -> None:
        """Wait for the next picture and take it, without converting it. Raises `SourceError`."""

    def retrieve(self) -> Image:
        """The picture grabbed last, BGR. Raises `SourceError`."""

    def close(self) -> None:
        """Let go of it."""


def open_source(
    text: str,
    *,
    open_timeout_s: float,
    read_timeout_s: float,
    loop_file: bool = False,
    pause: Pause = time.sleep,
) -> Source:
    """Open what a camera's ``source`` setting names. Raises `SourceError`, never with credentials in it."""
    scheme = text.split("://", 1)[0].lower() if "://" in text else ""
    if scheme in _NETWORK_SCHEMES:
        return _Stream(_open_network(text, open_timeout_s, read_timeout_s), read_timeout_s)
    if scheme:
        raise Unreachable(
            f"不认识的来源 {scheme}://",
            f"unknown kind of source {scheme}://; known: {', '.join(_NETWORK_SCHEMES)}",
        )
    if text.isdigit():
        return _Stream(_open_webcam(int(text), read_timeout_s), read_timeout_s)
    path = Path(text)
    if path.is_dir():
        return _Folder(path, loop=loop_file, pause=pause)
    if path.is_file():
        return _File(path, loop=loop_file, pause=pause, read_timeout_s=read_timeout_s)
    raise Unreachable(f"没有文件或目录 {text}", f"no such file or folder: {text}")


def read(source: Source) -> Image:
    """The next picture. Raises `SourceError`."""
    source.grab()
    return source.retrieve()


def _params(open_timeout_s: float, read_timeout_s: float) -> list[int]:
    """Time-outs, and one decoding thread: more of them delay each picture by one frame per thread."""
    return [
        cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, max(1, int(open_timeout_s * 1000)),
        cv2.CAP_PROP_READ_TIMEOUT_MSEC, max(1, int(read_timeout_s * 1000)),
        cv2.CAP_PROP_N_THREADS, 1,
    ]  # fmt: skip


def _open_network(address: str, open_timeout_s: float, read_timeout_s: float) -> cv2.VideoCapture:
    look_up(address)
    try:
        capture = cv2.VideoCapture(address, cv2.CAP_FFMPEG, _params(open_timeout_s, read_timeout_s))
    except cv2.error as error:
        raise Garbage("无法解码", f"cannot be decoded: {error.err}") from None
    if not capture.isOpened():
        capture.release()
        raise diagnose(address, timeout_s=min(DIAGNOSE_TIMEOUT_S, open_timeout_s))
    return _checked(capture)


def _open_webcam(number: int, read_timeout_s: float) -> cv2.VideoCapture:
    os.environ["OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT"] = str(max(1, round(read_timeout_s)))
    capture = cv2.VideoCapture(number, cv2.CAP_V4L2)
    if not capture.isOpened():
        capture.release()
        raise Unreachable(
            f"没有摄像头 {number}，请查 /dev/video{number}",
            f"no webcam {number}; look for /dev/video{number}",
        )
    return _checked(capture)


def _checked(capture: cv2.VideoCapture) -> cv2.VideoCapture:
    """The capture, if the size it announces is one we decode."""
    fault = size_fault(capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
    if fault is not None:
        capture.release()
        raise Garbage(f"画面尺寸不可用 {fault}", f"picture size cannot be used: {fault}")
    return capture


class _Stream:
    """A network camera or webcam."""

    live = True
    taken_s: float | None = None
    damaged = False

    def __init__(self, capture: cv2.VideoCapture, read_timeout_s: float) -> None:
        self._capture = capture
        self._read_timeout_s = read_timeout_s
        self._grabbed = 0

    def grab(self) -> None:
        started_s = time.monotonic()
        try:
            if self._capture.grab():
                self._grabbed += 1
                return
        except cv2.error as error:
            raise Garbage("解码出错", f"decoder failed: {error.err}") from None
        waited_s = time.monotonic() - started_s
        if waited_s >= 0.9 * self._read_timeout_s:
            raise Stalled(f"{waited_s:.1f} 秒没有画面", f"no picture for {waited_s:.1f} s")
        if self._grabbed == 0:
            raise Garbage("有数据但没有画面", "bytes arrive, but no picture comes out")
        raise Unreachable("摄像机断开了连接", "the camera closed the stream")

    def retrieve(self) -> Image:
        return _retrieve(self._capture)

    def close(self) -> None:
        self._capture.release()


def _retrieve(capture: cv2.VideoCapture) -> Image:
    try:
        ok, image = capture.retrieve()
    except cv2.error as error:
        raise Garbage("解码出错", f"decoder failed: {error.err}") from None
    fault = image_fault(image) if ok else "none"
    if fault is not None:
        raise Garbage(f"画面不可用 {fault}", f"picture cannot be used: {fault}")
    return image  # type: ignore[return-value]  # image_fault has checked shape and dtype


class Pace:
    """Lets one picture through per period; a reader that fell behind does not rush to catch up."""

    def __init__(self, fps: float, pause: Pause) -> None:
        self._period_s = 1.0 / fps
        self._pause = pause
        self._due_s = time.monotonic()

    def wait(self) -> None:
        late_s = time.monotonic() - self._due_s
        if late_s < 0:
            self._pause(-late_s)
        elif late_s > 1.0:
            self._due_s += late_s
        self._due_s += self._period_s


class _File:
    """A video file, played at its own pace."""

    live = False
    taken_s: float | None = None
    damaged = False

    def __init__(self, path: Path, *, loop: bool, pause: Pause, read_timeout_s: float) -> None:
        self._path, self._loop, self._read_timeout_s = path, loop, read_timeout_s
        self._capture = self._open()
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self._pace = Pace(fps if 0 < fps <= _FILE_FPS_MAX else _FILE_FPS_DEFAULT, pause)
        self._grabbed = 0

    def _open(self) -> cv2.VideoCapture:
        capture = cv2.VideoCapture(str(self._path), cv2.CAP_FFMPEG, _params(self._read_timeout_s, self._read_timeout_s))
        if not capture.isOpened():
            capture.release()
            raise Garbage(f"不是可播放的视频 {self._path.name}", f"not a video that can be played: {self._path.name}")
        return _checked(capture)

    def grab(self) -> None:
        self._pace.wait()
        if self._capture.grab():
            self._grabbed += 1
            return
        if self._grabbed == 0:
            raise Garbage(f"视频里没有画面 {self._path.name}", f"no picture in {self._path.name}")
        if not self._loop:
            raise Ended(f"播放完毕 {self._path.name}", f"{self._path.name} is finished")
        self._capture.release()
        self._capture = self._open()
        self._grabbed = 0
        if not self._capture.grab():
            raise Garbage(f"视频里没有画面 {self._path.name}", f"no picture in {self._path.name}")
        self._grabbed = 1

    def retrieve(self) -> Image:
        return _retrieve(self._capture)

    def close(self) -> None:
        self._capture.release()


class _Folder:
    """A folder of pictures, in order of name."""

    live = False
    taken_s: float | None = None
    damaged = False

    def __init__(self, path: Path, *, loop: bool, pause: Pause) -> None:
        self._path, self._loop = path, loop
        self._pictures = self._listing()
        self._next = 0
        self._shown = False
        self._pace = Pace(FOLDER_FPS, pause)
        self._image: Image | None = None

    def _listing(self) -> list[Path]:
        found = sorted(entry for entry in self._path.iterdir() if entry.suffix.lower() in PICTURE_SUFFIXES)
        if not found:
            raise Unreachable(f"目录里没有图片 {self._path}", f"no pictures in folder {self._path}")
        return found

    def grab(self) -> None:
        self._pace.wait()
        while True:
            if self._next == len(self._pictures):
                self._rewind()
            self._next += 1
            self._image = load_picture(self._pictures[self._next - 1])
            if self._image is not None:
                self._shown = True
                return

    def _rewind(self) -> None:
        if not self._shown:
            raise Garbage(f"目录里的图片都无法解码 {self._path}", f"no picture in {self._path} can be decoded")
        if not self._loop:
            raise Ended(f"图片已放完 {self._path}", f"all pictures of {self._path} were shown")
        self._pictures, self._next, self._shown = self._listing(), 0, False

    def retrieve(self) -> Image:
        assert self._image is not None, "grab first"
        return self._image

    def close(self) -> None:
        self._image = None


def load_picture(path: Path) -> Image | None:
    """A picture file as BGR, or None if it is none that may be used."""
    try:
        if path.stat().st_size > PICTURE_BYTES_MAX:
            return None
        image = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    except (OSError, cv2.error):
        return None
    return None if image_fault(image) is not None else image  # type: ignore[return-value]  # checked
