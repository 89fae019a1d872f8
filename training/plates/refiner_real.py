"""Cut-outs of real photos for the refiner: rendered plates in real places, real plates, what a detector mistook."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.plates.detector_data import Scenes
from training.plates.real_scenes import Labelled
from training.plates.real_views import RealViews, cover
from training.plates.refiner_data import NO_SHIFTS, Crops, Sample, gather, refiner_batch, samples, shaken, worn
from training.plates.scene import PLATE, Truth
from vision.geometry import Quad, bounds, iou
from vision.plate_crop import cut, frame_of

Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class RealCrops:
    """Photos and what a detector found in each (corners, score)."""

    photos: list[Labelled]
    found: list[list[tuple[Quad, float]]]
    views: RealViews

    def draw(self, rng: Rng) -> list[Sample]:
        """Some cut-outs of one photo."""
        number = int(rng.integers(len(self.photos)))
        photo = self.photos[number]
        if rng.random() < 0.5 and all(t.what == PLATE for t in photo.truths):
            return samples(rng, *self.views.pasted(rng, photo), count=3)
        if photo.exact:
            return [*samples(rng, photo.picture, photo.taught, count=3), *self._mistaken(rng, number)]
        leaning = [_leaning(rng, truth, angle) for truth, angle in zip(photo.truths, photo.angles, strict=True)]
        return [*samples(rng, photo.picture, leaning, count=2, exact=0.0), *self._mistaken(rng, number)]

    def _mistaken(self, rng: Rng, number: int) -> list[Sample]:
        """Up to two of the detector's false finds."""
        photo = self.photos[number]
        taken = [bounds(t.quad) for t in photo.truths]
        wrong = [quad for quad, _ in self.found[number] if all(iou(bounds(quad), box) < 0.2 for box in taken)]
        picks = rng.permutation(len(wrong))[:2]
        return [_other(rng, photo.picture, wrong[int(i)]) for i in picks]


def _leaning(rng: Rng, truth: Truth, angle: float) -> Truth:
    """The corners that a labelled box and angle suggest; good enough to tell what it is, not where its edges are."""
    (x1, y1), (x2, y2) = truth.quad.min(axis=0), truth.quad.max(axis=0)
    return Truth(cover(rng, (x1, y1, x2, y2), angle, 0.3 if truth.rows == 1 else 0.5), truth.what, truth.rows)


def _other(rng: Rng, picture: NDArray[np.uint8], quad: Quad) -> Sample:
    return worn(rng, cut(picture, frame_of(shaken(rng, quad, 0.6)))), NO_SHIFTS, 0.0, 0.0, 0.0


def mixed_batch(rng: Rng, scenes: Scenes, real: RealCrops, share: float, size: int = 96) -> Crops:
    """A batch of which ``share`` comes from photos."""
    found: list[Sample] = []
    while len(found) < share * size:
        found += real.draw(rng)
    photos = gather(found[: round(share * size)])
    rest = refiner_batch(rng, scenes, size - len(photos.plate))
    return Crops(*(np.concatenate([getattr(photos, name), getattr(rest, name)]) for name in Crops.__slots__))
