"""Core: the track of an accepted trail, picture by picture, as evidence: gaps filled, boxes of one size law."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vision.falling.tracks import Trail

Floats = NDArray[np.float64]

SOFT_PX = 1.5
"""By which smoothing and the lens widen a small thing's blob."""
ROUND = 9
"""Pictures over which a tumbling thing's greatest side is taken."""


def boxes(trail: Trail, frame_s: float) -> Floats:
    """-> Nx5: at_s, x, y, width, height, one row for each picture from the first to the last."""
    at_s = trail.at_s
    count = max(1, round((at_s[-1] - at_s[0]) / frame_s)) + 1
    times = np.linspace(at_s[0], at_s[-1], count)
    centre = np.stack([np.interp(times, at_s, trail.points[:, i]) for i in (0, 1)], 1)
    sides = np.maximum(trail.sides - SOFT_PX, 1.0)
    seen = np.stack([np.interp(times, at_s, sides[:, i]) for i in (0, 1)], 1)
    step = np.abs(np.gradient(centre, axis=0)) if count > 1 else np.zeros_like(centre)
    least = _around(seen.min(1), 75)
    wide = np.maximum(_around(seen[:, 0], 75), least)
    high = np.maximum(_around(seen[:, 1], 75), np.minimum(least + step[:, 1], seen[:, 1]))
    return np.concatenate([times[:, None], centre - np.stack([wide, high], 1) / 2, wide[:, None], high[:, None]], 1)


def _around(values: Floats, percentile: float) -> Floats:
    half = ROUND // 2
    padded = np.pad(values, half, mode="edge")
    return np.asarray(np.percentile(np.lib.stride_tricks.sliding_window_view(padded, ROUND), percentile, axis=1))
