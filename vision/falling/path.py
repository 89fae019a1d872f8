"""Core: the track of an accepted trail, picture by picture, as evidence: smoothed, gaps filled, boxes of one size law.

A thing keeps its size in metres, and how far it smears is its speed times the exposure: two numbers for a whole track,
so that a picture in which half of it was seen, or its halo too, does not count for more than the others. The box holds
a tumbling thing however it is turned.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vision.falling.facade import Wall
from vision.falling.tracks import Trail

Floats = NDArray[np.float64]

SOFT_PX = 1.5
"""By which smoothing and the lens widen a small thing at half of its contrast; adds in squares."""
LONGEST = 65
"""Percentile of the longer sides that counts as a tumbling thing's length; what is over it were two things in one."""
NEAR_S = 0.32
"""Pictures so near in time have a say in where a thing was."""
LEAST = 6
"""Pictures that have a say in any case."""
STILL_PX_S = 100.0
"""Slower things hardly smear; their shape does not tell the exposure."""


def boxes(trail: Trail, wall: Wall, frame_s: float) -> Floats:
    """-> Nx5: at_s, x, y, width, height, one row for each picture from the first to the last."""
    at_s = trail.at_s
    count = max(1, round((at_s[-1] - at_s[0]) / frame_s)) + 1
    times = np.linspace(at_s[0], at_s[-1], count)
    centre, speed = smoothed(at_s, trail.points, times)
    fast = np.stack([np.interp(at_s, times, speed[:, i]) for i in (0, 1)], 1)
    sides = np.sqrt(np.maximum(trail.core**2 - SOFT_PX**2, 0.25))
    exposure_s = _exposure_s(sides, fast, frame_s)
    length_m = np.percentile(np.maximum(sides - exposure_s * fast, 0.3).max(1) / wall.px_per_m(trail.points), LONGEST)
    size = np.maximum(length_m * wall.px_per_m(centre), 1.0)[:, None] + exposure_s * speed
    return np.concatenate([times[:, None], centre - size / 2, size], 1)


def smoothed(at_s: Floats, points: Floats, times: Floats) -> tuple[Floats, Floats]:
    """N times and Nx2 points, M times -> Mx2 places and Mx2 speeds without sign: a parabola through what is near."""
    ago = at_s[None] - times[:, None]
    known = np.partition(np.abs(ago), min(LEAST, len(at_s)) - 1, axis=1)[:, min(LEAST, len(at_s)) - 1]
    weight = np.maximum(0.0, 1 - (ago / np.maximum(NEAR_S, 1.1 * known)[:, None]) ** 2)
    design = np.stack([np.ones_like(ago), ago, ago**2], -1)
    for _ in range(2):
        weighted = design * weight[..., None]
        normal = np.swapaxes(weighted, 1, 2) @ design + np.diag([1e-9, 1e-9, 1e-6])
        state = np.linalg.solve(normal, np.swapaxes(weighted, 1, 2) @ points)
        off = np.linalg.norm(design @ state - points, axis=-1)
        usual = max(0.5, 1.5 * float(np.median(off[weight > 0])))
        weight = weight * np.minimum(1.0, 2 * usual / np.maximum(off, 1e-9))
    return np.asarray(state[:, 0]), np.asarray(np.abs(state[:, 1]))


def _exposure_s(sides: Floats, speed: Floats, frame_s: float) -> float:
    """A tumbling thing is as high as wide on average: what it is more along its way is its smear."""
    faster = speed[:, 1] - speed[:, 0]
    longer = sides[:, 1] - sides[:, 0]
    least = len(faster) ** 0.5 * STILL_PX_S
    return float(np.clip((faster * longer).sum() / ((faster**2).sum() + least**2), 0.0, frame_s))
