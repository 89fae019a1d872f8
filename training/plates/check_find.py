"""Measures detector and refiner on labelled scenes, and how many plates are then read.

    python -m training.plates.check_find --labelled DIR --weights DIR [--words] [--scenes CACHE]
    python -m training.plates.check_find --labelled DIR --weights A --fold 0,1 --weights B --fold 2,3,4

The second form pools the photos of each fold, found with weights that never saw them.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np

from training.plates.detector_data import Scenes
from training.plates.real_scenes import Found, Labelled, figures, fold_list, read_labelled
from training.plates.scene import LOOKALIKE, PLATE
from vision.geometry import bounds, iou
from vision.plate_find import FoundPlate, PlateFinder
from vision.plate_recogniser import PlateRecogniser
from vision.plate_text import kind_of

Texts = dict[str, list[tuple[tuple[float, float, float, float], str]]]


def texts_of(folder: Path) -> Texts:
    """Box and text of every scored plate of a file."""
    out: Texts = {}
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["file"].startswith("scenes/") and row["x2"] and not int(row["ignore"] or 0):
                x1, y1, x2, y2 = (float(row[k]) for k in ("x1", "y1", "x2", "y2"))
                out.setdefault(row["file"], []).append(((x1, y1, x2, y2), row["text"]))
    return out


def words(photos: Iterable[Labelled], found: list[list[FoundPlate]], texts: Texts, floor: float) -> str:
    """Exact, exact without province, precision of the reads that the grammar lets through."""
    reader = PlateRecogniser()
    total = exact = tail = reads = right = 0
    for photo, plates in zip(photos, found, strict=True):
        wanted = texts.get(photo.name, [])
        total += len(wanted)
        seen = [(p, reader.read_at(photo.picture, p.corners).read) for p in plates if p.score >= floor]
        kept = [(p, r) for p, r in seen if r.plate > 0.5 and kind_of(r.text) is not None]
        for box, text in wanted:
            near = [r.text for p, r in kept if iou(p.box, box) > 0.3]
            exact += text in near
            tail += any(read[1:] == text[1:] for read in near)
        reads += len(kept)
        right += sum(any(r.text == text for _, text in wanted) for _, r in kept)
    return (f"exact {exact / total:.3f} without province {tail / total:.3f} "
            f"precision of reads {right / max(reads, 1):.3f} ({reads} reads, {total} plates)")  # fmt: skip


def rendered(finder: PlateFinder, scenes: Scenes, floor: float) -> Iterator[str]:
    """Recall on rendered scenes by size, tilt, rows and light, corner error of what was found, false ones."""
    hits: dict[str, list[bool]] = {}
    errors: list[float] = []
    false = 0
    for number in range(len(scenes)):
        picture, truths = scenes.get(number)
        found = [plate for plate in finder.find(picture) if plate.score >= floor]
        dark = "dark" if picture.mean() < 50 else "light"
        for truth in (t for t in truths if t.what == PLATE):
            best = max(found, key=lambda plate: iou(plate.box, bounds(truth.quad)), default=None)
            hit = best is not None and iou(best.box, bounds(truth.quad)) >= 0.5
            across = truth.quad[1] - truth.quad[0]
            width, tilt = float(np.hypot(*across)), abs(float(np.degrees(np.arctan2(across[1], across[0]))))
            share = width / picture.shape[1]
            size = "under 4 % of the width" if share < 0.04 else "over 25 %" if share > 0.25 else "between"
            steep = [f"tilt over {a}" for a in (10, 20, 30) if tilt > a]
            for name in ("all", dark, f"{truth.rows} rows", size, *steep):
                hits.setdefault(name, []).append(hit)
            if hit and best is not None:
                errors.append(float(np.abs(best.corners - truth.quad).mean()) / width)
        whole = [bounds(t.quad) for t in truths if t.what != LOOKALIKE]
        false += sum(all(iou(plate.box, box) < 0.3 for box in whole) for plate in found)
    yield f"rendered scenes: {len(scenes)}, false ones {false}, corner error {np.mean(errors) * 100:.1f} % of the width"
    for name in sorted(hits):
        yield f"  {name:24s} {np.mean(hits[name]):.3f} of {len(hits[name])}"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labelled", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True, action="append")
    parser.add_argument("--fold", type=fold_list, action="append", help="one for each --weights")
    parser.add_argument("--scenes", type=Path, help="rendered scenes, not trained on, to measure on as well")
    parser.add_argument("--floor", type=float, default=0.3)
    parser.add_argument("--words", action="store_true", help="read the plates too, with the package's recogniser")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    every = read_labelled(args.labelled)
    photos, found, spent = [], [], []
    for weights, folds in zip(args.weights, args.fold or [()], strict=True):
        finder = PlateFinder(folder=weights, floor=0.1)
        for photo in (p for p in every if not folds or p.fold in folds):
            start = time.process_time()
            found.append(finder.find(photo.picture))
            spent.append(time.process_time() - start)
            photos.append(photo)
    for name in ("score", "detector_score", "refiner_score"):
        boxes: list[list[Found]] = [[(p.box, float(getattr(p, name))) for p in plates] for plates in found]
        print(f"{name:15s} {figures(boxes, [photo.truths for photo in photos])}")
    print(f"{np.median(spent) * 1e3:.1f} ms of CPU a picture (median)")
    if args.scenes:
        print("\n".join(rendered(finder, Scenes(args.scenes), args.floor)))
    if args.words:
        print(words(photos, found, texts_of(args.labelled), args.floor))


if __name__ == "__main__":
    main()
