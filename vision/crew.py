"""Shell: the cameras, slots, workers and pipelines of one eyes process, wired together."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import cv2

from config.model import Camera, Duty
from vision.capture import Capture, Opener
from vision.code_watch import CodeReader, CodeWatch
from vision.commands import Command, WatchLive
from vision.faces.duty import FaceDuty
from vision.faces.watch import FaceRead, FaceReader
from vision.frame import Frame
from vision.lane_ground import LaneGround
from vision.live import LivePictures
from vision.live_picture import LivePicture
from vision.observations import CameraStats, Observation
from vision.pipeline import Pipeline
from vision.plate_reader import PlateRead, PlateReader
from vision.pool import ReadStats, Slots, Worker
from vision.source import open_source
from vision.source_coded import can_be_coded, open_coded
from vision.watching.duty import MakeWatches, WatchDuty
from vision.watching.watches import CameraWatches, Thinned, fps_wanted
from vision.wire import StartMessage

TURN_MAX_S = 30.0
"""One read takes a second on the slowest box that we know; after this long the model hangs."""


def no_codes() -> CodeReader | None:
    """No reader of QR codes."""
    return None


def no_faces() -> FaceReader | None:
    """No reader of faces."""
    return None


def no_watches(name: str, camera: Camera, prefix: str) -> CameraWatches:
    """No watches."""
    return CameraWatches(None, None)


class Crew:
    """Everything that runs beside the heartbeat."""

    def __init__(
        self,
        start: StartMessage,
        make_reader: Callable[[], PlateReader | None],
        *,
        say: Callable[[Observation | LivePicture | LaneGround], None],
        visit_prefix: str,
        make_code_reader: Callable[[], CodeReader | None] = no_codes,
        make_face_reader: Callable[[], FaceReader | None] = no_faces,
        make_watches: MakeWatches = no_watches,
    ) -> None:
        cv2.setNumThreads(1)  # the workers are the threads; more of them only contend for two cores
        self._say = say
        self._watching = WatchDuty(start.cameras, make_watches, say=say, prefix=visit_prefix)
        reading = [name for name, camera in start.cameras.items() if Duty.PLATES in camera.duties]
        shown_to = [name for name, camera in start.cameras.items() if Duty.QR in camera.duties]
        self._slots, self._code_slots = Slots(reading), Slots(shown_to)
        self._captures = [self._capture(name, camera) for name, camera in start.cameras.items()]
        self._thin = {name: Thinned(start.cameras[name].fps_max) for name in self._watching.cameras}
        self._reads = {name: ReadStats() for name in reading}
        self._code_reads = {name: ReadStats() for name in shown_to}
        pipelines = {
            name: Pipeline(name, start.cameras[name], start.plates, visit_prefix=visit_prefix) for name in reading
        }
        self._workers: list[Worker[PlateReader, PlateRead] | Worker[CodeReader, str] | Worker[FaceReader, FaceRead]] = [
            Worker(number, make_reader, self._slots, pipelines, self._reads, say)
            for number in range(start.eyes.workers if reading else 0)
        ]
        if shown_to:  # a thread of its own: a plate takes a hundred times as long as a code
            watches = {name: CodeWatch(name, start.cameras[name]) for name in shown_to}
            number = len(self._workers)
            self._workers.append(Worker(number, make_code_reader, self._code_slots, watches, self._code_reads, say))

        self._live = LivePictures(start.live, start.cameras, say)
        self._faces = FaceDuty(start, make_face_reader, say=self._say_face, look_prefix=visit_prefix)
        if self._faces.reads:
            self._workers.append(self._faces.worker(len(self._workers)))

    def tell(self, command: Command) -> None:
        """Take what the hub says; never waits. Raises `VisionError` for what does not fit."""
        if isinstance(command, WatchLive):
            self._live.tell(command)
        elif isinstance(command, LaneGround):
            self._watching.remember(command)
        else:
            self._faces.tell(command)

    def _capture(self, name: str, camera: Camera) -> Capture:
        """A watching camera gives every frame, and its packets to the recorder where that can be."""
        watched = self._watching.cameras.get(name)
        if watched is None:
            return Capture(name, camera, deliver=self._deliver, say=self._say)
        coded = can_be_coded(camera.source)
        opener: Opener = partial(open_coded, keep=watched.recorder) if coded else open_source
        return Capture(name, camera, deliver=self._deliver, say=self._say, fps=fps_wanted(camera), opener=opener)

    def _say_face(self, said: Observation) -> None:
        self._watching.heard(said)
        self._say(said)

    def _deliver(self, frame: Frame) -> None:
        watched = self._watching.cameras.get(frame.camera)
        if watched is not None:
            watched.waiting.put(frame)
            if not self._thin[frame.camera].wants(frame.captured_mono_s):
                return
        if frame.camera in self._reads:
            self._slots.put(frame)
        if frame.camera in self._code_reads:
            self._code_slots.put(frame)
        if frame.camera in self._faces.reads:
            self._faces.slots.put(frame)
        self._live.offer(frame)

    def start(self) -> None:
        """Cameras are opened while the models load."""
        for capture in self._captures:
            capture.start()
        for worker in self._workers:
            worker.start()
        for watched in self._watching.cameras.values():
            watched.start()
        self._faces.start()
        self._live.start()

    def stop(self) -> None:
        """Ask all threads to end."""
        for capture in self._captures:
            capture.stop()
        for worker in self._workers:
            worker.stop()
        for watched in self._watching.cameras.values():
            watched.stop()
        self._faces.stop()
        self._live.stop()

    def join(self) -> bool:
        """Wait for the threads after `stop`; False if native code still holds one."""
        threads = [*self._workers, *self._watching.cameras.values()]
        ended = [capture.join() for capture in self._captures] + [thread.join(5.0) for thread in threads]
        return all(ended)

    @property
    def ready(self) -> bool:
        """Readers are loaded, or known to be unavailable, and cameras are being tried."""
        return all(thread.loaded.is_set() for thread in (*self._workers, *self._watching.cameras.values()))

    def hang(self, now_s: float) -> str | None:
        """What has been stuck in native code for longer than its time-outs allow, if anything."""
        for capture in self._captures:
            if now_s - capture.busy_since_s > capture.patience_s:
                return f"camera {capture.name} hangs in its decoder"
        threads = (*self._workers, *self._watching.cameras.values())
        for since_s in (*(thread.busy_since_s for thread in threads), self._faces.desk_busy_since_s):
            if since_s is not None and now_s - since_s > TURN_MAX_S:
                return "a reader hangs"
        return None

    def stats(self, now_s: float) -> tuple[CameraStats, ...]:
        """Counters of every camera."""
        return tuple(self._camera_stats(capture, now_s) for capture in self._captures)

    @property
    def gallery(self) -> tuple[int, int]:
        """Version and rows of the gallery in use; -1 before there is one."""
        gallery = self._faces.gallery
        return (gallery.version, gallery.rows) if gallery is not None else (-1, -1)

    def _camera_stats(self, capture: Capture, now_s: float) -> CameraStats:
        """Of its first duty: watching before plates before codes before faces."""
        watched = self._watching.cameras.get(capture.name)
        if watched is not None:
            reads, dropped = watched.reads, watched.waiting.dropped
        else:
            duties = (
                (self._slots, self._reads),
                (self._code_slots, self._code_reads),
                (self._faces.slots, self._faces.reads),
            )
            slots, counted = next((duty for duty in duties if capture.name in duty[1]), duties[0])
            reads, dropped = counted.get(capture.name) or ReadStats(), slots.dropped.get(capture.name, 0)
        newest_s = capture.newest_mono_s
        return CameraStats(
            camera=capture.name,
            up=capture.up,
            frames_captured=capture.frames,
            frames_read=reads.frames_read,
            frames_dropped=dropped,
            read_ms_mean=reads.read_ms_mean,
            age_s=now_s - newest_s if newest_s >= 0 else -1.0,
            read_errors=reads.errors,
        )
