"""What votes are worth: rendered cars that drive up to a gate, read picture by picture and as visits.

    python -m benchmarks.approaches [--visits 100] [--seed 1] [--reader own] [--sure 0.6] [--fps 8] [--json FILE]

Each visit is one car of a random kind of plate under one weather (day, night, rain, glare, haze) through one worn
lens (blur, noise, compression), from 14 m to the stop line, where it stands for a second. A picture counts once its
plate is as wide as the site demands. The same reads are scored one by one, and by what the visit tracker makes of them.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from config.model import Plates
from vision.plate_reader import Image, PlateRead, PlateReader
from vision.plate_text import PROVINCES
from vision.readers import named_reader
from vision.sim.car import Look
from vision.sim.glyphs import table
from vision.sim.plate import Color
from vision.sim.scene import Scene, SceneState
from vision.visits import Ended, Outcome, Verdict, VisitTracker

SIZE = (1280, 720)
START_M, STAND_S = -9.0, 1.0
WEATHERS = ("day", "night", "rain", "glare", "haze")
_TAIL = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Lens:
    """What camera and weather do to every picture of a visit."""

    weather: str
    blur_px: float
    smear_px: float
    noise: float
    quality: int
    gain: float

    def spoil(self, frame: Image, rng: np.random.Generator) -> Image:
        """The picture as the camera would send it."""
        picture = frame.astype(np.float32) * self.gain
        if self.weather == "haze":
            picture = picture * 0.45 + 120
        if self.weather == "glare":
            picture += _glare(rng)
        if self.weather == "rain":
            _rain(picture, rng)
        if self.smear_px >= 2:
            kernel = np.zeros((round(self.smear_px), 3), np.float32)
            kernel[:, 1] = 1 / len(kernel)
            picture = cv2.filter2D(picture, -1, kernel).astype(np.float32)
        picture = cv2.GaussianBlur(picture, (0, 0), self.blur_px).astype(np.float32)
        picture += rng.standard_normal(picture.shape, np.float32) * np.float32(self.noise)
        sharp = np.clip(picture, 0, 255).astype(np.uint8)
        coded = cv2.imencode(".jpg", sharp, [cv2.IMWRITE_JPEG_QUALITY, self.quality])[1]
        return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)


def _glare(rng: np.random.Generator) -> NDArray[np.float32]:
    """A low sun or lamp that wanders from picture to picture."""
    small = np.zeros((36, 64, 1), np.float32)
    centre = (int(rng.integers(16, 48)), int(rng.integers(12, 30)))
    cv2.circle(small, centre, int(rng.integers(4, 9)), float(rng.uniform(120, 260)), -1)
    wide = cv2.resize(cv2.GaussianBlur(small, (0, 0), 4), SIZE)
    return np.asarray(wide[..., None], np.float32)


def _rain(picture: NDArray[np.float32], rng: np.random.Generator) -> None:
    for _ in range(220):
        x, y = int(rng.integers(0, SIZE[0])), int(rng.integers(0, SIZE[1]))
        cv2.line(picture, (x, y), (x + 3, y + int(rng.integers(14, 40))), (190, 190, 190), 1, cv2.LINE_AA)


def random_look(rng: np.random.Generator) -> Look:
    """A car with a plate of a random kind."""
    tail = "".join(rng.choice(list(_TAIL), 5))
    digits = "".join(rng.choice(list("0123456789"), 5))
    known = set(table())
    head = str(rng.choice([p for p in PROVINCES if p in known])) + str(rng.choice(list("ABCDEFGH")))
    kinds: list[tuple[str, Color, int, float]] = [
        (head + tail, "blue", 1, 0.4),
        (head + "D" + digits, "green", 1, 0.25),
        (head + tail, "yellow", 1, 0.15),
        (head + tail, "yellow", 2, 0.15),
        (head + digits[:4] + "学", "yellow", 1, 0.05),
    ]
    kinds = [kind for kind in kinds if set(kind[0]) <= known]
    share = np.array([kind[3] for kind in kinds])
    text, color, rows, _ = kinds[int(rng.choice(len(kinds), p=share / share.sum()))]
    body = tuple(int(v) for v in rng.integers(30, 220, 3))
    return Look(text, color, rows, kind=str(rng.choice(["sedan", "suv", "van"])), body=body)  # type: ignore[arg-type]  # drawn from the literals


def random_lens(rng: np.random.Generator) -> Lens:
    """A weather and a camera of middling to poor quality."""
    return Lens(
        weather=str(rng.choice(WEATHERS)),
        blur_px=float(rng.uniform(0.5, 2.2)),
        smear_px=float(rng.uniform(0, 7)),
        noise=float(rng.uniform(2, 18)),
        quality=int(rng.integers(25, 85)),
        gain=float(rng.uniform(0.6, 1.15)),
    )


@dataclass(slots=True)
class Told:
    """What was made of one visit."""

    text: str
    rows: int
    color: str
    weather: str
    reads: list[tuple[str, float]]
    """Best read of each picture in which the plate is wide enough; empty text for none."""
    sure: str = ""
    best: str = ""


def drive(
    scene: Scene, look: Look, lens: Lens, fps: float, rng: np.random.Generator
) -> Iterator[tuple[float, Image, float]]:
    """Time, picture and width of the plate in it."""
    speed, now_s, position = float(rng.uniform(1.2, 3.5)), 0.0, START_M
    stood_s = 0.0
    while stood_s <= STAND_S:
        state = SceneState(look, position, night=lens.weather == "night", number=round(now_s * fps), stamp="2026-06-01")
        box = scene.plate_box(state)
        yield now_s, lens.spoil(scene.render(state), rng), (box[2] - box[0]) if box else 0.0
        now_s += 1 / fps
        stood_s += 1 / fps if position >= 0 else 0.0
        position = min(0.0, position + speed / fps)


def visit(reader: PlateReader, scene: Scene, plates: Plates, fps: float, rng: np.random.Generator) -> Told:
    """One car from far away to the stop line, read picture by picture."""
    look, lens = random_look(rng), random_lens(rng)
    told = Told(look.plate, look.rows, look.color, lens.weather, [])
    tracker = VisitTracker("c", plates)
    said: list[Outcome] = []
    for now_s, picture, width_px in drive(scene, look, lens, fps, rng):
        reads = reader.read(picture)
        if width_px >= plates.min_width_px:
            best: PlateRead | None = max(reads, key=lambda r: r.confidence, default=None)
            told.reads.append((best.text, best.confidence) if best else ("", 0.0))
        said += tracker.step(reads, now_s, now_s)
    said += tracker.close()
    told.sure = next((o.text for o in said if isinstance(o, Verdict) and o.outcome == "sure"), "")
    ended = [o for o in said if isinstance(o, Ended)]
    longest = max(ended, key=lambda o: o.ended_mono_s - o.started_mono_s, default=None)
    told.best = told.sure or (longest.text if longest else "")
    return told


def figures(visits: list[Told], sure: float) -> dict[str, Any]:
    """Pictures against visits."""
    pictures = [(text, confidence, v.text) for v in visits for text, confidence in v.reads]
    above = [(text, truth) for text, confidence, truth in pictures if text and confidence >= sure]
    answered = [v for v in visits if v.sure]
    by = Counter((f"{v.color} {v.rows}", v.best == v.text) for v in visits)
    weather = Counter((v.weather, v.best == v.text) for v in visits)

    def share(part: int, whole: int) -> float:
        return round(part / whole, 4) if whole else 0.0

    return {
        "visits": len(visits),
        "pictures": len(pictures),
        "picture_exact": share(sum(text == truth for text, _, truth in pictures), len(pictures)),
        "picture_sure_coverage": share(sum(text == truth for text, truth in above), len(pictures)),
        "picture_sure_precision": share(sum(text == truth for text, truth in above), len(above)),
        "last_picture_exact": share(sum(v.reads[-1][0] == v.text for v in visits if v.reads), len(visits)),
        "visit_exact": share(sum(v.best == v.text for v in visits), len(visits)),
        "visit_sure_coverage": share(sum(v.sure == v.text for v in visits), len(visits)),
        "visit_sure_precision": share(sum(v.sure == v.text for v in answered), len(answered)),
        "visit_sure_wrong": [f"{v.sure} for {v.text} ({v.weather})" for v in answered if v.sure != v.text],
        "by_kind": {k: f"{by[k, True]}/{by[k, True] + by[k, False]}" for k in sorted({key for key, _ in by})},
        "by_weather": {w: f"{weather[w, True]}/{weather[w, True] + weather[w, False]}" for w in WEATHERS},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fps", type=float, default=8.0)
    parser.add_argument("--reader", choices=("own", "rapidocr"), default="own")
    parser.add_argument("--sure", type=float, default=Plates().sure_confidence)
    parser.add_argument("--json", type=Path, help="write the figures into this file")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    rng = np.random.default_rng(options.seed)
    plates = Plates(sure_confidence=options.sure)
    reader = named_reader(options.reader)
    scenes = [Scene("east", SIZE, mirrored=bool(n % 2), seed=int(rng.integers(1000))) for n in range(4)]
    visits = [visit(reader, scenes[n % 4], plates, options.fps, rng) for n in range(options.visits)]
    table = figures(visits, options.sure)
    print(json.dumps(table, ensure_ascii=False, indent=1))
    if options.json:
        options.json.write_text(json.dumps(table, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
