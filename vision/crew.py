"""Shell: the cameras, slots, workers and pipelines of one eyes process, wired together."""

from __future__ import annotations

from collections.abc import Callable

import cv2

from config.model import Duty
from vision.capture import Capture
from vision.code_watch import CodeReader, CodeWatch
from vision.commands import Command, WatchLive
from vision.faces.duty import FaceDuty
from vision.faces.watch import FaceRead, FaceReader
from vision.frame import Frame
from vision.live import LivePictures
from vision.live_picture import LivePicture
from vision.observations import CameraStats, Observation
from vision.pipeline import Pipeline
from vision.plate_reader import PlateRead, PlateReader
from vision.pool import ReadStats, Slots, Worker
from vision.wire import StartMessage

TURN_MAX_S = 30.0
"""One read takes a second on the slowest box that we know; after this long the model hangs."""


def no_codes() -> CodeReader | None:
    """No reader of QR codes."""
    return None


def no_faces() -> FaceReader | None:
    """No reader of faces."""
    return None


class Crew:
    """Everything that runs beside the heartbeat."""

    def __init__(
        self,
        start: StartMessage,
        make_reader: Callable[[], PlateReader | None],
        *,
        say: Callable[[Observation | LivePicture], None],
        visit_prefix: str,
        make_code_reader: Callable[[], CodeReader | None] = no_codes,
        make_face_reader: Callable[[], FaceReader | None] = no_faces,
    ) -> None:
        cv2.setNumThreads(1)  # the workers are the threads; more of them only contend for two cores
        reading = [name for name, camera in start.cameras.items() if Duty.PLATES in camera.duties]
        shown_to = [name for name, camera in start.cameras.items() if Duty.QR in camera.duties]
        self._slots, self._code_slots = Slots(reading), Slots(shown_to)
        self._captures = [
            Capture(name, camera, deliver=self._deliver, say=say) for name, camera in start.cameras.items()
        ]
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
        self._faces = FaceDuty(start, make_face_reader, say=say, look_prefix=visit_prefix)
        if self._faces.reads:
            self._workers.append(self._faces.worker(len(self._workers)))

    def tell(self, command: Command) -> None:
        """Take what the hub says; never waits. Raises `VisionError` for what does not fit."""
        if isinstance(command, WatchLive):
            self._live.tell(command)
        else:
            self._faces.tell(command)

    def _deliver(self, frame: Frame) -> None:
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
        self._faces.start()
        self._live.start()

    def stop(self) -> None:
        """Ask all threads to end."""
        for capture in self._captures:
            capture.stop()
        for worker in self._workers:
            worker.stop()
        self._faces.stop()
        self._live.stop()

    def join(self) -> bool:
        """Wait for the threads after `stop`; False if native code still holds one."""
        ended = [capture.join() for capture in self._captures] + [worker.join(5.0) for worker in self._workers]
        return all(ended)

    @property
    def ready(self) -> bool:
        """Readers are loaded, or known to be unavailable, and cameras are being tried."""
        return all(worker.loaded.is_set() for worker in self._workers)

    def hang(self, now_s: float) -> str | None:
        """What has been stuck in native code for longer than its time-outs allow, if anything."""
        for capture in self._captures:
            if now_s - capture.busy_since_s > capture.patience_s:
                return f"camera {capture.name} hangs in its decoder"
        for since_s in (*(worker.busy_since_s for worker in self._workers), self._faces.desk_busy_since_s):
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
        """Of its first duty: plates before codes before faces."""
        duties = (
            (self._slots, self._reads),
            (self._code_slots, self._code_reads),
            (self._faces.slots, self._faces.reads),
        )
        slots, counted = next((duty for duty in duties if capture.name in duty[1]), duties[0])
        reads = counted.get(capture.name) or ReadStats()
        newest_s = capture.newest_mono_s
        return CameraStats(
            camera=capture.name,
            up=capture.up,
            frames_captured=capture.frames,
            frames_read=reads.frames_read,
            frames_dropped=slots.dropped.get(capture.name, 0),
            read_ms_mean=reads.read_ms_mean,
            age_s=now_s - newest_s if newest_s >= 0 else -1.0,
            read_errors=reads.errors,
        )
