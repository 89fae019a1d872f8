"""Core: the refiner's view of a plate (a slanted cut-out that straightens the rough corners) and the way back."""

from __future__ import annotations

from math import ceil, floor, hypot
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.geometry import Quad

CROP_SIZE = (128, 64)
"""Width and height of the cut-out in pixels."""
PLATE_SHARE = (0.66, 0.56)
"""Share of the cut-out's width and height that the supposed plate takes."""

Image = NDArray[np.uint8]
Affine = NDArray[np.float64]

_HALF = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]], np.float64)


_PLATE = np.array(CROP_SIZE) * PLATE_SHARE
_NOMINAL = _HALF * _PLATE + np.array(CROP_SIZE) / 2


def nominal() -> Quad:
    """The supposed plate's corners in the cut-out, 4 x 2 pixels."""
    return _NOMINAL.astype(np.float32)


def frame_of(quad: Quad) -> Affine:
    """2 x 3 map from cut-out pixels to picture pixels: the parallelogram nearest to the corners fills its place."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = quad.tolist()  # plain numbers: arrays of two cost ten times as much
    wide, tall = CROP_SIZE[0] * PLATE_SHARE[0], CROP_SIZE[1] * PLATE_SHARE[1]
    xx, yx = (bx - ax + cx - dx) / 2 / wide, (by - ay + cy - dy) / 2 / wide
    xy, yy = (dx - ax + cx - bx) / 2 / tall, (dy - ay + cy - by) / 2 / tall
    x = (ax + bx + cx + dx) / 4 - (xx * CROP_SIZE[0] + xy * CROP_SIZE[1]) / 2
    y = (ay + by + cy + dy) / 4 - (yx * CROP_SIZE[0] + yy * CROP_SIZE[1]) / 2
    return np.array([[xx, xy, x], [yx, yy, y]])


def to_picture(points: NDArray[np.floating], frame: Affine) -> Quad:
    """Points of the cut-out (n, 2) in the picture; or of several at once (m, n, 2), each with its own frame."""
    return np.asarray(points @ frame[..., :2].swapaxes(-1, -2) + frame[..., None, :, 2], np.float32)


def to_crop(points: NDArray[np.floating], frame: Affine) -> Quad:
    """Points of the picture (n, 2) in the cut-out."""
    return np.asarray((points - frame[:, 2]) @ np.linalg.inv(frame[:, :2]).T, np.float32)


_STARTS = ((0.8, 0.0, 0.1), (0.8, 0.0, -0.1), (1.0, 0.15, 0.0), (1.0, -0.15, 0.0))
"""Width, slant and shift to the right of other supposed plates, in shares of the one that was found.

What spoils corners most is a lamp beside the plate that is taken for a part of it, and a slant.
"""


def beside(quad: Quad) -> list[Quad]:
    """Other places from which to look for the same plate again: its right and its left part, slanted to either side."""
    middle = quad.mean(axis=0)
    across, down = (quad[1] + quad[2] - quad[0] - quad[3]) / 2, (quad[2] + quad[3] - quad[0] - quad[1]) / 2
    sides, ends = _HALF[:, :1], _HALF[:, 1:]
    return [
        np.asarray(middle + across * right + sides * across * wide + ends * (down + across * lean), np.float32)
        for wide, lean, right in _STARTS
    ]


def cut(picture: Image, frame: Affine) -> Image:
    """The cut-out, 64 x 128 x 3; large plates are shrunk by areas first, so that nothing aliases."""
    width, height = CROP_SIZE
    (xx, xy, x), (yx, yy, y) = frame.tolist()
    xs, ys = (0.0, xx * width, xy * height), (0.0, yx * width, yy * height)
    x1, y1 = max(floor(x + min(sum(xs), *xs)) - 2, 0), max(floor(y + min(sum(ys), *ys)) - 2, 0)
    x2 = min(ceil(x + max(sum(xs), *xs)) + 3, picture.shape[1])
    y2 = min(ceil(y + max(sum(ys), *ys)) + 3, picture.shape[0])
    if x2 - x1 < 2 or y2 - y1 < 2:
        return np.zeros((height, width, 3), np.uint8)
    part: NDArray[Any] = picture[y1:y2, x1:x2]
    shrink = min(hypot(xx, yx), hypot(xy, yy))
    matrix = np.array([[xx, xy, x - x1], [yx, yy, y - y1]])
    if shrink > 1.5:
        times = round(shrink)  # whole numbers are averaged several times as fast as others
        size = max(1, part.shape[1] // times), max(1, part.shape[0] // times)
        part = cv2.resize(part[: size[1] * times, : size[0] * times], size, interpolation=cv2.INTER_AREA)
        matrix = matrix / times
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    out = cv2.warpAffine(part, matrix, CROP_SIZE, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return out.astype(np.uint8, copy=False)


def moved(deltas: NDArray[np.floating], frame: Affine) -> Quad:
    """Corners in the picture from the refiner's eight deltas (shares of the supposed plate's width and height).

    Of several plates at once: (m, 8) with (m, 2, 3) give (m, 4, 2).
    """
    return to_picture(_NOMINAL + deltas.reshape(*deltas.shape[:-1], 4, 2) * _PLATE, frame)
