"""Core: the people of one picture, by a detector or, without one, by what differs from the empty scene.

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
from vision.zones.region import Mask, Region

Box = tuple[float, float, float, float]
"""x1, y1, x2, y2 at the scale of work."""
Looks = NDArray[np.float32]
"""Of four bands: Lab, 12 numbers."""

SCORE_MIN = 0.5
_BANDS = (0.02, 0.2, 0.45, 0.7, 0.96)
_PART = 0.65
_MEDIAN, _GAIN_MAX = 110.0, 6.0
_WIDTH_PER_HEIGHT = 0.42
_HEIGHT_MIN_PX = 20.0
_FILLED_MIN = 0.3
_DIFFERENT = 0.25
_TINT = 0.12
_SHADOW = -0.6
_LEARN_S = 30.0


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in a picture."""

    box: Box
    looks: Looks

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
    lab = _lab(work)
    boxes = [region.into(item.box, cut=True) for item in found if item.label == "person" and item.score >= SCORE_MIN]
    whole = [
        box
        for box in boxes
        if not any(covered(box, other) > _PART and area(box) < 0.6 * area(other) for other in boxes if other != box)
    ]
    return [Person(box, looks_of(lab, box)) for box in whole]


def _lab(work: Image) -> Image:
    """Colours at one brightness by day and by night, so that the same difference means the same."""
    gain = min(_GAIN_MAX, _MEDIAN / max(1.0, float(np.median(work[::4, ::4]))))
    return np.asarray(cv2.cvtColor(cv2.convertScaleAbs(work, alpha=gain), cv2.COLOR_BGR2LAB), np.uint8)


class Backdrop:
    """The scene without people, for sites without a detector."""

    def __init__(self) -> None:
        self._log: NDArray[np.float32] | None = None
        self._looked_s = 0.0

    def people(self, work: Image, now_s: float, *, keep: list[Box]) -> list[Person]:
        """Whoever stands out from it; `keep`: where it must not be learnt, because somebody is followed there."""
        log = np.log(cv2.GaussianBlur(work, (3, 3), 0).astype(np.float32) + 12.0)
        if self._log is None:
            self._log, self._looked_s = log, now_s
            return []
        apart = log - self._log
        apart -= np.median(apart[::4, ::4].reshape(-1, 3), axis=0)
        mask = _stands_out(apart)
        self._learn(log, mask, keep, now_s)
        lab = _lab(work)
        return [Person(box, looks_of(lab, box)) for box in _boxes(mask)]

    def _learn(self, log: NDArray[np.float32], mask: Mask, keep: list[Box], now_s: float) -> None:
        assert self._log is not None
        rate = np.where(mask, 0.1, 1.0).astype(np.float32) * min(1.0, (now_s - self._looked_s) / _LEARN_S)
        for x1, y1, x2, y2 in keep:
            rate[max(0, round(y1)) : max(0, round(y2)), max(0, round(x1)) : max(0, round(x2))] = 0
        self._log += rate[..., None] * (log - self._log)
        self._looked_s = now_s


def _stands_out(apart: NDArray[np.float32]) -> Mask:
    """Where the logarithms of the colours differ, and not as a shadow makes them differ."""
    mean = apart.mean(axis=2)
    tint = np.abs(apart - mean[..., None]).max(axis=2)
    shadow = (mean > _SHADOW) & (mean < 0) & (tint < _TINT)
    raw = ((np.abs(mean) > _DIFFERENT) | (tint > 1.5 * _TINT)) & ~shadow
    opened = cv2.morphologyEx(raw.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones((9, 5), np.uint8))
    return np.asarray(closed > 0)


def _boxes(mask: Mask) -> list[Box]:
    """Boxes of people; a patch too wide for one is divided among several."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    found: list[Box] = []
    for x, y, width, height, size in stats[1:count].tolist():
        if height < _HEIGHT_MIN_PX or size < _FILLED_MIN * width * height or width > 4 * height:
            continue
        several = max(1, round(width / (_WIDTH_PER_HEIGHT * height) - 0.4))
        step = width / several
        found += [(x + at * step, y, x + (at + 1) * step, y + height) for at in range(several)]
    return found
