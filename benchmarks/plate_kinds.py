"""A labelled set of rendered pictures of every kind of plate, for ``benchmarks/plates.py``.

    python -m benchmarks.plate_kinds --out DIR [--per-kind 40] [--seed 900] [--glyphs DIR]
    python benchmarks/plates.py --labels DIR/labels.csv

The plates come from the renderer that also trains (another seed), on the demonstration's cars and street, under the
weathers and lenses of `benchmarks.approaches`; turned and tilted. Pictures of the empty street stand between them.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.approaches import SIZE, random_lens, random_look  # noqa: E402
from training.plates.draw import DrawnPlate, draw_plate  # noqa: E402
from training.plates.glyphs import Glyphs  # noqa: E402
from vision.plate_reader import Image  # noqa: E402
from vision.plate_text import KINDS  # noqa: E402
from vision.sim.car import Look  # noqa: E402
from vision.sim.scene import Scene, SceneState  # noqa: E402

WIDTH_PX = (55, 220)
Quad = NDArray[np.float32]


def mount(frame: Image, plate: Image, box: tuple[int, int, int, int], rng: np.random.Generator) -> Quad:
    """Paint the plate over the box, as wide and a little turned; returns its corners."""
    x1, y1, x2, y2 = box
    width = float(x2 - x1)
    height = width * plate.shape[0] / plate.shape[1]
    middle = np.array([(x1 + x2) / 2, (y1 + y2) / 2])
    corners = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]]) * (width, height)
    turn, shear, lean = np.radians(rng.normal(0, 4)), rng.normal(0, 0.06), rng.normal(0, 0.05)
    corners[:, 1] += shear * corners[:, 0]
    corners[:, 1] *= 1 + lean * np.sign(corners[:, 0])
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    quad = np.asarray(corners @ rotation + middle, np.float32)
    small = plate
    while small.shape[1] > 2 * width:
        small = np.asarray(cv2.resize(small, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
    side_x, side_y = float(small.shape[1]), float(small.shape[0])
    source = np.array([[0, 0], [side_x, 0], [side_x, side_y], [0, side_y]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, quad)
    size = frame.shape[1], frame.shape[0]
    cover = cv2.warpPerspective(np.full(small.shape[:2], 255, np.uint8), matrix, size)[..., None] / np.float32(255)
    frame[:] = (frame * (1 - cover) + cv2.warpPerspective(small, matrix, size) * cover).astype(np.uint8)
    return quad


def picture(scene: Scene, drawn: DrawnPlate, rng: np.random.Generator) -> tuple[Image, Quad]:
    """One car with that plate, spoilt."""
    lens, look = random_lens(rng), random_look(rng)
    look = Look("京A12345", "blue", drawn.rows, look.kind, look.badge, look.body)
    wanted = rng.uniform(*WIDTH_PX)
    places = [SceneState(look, float(p), night=lens.weather == "night") for p in np.arange(-12.0, 0.1, 0.25)]
    boxes = [box for state in places if (box := scene.plate_box(state)) is not None]
    nearest = int(np.argmin([abs(box[2] - box[0] - wanted) for box in boxes]))
    frame = scene.render(places[nearest])
    quad = mount(frame, drawn.image, boxes[nearest], rng)
    return lens.spoil(frame, rng), quad


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--per-kind", type=int, default=40)
    parser.add_argument("--seed", type=int, default=900)
    parser.add_argument("--glyphs", type=Path, default=ROOT / "../shared/data/plate_glyphs/font_model")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    rng, glyphs = np.random.default_rng(options.seed), Glyphs(options.glyphs)
    scenes = [Scene("east", SIZE, mirrored=bool(n % 2), seed=options.seed + n) for n in range(4)]
    options.out.mkdir(parents=True, exist_ok=True)
    kinds = [(kind.name, rows) for kind in KINDS for rows in kind.rows]
    with (options.out / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", "text", "color", "rows", "x1", "y1", "x2", "y2", "ignore"])
        for kind, rows in dict.fromkeys(kinds):
            for number in range(options.per_kind):
                drawn = draw_plate(rng, glyphs, kind=kind, rows=rows, px_per_mm=1.0)
                image, quad = picture(scenes[number % 4], drawn, rng)
                name = f"{kind}_{rows}_{number:03d}.jpg"
                cv2.imwrite(str(options.out / name), image, [cv2.IMWRITE_JPEG_QUALITY, 95])
                box = [round(float(v), 1) for v in (*quad.min(axis=0), *quad.max(axis=0))]
                table.writerow([name, drawn.text, drawn.color, drawn.rows, *box, 0])
        for number, scene in enumerate(scenes):
            name = f"empty_{number}.jpg"
            cv2.imwrite(str(options.out / name), scene.render(SceneState(stamp="2026-06-01 12:00:00")))
            table.writerow([name, "", "", "", "", "", "", "", ""])


if __name__ == "__main__":
    main()
