"""Shell: everything of faces in one eyes process: engine, gallery, cameras, and a thread for pictures that are sent."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from config.model import Duty
from vision.commands import FaceCommand, GalleryEdit, GalleryPart, ProbeFace
from vision.faces.calibration import CalibrationError, load_calibration
from vision.faces.face import Face, Vector
from vision.faces.gallery import Gallery, GalleryBuilder, GalleryFault, edited
from vision.faces.pictures import PictureRefused, decode
from vision.faces.probing import LiveProbe, Probed, picture_answer, refused
from vision.faces.quality import Quality
from vision.faces.threshold import Calibration, threshold
from vision.faces.watch import FaceRead, FaceReader, FaceWatch, Known
from vision.frame import Image
from vision.observations import DutyOff, Observation
from vision.pool import ReadStats, Slots, Worker, out_of_memory
from vision.wire import StartMessage

PROBES_MAX = 4
"""Pictures that wait; each may have 8 MiB."""


class SharedEngine:
    """One engine for the cameras' worker and for the pictures that are sent; one call at a time."""

    def __init__(self, engine: FaceReader) -> None:
        self.model, self.dim = engine.model, engine.dim
        self._engine = engine
        self._lock = threading.Lock()

    def find(self, image: Image) -> list[Face]:
        """The faces of a BGR picture, the foremost first."""
        with self._lock:
            return self._engine.find(image)

    def again(self, image: Image, face: Face) -> Face | None:
        """A face of the last frame in this one; None where it is gone."""
        with self._lock:
            return self._engine.again(image, face)

    def quality(self, image: Image, face: Face) -> Quality:
        """Whether a face is seen well enough."""
        with self._lock:
            return self._engine.quality(image, face)

    def template(self, image: Image, face: Face) -> tuple[Vector, Quality]:
        """The face as a vector of length 1."""
        with self._lock:
            return self._engine.template(image, face)

    def live(self, image: Image, face: Face) -> float:
        """0 to 1; -1 where nobody looks."""
        with self._lock:
            return self._engine.live(image, face)

    def probe(self, image: Image, *, live: bool) -> Probed:
        """A template for enrolment."""
        with self._lock:
            return self._engine.probe(image, live=live)


@dataclass(frozen=True, slots=True)
class _Tools:
    engine: SharedEngine
    calibration: Calibration


class FaceDuty:
    """The face cameras of one eyes process, and enrolment. `tell` is called by one thread, the hub's ear."""

    def __init__(
        self,
        start: StartMessage,
        make_engine: Callable[[], FaceReader | None],
        *,
        say: Callable[[Observation], None],
        look_prefix: str,
    ) -> None:
        cameras = {name: camera for name, camera in start.cameras.items() if Duty.FACES in camera.duties}
        self._start, self._make_engine, self._say = start, make_engine, say
        self._tools: _Tools | None = None
        self._loading = threading.Lock()
        self._builder = GalleryBuilder()
        self._gallery: Gallery | None = None
        self._known: Known | None = None
        self._refused_said: str | None = None
        self.slots = Slots(cameras)
        self.reads = {name: ReadStats() for name in cameras}
        self._watches = {
            name: FaceWatch(name, camera, start.faces, look_prefix=look_prefix, known=self.known)
            for name, camera in cameras.items()
        }
        self._pictures: queue.Queue[ProbeFace | None] = queue.Queue(PROBES_MAX)
        self._desk = threading.Thread(target=self._answer_pictures, name="face-desk", daemon=True)
        self.desk_busy_since_s: float | None = None
        """Start of the picture in progress: for the watchdog."""

    def worker(self, number: int) -> Worker[FaceReader, FaceRead]:
        """The thread that reads the face cameras in turn; it loads the engine."""
        return Worker(number, self._loaded_engine, self.slots, self._watches, self.reads, self._say)

    def start(self) -> None:
        """Begin to take pictures that are sent."""
        self._desk.start()

    def stop(self) -> None:
        """End after the picture in progress."""
        try:
            self._pictures.put_nowait(None)
        except queue.Full:
            return  # a daemon thread: it ends with the process

    @property
    def gallery(self) -> Gallery | None:
        """Everybody who is enrolled, also where the engine is another one; None before the gallery came."""
        return self._gallery

    def known(self) -> Known | None:
        """The gallery with its threshold; None before both it and the engine are there, or where they do not fit."""
        gallery, tools, known = self._gallery, self._tools, self._known
        if gallery is None or tools is None:
            return None
        if gallery.model != tools.engine.model or gallery.dim != tools.engine.dim:
            self._refuse(gallery, tools.engine.model)
            return None
        if known is None or known.gallery is not gallery:
            at = threshold(gallery.templates, self._start.faces.fpir, tools.calibration)
            known = self._known = Known(gallery, at)
        return known

    def tell(self, command: FaceCommand) -> None:
        """Take a command of the hub; never waits. Raises `GalleryFault` for what does not fit."""
        if isinstance(command, GalleryPart):
            self._gallery = self._builder.take(command) or self._gallery
        elif isinstance(command, GalleryEdit):
            if self._gallery is None:
                raise GalleryFault("an edit without a gallery")
            self._gallery = edited(self._gallery, command)
        elif command.camera:
            self._look_live(command)
        else:
            try:
                self._pictures.put_nowait(command)
            except queue.Full:
                self._say(refused(command, "busy", ""))

    def _look_live(self, request: ProbeFace) -> None:
        watch, tools = self._watches.get(request.camera), self._tools
        if watch is None or tools is None:
            self._say(refused(request, "no_camera" if watch is None else "no_model", ""))
        elif watch.probe is not None:
            self._say(refused(request, "busy", tools.engine.model))
        else:
            watch.probe = LiveProbe(request, self._start.faces, time.monotonic())

    def _loaded_engine(self) -> SharedEngine | None:
        tools = self._loaded()
        return tools.engine if tools is not None else None

    def _loaded(self) -> _Tools | None:
        """The engine, loaded once; None where there is none, which the first attempt says."""
        with self._loading:
            if self._tools is not None:
                return self._tools
            try:
                calibration = load_calibration(self._start.faces.embedder, self._start.models_dir)
            except CalibrationError as error:
                self._off(str(error))
                return None
            engine = self._make_engine()
            self._tools = _Tools(SharedEngine(engine), calibration) if engine is not None else None
            return self._tools

    def _refuse(self, gallery: Gallery, model: str) -> None:
        """Templates of another embedder are of no use: said once per model, the duty is off until it is mended."""
        if self._refused_said != gallery.model:
            self._refused_said = gallery.model
            self._off(
                f"已录入的模板来自 {gallery.model}，当前模型为 {model}，请重新录入 / the templates were made by "
                f"{gallery.model}, the model here is {model}: enrol anew"
            )

    def _off(self, reason: str) -> None:
        for name in self._watches:
            self._say(DutyOff(camera=name, duty=Duty.FACES, reason=reason[:500]))

    def _answer_pictures(self) -> None:
        while (request := self._pictures.get()) is not None:
            self.desk_busy_since_s = time.monotonic()
            self._say(self._answer(request))
            self.desk_busy_since_s = None

    def _answer(self, request: ProbeFace) -> Observation:
        tools = self._loaded()
        if tools is None:
            return refused(request, "no_model", "")
        try:
            image = decode(request.picture)
            return picture_answer(request, image, tools.engine, self.known())
        except PictureRefused as error:
            return refused(request, error.key, tools.engine.model)
        except Exception as error:  # a picture that no step expected is one more broken picture
            if out_of_memory(error):
                raise
            return refused(request, "broken", tools.engine.model)
