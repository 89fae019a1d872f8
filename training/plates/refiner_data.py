"""Cut-outs for the refiner: plates of cached scenes under wrong supposed corners, and look-alikes."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.plates.detector_data import Scenes
from training.plates.scene import LOOKALIKE, PLATE, Truth
from training.plates.scene_clutter import burn
from training.plates.scene_light import lens
from vision.geometry import bounds, iou
from vision.plate_crop import CROP_SIZE, PLATE_SHARE, cut, frame_of, nominal, to_crop

Rng = np.random.Generator
PER_SCENE = 4


@dataclass(frozen=True, slots=True)
class Crops:
    """N cut-outs (64 x 128 x 3), shifts N x 8, is it a plate N, two rows N, are the shifts known N."""

    crops: NDArray[np.uint8]
    shifts: NDArray[np.float32]
    plate: NDArray[np.float32]
    two_rows: NDArray[np.float32]
    exact: NDArray[np.float32]


def shaken(rng: Rng, quad: NDArray[np.float32], much: float) -> NDArray[np.float32]:
    """Corners as a rough detector would report them: shifted, scaled, turned, each a little off."""
    middle = quad.mean(axis=0)
    across, down = (quad[1] + quad[2] - quad[0] - quad[3]) / 2, (quad[2] + quad[3] - quad[0] - quad[1]) / 2
    shift = rng.normal(0, 0.07 * much) * across + rng.normal(0, 0.16 * much) * down
    wide, tall = np.exp(rng.normal(0, 0.11 * much)), np.exp(rng.normal(0, 0.2 * much))
    lean, slope = rng.normal(0, 0.12 * much), rng.normal(0, 0.16 * much)
    across, down = across * wide + down * slope, down * tall + across * lean * 0.3
    own = rng.normal(0, 0.03 * much, (4, 2)) * np.linalg.norm(across)
    half = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    return np.asarray(middle + shift + half[:, :1] * across + half[:, 1:] * down + own * 0.5, np.float32)


def one_crop(rng: Rng, picture: NDArray[np.uint8], quad: NDArray[np.float32], much: float
             ) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:  # fmt: skip
    """A cut-out round shaken corners and the shifts that lead from them to the true ones."""
    frame = frame_of(shaken(rng, quad, much))
    crop = worn(rng, cut(picture, frame))
    plate = np.array(CROP_SIZE) * PLATE_SHARE
    return crop, ((to_crop(quad, frame) - nominal()) / plate).astype(np.float32).ravel()


def worn(rng: Rng, crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Fewer pixels for a part, then lens faults."""
    if rng.random() < 0.4:
        share = rng.uniform(0.2, 0.8)
        small = cv2.resize(crop, None, fx=share, fy=share * rng.uniform(0.6, 1.0), interpolation=cv2.INTER_AREA)
        crop = cv2.resize(small, CROP_SIZE, interpolation=cv2.INTER_LINEAR).astype(np.uint8)
    return lens(rng, crop)


def _random_quad(rng: Rng, size: tuple[int, int]) -> NDArray[np.float32]:
    wide = float(np.exp(rng.uniform(np.log(30), np.log(300))))
    tall = wide * rng.uniform(0.18, 0.6)
    x, y = rng.uniform(0, size[1]), rng.uniform(0, size[0])
    return np.array([[x, y], [x + wide, y], [x + wide, y + tall], [x, y + tall]], np.float32)


Sample = tuple[NDArray[np.uint8], NDArray[np.float32], float, float, float]
"""Cut-out, shifts, is it a plate, two rows, how exactly the shifts are known (0 or 1)."""
NO_SHIFTS = np.zeros(8, np.float32)


def samples(rng: Rng, picture: NDArray[np.uint8], truths: list[Truth], count: int = PER_SCENE,
            exact: float = 1.0) -> list[Sample]:  # fmt: skip
    """Cut-outs of one scene: two in three plates where it has some, else look-alikes and anything."""
    plates = [t for t in truths if t.what == PLATE and np.ptp(t.quad[:, 0]) > 16]
    others = [t.quad for t in truths if t.what == LOOKALIKE]
    taken = [bounds(t.quad) for t in truths if t.what != LOOKALIKE]
    out: list[Sample] = []
    if rng.random() < 0.6:
        written = picture.copy()
        quad = burn(rng, written)
        if all(iou(bounds(quad), box) == 0 for box in taken):
            out.append((worn(rng, cut(written, frame_of(shaken(rng, quad, 0.7)))), NO_SHIFTS, 0.0, 0.0, 0.0))
    for _ in range(count):
        if plates and rng.random() < 0.66:
            truth = plates[int(rng.integers(len(plates)))]
            crop, shifts = one_crop(rng, picture, truth.quad, 1.0 if rng.random() < 0.55 else 0.35)
            out.append((crop, shifts, 1.0, float(truth.rows == 2), exact))
            continue
        quad = others[int(rng.integers(len(others)))] if others and rng.random() < 0.7 else _random_quad(
            rng, (picture.shape[0], picture.shape[1]))  # fmt: skip
        if plates and rng.random() < 0.2:
            whole = plates[int(rng.integers(len(plates)))].quad
            across, down = whole[1] - whole[0], whole[3] - whole[0]
            side = rng.choice([-1, 1], 2) * rng.uniform(0.7, 1.3, 2)
            quad = (whole + (across * side[0] if rng.random() < 0.5 else down * side[1] * 1.2)).astype(np.float32)
        if all(iou(bounds(quad), box) < 0.25 for box in taken):
            frame = frame_of(shaken(rng, quad, 1.0))
            out.append((worn(rng, cut(picture, frame)), NO_SHIFTS, 0.0, 0.0, 0.0))
    return out


def gather(found: list[Sample]) -> Crops:
    """Samples as arrays."""
    crops, shifts, *numbers = zip(*found, strict=True)
    plate, rows, exact = (np.array(column, np.float32) for column in numbers)
    return Crops(np.stack(crops), np.stack(shifts), plate, rows, exact)


def refiner_batch(rng: Rng, scenes: Scenes, size: int = 96) -> Crops:
    """A batch from several cached scenes."""
    found: list[Sample] = []
    while len(found) < size:
        picture, truths = scenes.get(int(rng.integers(len(scenes))))
        found += samples(rng, picture, truths)
    return gather(found[:size])
