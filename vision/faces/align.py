"""Core: a face turned and scaled to the same place, by five points.

The template is that of ArcFace (arXiv 1801.07698; insightface, MIT), which every 112x112 embedder of that family
was trained on; the similarity is fitted by least squares (Umeyama 1991) without reflection.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]
"""5x2, pixels: right eye, left eye (of the person), tip of the nose, right and left corner of the mouth."""
Image = NDArray[np.uint8]
"""A picture: height x width x 3, uint8, blue-green-red."""
Affine = NDArray[np.float64]
"""2x3: [x', y'] = A · [x, y, 1]."""

SIDE_PX = 112
TEMPLATE: Points = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]], np.float32
)
"""Where the points lie in the aligned picture of 112x112."""


def similarity(points: Points, target: Points = TEMPLATE) -> Affine:
    """The turn, scale and shift that bring the points nearest to the target."""
    source, goal = points.tolist(), target.tolist()
    count = len(source)
    x0, y0 = sum(x for x, _ in source) / count, sum(y for _, y in source) / count
    u0, v0 = sum(u for u, _ in goal) / count, sum(v for _, v in goal) / count
    spread = along = across = 0.0
    for (x, y), (u, v) in zip(source, goal, strict=True):
        spread += (x - x0) ** 2 + (y - y0) ** 2
        along += (x - x0) * (u - u0) + (y - y0) * (v - v0)
        across += (x - x0) * (v - v0) - (y - y0) * (u - u0)
    cosine, sine = along / max(spread, 1e-9), across / max(spread, 1e-9)
    return np.array([[cosine, -sine, u0 - cosine * x0 + sine * y0], [sine, cosine, v0 - sine * x0 - cosine * y0]])


def scale_of(affine: Affine) -> float:
    """How many target pixels a source pixel becomes."""
    return math.hypot(affine[0, 0], affine[1, 0])


def side_px(points: Points) -> float:
    """Side in picture pixels of the square that becomes the aligned picture."""
    return SIDE_PX / max(scale_of(similarity(points)), 1e-6)


def warp(image: Image, affine: Affine, size: tuple[int, int] = (SIDE_PX, SIDE_PX)) -> Image:
    """The picture of width x height that the affine maps to; black beyond the edge.

    Averages first where it shrinks to a half or less: a warp reads four pixels only, the rest would be noise.
    """
    times = int(1 / max(scale_of(affine), 1e-3))
    if times > 1:
        image, affine = _reduced(image, affine, times, size)
    return np.asarray(cv2.warpAffine(image, affine, size, flags=cv2.INTER_LINEAR), np.uint8)


def aligned(image: Image, points: Points) -> Image:
    """The face as 112x112, BGR."""
    return warp(image, similarity(points))


def back(affine: Affine, points: Points) -> Points:
    """Points of the warped picture in the original one."""
    inverse = cv2.invertAffineTransform(affine)
    return np.asarray(points @ inverse[:, :2].T + inverse[:, 2], np.float32)


def _reduced(image: Image, affine: Affine, times: int, size: tuple[int, int]) -> tuple[Image, Affine]:
    """The part that will be seen, averaged over times x times pixels, and the affine for it."""
    inverse = cv2.invertAffineTransform(affine)
    corners = np.array([[0, 0], [size[0], 0], size, [0, size[1]]]) @ inverse[:, :2].T + inverse[:, 2]
    height, width = image.shape[:2]
    x1, y1 = (int(v) for v in np.clip(np.floor(corners.min(axis=0)) - times, 0, (width - 1, height - 1)))
    x2, y2 = (int(v) for v in np.clip(np.ceil(corners.max(axis=0)) + times, (x1 + 1, y1 + 1), (width, height)))
    columns, rows = max(1, (x2 - x1) // times), max(1, (y2 - y1) // times)
    # A whole number of source pixels for each target pixel, where the part is large enough, is the fast case.
    part = image[y1 : y1 + rows * times, x1 : x1 + columns * times]
    small = np.asarray(cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)
    # Pixel centres: the old point x lies at (x - x1 + 0.5) / times - 0.5 of the small picture.
    undo = np.array([[times, 0, x1 + (times - 1) / 2], [0, times, y1 + (times - 1) / 2], [0, 0, 1]])
    return small, affine @ undo
