"""Core: patches of a lane that show something else than it did, and yet nothing stands there."""

from __future__ import annotations

import cv2
import numpy as np

from vision.zones.region import Mask
from vision.zones.standing import Patch
from vision.zones.surface import Field, Plane, Surface, strength

_GHOST = 0.75
_SHIFT, _SHIFTED_MAX = 2, 0.5


def is_ghost(patch: Patch, surface: Surface) -> bool:
    """Whether something has left that was taken for a part of the lane.

    Then what is seen there now is more like its surroundings than the reference is.
    """
    hull = patch.hull.astype(np.uint8)
    near, far = cv2.dilate(hull, _ring(5)), cv2.dilate(hull, _ring(19))
    ring, core = (far > near), patch.hull
    if not ring.any():
        return False
    now, before = (_unlike(field, core, ring) for field in (surface.candidate, surface.reference))
    return now < _GHOST * before


def is_shift(patch: Patch, surface: Surface) -> bool:
    """Whether the lane's own marks explain it, moved by a pixel or two: a pole leans in the sun and in the wind."""
    x1, y1, x2, y2 = (round(side) for side in patch.box)
    height, width = patch.telling.shape
    left, top, right, bottom = max(_SHIFT, x1), max(_SHIFT, y1), min(width - _SHIFT, x2), min(height - _SHIFT, y2)
    telling = patch.telling[top:bottom, left:right]
    if not telling.any():
        return True
    now = surface.candidate[:, top:bottom, left:right]
    edges = float(strength(now)[telling].mean())
    for down in range(-_SHIFT, _SHIFT + 1):
        for across in range(-_SHIFT, _SHIFT + 1):
            before = surface.reference[:, top + down : bottom + down, left + across : right + across]
            apart = cv2.magnitude(now[1] - before[1], now[2] - before[2])
            if float(apart[telling].mean()) < _SHIFTED_MAX * edges:
                return True
    return False


def _ring(side_px: int) -> cv2.typing.MatLike:
    return np.ones((side_px, side_px), np.uint8)


def _unlike(field: Field, core: Mask, ring: Mask) -> float:
    """How unlike two parts of one picture are in brightness and in steepness, 0 to 2."""
    bright, steep = field[0], np.sqrt(strength(field))
    return 0.5 * sum(_histograms_apart(plane[core], plane[ring]) for plane in (bright, steep))


def _histograms_apart(one: Plane, other: Plane) -> float:
    low, high = (float(v) for v in np.percentile(np.concatenate([one, other]), (1, 99)))
    bins = np.linspace(low, max(high, low + 0.2), 13)[1:-1]
    shares = [np.bincount(np.digitize(part, bins), minlength=12) / part.size for part in (one, other)]
    return float(np.abs(shares[0] - shares[1]).sum())
