"""Core: from pixels that differ to things: their centre, box, brightness against the wall."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST = 500
"""Things in one picture; more is a disturbance of the whole picture, and the faintest are left out."""
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

    def __len__(self) -> int:
        return len(self.weight)

    def over(self, weight: float) -> Blobs:
        """Those of at least this weight."""
        return self.chosen(np.flatnonzero(self.weight >= weight))

    def chosen(self, keep: NDArray[np.intp]) -> Blobs:
        """Those of these numbers."""
        return Blobs(self.centre[keep], self.low[keep], self.high[keep], self.weight[keep], self.contrast[keep])


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
    # OpenCV 4 gives Nx1x2, OpenCV 5 Nx2
    x, y = np.asarray(cv2.findNonZero(excess), np.int32).reshape(-1, 2).T
    groups = _groups(excess, x, y)
    order = np.argsort(groups, kind="stable")
    groups = groups[order]
    rows, cols = y[order].astype(np.intp), x[order].astype(np.intp)
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    value = excess[rows, cols].astype(np.float64)
    signed = scene[rows, cols].astype(np.float64) - background[rows, cols]
    weight = np.add.reduceat(value, starts)
    keep = weight >= faint
    if keep.sum() > MOST:
        keep &= weight >= np.sort(weight)[-MOST]
    total = np.add.reduceat(np.abs(signed), starts)
    mass = np.abs(signed)
    centre = (
        np.stack([np.add.reduceat(cols * mass, starts), np.add.reduceat(rows * mass, starts)], 1) / total[:, None] + 0.5
    )
    pixels = np.diff(np.r_[starts, count])
    low = np.stack([np.minimum.reduceat(cols, starts), np.minimum.reduceat(rows, starts)], 1)
    high = np.stack([np.maximum.reduceat(cols, starts), np.maximum.reduceat(rows, starts)], 1) + 1
    contrast = np.add.reduceat(signed, starts) / pixels
    return Blobs(
        centre[keep], low[keep].astype(np.float64), high[keep].astype(np.float64), weight[keep], contrast[keep]
    )


def _groups(excess: NDArray[np.uint8], x: NDArray[np.int32], y: NDArray[np.int32]) -> NDArray[np.uint16]:
    """Of each point the thing it belongs to: neighbours in a half-size copy, so that thin gaps close."""
    half = np.zeros(((excess.shape[0] + 1) // 2, (excess.shape[1] + 1) // 2), np.uint8)
    half[y // 2, x // 2] = 255
    _, labels = cv2.connectedComponents(half, connectivity=8, ltype=cv2.CV_16U)
    return np.asarray(labels[y // 2, x // 2], np.uint16)
