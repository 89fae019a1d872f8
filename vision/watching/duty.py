"""Shell: the watching cameras of one eyes process: a thread and a bounded row of frames for each.

Other duties take the newest frame; a watch needs them in order. When a watch falls behind, the oldest frame that waits
is let go and counted. A watch that fails is made anew: half a state is worse than none.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from config.model import Camera
from vision.frame import Frame
from vision.lane_ground import LaneGround, Light
from vision.observations import DutyOff, FaceSeen, Observation
from vision.pool import TICK_PERIOD_S, ReadStats, out_of_memory
from vision.sightings import FallSeen, LoitererSeen, Sighting, ZoneBlocked
from vision.watching.recorder import Recorder
from vision.watching.watches import WATCHING, CameraWatches
from vision.worker_thread import WorkerThread

WAITING_BYTES_MAX = 64 * 1024 * 1024
"""Of the frames that wait for one camera: ten of 1080p, 0.4 s."""
TRACK_POINTS_MAX = 256
FALLS_PER_MINUTE_MAX = 30
"""A storm must not bury the desk; what is over it is counted with the errors."""
_MINUTE_S = 60.0

GIVEN_MAX = 128
"""Empty lanes that wait to be taken note of: two of each zone, and no camera has more than a few."""

MakeWatches = Callable[[str, Camera, str], CameraWatches]
"""Name, settings and prefix of matters -> the watches."""


class Waiting:
    """Frames of one camera in order, bounded in bytes. Thread-safe."""

    def __init__(self, bytes_max: int = WAITING_BYTES_MAX) -> None:
        self._changed = threading.Condition()
        self._frames: deque[Frame] = deque()
        self._bytes, self._bytes_max = 0, bytes_max
        self.dropped = 0

    def put(self, frame: Frame) -> None:
        """Offer a frame; never waits."""
        with self._changed:
            self._frames.append(frame)
            self._bytes += frame.image.nbytes
            while self._bytes > self._bytes_max and len(self._frames) > 1:
                self._bytes -= self._frames.popleft().image.nbytes
                self.dropped += 1
            self._changed.notify()

    def take(self, timeout_s: float) -> Frame | None:
        """The oldest frame, or None after `timeout_s`."""
        with self._changed:
            if not self._frames:
                self._changed.wait(timeout_s)
            if not self._frames:
                return None
            frame = self._frames.popleft()
            self._bytes -= frame.image.nbytes
            return frame


class CameraDuty(WorkerThread):
    """One watching camera: its frames, its watches, its clips."""

    def __init__(
        self,
        name: str,
        camera: Camera,
        make: MakeWatches,
        *,
        say: Callable[[Observation | LaneGround], None],
        prefix: str,
    ) -> None:
        super().__init__(f"watch-{name}")
        self.name = name
        self.waiting = Waiting()
        self.reads = ReadStats()
        self.recorder = Recorder(name)
        self._camera, self._make, self._say, self._prefix = camera, make, say, prefix
        self._lives = 0
        self._frame_s, self._frame_came_s = 0.0, time.monotonic()
        self._known: deque[tuple[tuple[int, int, int, int], float]] = deque(maxlen=32)
        self._given: deque[LaneGround] = deque(maxlen=GIVEN_MAX)
        self._grounds: dict[tuple[str, Light], LaneGround] = {}
        self._falls_s: deque[float] = deque(maxlen=FALLS_PER_MINUTE_MAX)

    def recognised(self, box: tuple[int, int, int, int], at_s: float) -> None:
        """An enrolled face was seen there (x, y, width, height); from any thread."""
        self._known.append((box, at_s))

    def remember(self, ground: LaneGround) -> None:
        """What an empty lane looked like before the start; from any thread."""
        self._given.append(ground)

    def _run(self) -> None:
        watches = self._fresh()
        self.loaded.set()
        while watches is not None and not self._stopping.is_set():
            frame = self.waiting.take(TICK_PERIOD_S)
            self.busy_since_s = time.monotonic()
            try:
                said = self._turn(watches, frame)
            except Exception as error:  # one bad frame must not end the duty; it is counted
                if out_of_memory(error):
                    raise
                self.reads.errors += 1
                self._report(f"watch failed on a frame of {self.name}:\n{traceback.format_exc()}")
                watches, said = self._fresh(), []
            finally:
                self.busy_since_s = None
            self._tell(said)

    def _fresh(self) -> CameraWatches | None:
        """New watches; None where they cannot be made, which switches the duties off and says so."""
        self._lives += 1
        try:
            watches = self._make(self.name, self._camera, f"{self._prefix}{self._lives:x}")
            for ground in self._grounds.values():
                watches.remember(ground)
            return watches
        except Exception as error:  # whatever they lack, the other duties go on
            if out_of_memory(error):
                raise
            for duty in sorted(WATCHING & set(self._camera.duties)):
                reason = f"{type(error).__name__}: {error}"
                self._say(DutyOff(camera=self.name, duty=duty, reason=reason[:500]))
            return None

    def _turn(self, watches: CameraWatches, frame: Frame | None) -> list[Sighting]:
        while self._known:
            watches.recognised(*self._known.popleft())
        while self._given:
            watches.remember(self._note(self._given.popleft()))
        if frame is None:
            return watches.expire(self._now_s()) if self._frame_s else []
        self._frame_s, self._frame_came_s = frame.captured_mono_s, time.monotonic()
        self.recorder.picture(frame)
        started_s = time.monotonic()
        said = watches.look(frame)
        self.reads.read((time.monotonic() - started_s) * 1000.0)
        for ground in watches.kept():
            self._say(self._note(ground))
        return said

    def _note(self, ground: LaneGround) -> LaneGround:
        """The watches that are made after a failure want it too."""
        if ground.zone in self._camera.zones:
            self._grounds[ground.zone, ground.light] = ground
        return ground

    def _now_s(self) -> float:
        """In the time of its frames, which may lag behind ours when network or box are slow."""
        return self._frame_s + time.monotonic() - self._frame_came_s

    def _tell(self, said: list[Sighting]) -> None:
        for sighting in said:
            if isinstance(sighting, FallSeen):
                if self._too_many(time.monotonic()):
                    self.reads.errors += 1
                    self._report(f"more than {FALLS_PER_MINUTE_MAX} falls a minute at {self.name}: some are not told")
                    continue
                sighting = _trimmed(sighting)  # noqa: PLW2901  # what is told from here on
            self._say(sighting)
            self._want_clip(sighting)
        for clip in self.recorder.due(self._now_s()):
            self._say(clip)

    def _want_clip(self, said: Sighting) -> None:
        if isinstance(said, FallSeen):
            lasted_s = said.ended_mono_s - said.started_mono_s
            self.recorder.want(said.matter, said.started_mono_s, said.captured_at_s, lasted_s)
        elif isinstance(said, LoitererSeen) or (isinstance(said, ZoneBlocked) and not said.reminder):
            self.recorder.want(said.matter, said.captured_mono_s, said.captured_at_s)

    def _too_many(self, now_s: float) -> bool:
        if len(self._falls_s) == FALLS_PER_MINUTE_MAX and now_s - self._falls_s[0] < _MINUTE_S:
            return True
        self._falls_s.append(now_s)
        return False


class WatchDuty:
    """All watching cameras."""

    def __init__(
        self,
        cameras: dict[str, Camera],
        make: MakeWatches,
        *,
        say: Callable[[Observation | LaneGround], None],
        prefix: str,
    ) -> None:
        self.cameras = {
            name: CameraDuty(name, camera, make, say=say, prefix=prefix)
            for name, camera in cameras.items()
            if WATCHING & set(camera.duties)
        }

    def remember(self, ground: LaneGround) -> None:
        """What an empty lane looked like before the start; of cameras that do not watch it is of no use."""
        if (camera := self.cameras.get(ground.camera)) is not None:
            camera.remember(ground)

    def heard(self, said: Observation) -> None:
        """Another duty's word: somebody who is known does not loiter. The frame's own camera only."""
        if isinstance(said, FaceSeen) and said.outcome == "known" and said.camera in self.cameras:
            left, top, right, bottom = said.box
            self.cameras[said.camera].recognised((left, top, right - left, bottom - top), said.captured_mono_s)


def _trimmed(fall: FallSeen) -> FallSeen:
    """With at most so many points of its track, its ends among them: a message's header is bounded."""
    count = len(fall.track)
    if count <= TRACK_POINTS_MAX:
        return fall
    chosen = (round(n * (count - 1) / (TRACK_POINTS_MAX - 1)) for n in range(TRACK_POINTS_MAX))
    return replace(fall, track=tuple(fall.track[index] for index in chosen))
