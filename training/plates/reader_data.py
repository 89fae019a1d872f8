"""Strips of damaged plates with their truth, drawn from a seed. Core: arithmetic only."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.plates.clutter import background, cover_rim, no_plate, stamp_time
from training.plates.damage import dirt, weather
from training.plates.draw import DrawnPlate, draw_plate
from training.plates.glyphs import Glyphs
from training.plates.layouts import COLORS, KIND_NAMES
from training.plates.pose import draw_corners, place
from vision.plate_strip import cut_strip
from vision.plate_text import ALPHABET

Image = NDArray[np.uint8]
Corners = NDArray[np.float32]
Rng = np.random.Generator

NONE_KIND = len(KIND_NAMES)
PLACES = 9
_NONE_SHARE = 0.06
_SQUEEZED_SHARE = 0.2
_BOX_SHARE = 0.2
_CUT_OFF_SHARE = 0.08
_PX_PER_MM = 0.6


@dataclass(frozen=True, slots=True)
class Seen:
    """A plate in a picture: HxWx3 uint8 BGR and its true corners, 4x2 float32."""

    image: Image
    corners: Corners
    plate: DrawnPlate


@dataclass(frozen=True, slots=True)
class Batch:
    """Strips (N, 40, 160, 3) uint8, texts (N, 9) of class numbers padded with 0, kind, color, rows (N,).

    A color of -1 means that there is no plate. Texts are empty where the strip must not be read.
    """

    strips: Image
    texts: NDArray[np.int64]
    kind: NDArray[np.int64]
    color: NDArray[np.int64]
    rows: NDArray[np.int64]


def draw_seen(rng: Rng, glyphs: Glyphs, hardness: float, kind: str | None = None, rows: int | None = None) -> Seen:
    """A plate as a camera sees it; ``hardness`` 0 to 1 scales angle, damage and smallness."""
    plate = draw_plate(rng, glyphs, kind=kind, rows=rows, px_per_mm=_PX_PER_MM)
    flat = plate.image
    if rng.random() < 0.25 * hardness:
        flat = np.clip(dirt(rng, flat.astype(np.float32)), 0, 255).astype(np.uint8)
    if rng.random() < 0.15 * hardness:
        flat = cover_rim(rng, flat)
    smallest = 130 - 76 * hardness
    width = float(np.exp(rng.uniform(np.log(smallest), np.log(270))))
    if plate.rows == 2:
        width *= 0.9
    corners = draw_corners(rng, width, flat.shape[1] / flat.shape[0], hardness)
    pad = np.array([0.2 * width, 0.14 * width])
    shift = pad - corners.min(axis=0)
    corners = (corners + shift).astype(np.float32)
    size = np.ceil(corners.max(axis=0) + pad).astype(int)
    canvas = background(rng, int(size[0]), int(size[1]), corners)
    image = weather(rng, place(flat, canvas, corners), hardness)
    if rng.random() < 0.03 * hardness:
        image = stamp_time(rng, image)
    if rng.random() < 0.07 * hardness:
        image, corners = _clip(rng, image, corners)
    return Seen(image, corners, plate)


def _clip(rng: Rng, image: Image, corners: Corners) -> tuple[Image, Corners]:
    """The picture's edge cuts through the first or last character, at most in the middle of it."""
    x1, x2 = (float(v) for v in (corners[:, 0].min(), corners[:, 0].max()))
    cut = int(float(rng.uniform(0, 0.085)) * (x2 - x1))
    if rng.random() < 0.7:
        left = int(x1) + cut
        return image[:, left:], corners - np.array([left, 0], np.float32)
    return image[:, : int(x2) - cut], corners


def found_corners(rng: Rng, corners: Corners, hardness: float) -> Corners:
    """The corners as a finder gives them: each a little off, and the whole a little too large or small."""
    width = float(np.linalg.norm(corners[1] - corners[0]))
    height = float(np.linalg.norm(corners[3] - corners[0]))
    off = rng.normal(0, 1, (4, 2)) * np.array([0.015 * width, 0.045 * height]) * hardness
    # The refiner's usual error: the upper edge slides along the lower one.
    off[:2, 0] += rng.normal(0, 0.035) * width * hardness
    if rng.random() < 0.08 * hardness:
        # Now and then a whole side is far off.
        side = (0, 3) if rng.random() < 0.5 else (1, 2)
        off[side, :] += (corners[1] - corners[0]) * rng.uniform(-0.02, 0.14) * (-1 if side == (0, 3) else 1)
    return np.asarray(corners + off, np.float32)


def box_corners(corners: Corners) -> Corners:
    """The upright box round the corners, as a finder without corners gives it."""
    (x1, y1), (x2, y2) = corners.min(axis=0), corners.max(axis=0)
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], np.float32)


def cut_off(rng: Rng, seen: Seen) -> tuple[Image, Corners]:
    """The picture ends within the plate's first or last character; the corners stay where they are."""
    left, right = float(seen.corners[:, 0].min()), float(seen.corners[:, 0].max())
    hidden = float(rng.uniform(0, 0.07)) * (right - left)
    if rng.random() < 0.7:
        start = int(left + hidden)
        return np.ascontiguousarray(seen.image[:, start:]), np.asarray(seen.corners - (start, 0), np.float32)
    return np.ascontiguousarray(seen.image[:, : int(right - hidden)]), seen.corners


def draw_strip(rng: Rng, seen: Seen, hardness: float, rows: int) -> Image:
    """The strip of a seen plate with an imprecise crop, a fifth of them through 94x24."""
    margin = (0.06 + rng.uniform(-0.07, 0.08) * hardness, 0.10 + rng.uniform(-0.13, 0.15) * hardness)
    image, corners = cut_off(rng, seen) if rng.random() < _CUT_OFF_SHARE * hardness else (seen.image, seen.corners)
    corners = box_corners(corners) if rng.random() < _BOX_SHARE * hardness else corners
    strip = cut_strip(image, found_corners(rng, corners, hardness), rows, margin)
    if rows == 1 and rng.random() < 0.15 * hardness:
        height, width = strip.shape[:2]
        small = cv2.resize(strip, (94, 24), interpolation=cv2.INTER_AREA if rng.random() < 0.5 else cv2.INTER_LINEAR)
        strip = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.uint8)
    return strip


def draw_hardness(rng: Rng, ceiling: float) -> float:
    """Mostly hard, some easy, never above the ceiling."""
    return float(ceiling * rng.beta(2.2, 1.0))


def draw_batch(seed: int, number: int, glyphs: Glyphs, size: int, ceiling: float) -> Batch:
    """Batch ``number`` of a run; the same seed and number give the same batch."""
    rng = np.random.default_rng([seed, number])
    strips, texts = [], np.zeros((size, PLACES), np.int64)
    labels = np.zeros((size, 3), np.int64)
    for i in range(size):
        hardness = draw_hardness(rng, ceiling)
        if rng.random() < _NONE_SHARE:
            strips.append(no_plate(rng, glyphs, hardness))
            labels[i] = NONE_KIND, -1, 0
            continue
        seen = draw_seen(rng, glyphs, hardness)
        plate = seen.plate
        squeezed = plate.rows == 2 and rng.random() < _SQUEEZED_SHARE
        strips.append(draw_strip(rng, seen, hardness, 1 if squeezed else plate.rows))
        labels[i] = KIND_NAMES.index(plate.kind), COLORS.index(plate.color), plate.rows - 1
        if not squeezed:
            texts[i, : len(plate.text)] = [ALPHABET.index(c) + 1 for c in plate.text]
    return Batch(np.stack(strips), texts, labels[:, 0], labels[:, 1], labels[:, 2])


def shown_again(rng: Rng, batch: Batch) -> Batch:
    """A copy of the batch with each strip shifted by a few pixels, its light changed and new noise on it."""
    strips = np.empty_like(batch.strips)
    height, width = strips.shape[1:3]
    for i, strip in enumerate(batch.strips):
        moved = np.array([[1, 0, rng.uniform(-3, 3)], [0, rng.uniform(0.94, 1.06), rng.uniform(-2, 2)]])
        shifted = cv2.warpAffine(strip, moved, (width, height), borderMode=cv2.BORDER_REPLICATE)
        noise = cv2.resize(rng.integers(0, 12, (height // 2, width // 2, 3), np.uint8), (width, height))
        strips[i] = cv2.addWeighted(shifted, float(rng.uniform(0.7, 1.1)), noise, 1.0, float(rng.uniform(-10, 10)))
    return Batch(strips, batch.texts.copy(), batch.kind.copy(), batch.color.copy(), batch.rows.copy())
