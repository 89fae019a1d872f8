"""Shell: one thread per camera. It opens, reads, judges, reconnects, and hands each picture on.

The thread takes every picture that the source has (a buffered one would be old) but converts only as many as
the camera's duties ask for. It never waits for whoever reads them.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Protocol

from config.model import Camera
from vision.errors import SourceError
from vision.frame import Frame
from vision.health import HealthCheck
from vision.observations import CameraBack, CameraFault, CameraImpaired, CameraLost, CameraMended, Observation
from vision.reconnect import Back, Connection, Lost, Phase
from vision.source import Pause, Source, open_source
from vision.view_watch import Impaired, Mended, ViewWatch

LOOKUP_MAX_S = 90.0
"""A host name may be looked up thrice, and a dead resolver takes half a minute each time: no time-out binds it."""
_WAIT_STEP_S = 0.25
_CLOSE_GRACE_S = 3.0


class Opener(Protocol):
    """`open_source`, or another way to open the same."""

    def __call__(
        self, text: str, *, open_timeout_s: float, read_timeout_s: float, loop_file: bool = ..., pause: Pause = ...
    ) -> Source:
        """Open what a camera's ``source`` setting names. Raises `SourceError`."""


class Capture:
    """Reads one camera in a thread of its own until `stop`."""

    def __init__(
        self,
        name: str,
        camera: Camera,
        *,
        deliver: Callable[[Frame], None],
        say: Callable[[Observation], None],
        fps: float | None = None,
        opener: Opener = open_source,
    ) -> None:
        """`fps` where another rate than the camera's ``fps_max`` is wanted; `opener` where packets are kept."""
        self.name = name
        self.frames = 0
        """Pictures converted and delivered."""
        self.newest_mono_s = -1.0
        self.busy_since_s = time.monotonic()
        """Start of the open or read in progress: a watchdog's proof that the thread lives."""
        self._camera, self._opener = camera, opener
        self._period_s = 1.0 / (fps or camera.fps_max)
        self._deliver, self._say = deliver, say
        self._watch = ViewWatch(fps_asked=fps or camera.fps_max)
        self._stopping = threading.Event()
        self._connection = Connection(lost_after_s=camera.lost_after_s, usable_s=time.monotonic())
        self._thread = threading.Thread(target=self._run, name=f"capture-{name}", daemon=True)

    @property
    def up(self) -> bool:
        """A usable picture came, and nothing worse since."""
        return self._connection.up

    @property
    def patience_s(self) -> float:
        """The longest that one open or read may lawfully take; longer means that native code hangs."""
        return self._camera.open_timeout_s + self._camera.read_timeout_s + LOOKUP_MAX_S

    def start(self) -> None:
        """Begin to capture."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; `join` waits for it."""
        self._stopping.set()

    def join(self) -> bool:
        """Wait for the thread, as long as its time-outs can bind it; False if native code still holds it."""
        self._thread.join(self._camera.open_timeout_s + self._camera.read_timeout_s + _CLOSE_GRACE_S)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            match self._connection.phase:
                case Phase.FINISHED:
                    self._alive()
                    self._stopping.wait(_WAIT_STEP_S)
                case Phase.WAITING:
                    self._alive()
                    self._stopping.wait(_WAIT_STEP_S)
                    self._step(*self._connection.tick(time.monotonic()))
                case _:
                    self._connect_and_stream()

    def _connect_and_stream(self) -> None:
        camera = self._camera
        self._alive()
        try:
            source = self._opener(
                camera.source,
                open_timeout_s=camera.open_timeout_s,
                read_timeout_s=camera.read_timeout_s,
                loop_file=camera.loop_file,
                pause=self._stopping.wait,
            )
        except SourceError as error:
            self._fail(error)
            return
        try:
            self._connection = self._connection.opened(time.monotonic())
            self._stream(source)
        except SourceError as error:
            self._fail(error)
        finally:
            source.close()

    def _stream(self, source: Source) -> None:
        health = HealthCheck(live=source.live)
        self._watch.live = source.live
        self._watch.interrupted()
        period_s = self._period_s
        due_s = time.monotonic()
        while not self._stopping.is_set():
            self._alive()
            source.grab()
            now_s, wall_s = time.monotonic(), time.time()
            if now_s < due_s:
                continue
            taken_s = now_s if source.taken_s is None else source.taken_s
            # A camera slower than fps_max is followed; one that was silent does not earn a burst.
            due_s = max(due_s + period_s, now_s - period_s)
            self._take(source, health, taken_s, wall_s - (now_s - taken_s))

    def _take(self, source: Source, health: HealthCheck, now_s: float, wall_s: float) -> None:
        image = source.retrieve()
        self.newest_mono_s = now_s
        damaged = source.damaged
        verdict = None if damaged else health.look(image, now_s)  # smear says nothing of the camera's view
        if verdict is not None:
            self._watch.interrupted()
            self._step(*self._connection.unusable(now_s, *verdict))
            return
        self._step(*self._connection.usable(now_s))
        for said in self._watch.spoilt(now_s) if damaged else self._watch.look(image, now_s):
            self._tell(said)
        self.frames += 1
        self._deliver(Frame(self.name, self.frames, now_s, wall_s, image, damaged))

    def _fail(self, error: SourceError) -> None:
        if self._stopping.is_set():
            return
        jitter = random.random()  # noqa: S311  # spreads reconnects, no secret
        self._step(*self._connection.failed(time.monotonic(), error.fault, str(error), jitter=jitter))

    def _tell(self, said: Impaired | Mended) -> None:
        if isinstance(said, Mended):
            self._say(CameraMended(camera=self.name, fault=said.fault, for_s=said.for_s))
            return
        since_at_s = time.time() - (time.monotonic() - said.since_s)
        self._say(CameraImpaired(camera=self.name, fault=said.fault, detail=said.detail, since_at_s=since_at_s))

    def _alive(self) -> None:
        self.busy_since_s = time.monotonic()

    def _step(self, connection: Connection, said: Lost | Back | None) -> None:
        self._connection = connection
        if isinstance(said, Back):
            self._say(CameraBack(camera=self.name, down_s=said.down_s))
        elif isinstance(said, Lost):
            since_at_s = time.time() - (time.monotonic() - said.since_s)
            fault: CameraFault = said.fault
            self._say(CameraLost(camera=self.name, fault=fault, detail=said.detail, since_at_s=since_at_s))
