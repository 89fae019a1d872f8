"""Core: how much of the picture a camera should show is still there, and how sharp. Measures; `view_watch` judges.

Everything is measured on a copy 160 px wide, averaged down, and on its running mean over a few seconds: sensor noise,
rain, snow and passers-by are gone, what is left is the fixed scene. Light is taken out twice: the scene is compared
as *structure* (what remains after its own blur is subtracted) and by *correlation*, which knows neither brightness
nor contrast. So a lamp that goes off leaves the correlation high at a twentieth of the contrast, and a hand does not.

Sharpness is measured on a second copy, four times as fine, of the middle of the picture: fine structure as a share of
coarse structure, so that fog and dusk, which take both, do not count as a loss of focus.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, hypot

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.frame import Image

WIDTH_PX = 160
BLOCK_PX = 16
MEAN_S = 3.0
"""Time constant of the running mean."""
LEARN_S = 300.0
"""Time constant of the reference: parked cars, shadows and dusk are learnt, a hand is not."""
TEXTURE_LEVELS = 1.0
"""A block with less structure (standard deviation, grey levels) than this says nothing."""
BLOCKS_MIN = 8
"""Fewer blocks with structure than this, and the view cannot be judged."""
SAME_AT = 0.35
"""A block whose structure correlates at least this much with the reference still shows the same thing."""
FAINT = 0.4
"""A block with less than this share of the reference's structure has nothing sharp before it."""
MATCH_AT = 0.45
"""Correlation after a shift or turn that proves that it is the same scene, moved."""
_STRUCTURE_PX = 4.0
_FINE_WIDTH_PX = 640
_TURNS_DEG = (0.0, -5.0, 5.0, -10.0, 10.0, -15.0, 15.0)
_GREY_CHROMA = 4.0

Plane = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One comparison with the reference."""

    blocks: int
    """Blocks of the reference that have structure; under `BLOCKS_MIN` the rest means nothing."""
    lost: float = 0.0
    """Share of them that no longer show the same thing, 0 to 1."""
    faint: float = 0.0
    """Share of them that are lost and have nothing sharp before them."""

    @property
    def judged(self) -> bool:
        """There is enough structure to judge by."""
        return self.blocks >= BLOCKS_MIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How the scene lies now against the reference."""

    across: float
    """Distance as a share of the picture's width."""
    turned_deg: float
    match: float
    """Correlation after undoing it."""


def small_copy(image: Image) -> tuple[Plane, bool]:
    """(grey 160 px wide as float32, whether the picture is without colour) of an HxWx3 BGR uint8 picture."""
    height_px = max(BLOCK_PX, round(image.shape[0] * WIDTH_PX / image.shape[1]))
    small = cv2.resize(image, (WIDTH_PX, height_px), interpolation=cv2.INTER_AREA)
    low, high = small.min(axis=2), small.max(axis=2)
    grey: Plane = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)
    return grey, float(np.mean(high - low)) < _GREY_CHROMA


def fine_middle(image: Image) -> Plane:
    """The middle half of the picture (grey float32), at 640 px of the picture's full width."""
    height_px, width_px = image.shape[:2]
    top, left = height_px // 4, width_px // 4
    middle = image[top : top + height_px // 2, left : left + width_px // 2]
    scale = min(1.0, _FINE_WIDTH_PX / width_px)
    size = max(BLOCK_PX, round(middle.shape[1] * scale)), max(BLOCK_PX, round(middle.shape[0] * scale))
    small = cv2.resize(middle, size, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)


def blended(mean: Plane | None, new: Plane, dt_s: float, constant_s: float) -> Plane:
    """The running mean after one more picture; starts over when the picture's size changes."""
    if mean is None or mean.shape != new.shape:
        return new.copy()
    share = 1.0 - exp(-max(0.0, dt_s) / constant_s)
    return cv2.addWeighted(mean, 1.0 - share, new, share, 0.0)  # type: ignore[return-value]  # float32 in, float32 out


def structure(grey: Plane) -> Plane:
    """What stands out from its surroundings, in grey levels."""
    return grey - cv2.GaussianBlur(grey, (0, 0), _STRUCTURE_PX)


def compare(reference: Plane, now: Plane) -> Look:
    """How much of the reference's structure (both from `structure`, one shape) is still there."""
    old, new = _blocks(reference), _blocks(now)
    spread_old, spread_new = old.std(axis=1), new.std(axis=1)
    textured = spread_old >= TEXTURE_LEVELS
    blocks = int(textured.sum())
    if blocks < BLOCKS_MIN:
        return Look(blocks=blocks)
    centred_old = old - old.mean(axis=1, keepdims=True)
    centred_new = new - new.mean(axis=1, keepdims=True)
    together = (centred_old * centred_new).mean(axis=1) / np.maximum(spread_old * spread_new, 1e-6)
    gone = textured & (together < SAME_AT)
    faint = gone & (spread_new < FAINT * spread_old)
    return Look(blocks=blocks, lost=float(gone.sum()) / blocks, faint=float(faint.sum()) / blocks)


def shift_of(reference: Plane, now: Plane) -> Shift | None:
    """How the same scene was shifted or turned; None when it is another one (both from `structure`)."""
    window = cv2.createHanningWindow((reference.shape[1], reference.shape[0]), cv2.CV_32F)
    best: Shift | None = None
    for turn_deg in _TURNS_DEG:
        turned = _moved(reference, 0.0, 0.0, turn_deg)
        (x, y), _ = cv2.phaseCorrelate(turned, now, window)
        refined = _refined(reference, now, x, y, turn_deg)
        if refined is not None and (best is None or refined.match > best.match):
            best = refined
        if best is not None and best.match >= MATCH_AT:
            break
    return best if best is not None and best.match >= MATCH_AT else None


def sharpness(mean: Plane) -> float | None:
    """Fine structure as a share of coarse structure in a running mean of `fine_middle`; None without structure."""
    fine = cv2.GaussianBlur(mean, (0, 0), 0.8) - cv2.GaussianBlur(mean, (0, 0), 2.0)
    rough = cv2.resize(mean, (mean.shape[1] // 4, mean.shape[0] // 4), interpolation=cv2.INTER_AREA)
    coarse = cv2.GaussianBlur(rough, (0, 0), 1.0) - cv2.GaussianBlur(rough, (0, 0), 5.0)
    spread = float(coarse.std())
    return float(fine.std()) / spread if spread >= TEXTURE_LEVELS else None


def _blocks(plane: Plane) -> Plane:
    """(blocks, pixels) of the whole blocks of a plane."""
    rows, columns = plane.shape[0] // BLOCK_PX, plane.shape[1] // BLOCK_PX
    cut = plane[: rows * BLOCK_PX, : columns * BLOCK_PX]
    tiled = cut.reshape(rows, BLOCK_PX, columns, BLOCK_PX).swapaxes(1, 2)
    return tiled.reshape(rows * columns, BLOCK_PX * BLOCK_PX)


def _moved(plane: Plane, x: float, y: float, turn_deg: float) -> Plane:
    height, width = plane.shape
    return cv2.warpAffine(plane, _matrix(width, height, x, y, turn_deg), (width, height))  # type: ignore[return-value]  # float32 in, float32 out


def _matrix(width: int, height: int, x: float, y: float, turn_deg: float) -> NDArray[np.float64]:
    """2 x 3: a turn about the middle, then a shift, in pixels."""
    matrix = np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), turn_deg, 1.0), np.float64)
    matrix[:, 2] += np.array([x, y])
    return matrix


def _refined(reference: Plane, now: Plane, x: float, y: float, turn_deg: float) -> Shift | None:
    """The shift and turn made exact; None where nothing agrees."""
    height, width = reference.shape
    forward = _matrix(width, height, x, y, turn_deg)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 30, 1e-3)
    try:
        start, whole = forward.astype(np.float32), np.full((height, width), 255, np.uint8)
        match, warp = cv2.findTransformECC(reference, now, start, cv2.MOTION_EUCLIDEAN, stop, whole, 5)
    except cv2.error:  # it says so when the two have nothing in common
        return None
    centre = warp @ np.array([width / 2, height / 2, 1.0])
    across = hypot(float(centre[0]) - width / 2, float(centre[1]) - height / 2) / width
    if across > 0.5:
        return None
    return Shift(across=across, turned_deg=float(np.degrees(np.arctan2(warp[1, 0], warp[0, 0]))), match=float(match))
