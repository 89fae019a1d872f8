"""Core: the part of a picture that holds a zone, reduced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.frame import Image
from vision.geometry import Box

WORK_WIDTH_PX = 480
"""Width of the whole picture at the scale of work: a car in a lane is then some 50 px, a carton 15 px."""

Mask = NDArray[np.bool_]
Push = tuple[int, int]
"""How far pictures are moved to the right and downwards, in pixels at the scale of work."""
Some = TypeVar("Some", np.float32, np.bool_)


class Region:
    """Cuts one zone out of a camera's pictures; made anew when their size changes."""

    def __init__(
        self,
        polygon: Sequence[tuple[float, float]],
        size: tuple[int, int],
        *,
        margin: float,
        work_px: int = WORK_WIDTH_PX,
    ) -> None:
        """`size`: width and height of the pictures; `margin`: kept round the zone, as a share of its sides."""
        self.size = size
        self.scale = min(1.0, work_px / size[0])
        corners = np.array(polygon, np.float64) * size
        pad = margin * (corners.max(axis=0) - corners.min(axis=0))
        low = np.clip(np.floor(corners.min(axis=0) - pad), 0, np.array(size) - 64)
        high = np.clip(np.ceil(corners.max(axis=0) + pad), low + 64, size)
        self.box: Box = (int(low[0]), int(low[1]), int(high[0]), int(high[1]))
        self.work = (max(16, round((high[0] - low[0]) * self.scale)), max(16, round((high[1] - low[1]) * self.scale)))
        """Width and height of the reduced cut-out."""
        self._ratio = np.array(self.work) / (high - low)
        self.polygon = np.asarray((corners - low) * self._ratio, np.float32)
        """The zone in the cut-out's pixels, Nx2."""
        drawn = np.zeros(self.work[::-1], np.uint8)
        cv2.fillPoly(drawn, [np.round(self.polygon).astype(np.int32)], 255)
        self.inside: Mask = drawn > 0

    def cut(self, image: Image) -> Image:
        """The part of a picture (HxWx3 BGR uint8), as large as there."""
        x1, y1, x2, y2 = self.box
        return image[y1:y2, x1:x2]

    def reduced(self, image: Image) -> Image:
        """The part of a picture at the scale of work."""
        return np.asarray(cv2.resize(self.cut(image), self.work, interpolation=cv2.INTER_AREA), np.uint8)

    def holds(self, x: float, y: float) -> bool:
        """Whether a point of the cut-out lies in the zone."""
        return cv2.pointPolygonTest(self.polygon, (float(x), float(y)), False) >= 0

    def out(self, box: Sequence[float]) -> Box:
        """A box of the cut-out (x1, y1, x2, y2) in the whole picture's pixels."""
        (rx, ry), (x, y) = self._ratio, self.box[:2]
        return round(box[0] / rx + x), round(box[1] / ry + y), round(box[2] / rx + x), round(box[3] / ry + y)

    def into(self, box: Sequence[float], *, cut: bool = False) -> tuple[float, float, float, float]:
        """A box of the whole picture, or of the cut-out at full size (`cut`), at the scale of work."""
        (rx, ry), (x, y) = self._ratio, (0, 0) if cut else self.box[:2]
        return (box[0] - x) * rx, (box[1] - y) * ry, (box[2] - x) * rx, (box[3] - y) * ry


def pushed_aside(plane: NDArray[Some], push: Push) -> NDArray[Some]:
    """The last two axes moved; zero or False where nothing is known."""
    right, below = push
    moved = np.zeros_like(plane)
    height, width = plane.shape[-2:]
    if abs(below) >= height or abs(right) >= width:
        return moved
    rows = slice(max(0, below), height + min(0, below)), slice(max(0, -below), height + min(0, -below))
    columns = slice(max(0, right), width + min(0, right)), slice(max(0, -right), width + min(0, -right))
    moved[..., rows[0], columns[0]] = plane[..., rows[1], columns[1]]
    return moved
