"""Shell: live pictures for whoever watches: one JPEG per camera and moment, however many watch.

A thread of its own at a lower priority than the workers, bounded in pictures per second and in processor time, so that
watching never slows detection. Nobody watches: a frame is handed on and nothing is made of it.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterable

from config.model_live import Live
from vision.commands import WatchLive
from vision.errors import VisionError
from vision.frame import Frame
from vision.jpeg import jpeg, shrunk
from vision.live_pace import Pace
from vision.live_picture import LivePicture

NICENESS = 10
"""Beside the eyes' own; of this thread alone."""
_WAIT_MAX_S = 0.5


class LivePictures:
    """Makes the pictures of the watched cameras and says them."""

    def __init__(self, settings: Live, cameras: Iterable[str], say: Callable[[LivePicture], None]) -> None:
        self._settings, self._cameras, self._say = settings, frozenset(cameras), say
        self._pace = Pace(fps_max=settings.fps_max, share_max=settings.encode_share)
        self._changed = threading.Condition()
        self._watched: frozenset[str] = frozenset()
        self._frames: dict[str, Frame] = {}
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="live", daemon=True)
        self.made = 0
        """Pictures made since the start."""

    def start(self) -> None:
        """Begin to wait for somebody who watches."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end."""
        with self._changed:
            self._stopping = True
            self._changed.notify()

    def tell(self, command: WatchLive) -> None:
        """Who is watched from now on. Raises `VisionError` for a camera that is not there."""
        strange = set(command.cameras) - self._cameras
        if strange:
            raise VisionError(f"live pictures of unknown cameras: {sorted(strange)[:5]}")
        with self._changed:
            for name in self._watched.difference(command.cameras):
                self._frames.pop(name, None)
                self._pace.forget(name)
            self._watched = frozenset(command.cameras)

    def offer(self, frame: Frame) -> None:
        """Take the newest frame of a camera; never waits, and forgets it at once when nobody watches."""
        if frame.camera not in self._watched:
            return
        with self._changed:
            if frame.camera in self._watched:
                self._frames[frame.camera] = frame
                self._changed.notify()

    def _run(self) -> None:
        with contextlib.suppress(PermissionError):  # a confined box may forbid it; the share still holds
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), min(19, os.nice(0) + NICENESS))
        while (frame := self._next()) is not None:
            began_s = time.thread_time()
            self._show(frame)
            with self._changed:
                if frame.camera in self._watched:
                    self._pace.made(frame.camera, time.monotonic(), time.thread_time() - began_s)

    def _next(self) -> Frame | None:
        """The frame whose turn it is; None at the end."""
        with self._changed:
            while not self._stopping:
                now_s = time.monotonic()
                camera = self._pace.choose(self._frames, now_s)
                if camera is not None:
                    return self._frames.pop(camera)
                self._changed.wait(min(self._pace.wait_s(self._frames, now_s), _WAIT_MAX_S))
        return None

    def _show(self, frame: Frame) -> None:
        small = shrunk(frame.image, self._settings.width_px)
        coded = jpeg(small, self._settings.quality)
        if not coded:
            raise VisionError("a live picture could not be coded as JPEG")
        self.made += 1
        self._say(
            LivePicture(
                camera=frame.camera,
                width_px=small.shape[1],
                height_px=small.shape[0],
                captured_mono_s=frame.captured_mono_s,
                picture=coded,
            )
        )
