"""Core: boxes and quads.

A box is x1, y1, x2, y2 in pixels; the right and lower edge lie outside. A quad is a 4x2 float32 array of
corners: upper left, upper right, lower right, lower left as the text reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Box = tuple[int, int, int, int]
Quad = NDArray[np.float32]


def area(box: Sequence[float]) -> float:
    """Area in square pixels; 0 for an empty box."""
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def intersection(a: Sequence[float], b: Sequence[float]) -> float:
    """Area that both boxes cover."""
    return area((max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])))


def iou(a: Sequence[float], b: Sequence[float]) -> float:
    """Intersection over union, 0 to 1."""
    shared = intersection(a, b)
    return shared / (area(a) + area(b) - shared) if shared else 0.0


def covered(inner: Sequence[float], outer: Sequence[float]) -> float:
    """Share of `inner` that lies in `outer`, 0 to 1."""
    size = area(inner)
    return intersection(inner, outer) / size if size else 0.0


def centre_distance(a: Sequence[float], b: Sequence[float]) -> float:
    """Distance of the centres in units of the larger width, so that it does not depend on the resolution."""
    dx = (a[0] + a[2] - b[0] - b[2]) / 2
    dy = (a[1] + a[3] - b[1] - b[3]) / 2
    return float(np.hypot(dx, dy)) / max(a[2] - a[0], b[2] - b[0], 1)


def clip(box: Sequence[float], height: int, width: int) -> Box:
    """The box as whole pixels inside a picture of that size, at least one pixel large."""
    x1 = min(max(round(box[0]), 0), width - 1)
    y1 = min(max(round(box[1]), 0), height - 1)
    return x1, y1, min(max(round(box[2]), x1 + 1), width), min(max(round(box[3]), y1 + 1), height)


def order_corners(points: NDArray[Any]) -> Quad:
    """Four corners of a text line in reading order; right for slopes up to 45 degrees."""
    by_x = points[np.argsort(points[:, 0], kind="stable")]
    left = by_x[:2][np.argsort(by_x[:2, 1], kind="stable")]
    right = by_x[2:][np.argsort(by_x[2:, 1], kind="stable")]
    return np.array([left[0], right[0], right[1], left[1]], dtype=np.float32)


def quad_of(box: Sequence[float]) -> Quad:
    """The corners of an upright box."""
    x1, y1, x2, y2 = box
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], dtype=np.float32)


def bounds(quad: Quad) -> tuple[float, float, float, float]:
    """The upright box round a quad."""
    xs, ys = zip(*quad.tolist(), strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def size(quad: Quad) -> tuple[float, float]:
    """Width and height of a quad: the longer one of each pair of sides, in pixels."""
    sides = np.linalg.norm(quad - np.roll(quad, -1, axis=0), axis=1)
    return float(max(sides[0], sides[2])), float(max(sides[1], sides[3]))


def part(quad: Quad, left: float, top: float, right: float, bottom: float) -> Quad:
    """A part of a quad in fractions of its sides; values below 0 and above 1 enlarge it."""
    upper, lower = quad[1] - quad[0], quad[2] - quad[3]

    def at(x: float, y: float) -> NDArray[Any]:
        top_point, bottom_point = quad[0] + x * upper, quad[3] + x * lower
        return np.asarray(top_point + y * (bottom_point - top_point))

    return np.array([at(left, top), at(right, top), at(right, bottom), at(left, bottom)], dtype=np.float32)


def side_by_side(left: Quad, right: Quad) -> Quad | None:
    """The quad over two pieces of one text line, or None if they are not such neighbours."""
    if left[:, 0].mean() > right[:, 0].mean():
        left, right = right, left
    (_, height_l), (_, height_r) = size(left), size(right)
    low, high = sorted((height_l, height_r))
    seam = (left[1] + left[2]) / 2, (right[0] + right[3]) / 2
    gap_x, gap_y = np.abs(seam[1] - seam[0])
    if low < 0.55 * high or gap_x > 1.2 * high or gap_y > 0.5 * high:
        return None
    return np.array([left[0], right[1], right[2], left[3]], dtype=np.float32)


def stacked(upper: Quad, lower: Quad) -> bool:
    """Whether two text lines can be the rows of one plate, the first above the second."""
    u, w = bounds(upper), bounds(lower)
    width_u, width_w = u[2] - u[0], w[2] - w[0]
    height_u, height_w = u[3] - u[1], w[3] - w[1]
    shared = min(u[2], w[2]) - max(u[0], w[0])
    gap = (w[1] + w[3] - u[1] - u[3]) / 2 - (height_u + height_w) / 2
    return (
        shared > 0.75 * min(width_u, width_w)
        and width_u < 1.15 * width_w
        and 0.3 < height_u / height_w < 1.3
        and -0.45 * height_w < gap < 0.5 * height_w
        and u[1] < w[1]
    )
