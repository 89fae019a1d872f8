"""Core: from the plate detector's map to candidates: the size to shrink to, peaks, corners, doubles dropped."""

from __future__ import annotations

from math import hypot, log, sqrt

import numpy as np
from numpy.typing import NDArray

from vision.geometry import Quad, bounds, covered, iou

STRIDE_PX = 8
_SIDE_STEP_PX = 32
_AREA_PX = 576 * 336
_ROUND = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1) if (down, right) != (0, 0)]


def net_size(height: int, width: int, area_px: int = _AREA_PX) -> tuple[int, int]:
    """Height and width that a picture is brought to: about the same area for all, multiples of 32.

    Small pictures are not enlarged: that finds a few more plates, none of which can be read.
    """
    scale = min(sqrt(area_px / (height * width)), 1.0)

    def side(length: int) -> int:
        return max(1, round(length * scale / _SIDE_STEP_PX)) * _SIDE_STEP_PX

    return side(height), side(width)


def peaks(output: NDArray[np.float32], threshold: float, limit: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Corners (n, 4, 2) in pixels of the net's picture and scores (n,), best first, at most ``limit``.

    ``output``: 10 x h x w float32: centre logit, log width in cells, eight corner offsets in widths.
    """
    logits = output[0]
    bar = log(threshold / (1 - threshold))
    ys, xs = np.nonzero(logits > bar)
    # So few cells lie above the bar that plain numbers beat a filter over the whole map.
    high = dict(zip(zip(ys.tolist(), xs.tolist(), strict=True), logits[ys, xs].tolist(), strict=True))
    tops = sorted((cell for cell in high if _is_top(cell, high)), key=lambda cell: -high[cell])[:limit]
    ys, xs = np.array(tops, np.intp).reshape(-1, 2).T
    wide = np.exp(np.clip(output[1, ys, xs], -2, 5))
    offsets = (output[2:, ys, xs] * wide).T.reshape(-1, 4, 2)
    centres = np.stack([xs, ys], axis=1)[:, None, :] + 0.5
    scores = 1 / (1 + np.exp(-logits[ys, xs].astype(np.float64)))
    return ((centres + offsets) * STRIDE_PX).astype(np.float32), scores.astype(np.float32)


def _is_top(cell: tuple[int, int], high: dict[tuple[int, int], float]) -> bool:
    """Whether none of the eight cells round it is higher; those that are not in the table are lower."""
    y, x = cell
    height = high[cell]
    return all(high.get((y + down, x + right), height) <= height for down, right in _ROUND)


def drop_doubles(quads: list[Quad], overlap: float = 0.35) -> list[int]:
    """Which of the quads (best first) stay: those that no better one overlaps or swallows."""
    boxes = [bounds(quad) for quad in quads]
    kept: list[int] = []
    for index, box in enumerate(boxes):
        if all(iou(box, boxes[k]) < overlap and covered(box, boxes[k]) < 0.7 for k in kept):
            kept.append(index)
    return kept


def sane(quad: Quad, least_px: float = 8.0) -> bool:
    """Whether four points are a plate as the camera may see it: convex, turning one way, not a sliver."""
    points = quad.tolist()  # on four points plain numbers are ten times as fast as arrays
    sides = [(b[0] - a[0], b[1] - a[1]) for a, b in zip(points, points[1:] + points[:1], strict=True)]
    turns = [a[0] * b[1] - a[1] * b[0] for a, b in zip(sides, sides[1:] + sides[:1], strict=True)]
    lengths = [hypot(*side) for side in sides]
    upper, lower = (lengths[0], lengths[2]), (lengths[1], lengths[3])
    return (
        min(turns) > 0
        and max(upper) >= least_px
        and min(upper) > 0.4 * max(upper)
        and min(lower) > 0.35 * max(lower)
        and max(lower) > 0.08 * max(upper)
    )
