"""A plate cut from a picture by its four corners as the small upright strip that the reader looks at.

Core: arithmetic only. One row is one strip; two rows are cut apart and laid side by side, the upper one left.
"""

from __future__ import annotations

from math import hypot

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.plate_reader import Image

STRIP_PX = (160, 40)
"""Width and height of a strip."""

MARGIN = (0.06, 0.10)
"""What is cut along with the plate on each side, as parts of its width and height; measured to read best."""

_UPPER_PX = 56
_SPLIT = 0.375
"""Where the rows of a plate with two part, from its upper edge."""
_OVERLAP = 0.02
_UPPER_SIDE = 0.12
"""The upper row is short: so much of the plate's width is free on either side of it."""
_SUPERSAMPLE_MAX = 4
_UNIT = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)

Corners = NDArray[np.float32]
"""Upper left, upper right, lower right, lower left as x, y in pixels: 4 x 2, float32."""


def cut_strip(image: Image, corners: Corners, rows: int = 1, margin: tuple[float, float] = MARGIN) -> Image:
    """The strip of a plate, 40x160x3 uint8 BGR; what lies outside the picture repeats its edge."""
    if rows == 1:
        return _cut(image, corners, (-margin[0], -margin[1], 1 + margin[0], 1 + margin[1]), STRIP_PX)
    upper = (_UPPER_SIDE, -0.6 * margin[1], 1 - _UPPER_SIDE, _SPLIT + _OVERLAP)
    lower = (-margin[0], _SPLIT - _OVERLAP, 1 + margin[0], 1 + 0.8 * margin[1])
    width, height = STRIP_PX
    left = _cut(image, corners, upper, (_UPPER_PX, height))
    right = _cut(image, corners, lower, (width - _UPPER_PX, height))
    return np.concatenate([left, right], axis=1)


def slide(corners: Corners, part: float) -> Corners:
    """The corners with the upper edge pushed right and the lower one left, by half this part of the width each.

    The refiner's usual error is such a slant; a cut that leans the other way takes it back.
    """
    upper, lower = (corners[1:3] - corners[::3]) * np.float64(part / 2)
    return np.asarray(corners + np.array([upper, upper, -lower, -lower]), np.float32)


def side_ratio(corners: Corners) -> float:
    """Width by height of the four corners, each the mean of its two sides; 3.1 or 3.4 for one row, 2.0 for two."""
    sides = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    return float((sides[0] + sides[2]) / max(float(sides[1] + sides[3]), 1e-6))


def _cut(image: Image, corners: Corners, part: tuple[float, float, float, float], size: tuple[int, int]) -> Image:
    """A rectangle of the plate, in parts of its width and height, resampled to ``size`` without aliasing."""
    to_picture = cv2.getPerspectiveTransform(_UNIT, corners)
    x1, y1, x2, y2 = part
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = corners.tolist()  # plain numbers: arrays of two cost ten times as much
    across = (hypot(bx - ax, by - ay) + hypot(cx - dx, cy - dy)) / 2
    finer = min(max(round(across * (x2 - x1) / size[0]), 1), _SUPERSAMPLE_MAX)
    width, height = size[0] * finer, size[1] * finer
    # Pixel centres, so that a finer grid does not shift the picture.
    step_x, step_y = (x2 - x1) / width, (y2 - y1) / height
    to_part = np.array([[step_x, 0, x1 + step_x / 2], [0, step_y, y1 + step_y / 2], [0, 0, 1]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    cut = cv2.warpPerspective(
        image, to_picture @ to_part, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    if finer > 1:
        cut = cv2.resize(cut, size, interpolation=cv2.INTER_AREA)
    return cut.astype(np.uint8, copy=False)
