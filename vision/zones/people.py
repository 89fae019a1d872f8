"""Core: the people of one picture, as a detector finds them (`vision.zones.backdrop`: without one).

Each comes with what he or she looks like: mean colours of four bands from head to feet, which tell people apart for
some seconds under the same light, and no longer.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.frame import Image
from vision.geometry import area, covered
from vision.zones.found import Found
from vision.zones.region import Region

Box = tuple[float, float, float, float]
"""x1, y1, x2, y2 at the scale of work."""
Looks = NDArray[np.float32]
"""Of four bands: Lab, 12 numbers."""

SCORE_MIN = 0.5
_BANDS = (0.02, 0.2, 0.45, 0.7, 0.96)
_PART = 0.65
_MEDIAN, _GAIN_MAX = 110.0, 6.0


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in a picture."""

    box: Box
    looks: Looks
    stature: float | None = None
    """From head to foot as they stand out from the scene, at the scale of work (`vision.zones.stature`)."""

    @property
    def height(self) -> float:
        """Of the box."""
        return self.box[3] - self.box[1]

    @property
    def foot(self) -> tuple[float, float]:
        """Where they stand."""
        return (self.box[0] + self.box[2]) / 2, self.box[3] - 0.03 * self.height


def looks_of(lab: Image, box: Box) -> Looks:
    """From a Lab picture at the scale of work."""
    x1, y1, x2, y2 = box
    across = 0.28 * (x2 - x1)
    left, right = round(x1 + across), round(x2 - across)
    found = []
    for top, bottom in pairwise(_BANDS):
        band = lab[max(0, round(y1 + top * (y2 - y1))) : max(0, round(y1 + bottom * (y2 - y1))), max(0, left) : right]
        found.append(band.reshape(-1, 3).mean(axis=0) if band.size else np.zeros(3))
    return np.asarray(np.concatenate(found), np.float32)


def looks_apart(one: Looks, other: Looks) -> float:
    """0: the same; from about 1 on somebody else."""
    return float(np.abs(one - other).mean()) / 14.0


def detected(found: list[Found], region: Region, work: Image) -> list[Person]:
    """The people among what a detector found in the cut-out."""
    lab = lab_of(work)
    boxes = [region.into(item.box, cut=True) for item in found if item.label == "person" and item.score >= SCORE_MIN]
    whole = [
        box
        for box in boxes
        if not any(covered(box, other) > _PART and area(box) < 0.6 * area(other) for other in boxes if other != box)
    ]
    return [Person(box, looks_of(lab, box)) for box in whole]


def lab_of(work: Image) -> Image:
    """Lab colours at one brightness by day and by night, so that the same difference means the same."""
    gain = min(_GAIN_MAX, _MEDIAN / max(1.0, float(np.median(work[::4, ::4]))))
    return np.asarray(cv2.cvtColor(cv2.convertScaleAbs(work, alpha=gain), cv2.COLOR_BGR2LAB), np.uint8)
