"""Which plates would open a lane without a loop: rendered cars, and rendered people who hold up a plate.

    python -m benchmarks.spoof [--seeds 4] [--cars 40] [--json FILE]

Every picture goes through the real pipeline (visits, what moves with the plate) under a random lens and weather; the
plate's place comes from the renderer with two per cent of unrest, so that the figures do not hang on a reader's luck.
The cars come first, so that the cameras know their size.
A car counts as passed when a sure read or a later word says that a vehicle carries the plate; so does an attack.
With an approach loop none of these attacks opens: a person with a phone does not move it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.approaches import SIZE, random_lens, random_look
from config.model import Camera, Plates
from vision.frame import Frame
from vision.observations import Carrier, Observation, PlateSeen, VehicleShown
from vision.pipeline import Pipeline
from vision.plate_reader import Box, Image, PlateRead
from vision.plate_text import kind_of
from vision.sim.attacks import CARRIERS, PATHS, PICTURES, Held, poses, show
from vision.sim.car import Look
from vision.sim.scene import Scene, SceneState

FPS = 8.0
UNREST = 0.02


class Told:
    """A reader that is told where the plate is, and says so with some unrest."""

    def __init__(self, text: str, rng: np.random.Generator) -> None:
        self._text, self._rng = text, rng
        self.box: tuple[float, ...] | None = None

    def read(self, image: Image) -> list[PlateRead]:
        """See `PlateReader`."""
        kind = kind_of(self._text)
        if self.box is None or kind is None:
            return []
        x1, y1, x2, y2 = self.box
        dx, dy = self._rng.normal(0, UNREST * (x2 - x1), 2), self._rng.normal(0, UNREST * (x2 - x1), 2)
        box: Box = (round(x1 + dx[0]), round(y1 + dy[0]), round(x2 + dx[1]), round(y2 + dy[1]))
        confidences = (0.95,) * len(self._text)
        return [
            PlateRead(
                text=self._text,
                confidence=0.95,
                char_confidences=confidences,
                box=box,
                color="blue",
                rows=1,
                kind=kind,
            )
        ]


class Gate:
    """A camera that has seen what came before: it learns from the vehicles."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.pipeline = Pipeline("east", Camera(source="x"), Plates(), visit_prefix="b")
        self.now_s = 100.0


def outcome(
    gate: Gate, text: str, frames: Iterable[tuple[Image, tuple[float, ...] | None]], rng: np.random.Generator
) -> str:
    """opens, shut, or unread."""
    reader, pipeline = Told(text, rng), gate.pipeline
    said: list[Observation] = []
    gate.now_s += 1000
    for number, (image, box) in enumerate(frames):
        gate.now_s += 1 / FPS
        reader.box = box
        frame = Frame("east", number, gate.now_s, gate.now_s, image)
        said += pipeline.conclude(frame, pipeline.read(frame, reader), gate.now_s)
    pipeline.conclude(None, None, gate.now_s + 1000)
    sure = [item for item in said if isinstance(item, PlateSeen) and item.outcome == "sure"]
    if any(isinstance(item, VehicleShown) for item in said) or any(s.carried_by == Carrier.VEHICLE for s in sure):
        return "opens"
    return "shut" if sure else "unread"


def car(scene: Scene, look: Look, rng: np.random.Generator) -> Iterator[tuple[Image, tuple[float, ...] | None]]:
    """A car that drives up."""
    lens, position, number = random_lens(rng), -9.0, 0
    speed = float(rng.uniform(1.2, 3.5))
    while position < 0:
        state = SceneState(look, position, night=lens.weather == "night", number=number)
        yield lens.spoil(scene.render(state), rng), scene.plate_box(state)
        position, number = position + speed / FPS, number + 1


def attack(scene: Scene, held: Held, path: Any, rng: np.random.Generator) -> Iterator[tuple[Image, tuple[float, ...]]]:
    """A person with a plate in the hand."""
    lens = random_lens(rng)
    for number in range(PICTURES):
        frame = scene.render(SceneState(night=lens.weather == "night", number=number))
        box = show(frame, scene.optics, held, poses(path, number))
        yield lens.spoil(frame, rng), box


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=4, help="attacks of each kind")
    parser.add_argument("--cars", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the figures into this file")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    rng = np.random.default_rng(options.seed)
    gates = [Gate(Scene("east", SIZE, mirrored=bool(n), seed=int(rng.integers(1000)))) for n in range(2)]
    looks = [random_look(rng) for _ in range(options.cars)]
    table: dict[str, Any] = {}
    cars = [outcome(gates[n % 2], look.plate, car(gates[n % 2].scene, look, rng), rng) for n, look in enumerate(looks)]
    table["cars"] = {name: cars.count(name) for name in sorted(set(cars))}
    print(f"{'cars':28s}{table['cars']}", flush=True)
    for carrier in CARRIERS:
        for path in PATHS:
            held = Held(carrier, random_look(rng).plate, coat=tuple(int(v) for v in rng.integers(30, 200, 3)))  # type: ignore[arg-type]  # three numbers
            ends = []
            for n in range(options.seeds):
                gate = gates[n % 2]
                ends.append(outcome(gate, held.plate, attack(gate.scene, held, path, rng), rng))
            table[f"{carrier} {path}"] = {name: ends.count(name) for name in sorted(set(ends))}
            print(f"{carrier + ' ' + path:28s}{table[f'{carrier} {path}']}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(table, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
