"""Shell: the watches of the cameras with the detector that zones use, where its model is there."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from config.model import Camera, Duty
from vision.watching.watches import CameraWatches, watches_of

if TYPE_CHECKING:
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
    """Makes watches; the detector is loaded once, by the first camera that has zones, and shared."""

    def __init__(self, models_dir: Path | None) -> None:
        self._models_dir = models_dir
        self._lock = threading.Lock()
        self._loaded: tuple[Detector | None] | None = None

    def __call__(self, name: str, camera: Camera, prefix: str) -> CameraWatches:
        return watches_of(name, camera, prefix=prefix, detector=self._detector(camera))

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
