"""Core: how far a shaking camera has moved, and how its exposure has changed, against the still scene.

Least squares on a quarter-size copy: brightness difference = gradient * shift + gain * brightness + offset (Lucas and
Kanade, 1981). Sub-pixel, and far cheaper than a phase correlation of the whole picture. Copies are halved step by step,
because that is what a processor does fastest.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

SHRINK = 4
ROUNDS = 3
SAMPLES = 12_000
"""Pixels of the small copy that are looked at; enough for four unknowns, headlights among them."""
SMALL_PX = 0.06
"""Shifts below this, in pixels of the picture, are left alone."""
FAR_PX = 16.0
OUTLIER_LEVELS = 20.0
RIDGE = 1e-3
"""Added to the squares of slopes, so that a picture without any structure has a solution: it stands still."""
LEAST = 120
"""Pixels like the scene that a solution needs."""


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
        self._known = np.zeros((4, 0), np.float32)  # slopes across and down, brightness, one
        self._step = 1

    def learn(self, quarter: Grey) -> None:
        """The scene to measure against, as `quartered` gives it."""
        small = _soft(quarter)
        dx = cv2.Sobel(small, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
        dy = cv2.Sobel(small, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
        self._step = _step(small.shape)
        self._known = np.stack([a.ravel()[:: self._step] for a in (dx, dy, small, np.ones_like(small))])

    def measure(self, quarter: Grey) -> Motion:
        """A picture of the learnt size, as `quartered` gives it -> how it lies against the scene."""
        small = _soft(quarter)
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
        difference = small.ravel()[:: self._step] - self._known[2]
        some = difference[::5]
        middles = [(len(some) - 1) // 2, len(some) // 2]
        middle = np.partition(some, middles)[middles].mean()
        usual = np.abs(difference - middle) < OUTLIER_LEVELS
        if np.count_nonzero(usual) < LEAST:
            return np.zeros(2), 1.0, 0.0
        weighted = self._known * usual
        normal = (weighted @ self._known.T).astype(np.float64)
        x = np.linalg.solve(normal + RIDGE * np.eye(4), weighted @ difference)
        gain = 1 / max(0.2, 1 + float(x[2]))
        # scene(p) * (1 + k) + offset + gradient * d: the picture shows the scene displaced by -d
        return np.array([-x[0], -x[1]], np.float64), gain, -float(x[3]) * gain


def halved(grey: Grey) -> Grey:
    """HxW -> half as large, each pixel the mean of four."""
    size = (grey.shape[1] // 2, grey.shape[0] // 2)
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def quartered(grey: Grey) -> Grey:
    """HxW -> a quarter as wide and high."""
    return halved(halved(grey))


def laid_back(grey: Grey, x_px: float, y_px: float, out: Grey) -> None:
    """Fills `out` (HxW) with the picture shifted by fractions of pixels, out(p) = grey(p + shift); borders repeat.

    Four neighbours weighed in one pass, rounded once: a fifth of the time of `warpAffine`.
    """
    (down, from_rows, to_rows), (right, from_columns, to_columns) = _apart(y_px, len(grey)), _apart(x_px, len(grey.T))
    kernel = np.outer([1 - down, down], [1 - right, right])
    part = out[to_rows, to_columns]
    border = cv2.BORDER_REPLICATE
    cv2.filter2D(grey[from_rows, from_columns], -1, kernel, dst=part, anchor=(0, 0), borderType=border)
    out[: to_rows.start, to_columns], out[to_rows.stop :, to_columns] = part[:1], part[-1:]
    out[:, : to_columns.start] = out[:, to_columns.start, None]
    out[:, to_columns.stop :] = out[:, to_columns.stop - 1, None]


def _apart(by_px: float, count: int) -> tuple[float, slice, slice]:
    """A shift -> its fraction, and for the whole pixels of it the part that is taken and where it comes to lie."""
    whole = int(np.clip(np.floor(by_px), 1 - count, count - 1))
    share = float(np.clip(by_px - whole, 0, 1))
    return share, slice(max(0, whole), count + min(0, whole)), slice(max(0, -whole), count - max(0, whole))


def _step(shape: tuple[int, ...]) -> int:
    """Every so manieth pixel; columns are not met again in every row."""
    step = max(3, shape[0] * shape[1] // SAMPLES)
    return step if shape[1] % step else step + 1


def _soft(quarter: Grey) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(quarter.astype(np.float32), (3, 3), 0), np.float32)
