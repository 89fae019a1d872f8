"""Core: from the map of a text finder to the lines that may be plates, and to strips that can be read."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, permutations
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vision import geometry
from vision.geometry import Quad
from vision.plate_reader import Box, Image

LINE_HEIGHT_PX = 48
"""Height that the reader was trained on."""

_PLATE_WIDTH_PX = 176  # best of 144, 176, 208 and 240 on labelled plates
_ROW_WIDTHS_PX = (72, 152)  # upper and lower row, read side by side
_UNCLIP = 1.6  # text maps are trained shrunk (DB, arXiv 1911.08947)
_MAP_THRESHOLD, _LINE_THRESHOLD = 0.3, 0.5
_MIN_WIDTH_PX, _MIN_HEIGHT_PX = 20.0, 7.0
_MAX_LINES, _MAX_CANDIDATES = 32, 64


@dataclass(frozen=True, slots=True)
class Line:
    """A place that may hold a plate: one quad, or two for the rows of a two-row plate."""

    quads: tuple[Quad, ...]

    @property
    def outline(self) -> Quad:
        """The quad over all rows."""
        if len(self.quads) == 1:
            return self.quads[0]
        boxes = [geometry.bounds(q) for q in self.quads]
        corners = np.array(boxes)
        return geometry.quad_of((*corners[:, :2].min(axis=0), *corners[:, 2:].max(axis=0)))

    def box(self, height: int, width: int) -> Box:
        """The upright box in a picture of that size."""
        return geometry.clip(geometry.bounds(self.outline), height, width)


def planes(picture: Image) -> NDArray[np.float32]:
    """HxWx3 BGR 0..255 to 1x3xHxW float -1..1, the input of both networks."""
    return np.ascontiguousarray(picture.transpose(2, 0, 1)[None], dtype=np.float32) / 127.5 - 1


def lines_of(heat: NDArray[np.float32], scale_x: float, scale_y: float) -> list[Quad]:
    """Text lines in a probability map (HxW, 0..1), as quads in a picture that is larger by the two scales."""
    mask = cv2.dilate((heat > _MAP_THRESHOLD).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    scale = np.array([scale_x, scale_y])
    quads = []
    for contour in sorted(contours, key=len, reverse=True)[: 4 * _MAX_LINES]:
        centre, (width, height), angle = cv2.minAreaRect(contour)
        if min(width, height) < 3 or _mean_inside(heat, contour) < _LINE_THRESHOLD:
            continue
        grow = _UNCLIP * width * height / (width + height)
        corners = cv2.boxPoints((centre, (width + grow, height + grow), angle))
        quad = geometry.order_corners(corners * scale)
        quad_width, quad_height = geometry.size(quad)
        if quad_width >= _MIN_WIDTH_PX and quad_height >= _MIN_HEIGHT_PX:
            quads.append(quad)
    return sorted(quads, key=lambda q: -float(np.prod(geometry.size(q))))[:_MAX_LINES]


def _mean_inside(heat: NDArray[np.float32], contour: NDArray[Any]) -> float:
    x, y, width, height = cv2.boundingRect(contour)
    inside = np.zeros((height, width), np.uint8)
    corners = cv2.boxPoints(cv2.minAreaRect(contour)).astype(np.int32)
    cv2.fillPoly(inside, [corners - (x, y)], 1)
    return float(cv2.mean(heat[y : y + height, x : x + width], inside)[0])


def candidates(quads: list[Quad]) -> list[Line]:
    """Lines that may be plates, likely ones first: whole lines, then split, stacked and joined ones."""
    whole, split, raised, stacked, joined = [], [], [], [], []
    for quad in quads:
        width, height = geometry.size(quad)
        if width >= 1.6 * height:
            whole.append(Line((quad,)))
        if 1.1 * height <= width <= 2.9 * height:
            split.append(Line((geometry.part(quad, 0, 0, 1, 0.42), geometry.part(quad, 0, 0.38, 1, 1))))
        if 1.6 * height <= width <= 4.5 * height:
            # The two characters of an upper row are often too few for the finder.
            raised.append(Line((geometry.part(quad, 0.15, -0.62, 0.85, 0.06), quad)))
    for upper, lower in permutations(quads, 2):
        if geometry.stacked(upper, lower):
            stacked.append(Line((upper, lower)))
    for a, b in combinations(quads, 2):
        both = geometry.side_by_side(a, b)
        if both is not None and 2.0 < np.divide(*geometry.size(both)) < 7.0:
            joined.append(Line((both,)))
    return [*whole, *stacked, *joined, *raised, *split][:_MAX_CANDIDATES]


def cut(picture: Image, quad: Quad, width: int, height: int) -> Image:
    """The inside of a quad as an upright picture of that size; beyond the picture its edge is repeated."""
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    return np.asarray(
        cv2.warpPerspective(
            picture,
            cv2.getPerspectiveTransform(quad, target),
            (width, height),
            flags=cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        np.uint8,
    )


def long_strip(picture: Image, quad: Quad) -> Image:
    """A text line in its own proportions, at the reader's height."""
    width, height = geometry.size(quad)
    return cut(picture, quad, int(np.clip(LINE_HEIGHT_PX * width / height, 32, 1600)), LINE_HEIGHT_PX)


def plate_strip(picture: Image, line: Line, margin: tuple[float, float]) -> Image:
    """A plate as one line for the reader, with margins as fractions of its width and height.

    The quad's real size is kept first and then stretched, which blurs less than one warp from a large picture.
    """
    widths = (_PLATE_WIDTH_PX,) if len(line.quads) == 1 else _ROW_WIDTHS_PX
    x, y = margin
    strips = []
    for quad, strip_width in zip(line.quads, widths, strict=True):
        grown = geometry.part(quad, -x, -y, 1 + x, 1 + y)
        width, height = (max(2, min(round(side), 2048)) for side in geometry.size(grown))
        strip = cut(picture, grown, width, height)
        strips.append(cv2.resize(strip, (strip_width, LINE_HEIGHT_PX), interpolation=cv2.INTER_CUBIC))
    return np.hstack(strips)


def head_strip(picture: Image, quad: Quad, margin: tuple[float, float]) -> Image:
    """The first two characters of a one-row plate, larger than in the whole strip."""
    x, y = margin
    head = geometry.part(quad, -x, -y, 0.32, 1 + y)
    width, height = (max(2, min(round(side), 2048)) for side in geometry.size(head))
    return np.asarray(cv2.resize(cut(picture, head, width, height), (96, LINE_HEIGHT_PX)), np.uint8)


def inside(picture: Image, line: Line) -> Image:
    """The plate's middle, without frame and bodywork, for its colour."""
    return cut(picture, geometry.part(line.outline, 0.02, 0.12, 0.98, 0.88), 96, 36)
