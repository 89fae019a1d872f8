"""Core: the watches of one camera as one. Every frame goes to who needs it, in order; time is passed in.

Falling things are looked for in every frame (a fall of three floors lasts a second), zones a few times a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from config.model import Camera, Duty
from vision.frame import Frame
from vision.lane_ground import LaneGround
from vision.sightings import Sighting

if TYPE_CHECKING:
    from vision.falling.forest import Learnt
    from vision.zones.found import Detector

ZONES_FPS = 5.0
FALLS_FPS_MAX = 60.0
"""Above what cameras give: every frame counts."""
WATCHING = frozenset({Duty.THROWING, Duty.ZONES})
Box = tuple[int, int, int, int]


class Watch(Protocol):
    """One duty on one camera."""

    def look(self, frame: Frame) -> list[Sighting]:
        """What has become known by this frame."""

    def expire(self, now_s: float) -> list[Sighting]:
        """What has become known because time passed without frames."""


class ZonesWatch(Watch, Protocol):
    """The zones of a camera, which also want to know who is known, and what lanes look like when empty."""

    def recognised(self, box: Box, at_s: float) -> None:
        """An enrolled face was seen there (x, y, width, height in pixels)."""

    def remember(self, ground: LaneGround) -> None:
        """What an empty lane looked like before the start."""

    def kept(self) -> list[LaneGround]:
        """What is to be remembered at the next start; each once."""


def fps_wanted(camera: Camera) -> float:
    """How many frames a second the capture of this camera shall deliver."""
    if Duty.THROWING in camera.duties:
        return FALLS_FPS_MAX
    return max(camera.fps_max, ZONES_FPS) if Duty.ZONES in camera.duties else camera.fps_max


class Thinned:
    """Lets so many frames a second through; one that comes up to half a period early counts as being in time."""

    def __init__(self, fps: float) -> None:
        self._period_s = 1.0 / fps
        self._due_s: float | None = None

    def wants(self, at_s: float) -> bool:
        """Whether the frame of this moment is one of them."""
        due_s = at_s if self._due_s is None else self._due_s
        if at_s < due_s - self._period_s / 2:
            return False
        # A camera that was silent does not earn a burst.
        self._due_s = max(due_s, at_s) + self._period_s
        return True


class CameraWatches:
    """All watching duties of one camera; one thread at a time."""

    def __init__(self, falls: Watch | None, zones: ZonesWatch | None) -> None:
        self._falls, self._zones = falls, zones
        self._thin = Thinned(ZONES_FPS)

    def look(self, frame: Frame) -> list[Sighting]:
        """What has become known by this frame."""
        said = self._falls.look(frame) if self._falls is not None else []
        if self._zones is not None and self._thin.wants(frame.captured_mono_s):
            said = [*said, *self._zones.look(frame)]
        return said

    def expire(self, now_s: float) -> list[Sighting]:
        """What has become known because time passed without frames."""
        falls = self._falls.expire(now_s) if self._falls is not None else []
        return [*falls, *(self._zones.expire(now_s) if self._zones is not None else [])]

    def recognised(self, box: Box, at_s: float) -> None:
        """An enrolled face was seen there (x, y, width, height in pixels)."""
        if self._zones is not None:
            self._zones.recognised(box, at_s)

    def remember(self, ground: LaneGround) -> None:
        """What an empty lane looked like before the start."""
        if self._zones is not None:
            self._zones.remember(ground)

    def kept(self) -> list[LaneGround]:
        """What is to be remembered at the next start; each once."""
        return self._zones.kept() if self._zones is not None else []


def watches_of(
    name: str, camera: Camera, *, prefix: str, detector: Detector | None, learnt: Learnt | None
) -> CameraWatches:
    """The watches that the camera's duties ask for. `prefix` differs at every start, so that matters are unique.

    `detector`: of people and vehicles, for zones; `learnt`: what weighs the traits of falling things. Both work
    without, less well.
    """
    falls: Watch | None = None
    zones: ZonesWatch | None = None
    if Duty.THROWING in camera.duties and camera.facade is not None:
        from vision.falling.watch import FallWatch

        falls = FallWatch(name, camera.facade, prefix=f"{name}-{prefix}", learnt=learnt)
    if Duty.ZONES in camera.duties and camera.zones:
        from vision.zones.watch import ZoneWatch

        zones = ZoneWatch(name, camera.zones, prefix=prefix, detector=detector)
    return CameraWatches(falls, zones)
