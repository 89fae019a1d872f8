"""Core: what an object detector says, and what it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from vision.frame import Image
from vision.geometry import Box

Label = Literal["vehicle", "person", "object"]


@dataclass(frozen=True, slots=True)
class Found:
    """One thing in a picture."""

    label: Label
    """``object`` where it is no vehicle and no person, or the detector cannot name it."""
    score: float
    """How sure it is that there is something, 0 to 1; whatever it is."""
    box: Box
    named: float = 0.0
    """How sure it is of the label, 0 to 1."""


class Detector(Protocol):
    """Finds things in pictures: `vision.zones.detector.FastestDet`."""

    def find(self, image: Image) -> list[Found]:
        """The things in a picture (HxWx3 BGR uint8), boxes in its pixels, the clearest first."""
        ...
