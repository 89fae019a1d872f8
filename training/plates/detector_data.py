"""Training pictures of the detector: crops of cached and of real scenes at random scale, and their target maps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.plates.scene import LOOKALIKE, PLATE, UNCLEAR, Truth
from training.plates.scene_cache import Shard, load
from training.plates.scene_clutter import stamp
from training.plates.scene_light import lens
from vision.plate_map import STRIDE_PX, net_size

Rng = np.random.Generator
SMALLEST_PX = 12.0
"""Narrower plates in the net's picture count neither way."""


@dataclass(frozen=True, slots=True)
class Batch:
    """N pictures and targets: heat, weight, box mask N x h x w; corners N x 8 x h x w in cells; reality of each."""

    pictures: NDArray[np.uint8]
    heat: NDArray[np.float32]
    weight: NDArray[np.float32]
    corners: NDArray[np.float32]
    inside: NDArray[np.float32]
    boxes_only: NDArray[np.float32]


class Scenes:
    """Cached scenes, read as needed."""

    def __init__(self, folder: Path) -> None:
        self._shards: list[Shard] = [load(path) for path in sorted(folder.glob("scenes-*.npz"))]
        self._ends = np.cumsum([len(shard) for shard in self._shards])

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def get(self, number: int) -> tuple[NDArray[np.uint8], list[Truth]]:
        """Picture (H x W x 3) and truths of a scene."""
        shard = int(np.searchsorted(self._ends, number, side="right"))
        return self._shards[shard].scene(number - (int(self._ends[shard - 1]) if shard else 0))


def view(rng: Rng, picture: NDArray[np.uint8], truths: list[Truth], size: tuple[int, int],
         spread: tuple[float, float] = (-0.55, 0.45),
         tilted: float = 0.0) -> tuple[NDArray[np.uint8], list[Truth]]:  # fmt: skip
    """A random view of a scene: scaled round the scale of use, cropped, turned, mirrored; H x W as ``size``."""
    height, width = picture.shape[:2]
    usual = net_size(height, width)[1] / width
    scale = usual * float(np.exp(rng.uniform(*spread)))
    scale = max(scale, 0.85 * min(size[1] / width, size[0] / height))
    if scale < 0.7 and rng.random() < 0.6:
        share = max(scale, 0.3)
        small = (max(8, round(width * share)), max(8, round(height * share)))
        picture = cv2.resize(picture, small, interpolation=cv2.INTER_AREA).astype(np.uint8)
        factor = np.array([small[0] / width, small[1] / height])
        truths = [Truth((t.quad * factor).astype(np.float32), t.what, t.rows) for t in truths]
        scale /= share
        height, width = picture.shape[:2]
    stretch = float(np.exp(rng.normal(0, 0.05)))
    angle = float(np.radians(rng.uniform(-45, 45) if rng.random() < tilted else rng.normal(0, 2.5)))
    turn = scale * np.array([[np.cos(angle) * stretch, -np.sin(angle)], [np.sin(angle) * stretch, np.cos(angle)]])
    anchor = rng.uniform(0, [width, height])
    plates = [t for t in truths if t.what == PLATE]
    if plates and rng.random() < 0.75:
        anchor = plates[int(rng.integers(len(plates)))].quad.mean(axis=0)
    target = rng.uniform([0.12, 0.12], [0.88, 0.88]) * size[::-1]
    shift = target - turn @ anchor
    reach = turn @ np.array([width, height])
    shift = np.where(reach > size[::-1], np.clip(shift, np.array(size[::-1]) - reach, 0), shift)
    matrix = np.column_stack([turn, shift])
    if rng.random() < 0.5:
        mirror = np.array([[-1.0, 0, size[1]], [0, 1, 0]])
        matrix = mirror @ np.vstack([matrix, [0, 0, 1]])
    fill = [float(v) for v in rng.uniform(0, 200, 3)]
    out = cv2.warpAffine(picture, matrix, (size[1], size[0]), flags=cv2.INTER_LINEAR, borderValue=fill)
    return out.astype(np.uint8), [_moved(t, matrix, size) for t in truths]


def _moved(truth: Truth, matrix: NDArray[np.float64], size: tuple[int, int]) -> Truth:
    quad: NDArray[np.float32] = np.asarray(truth.quad @ matrix[:, :2].T + matrix[:, 2], np.float32)
    if np.linalg.det(matrix[:, :2]) < 0:
        quad = quad[[1, 0, 3, 2]]
    what = truth.what
    if what == PLATE:
        frame = np.array([[0, 0], [size[1], 0], [size[1], size[0]], [0, size[0]]], np.float32)
        seen, _ = cv2.intersectConvexConvex(quad, frame)
        share = seen / max(float(cv2.contourArea(quad)), 1e-3)
        wide = float(np.linalg.norm(quad[1] - quad[0]))
        if share < 0.6:
            what = LOOKALIKE
        elif share < 0.92 or wide < SMALLEST_PX:
            what = UNCLEAR
    return Truth(quad, what, truth.rows)


def targets(truths: list[Truth], size: tuple[int, int]) -> tuple[NDArray[np.float32], ...]:
    """Heat, weight, corners, mask of cells that learn corners; maps of ``size`` / 8."""
    h, w = size[0] // STRIDE_PX, size[1] // STRIDE_PX
    heat, weight = np.zeros((h, w), np.float32), np.ones((h, w), np.float32)
    corners, inside = np.zeros((8, h, w), np.float32), np.zeros((h, w), np.float32)
    ys, xs = np.mgrid[0:h, 0:w].astype(np.float32) + 0.5
    for truth in truths:
        quad = truth.quad / STRIDE_PX
        (x1, y1), (x2, y2) = quad.min(axis=0), quad.max(axis=0)
        if truth.what == UNCLEAR:
            weight[max(0, int(y1) - 1) : max(0, int(y2) + 2), max(0, int(x1) - 1) : max(0, int(x2) + 2)] = 0
        if truth.what != PLATE:
            continue
        cx, cy = quad.mean(axis=0)
        spread_x, spread_y = 0.4 + 0.09 * (x2 - x1), 0.4 + 0.11 * (y2 - y1)
        bump = np.exp(-0.5 * (((xs - cx) / spread_x) ** 2 + ((ys - cy) / spread_y) ** 2))
        iy, ix = min(h - 1, max(0, int(cy))), min(w - 1, max(0, int(cx)))
        bump[iy, ix] = 1.0
        better = (bump > 0.45) & (bump > heat)
        inside[better] = bump[better]
        for k in range(4):
            corners[2 * k][better] = quad[k, 0] - xs[better]
            corners[2 * k + 1][better] = quad[k, 1] - ys[better]
        np.maximum(heat, bump, out=heat)
        weight[iy, ix] = 1.0
    return heat, weight, corners, inside


def collate(views: list[tuple[NDArray[np.uint8], list[Truth], bool]]) -> Batch:
    """Views of one size with their truths; the flag says that only upright boxes are known."""
    size = views[0][0].shape[:2]
    maps = [targets(truths, (size[0], size[1])) for _, truths, _ in views]
    heat, weight, corners, inside = (np.stack(column) for column in zip(*maps, strict=True))
    flags = np.array([boxes for _, _, boxes in views], np.float32)
    return Batch(np.stack([picture for picture, _, _ in views]), heat, weight, corners, inside, flags)


SIZES = (((224, 352), 12), ((224, 352), 12), ((384, 640), 4), ((352, 256), 10), ((288, 416), 8))


def synthetic_batch(rng: Rng, scenes: Scenes) -> Batch:
    """Views of cached scenes."""
    size, count = SIZES[int(rng.integers(len(SIZES)))]
    return collate([synthetic_view(rng, scenes, size) for _ in range(count)])


def synthetic_view(rng: Rng, scenes: Scenes, size: tuple[int, int]) -> tuple[NDArray[np.uint8], list[Truth], bool]:
    """One view of a cached scene with lens faults."""
    picture, truths = scenes.get(int(rng.integers(len(scenes))))
    picture, truths = view(rng, picture, truths, size, tilted=0.15)
    return lens(rng, overlaid(rng, picture, truths)), truths, False


def overlaid(rng: Rng, picture: NDArray[np.uint8], truths: list[Truth], share: float = 0.25) -> NDArray[np.uint8]:
    """A part of the pictures gets overlay words; a plate under one of them is left as it was."""
    if rng.random() > share:
        return picture
    out = picture.copy()
    stamp(rng, out)
    for truth in truths:
        if truth.what == PLATE:
            x1, y1 = np.maximum(np.floor(truth.quad.min(axis=0)), 0).astype(int)
            x2, y2 = np.maximum(np.ceil(truth.quad.max(axis=0)) + 1, 0).astype(int)
            out[y1:y2, x1:x2] = picture[y1:y2, x1:x2]
    return out
