"""Shell: the watches of the cameras with what was learnt: the detector of zones, where its model is, and fall trees."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from config.model import Camera, Duty
from vision.watching.watches import CameraWatches, watches_of

if TYPE_CHECKING:
    from vision.falling.forest import Forest
    from vision.zones.found import Detector


def zone_detector(models_dir: Path) -> Detector | None:
    """The detector, or None where its model is missing or does not load: zones work without it, less exactly."""
    from vision.models.errors import ModelError

    try:
        from vision.zones.detector import open_detector

        return open_detector(models_dir)
    except (ModelError, ImportError) as error:
        text = f"zones run without their detector, less exactly: {error}"
        print(text, file=sys.stderr, flush=True)  # noqa: T201  # hub's log
        return None


class _Maker:
    """Makes watches; what was learnt is loaded once, by the first camera that needs it, and shared."""

    def __init__(self, models_dir: Path | None) -> None:
        self._models_dir = models_dir
        self._lock = threading.Lock()
        self._loaded: tuple[Detector | None] | None = None
        self._falls: tuple[Forest | None] | None = None

    def __call__(self, name: str, camera: Camera, prefix: str) -> CameraWatches:
        detector, learnt = self._detector(camera), self._forest(camera)
        return watches_of(name, camera, prefix=prefix, detector=detector, learnt=learnt)

    def _forest(self, camera: Camera) -> Forest | None:
        if Duty.THROWING not in camera.duties:
            return None
        from vision.falling.weights import fall_forest

        with self._lock:
            if self._falls is None:
                self._falls = (fall_forest(),)
            return self._falls[0]

    def _detector(self, camera: Camera) -> Detector | None:
        if self._models_dir is None or Duty.ZONES not in camera.duties:
            return None
        with self._lock:
            if self._loaded is None:
                self._loaded = (zone_detector(self._models_dir),)
            return self._loaded[0]


def watch_maker(models_dir: Path | None) -> _Maker:
    """A function of name, settings and prefix that makes the watches of a camera."""
    return _Maker(models_dir)
