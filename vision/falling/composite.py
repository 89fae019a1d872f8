"""Core: the path of a fall in one picture: the thing at many moments, a line through them, a ring at its origin."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.jpeg import jpeg, shrunk

Image = NDArray[np.uint8]

WIDEST_PX = 1600
QUALITY = 82
MARGIN_PX = 5
_LINE, _START = (0, 200, 255), (40, 40, 255)  # amber, red (BGR)


@dataclass(frozen=True, slots=True)
class Patch:
    """What was to be seen round a thing at one moment: HxWx3 BGR, and its left upper corner."""

    left: int
    top: int
    image: Image


def corner(box: NDArray[np.float64]) -> tuple[int, int]:
    """Left, top, ... -> where the part that `cut` takes of it begins."""
    return max(0, int(box[0]) - MARGIN_PX), max(0, int(box[1]) - MARGIN_PX)


def cut(image: Image, box: NDArray[np.float64]) -> Patch | None:
    """HxWx3 BGR and left, top, right, bottom -> a copy of that part and a margin; None outside of the picture."""
    left, top = corner(box)
    right, bottom = (int(v) + MARGIN_PX for v in box[2:4])
    part = image[top:bottom, left:right]
    return Patch(left, top, part.copy()) if part.size else None


def draw(image: Image, patches: list[Patch], path: NDArray[np.float64], origin: tuple[float, float]) -> bytes:
    """HxWx3 BGR of the end of the fall, parts of earlier pictures, Nx2 centres -> a JPEG of the whole path."""
    whole = image.copy()
    for patch in patches:
        height, width = patch.image.shape[:2]
        whole[patch.top : patch.top + height, patch.left : patch.left + width] = patch.image
    scale = min(1.0, WIDEST_PX / whole.shape[1])
    whole = shrunk(whole, WIDEST_PX)
    # beside the thing, not over it: the thing itself is the evidence
    line = np.round((path * scale + [9.0, 0.0]) * 8).astype(np.int32).reshape(-1, 1, 2)
    cv2.polylines(whole, [line], False, _LINE, 1, cv2.LINE_AA, 3)
    at = (round(origin[0] * scale), round(origin[1] * scale))
    cv2.circle(whole, at, 14, (255, 255, 255), 3, cv2.LINE_AA)
    cv2.circle(whole, at, 14, _START, 2, cv2.LINE_AA)
    return jpeg(whole, QUALITY)
