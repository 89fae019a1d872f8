"""Shell: exact corners of labelled plates, of which only upright boxes are known, found by reading them.

    python -m training.plates.real_corners --labelled DIR --refiner FILE.onnx --out FILE.json

A refiner that learnt from rendered plates alone looks at each plate from many places; the corners kept are those under
which the reader holds the labelled text likeliest. Plates that stay unlikely are left out. Takes 0.3 s a plate.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.plates.real_views import cover
from training.plates.refiner_data import shaken
from vision.geometry import Quad
from vision.plate_crop import cut, frame_of, moved
from vision.plate_decode import path_scores, places_scores
from vision.plate_find import load_session
from vision.plate_map import sane
from vision.plate_reader import Image
from vision.plate_recogniser import PlateRecogniser

LEAST = -1.0
"""Logarithm of the likelihood, mean of two cuts, from which corners count as exact."""
_MARGINS = ((0.02, 0.04), (0.06, 0.13))
_STARTS = 40
_ROUNDS = 3


class Search:
    """Looks for the corners under which a known text is read best."""

    def __init__(self, refiner: Path) -> None:
        self._refiner = load_session(refiner)
        self._reader = PlateRecogniser()

    def _refined(self, picture: Image, quads: Sequence[Quad]) -> list[Quad]:
        frames = [frame_of(quad) for quad in quads]
        output = self._refiner.run(None, {"crops": np.stack([cut(picture, frame) for frame in frames])})[0]
        return [moved(row[:8], frame) for row, frame in zip(output, frames, strict=True)]

    def likelihood(self, picture: Image, quads: Sequence[Quad], text: str, rows: int) -> NDArray[np.float64]:
        """Of a text at each of the corners: logarithm, mean of two cuts and both heads."""
        path = [self._reader.classes_of(text)]
        total = np.zeros(len(quads))
        for margin in _MARGINS:
            for i, quad in enumerate(quads):
                heads = self._reader.heads_at(picture, quad, rows, margin)
                total[i] += float(path_scores(heads.steps, path)[0] + places_scores(heads.places, path)[0])
        return total / len(_MARGINS)

    def corners(self, rng: np.random.Generator, picture: Image, around: Quad, text: str, rows: int
                ) -> tuple[Quad, float]:  # fmt: skip
        """The best corners and their likelihood."""
        starts = [around, *(shaken(rng, around, 0.6) for _ in range(_STARTS - 1))]
        second = self._refined(picture, self._refined(picture, starts))
        pool = [quad for quad in [around, *second, *self._refined(picture, second)] if sane(quad)]
        scores = self.likelihood(picture, pool, text, rows)
        for number in range(_ROUNDS):
            middle = weighted(pool, scores, 8, 1.0)
            more = [middle, *(shaken(rng, middle, 0.16 / (number + 1)) for _ in range(20))]
            more = [quad for quad in more if sane(quad)]
            pool += more
            scores = np.concatenate([scores, self.likelihood(picture, more, text, rows)])
        best = weighted(pool, scores, 12, 0.5)
        return best, float(self.likelihood(picture, [best], text, rows)[0])


def weighted(quads: Sequence[Quad], scores: NDArray[np.float64], count: int, strength: float) -> Quad:
    """The mean of the best quads, each as heavy as it is likely."""
    order = np.argsort(-scores)[:count]
    weight = np.exp(strength * np.clip(scores[order] - scores[order[0]], -20, 0))
    chosen = np.stack([quads[i] for i in order])
    return np.asarray((chosen * weight[:, None, None]).sum(axis=0) / weight.sum(), np.float32)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labelled", type=Path, required=True)
    parser.add_argument("--refiner", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="JSON: file#text to four corners")
    parser.add_argument("--seed", type=int, default=3)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    rng, search = np.random.default_rng(args.seed), Search(args.refiner)
    found: dict[str, list[list[float]]] = {}
    with (args.labelled / "labels.csv").open(encoding="utf-8", newline="") as file:
        scored = [row for row in csv.DictReader(file) if row["x2"] and row["ignore"] != "1"]
    plates = [row for row in scored if row["file"].startswith("scenes/")]
    for row in plates:
        picture = cv2.imread(str(args.labelled / row["file"]), cv2.IMREAD_COLOR)
        if picture is None:
            raise FileNotFoundError(args.labelled / row["file"])
        rows = int(row["rows"] or 1)
        x1, y1, x2, y2 = (float(row[key]) for key in ("x1", "y1", "x2", "y2"))
        around = cover(rng, (x1, y1, x2, y2), float(row["angle"] or 0), 0.3 if rows == 1 else 0.5)
        quad, score = search.corners(rng, np.asarray(picture, np.uint8), around, row["text"], rows)
        if score > LEAST:
            found[f"{row['file']}#{row['text']}"] = np.round(quad.astype(float), 2).tolist()
    args.out.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
    print(f"{len(found)} of {len(plates)} plates")


if __name__ == "__main__":
    main()
