"""Core: from pixels that differ to things: their centre, box, brightness against the wall."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST = 500
"""Things in one picture; more is a disturbance of the whole picture, and the faintest are left out."""
TILE = 8
"""Bytes of a machine word: a row of a tile is looked at in one go."""
BUSY_PX = 60_000
"""Differing pixels beyond which a picture is not looked at: the light was switched, the camera was struck."""


@dataclass(frozen=True, slots=True)
class Blobs:
    """What differs in one picture, N things."""

    centre: Floats
    """Nx2 pixels, weighted by how much they differ."""
    low: Floats
    """Nx2: left, top."""
    high: Floats
    """Nx2: right, bottom, outside."""
    weight: Floats
    """N: sum of grey levels over the threshold."""
    contrast: Floats
    """N: mean difference from the background, grey levels with sign."""
    core: Floats | None = None
    """Nx2: width and height of what differs at least half as much as its most different pixel; box and halo apart."""

    def __len__(self) -> int:
        return len(self.weight)

    def over(self, weight: float) -> Blobs:
        """Those of at least this weight."""
        return self.chosen(np.flatnonzero(self.weight >= weight))

    def strongest(self, count: int) -> Blobs:
        """So many at most."""
        return self.chosen(np.argsort(-self.weight, kind="stable")[:count])

    def chosen(self, keep: NDArray[np.intp]) -> Blobs:
        """Those of these numbers."""
        core = None if self.core is None else self.core[keep]
        return Blobs(self.centre[keep], self.low[keep], self.high[keep], self.weight[keep], self.contrast[keep], core)


Pictures = list[tuple[float, Blobs]]
"""Times and the things of each picture, oldest first."""
NONE = Blobs(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0), np.zeros(0))


def find(
    excess: NDArray[np.uint8], scene: NDArray[np.uint8], background: NDArray[np.uint8], faint: float
) -> Blobs | None:
    """HxW arrays of `still.Differing` -> things; None when the whole picture is disturbed. `faint`: least weight."""
    count = cv2.countNonZero(excess)
    if count == 0:
        return NONE
    if count > BUSY_PX:
        return None
    rows, cols = _points(excess)
    labels, total = _groups(excess.shape, rows, cols)
    value = excess[rows, cols].astype(np.float64)
    weight = np.bincount(labels, value, total)
    keep = weight >= faint
    keep[0] = False  # the ground of the labels
    if np.count_nonzero(keep) > MOST:
        keep &= weight >= np.sort(weight)[-MOST]
    if not keep.any():
        return NONE
    chosen = np.flatnonzero(keep[labels])
    order = chosen[np.argsort(labels[chosen], kind="stable")]
    groups, rows, cols = labels[order], rows[order], cols[order]
    starts = np.concatenate(([0], np.flatnonzero(groups[1:] != groups[:-1]) + 1))
    signed = scene[rows, cols].astype(np.float64) - background[rows, cols]
    mass = np.abs(signed)
    sums = np.add.reduceat(np.stack([mass, cols * mass, rows * mass, signed]), starts, axis=1)
    centre = (sums[1:3] / sums[0]).T + 0.5
    place = np.stack([cols, rows], 1)
    low = np.minimum.reduceat(place, starts).astype(np.float64)
    high = np.maximum.reduceat(place, starts).astype(np.float64) + 1
    pixels = np.concatenate((starts[1:], [len(groups)])) - starts
    core = _core(place, mass, starts, pixels)
    return Blobs(centre, low, high, weight[keep].astype(np.float64), sums[3] / pixels, core)


def _core(place: NDArray[np.intp], mass: Floats, starts: NDArray[np.intp], pixels: NDArray[np.intp]) -> Floats:
    """Sides at half of the contrast: a bright thing's halo reaches over the threshold, a faint thing's does not."""
    strong = mass >= 0.5 * np.repeat(np.maximum.reduceat(mass, starts), pixels)
    place = place[strong]
    begins = np.concatenate(([0], np.cumsum(np.add.reduceat(strong.astype(np.intp), starts))[:-1]))
    return np.asarray(np.maximum.reduceat(place, begins) - np.minimum.reduceat(place, begins) + 1, np.float64)


def _points(excess: NDArray[np.uint8]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of what is not 0: first the tiles of `TILE`x`TILE` that hold something, then their pixels."""
    height, width = excess.shape
    if height % TILE or width % TILE or not excess.flags.c_contiguous:
        rows, cols = np.nonzero(excess)
        return rows, cols
    across = width // TILE
    words = excess.view(np.uint64).reshape(height // TILE, TILE, across)
    held = np.flatnonzero(np.bitwise_or.reduce(words, axis=1).ravel() != 0)
    top, left = held // across, held % across
    tiles = words.transpose(0, 2, 1)[top, left]
    found = np.flatnonzero(tiles.view(np.uint8).ravel() != 0)
    which, row, column = found // (TILE * TILE), found // TILE % TILE, found % TILE
    return top[which] * TILE + row, left[which] * TILE + column


def _groups(shape: tuple[int, ...], rows: NDArray[np.intp], cols: NDArray[np.intp]) -> tuple[NDArray[np.intp], int]:
    """Of each point the thing it belongs to, from 1, and how many numbers there are.

    Neighbours are sought in a half-size copy, so that thin gaps close.
    """
    half = np.zeros(((shape[0] + 1) // 2, (shape[1] + 1) // 2), np.uint8)
    rows, cols = rows // 2, cols // 2
    half[rows, cols] = 255
    count, labels = cv2.connectedComponents(half, connectivity=8, ltype=cv2.CV_16U)
    return np.asarray(labels[rows, cols], np.intp), count
