"""Shell: inference workers that take the cameras in turn.

Each camera has a slot for one frame: a newer frame replaces one that nobody has read yet, and that is counted.
A camera is with one worker at a time, because its pipeline keeps state; no camera gets a second turn while
another one waits.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from typing import Generic, Protocol, TypeVar

import cv2

from vision.frame import Frame
from vision.observations import Observation
from vision.worker_thread import WorkerThread

TICK_PERIOD_S = 0.5
"""A camera without frames gets its turn this often, so that its visits end in time."""
READ_MS_SMOOTHING = 0.1

Reader_contra = TypeVar("Reader_contra", contravariant=True)
Reads = TypeVar("Reads")

Turn = tuple[str, Frame | None]
"""The camera whose turn it is, and its newest frame; None where only time has passed."""


class Slots:
    """The newest unread frame of each camera, handed out fairly. Thread-safe."""

    def __init__(self, cameras: Iterable[str]) -> None:
        self._changed = threading.Condition()
        self._order = list(cameras)
        self._frames: dict[str, Frame] = {}
        self._busy: set[str] = set()
        self._served_s = dict.fromkeys(self._order, float("-inf"))
        self.dropped = dict.fromkeys(self._order, 0)

    def put(self, frame: Frame) -> None:
        """Offer a frame; never waits."""
        with self._changed:
            if frame.camera in self._frames:
                self.dropped[frame.camera] += 1
            self._frames[frame.camera] = frame
            self._changed.notify()

    def take(self, timeout_s: float) -> Turn | None:
        """The next turn, or None after `timeout_s`. The camera stays with the caller until `done`."""
        deadline_s = time.monotonic() + timeout_s
        with self._changed:
            while True:
                now_s = time.monotonic()
                camera = self._next(now_s)
                if camera is not None:
                    # To the end of the row: who was served last waits longest.
                    self._order.remove(camera)
                    self._order.append(camera)
                    self._busy.add(camera)
                    self._served_s[camera] = now_s
                    return camera, self._frames.pop(camera, None)
                if now_s >= deadline_s:
                    return None
                self._changed.wait(min(deadline_s - now_s, TICK_PERIOD_S / 2))

    def _next(self, now_s: float) -> str | None:
        free = [camera for camera in self._order if camera not in self._busy]
        for camera in free:
            if camera in self._frames:
                return camera
        return next((camera for camera in free if now_s - self._served_s[camera] >= TICK_PERIOD_S), None)

    def done(self, camera: str) -> None:
        """Give the camera back."""
        with self._changed:
            self._busy.discard(camera)
            self._changed.notify()


class ReadStats:
    """Counters of one camera's reads; one worker at a time writes them."""

    def __init__(self) -> None:
        self.frames_read = 0
        self.errors = 0
        self.read_ms_mean = 0.0

    def read(self, took_ms: float) -> None:
        """Count a read; the mean follows the last few dozen."""
        weight = max(READ_MS_SMOOTHING, 1.0 / (self.frames_read + 1))
        self.frames_read += 1
        self.read_ms_mean += weight * (took_ms - self.read_ms_mean)


class Steps(Protocol[Reader_contra, Reads]):
    """What is done with the frames of one camera: `Pipeline` for plates, `CodeWatch` for QR codes."""

    def read(self, frame: Frame, reader: Reader_contra) -> list[Reads] | None:
        """What the frame shows; None where it is not worth a read."""

    def conclude(self, frame: Frame | None, reads: list[Reads] | None, now_s: float) -> list[Observation]:
        """What has become known."""


class Worker(WorkerThread, Generic[Reader_contra, Reads]):
    """One thread with a reader of its own."""

    def __init__(
        self,
        number: int,
        make_reader: Callable[[], Reader_contra | None],
        slots: Slots,
        pipelines: Mapping[str, Steps[Reader_contra, Reads]],
        stats: Mapping[str, ReadStats],
        say: Callable[[Observation], None],
    ) -> None:
        super().__init__(f"worker-{number}")
        self._make_reader, self._slots, self._pipelines = make_reader, slots, pipelines
        self._stats, self._say = stats, say

    def _run(self) -> None:
        reader = self._make_reader()
        self.loaded.set()
        if reader is None:
            return
        while not self._stopping.is_set():
            turn = self._slots.take(TICK_PERIOD_S)
            if turn is None:
                continue
            camera, frame = turn
            self.busy_since_s = time.monotonic()
            try:
                self._turn(camera, frame, reader)
            finally:
                self.busy_since_s = None
                self._slots.done(camera)

    def _turn(self, camera: str, frame: Frame | None, reader: Reader_contra) -> None:
        pipeline, stats = self._pipelines[camera], self._stats[camera]
        started_s = time.monotonic()
        try:
            reads = pipeline.read(frame, reader) if frame is not None else None
        except Exception as error:  # one bad picture must not end the worker; it is counted
            if out_of_memory(error):
                raise
            stats.errors += 1
            self._report(f"reader failed on a frame of {camera}:\n{traceback.format_exc()}")
            return
        now_s = time.monotonic()
        if reads is not None:
            stats.read((now_s - started_s) * 1000.0)
        for observation in pipeline.conclude(frame, reads, now_s):
            self._say(observation)


def out_of_memory(error: BaseException) -> bool:
    """Is this the memory limit speaking? Going on would only limp; a fresh process would not."""
    return isinstance(error, MemoryError) or (isinstance(error, cv2.error) and error.code == cv2.Error.StsNoMem)
