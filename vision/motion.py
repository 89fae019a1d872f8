"""Core: has anything changed? Keeps the reader, which costs a hundred times more, away from a still scene.

A car that stands must not be forgotten because it stands (one unretried read per visit lost 77 % of the plates
elsewhere): while a visit is open and not sure every frame is read, and even an empty still scene is read every
two seconds.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.frame import Image

WIDTH_PX = 160
CHANGED_LEVEL = 12
"""Grey levels by which a pixel of the averaged copy must differ; sensor noise there stays below 3."""
CHANGED_PIXELS_MIN = 12
"""About one thousandth of the copy: a plate alone, 40 px wide in 1080p, covers less, a car far more."""
LINGER_S = 1.0
"""Reading goes on this long after the last change."""
REREAD_S = 2.0
"""A still scene is read this often."""


class MotionGate:
    """Says for each frame of one camera whether it is worth a read. One thread at a time."""

    def __init__(self) -> None:
        self._reference: NDArray[np.uint8] | None = None
        self._moved_s = float("-inf")
        self._read_s = float("-inf")

    def wants(self, image: Image, now_s: float, *, unsure: bool, reread_s: float | None = None) -> bool:
        """Should this picture (HxWx3 BGR uint8) be read?

        `unsure`: a vehicle stands there, not yet sure. `reread_s`: read a still scene at least this often.
        """
        small = _copy(image)
        if self._reference is None or _differs(self._reference, small):
            self._moved_s = now_s
            self._reference = small  # the last *changed* picture, so that a slow creep adds up
        due = now_s - self._read_s >= min(REREAD_S, reread_s or REREAD_S)
        wanted = unsure or due or now_s - self._moved_s < LINGER_S
        if wanted:
            self._read_s = now_s
        return wanted


def _copy(image: Image) -> NDArray[np.uint8]:
    height_px = max(1, round(image.shape[0] * WIDTH_PX / image.shape[1]))
    small = cv2.resize(image, (WIDTH_PX, height_px), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)  # type: ignore[return-value]  # uint8 in, uint8 out


def _differs(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> bool:
    if before.shape != after.shape:
        return True
    changed = cv2.countNonZero((cv2.absdiff(before, after) >= CHANGED_LEVEL).view(np.uint8))
    return changed >= CHANGED_PIXELS_MIN
