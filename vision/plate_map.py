"""Core: from the plate detector's map to candidates: the size to shrink to, peaks, corners, doubles dropped."""

from __future__ import annotations

from math import hypot

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.geometry import Quad, bounds, covered, iou

STRIDE_PX = 8
_SIDE_STEP_PX = 32
_AREA_PX = 576 * 336
_ENLARGE_MAX = 1.6


def net_size(height: int, width: int, area_px: int = _AREA_PX) -> tuple[int, int]:
    """Height and width that a picture is brought to: about the same area for all, multiples of 32."""
    scale = min(float(np.sqrt(area_px / (height * width))), _ENLARGE_MAX)

    def side(length: int) -> int:
        return max(1, round(length * scale / _SIDE_STEP_PX)) * _SIDE_STEP_PX

    return side(height), side(width)


def peaks(output: NDArray[np.float32], threshold: float, limit: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Corners (n, 4, 2) in pixels of the net's picture and scores (n,), best first, at most ``limit``.

    ``output``: 10 x h x w float32: centre logit, log width in cells, eight corner offsets in widths.
    """
    logits = np.ascontiguousarray(output[0])
    top = cv2.dilate(logits, np.ones((3, 3), np.uint8))
    bar = float(np.log(threshold / (1 - threshold)))
    ys, xs = np.nonzero((logits >= top) & (logits > bar))
    order = np.argsort(-logits[ys, xs], kind="stable")[:limit]
    ys, xs = ys[order], xs[order]
    wide = np.exp(np.clip(output[1, ys, xs], -2, 5))
    offsets = (output[2:, ys, xs] * wide).T.reshape(-1, 4, 2)
    centres = np.stack([xs, ys], axis=1)[:, None, :] + 0.5
    scores = 1 / (1 + np.exp(-logits[ys, xs].astype(np.float64)))
    return ((centres + offsets) * STRIDE_PX).astype(np.float32), scores.astype(np.float32)


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
