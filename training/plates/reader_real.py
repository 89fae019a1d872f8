"""Shell: real plates as training material, in five folds by picture, so that figures stay honest."""

from __future__ import annotations

import copy
import csv
import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.plates.damage import weather
from training.plates.layouts import COLORS, KIND_NAMES
from training.plates.reader_check import leaning_corners
from training.plates.reader_data import Batch, found_corners
from vision.plate_strip import cut_strip
from vision.plate_text import ALPHABET, kind_of

Image = NDArray[np.uint8]
Corners = NDArray[np.float32]

FOLDS = 5
PARTS = ("scenes", "crops")
_SCENES_SHARE = 0.75
_PAD = 0.35


@dataclass(frozen=True, slots=True)
class RealPlate:
    """A cut-out of a picture, HxWx3 uint8 BGR, the plate's corners in it, and its truth."""

    image: Image
    corners: Corners
    text: str
    color: str
    rows: int
    alone: bool
    """Whether the cut-out is a strip already, with no more round it."""


def fold_of(file: str) -> int:
    """The fold of a picture: fixed by its name, so that all plates of a picture stay together."""
    return int(hashlib.sha256(Path(file).name.encode()).hexdigest(), 16) % FOLDS


@dataclass(frozen=True, slots=True)
class RealPlates:
    """Plates cut from scenes, and plates that are all there is of their picture."""

    scenes: tuple[RealPlate, ...]
    crops: tuple[RealPlate, ...]

    @classmethod
    def load(
        cls, folder: Path, folds: tuple[int, ...], parts: tuple[str, ...] = PARTS, corners: Path | None = None
    ) -> RealPlates:
        """All scored plates of these parts of ``labels.csv`` outside the folds; ``corners``: of `real_corners`."""
        known = json.loads(corners.read_text(encoding="utf-8")) if corners else {}
        found: dict[str, list[RealPlate]] = {"scenes": [], "crops": []}
        with (folder / "labels.csv").open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                if row["ignore"] == "1" or kind_of(row["text"]) is None or fold_of(row["file"]) in folds:
                    continue
                part = row["file"].split("/")[0]
                image = cv2.imread(str(folder / row["file"])) if part in parts else None
                if image is not None:
                    exact = known.get(f"{row['file']}#{row['text']}")
                    found[part].append(_cut(np.asarray(image, np.uint8), row, part, exact))
        return cls(tuple(found["scenes"]), tuple(found["crops"]))


def _cut(image: Image, row: dict[str, str], part: str, exact: list[list[float]] | None) -> RealPlate:
    rows = int(row["rows"] or 1)
    if part == "crops":
        height, width = image.shape[:2]
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        return RealPlate(image, corners, row["text"], row["color"], rows, True)
    x1, y1, x2, y2 = (float(row[k]) for k in ("x1", "y1", "x2", "y2"))
    leaning = leaning_corners(x1, y1, x2, y2, float(row["angle"] or 0))
    corners = leaning if exact is None else np.array(exact, np.float32)
    pad = _PAD * (x2 - x1)
    left, top = max(0, int(x1 - pad)), max(0, int(y1 - pad))
    cut = image[top : int(y2 + pad), left : int(x2 + pad)].copy()
    return RealPlate(cut, corners - np.array([left, top], np.float32), row["text"], row["color"], rows, False)


def mix_real(rng: np.random.Generator, batch: Batch, real: RealPlates, share: float) -> Batch:
    """The batch with a share of its strips replaced by real ones, cut and damaged anew each time."""
    batch = copy.deepcopy(batch)
    for i in range(round(share * len(batch.strips))):
        pool = real.scenes if real.scenes and (rng.random() < _SCENES_SHARE or not real.crops) else real.crops
        plate = _pick(rng, pool)
        kind = kind_of(plate.text)
        if kind is None:
            continue
        hardness = float(rng.uniform(0, 0.35))
        room = (0.0, 0.0) if plate.alone else (0.06, 0.10)
        margin = (room[0] + rng.uniform(-0.05, 0.06), room[1] + rng.uniform(-0.1, 0.12))
        image = weather(rng, plate.image, hardness)
        corners = found_corners(rng, plate.corners, 0.8)
        batch.strips[i] = cut_strip(image, corners, plate.rows, margin)
        batch.texts[i] = 0
        batch.texts[i, : len(plate.text)] = [ALPHABET.index(c) + 1 for c in plate.text]
        batch.kind[i] = KIND_NAMES.index(kind.name)
        batch.color[i] = COLORS.index(plate.color) if plate.color in COLORS else -1
        batch.rows[i] = plate.rows - 1
    return batch


def _pick(rng: np.random.Generator, pool: tuple[RealPlate, ...]) -> RealPlate:
    """One plate; those of a province that fills the pool come less often, or it would become a habit."""
    count = Counter(plate.text[0] for plate in pool)
    weight = np.array([count[plate.text[0]] ** -0.5 for plate in pool])
    return pool[int(rng.choice(len(pool), p=weight / weight.sum()))]
