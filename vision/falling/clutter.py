"""Core: how many false things each part of the picture shows, so that a hit there counts for what it is worth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vision.falling.blobs import Blobs

Floats = NDArray[np.float64]

CELL_PX = 32
FORGET = 0.98
"""Per picture: two seconds at 25 pictures per second."""
LEAST = 2e-5
"""Things per square pixel that are always reckoned with: twenty in a full HD picture are forty."""
SEEN_SHARE = 0.5


class Clutter:
    """Things per picture and square pixel, in cells of `CELL_PX`, for pictures of `size` (width, height)."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._counts = np.zeros((size[1] // CELL_PX + 1, size[0] // CELL_PX + 1))

    def take(self, blobs: Blobs) -> None:
        """Counts the things of one picture."""
        rows, columns = self._cells(blobs.centre)
        here = np.bincount(rows * self._counts.shape[1] + columns, minlength=self._counts.size)
        self._counts *= FORGET
        self._counts += (1 - FORGET) * here.reshape(self._counts.shape)

    @property
    def per_picture(self) -> float:
        """Things that a picture shows lately."""
        return float(self._counts.sum())

    def density(self, points: Floats) -> Floats:
        """Nx2 pixels -> N: false things per picture and square pixel there."""
        return np.asarray(LEAST + self._counts[self._cells(points)] / CELL_PX**2)

    def evidence(
        self, points: Floats, off_px: Floats, within_px: float, missed: int, seen: float = SEEN_SHARE
    ) -> float:
        """Logarithm of how much likelier a moving thing explains these points than clutter does.

        Nx2 pixels, N distances from where it should be, their spread, the pictures in which it was not seen, and the
        share in which it should be.
        """
        near = seen / (2 * np.pi * within_px**2) * np.exp(-0.5 * np.minimum(off_px / within_px, 4.0) ** 2)
        return float(np.log(near / self.density(points)).sum() + missed * np.log(1 - seen))

    def _cells(self, points: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        cells = (points / CELL_PX).astype(np.intp)
        rows = np.clip(cells[:, 1], 0, self._counts.shape[0] - 1)
        return rows, np.clip(cells[:, 0], 0, self._counts.shape[1] - 1)


def odds_of(off: Floats | float, within_px: Floats | float, density: Floats | float, seen: float) -> Floats:
    """Logarithm of how much likelier a thing on a path explains what is there than clutter does.

    `off`: how far it lies from where it should be, in spreads; the spread in pixels; false things per picture and
    square pixel there; the share of pictures in which it should be seen.
    """
    return np.asarray(np.log(seen / (2 * np.pi * np.square(within_px)) / density) - 0.5 * np.square(off))
