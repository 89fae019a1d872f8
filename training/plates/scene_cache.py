"""Renders scenes once and keeps them in shards on disk, so that epochs and restarts cost no rendering.

python -m training.plates.scene_cache --glyphs DIR [--video FILE] --seed 1 --count 4000 --out DIR
"""

from __future__ import annotations

import argparse
import logging
import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.plates.glyphs import Glyphs
from training.plates.scene import Truth, compose, make_stock

SHARD = 200
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shard:
    """Scenes as JPEG bytes with their truths."""

    jpegs: NDArray[np.uint8]
    ends: NDArray[np.int64]
    owners: NDArray[np.int32]
    quads: NDArray[np.float32]
    what: NDArray[np.int8]
    rows: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.ends)

    def scene(self, number: int) -> tuple[NDArray[np.uint8], list[Truth]]:
        """One scene, H x W x 3 BGR, and what is in it."""
        start = int(self.ends[number - 1]) if number else 0
        picture = cv2.imdecode(self.jpegs[start : int(self.ends[number])], cv2.IMREAD_COLOR)
        mine = np.nonzero(self.owners == number)[0]
        truths = [Truth(self.quads[i], int(self.what[i]), int(self.rows[i])) for i in mine]
        if picture is None:
            raise ValueError(f"scene {number} of the shard is damaged")
        return picture.astype(np.uint8), truths


def pack(scenes: list[tuple[NDArray[np.uint8], list[Truth]]], quality: int = 92) -> Shard:
    """Scenes as one shard; ``ValueError`` if a picture cannot be encoded."""
    blobs, owners, truths = [], [], []
    for number, (picture, found) in enumerate(scenes):
        good, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if not good:
            raise ValueError(f"scene {number} of {picture.shape} cannot be encoded")
        blobs.append(data.ravel())
        owners += [number] * len(found)
        truths += found
    return Shard(
        jpegs=np.concatenate(blobs),
        ends=np.cumsum([len(blob) for blob in blobs]),
        owners=np.array(owners, np.int32),
        quads=np.array([t.quad for t in truths], np.float32).reshape(-1, 4, 2),
        what=np.array([t.what for t in truths], np.int8),
        rows=np.array([t.rows for t in truths], np.int8),
    )


def save(shard: Shard, path: Path) -> None:
    """Write whole or not at all."""
    partial = path.with_suffix(".part")
    with partial.open("wb") as file:
        np.savez(file, **{name: getattr(shard, name) for name in Shard.__slots__})
    partial.replace(path)


def load(path: Path) -> Shard:
    """Read what `save` wrote."""
    with np.load(path) as data:
        return Shard(**{name: data[name] for name in Shard.__slots__})


def render(glyphs: Glyphs, seed: int, count: int, out: Path, video: Path | None = None) -> None:
    """Renders ``count`` scenes; shards that are there already are kept. Each has a seed of its own."""
    out.mkdir(parents=True, exist_ok=True)
    for number in range((count + SHARD - 1) // SHARD):
        path = out / f"scenes-{seed}-{number:04}.npz"
        if path.exists():
            continue
        rng = np.random.default_rng([seed, number])
        stock = make_stock(rng, glyphs, grounds=32, vehicles=40, video=video)
        save(pack([compose(rng, stock) for _ in range(min(SHARD, count - number * SHARD))]), path)
        log.info("%s", path.name)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--glyphs", type=Path, required=True)
    parser.add_argument("--video", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    cv2.setNumThreads(1)
    render(Glyphs(args.glyphs), args.seed, args.count, args.out, args.video)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
