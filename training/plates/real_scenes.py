"""Real labelled scenes: folds, boxes as truths, pictures brought to the net's size for measuring."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.plates.scene import PLATE, UNCLEAR, Truth
from vision.geometry import Quad, iou, quad_of

FOLDS = 5


@dataclass(frozen=True, slots=True)
class Labelled:
    """One photo: its file, H x W x 3 BGR picture, and the labelled plates as upright boxes."""

    name: str
    picture: NDArray[np.uint8]
    truths: tuple[Truth, ...]
    angles: tuple[float, ...]
    corners: tuple[Quad | None, ...] = ()
    """Exact corners where `real_corners` found them; empty: of none."""

    @property
    def exact(self) -> bool:
        """Whether the corners of all scored plates are known."""
        known = self.corners or (None,) * len(self.truths)
        return all(quad is not None for truth, quad in zip(self.truths, known, strict=True) if truth.what == PLATE)

    @property
    def taught(self) -> list[Truth]:
        """The truths with corners where they are known, else with upright boxes."""
        known = self.corners or (None,) * len(self.truths)
        return [
            truth if quad is None else Truth(quad, truth.what, truth.rows)
            for truth, quad in zip(self.truths, known, strict=True)
        ]

    @property
    def fold(self) -> int:
        """0 to 4, from the file's name alone; the same as the reader's, so that the chain can be measured in folds."""
        return int(hashlib.sha256(Path(self.name).name.encode()).hexdigest(), 16) % FOLDS


def fold_list(text: str) -> tuple[int, ...]:
    """Folds of a command line, ``0,1``; ``none`` for none."""
    return () if text == "none" else tuple(int(part) for part in text.split(","))


def read_labelled(folder: Path, corners: Path | None = None) -> list[Labelled]:
    """The scenes of a labels.csv, not its crops; ``ignore`` ones count neither way. ``corners``: of `real_corners`."""
    known = json.loads(corners.read_text(encoding="utf-8")) if corners else {}
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["x2"] and row["file"].startswith("scenes/")]
    out = []
    for name in sorted({row["file"] for row in rows}):
        mine = [row for row in rows if row["file"] == name]
        picture = cv2.imread(str(folder / name), cv2.IMREAD_COLOR)
        if picture is None:
            raise FileNotFoundError(folder / name)
        truths = tuple(
            Truth(quad_of([float(row[k]) for k in ("x1", "y1", "x2", "y2")]),
                  UNCLEAR if int(row["ignore"] or 0) else PLATE, int(row["rows"] or 1)) for row in mine
        )  # fmt: skip
        quads = [known.get(f"{name}#{row['text']}") for row in mine]
        out.append(Labelled(name, picture.astype(np.uint8), truths, tuple(float(row["angle"] or 0) for row in mine),
                            tuple(None if quad is None else np.array(quad, np.float32) for quad in quads)))  # fmt: skip
    return out


@dataclass(frozen=True, slots=True)
class Figures:
    """Of a detector on labelled pictures, at an overlap of 0.5."""

    plates: int
    recall: float
    average_precision: float
    recall_at_95: float
    """Best recall among thresholds whose precision is 95 % or more."""
    threshold_at_95: float

    def __str__(self) -> str:
        return (f"recall {self.recall:.3f} AP {self.average_precision:.3f} "
                f"recall@p95 {self.recall_at_95:.3f} (at {self.threshold_at_95:.2f}) of {self.plates}")  # fmt: skip


Found = tuple[tuple[float, float, float, float], float]


def figures(found: list[list[Found]], wanted: list[tuple[Truth, ...]], overlap: float = 0.5) -> Figures:
    """Scores found boxes (box, score) per picture against the truths of the same pictures."""
    marks: list[tuple[float, bool]] = []
    total = 0
    for boxes, truths in zip(found, wanted, strict=True):
        total += sum(t.what == PLATE for t in truths)
        free = list(truths)
        for box, score in sorted(boxes, key=lambda item: -item[1]):
            fits = [(iou(box, _box(t)), i) for i, t in enumerate(free)]
            best, index = max(fits, default=(0.0, -1))
            if best < overlap:
                marks.append((score, False))
            elif free.pop(index).what == PLATE:
                marks.append((score, True))
    marks.sort(key=lambda item: -item[0])
    hits = np.cumsum([good for _, good in marks])
    if not len(hits):
        return Figures(total, 0.0, 0.0, 0.0, 1.0)
    precision, recall = hits / np.arange(1, len(hits) + 1), hits / max(total, 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    area = float(np.sum(np.diff(np.concatenate([[0.0], recall])) * envelope))
    good = np.nonzero(precision >= 0.95)[0]
    last = int(good[-1]) if len(good) else -1
    return Figures(total, float(recall[-1]), area, float(recall[last]) if last >= 0 else 0.0,
                   marks[last][0] if last >= 0 else 1.0)  # fmt: skip


def _box(truth: Truth) -> tuple[float, float, float, float]:
    (x1, y1), (x2, y2) = truth.quad.min(axis=0), truth.quad.max(axis=0)
    return float(x1), float(y1), float(x2), float(y2)
