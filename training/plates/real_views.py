"""Views of real labelled photos for training; on a part of them rendered plates lie over the real ones."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from training.plates.detector_data import SIZES, Batch, Scenes, collate, overlaid, synthetic_view, view
from training.plates.draw import draw_plate
from training.plates.glyphs import Glyphs
from training.plates.real_scenes import Labelled
from training.plates.scene import PLATE, Truth
from training.plates.scene_light import lens

Rng = np.random.Generator


class RealViews:
    """Random views of a set of photos."""

    def __init__(self, photos: list[Labelled], glyphs: Glyphs, paste_share: float = 0.4) -> None:
        self._photos = [smaller(photo) for photo in photos]
        self._glyphs = glyphs
        self._paste_share = paste_share

    def batch(self, rng: Rng, scenes: Scenes) -> Batch:
        """Half real views, half rendered ones."""
        size, count = SIZES[int(rng.integers(len(SIZES)))]
        views = [self.view(rng, size) if i % 2 else synthetic_view(rng, scenes, size) for i in range(count)]
        return collate(views)

    def view(self, rng: Rng, size: tuple[int, int]) -> tuple[NDArray[np.uint8], list[Truth], bool]:
        """One view; the flag tells that only boxes are known."""
        photo = self._photos[int(rng.integers(len(self._photos)))]
        picture, truths = photo.picture, photo.taught
        pasted = rng.random() < self._paste_share and all(t.what == PLATE for t in truths)
        if pasted:
            picture, truths = self.pasted(rng, photo)
        picture, truths = view(rng, picture, truths, size)
        return lens(rng, overlaid(rng, picture, truths), 0.5), truths, not (pasted or photo.exact)

    def pasted(self, rng: Rng, photo: Labelled) -> tuple[NDArray[np.uint8], list[Truth]]:
        """The photo with rendered plates over all its own, and their exact corners."""
        picture, truths = photo.picture.copy(), []
        for truth, angle in zip(photo.truths, photo.angles, strict=True):
            plate = draw_plate(rng, self._glyphs, px_per_mm=0.5)
            (x1, y1), (x2, y2) = truth.quad.min(axis=0), truth.quad.max(axis=0)
            quad = cover(rng, (x1, y1, x2, y2), angle, plate.image.shape[0] / plate.image.shape[1])
            lay(rng, picture, plate.image, quad)
            truths.append(Truth(quad, PLATE, plate.rows))
        return picture, truths


def smaller(photo: Labelled, area_px: int = 900_000) -> Labelled:
    """A large photo shrunk to what the closest view needs: drawing views costs a third."""
    share = float(np.sqrt(area_px / (photo.picture.shape[0] * photo.picture.shape[1])))
    if share >= 1:
        return photo
    picture = cv2.resize(photo.picture, None, fx=share, fy=share, interpolation=cv2.INTER_AREA).astype(np.uint8)
    truths = tuple(Truth(np.asarray(t.quad * share, np.float32), t.what, t.rows) for t in photo.truths)
    corners = tuple(None if quad is None else np.asarray(quad * share, np.float32) for quad in photo.corners)
    return Labelled(photo.name, picture, truths, photo.angles, corners)


def cover(rng: Rng, box: tuple[float, float, float, float], angle: float, ratio: float) -> NDArray[np.float32]:
    """Corners of a plate (height / width = ``ratio``) that hides what is in an upright box, sloping by ``angle``."""
    x1, y1, x2, y2 = box
    w, h = x2 - x1, y2 - y1
    drop = float(np.clip(w * np.tan(np.radians(angle)), -0.9 * h, 0.9 * h))
    tall = max(h - abs(drop), 0.25 * h)
    wide = w * rng.uniform(1.03, 1.15)
    tall = max(tall * 1.08, min(wide * ratio * rng.uniform(0.85, 1.1), tall * 2.2))
    cx, cy = (x1 + x2) / 2, (y1 + y2) / 2
    lean = rng.normal(0, 0.04) * tall
    return np.array(
        [[cx - wide / 2 + lean, cy - drop / 2 - tall / 2], [cx + wide / 2 + lean, cy + drop / 2 - tall / 2],
         [cx + wide / 2 - lean, cy + drop / 2 + tall / 2], [cx - wide / 2 - lean, cy - drop / 2 + tall / 2]], np.float32
    )  # fmt: skip


def lay(rng: Rng, picture: NDArray[np.uint8], plate: NDArray[np.uint8], quad: NDArray[np.float32]) -> None:
    """Draw a plate over a picture as bright as what it hides, in place."""
    x1, y1 = np.maximum(np.floor(quad.min(axis=0)) - 2, 0).astype(int)
    x2, y2 = np.minimum(np.ceil(quad.max(axis=0)) + 3, picture.shape[1::-1]).astype(int)
    if x2 - x1 < 3 or y2 - y1 < 3:
        return
    under = picture[y1:y2, x1:x2]
    bright = np.percentile(under, 90) / max(float(np.percentile(plate, 90)), 1.0)
    wide = float(np.linalg.norm(quad[1] - quad[0]))
    share = min(1.0, 1.2 * wide / plate.shape[1])
    small = cv2.resize(plate, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    h, w = small.shape[:2]
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, quad - np.array([x1, y1], np.float32))
    size = (int(x2 - x1), int(y2 - y1))
    warped = cv2.warpPerspective(small, matrix, size, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    mask = cv2.warpPerspective(np.ones((h, w), np.float32), matrix, size)
    soft = rng.uniform(0.3, 1.0) * max(1.0, wide / 120)
    warped = cv2.GaussianBlur(warped, (0, 0), soft) * np.float32(np.clip(bright * rng.uniform(0.8, 1.1), 0.1, 1.3))
    mask = cv2.GaussianBlur(mask, (0, 0), 0.5)[..., None]
    under[:] = np.clip(under * (1 - mask) + warped * mask, 0, 255).astype(np.uint8)
