"""Shell: the detector of people and vehicles that the zones use, where its model is there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vision.zones.detector import Detector


def zone_detector(models_dir: Path) -> Detector | None:
    """The detector, or None where its model is missing: zones work without it, less exactly."""
    from vision.models.errors import ModelError
    from vision.zones.detector import load_detector

    try:
        return load_detector(models_dir)
    except ModelError:
        return None
