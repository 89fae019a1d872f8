"""Core: how far a shaking camera has moved, and how its exposure has changed, against the still scene.

Least squares on a quarter-size copy: brightness difference = gradient * shift + gain * brightness + offset (Lucas and
Kanade, 1981). Sub-pixel, and far cheaper than a phase correlation of the whole picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

SHRINK = 4
ROUNDS = 3
SAMPLE = 3
"""Every third pixel of the small copy is enough for four unknowns."""
SMALL_PX = 0.06
"""Shifts below this, in pixels of the picture, are left alone."""
FAR_PX = 16.0
OUTLIER_LEVELS = 20.0


@dataclass(frozen=True, slots=True)
class Motion:
    """From the still scene to this picture."""

    x_px: float
    y_px: float
    gain: float
    """Picture * gain + offset has the scene's brightness."""
    offset: float
    steady: bool
    """False: moved so far that a comparison is worth nothing."""

    @property
    def moved(self) -> bool:
        """Worth shifting back."""
        return abs(self.x_px) > SMALL_PX or abs(self.y_px) > SMALL_PX

    @property
    def gain_changed(self) -> bool:
        """Worth a correction of the whole picture."""
        return abs(self.gain - 1) > 0.004 or abs(self.offset) > 0.5


class Sway:
    """Measures pictures against one learnt scene."""

    def __init__(self) -> None:
        self._scene: NDArray[np.float32] | None = None

    def learn(self, still: NDArray[np.uint8]) -> None:
        """HxW uint8: the scene to measure against."""
        small = _small(still)
        self._scene = small
        dx = cv2.Sobel(small, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
        dy = cv2.Sobel(small, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
        columns = np.stack([a.ravel() for a in (dx, dy, small, np.ones_like(small))], 1)
        self._columns = np.ascontiguousarray(columns[::SAMPLE])

    def measure(self, grey: NDArray[np.uint8]) -> Motion:
        """HxW uint8 of the learnt size -> how it lies against the scene."""
        assert self._scene is not None
        small = _small(grey)
        shift, gain, offset = np.zeros(2), 1.0, 0.0
        moved = small
        for _ in range(ROUNDS):
            step, gain, offset = self._solve(moved)
            shift += step
            if np.abs(step).max() < 0.02:
                break
            there = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            size = (small.shape[1], small.shape[0])
            moved = np.asarray(
                cv2.warpAffine(small, there, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32
            )
        shift *= SHRINK
        steady = bool(np.abs(shift).max() <= FAR_PX)
        return Motion(float(shift[0]), float(shift[1]), gain, offset, steady)

    def _solve(self, small: NDArray[np.float32]) -> tuple[NDArray[np.float64], float, float]:
        """One round: what to add to the shift; gain and offset."""
        difference = (small - self._scene).ravel()[::SAMPLE]  # type: ignore[operator]
        middle = float(np.median(difference[::5]))
        usual = np.abs(difference - middle) < OUTLIER_LEVELS
        a, b = self._columns[usual], difference[usual]
        if len(b) < 300:
            return np.zeros(2), 1.0, 0.0
        x = np.linalg.lstsq(a.T @ a, a.T @ b, rcond=None)[0]
        gain = 1 / max(0.2, 1 + float(x[2]))
        # scene(p) * (1 + k) + offset + gradient * d: the picture shows the scene displaced by -d
        return np.array([-x[0], -x[1]], np.float64), gain, -float(x[3]) * gain


def _small(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    half = cv2.resize(grey, (grey.shape[1] // 2, grey.shape[0] // 2), interpolation=cv2.INTER_AREA)
    small = cv2.resize(half, (grey.shape[1] // SHRINK, grey.shape[0] // SHRINK), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small.astype(np.float32), (3, 3), 0), np.float32)
