"""Faces over a labelled split: ours beside the peers in one run, scored by tools/eval_faces.py, and what it costs.

    python benchmarks/faces.py [--split ../shared/data/faces] [--models DIR] [--part accuracy time templates attacks]

SPLIT holds people.csv, pairs.csv, identify.csv and images/ as the scorer wants them. Nothing is trained and no picture
is written. Times are process-CPU times on one thread; only their ratios can be compared between machines.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import importlib.util
import io
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT / "../shared"
sys.path.insert(0, str(ROOT))

import cv2  # noqa: E402
import numpy as np  # noqa: E402

from benchmarks import face_attacks, face_peers, face_templates, face_time  # noqa: E402
from config.model_face import Faces  # noqa: E402
from vision.faces.engine import FaceEngine  # noqa: E402
from vision.faces.face import Vector  # noqa: E402
from vision.faces.pictures import decode  # noqa: E402

Image = np.ndarray[Any, np.dtype[np.uint8]]


@dataclass(frozen=True)
class Split:
    """The pictures of a split and who is on them."""

    folder: Path
    identity: dict[str, str]
    roles: dict[str, str]
    """gallery, probe or unknown, for the pictures that have one."""

    @classmethod
    def read(cls, folder: Path) -> Split:
        return cls(
            folder,
            {row["file"]: row["identity"] for row in rows(folder / "people.csv")},
            {row["file"]: row["role"] for row in rows(folder / "identify.csv")},
        )

    def pictures(self) -> Iterator[tuple[str, Image]]:
        """Every picture by name, with progress on a terminal."""
        for number, name in enumerate(self.identity, 1):
            yield name, decode((self.folder / name).read_bytes())
            if sys.stderr.isatty() and number % 50 == 0:
                print(f"\r{number}/{len(self.identity)}", end="", file=sys.stderr)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as table:
        return list(csv.DictReader(table))


def scored(split: Split, found: dict[str, Vector]) -> dict[str, Any]:
    """What tools/eval_faces.py says of these templates."""
    spec = importlib.util.spec_from_file_location("eval_faces", SHARED / "tools/eval_faces.py")
    if spec is None or spec.loader is None:
        raise SystemExit("tools/eval_faces.py is missing beside the project")
    judge = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(judge)
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as lines:
        for name in split.identity:
            vector = found.get(name)
            found_or_not = {"found": False} if vector is None else {"embedding": vector.tolist()}
            lines.write(json.dumps({"file": name, **found_or_not}) + "\n")
        lines.flush()
        printed = io.StringIO()
        arguments, sys.argv = sys.argv, ["eval_faces.py", str(split.folder), "--results", lines.name]
        try:
            with contextlib.redirect_stdout(printed):
                judge.main()
        finally:
            sys.argv = arguments
    said: list[dict[str, Any]] = [json.loads(line) for line in printed.getvalue().splitlines()]
    whole = next(item["verification"] for item in said if item.get("verification", {}).get("set") == "all")
    return {**whole, **next(item["identification"] for item in said if "identification" in item)}


def accuracy(split: Split, systems: dict[str, Callable[[Image], Vector | None]]) -> dict[str, dict[str, Vector]]:
    """Templates of every system, and its figures on the screen."""
    made: dict[str, dict[str, Vector]] = {name: {} for name in systems}
    for file, image in split.pictures():
        for name, template in systems.items():
            if (vector := template(image)) is not None:
                made[name][file] = vector
    keys = ("tar@far=0.001", "tar@far=0.0001", "eer", "rank1", "tpir@fpir=0.01", "tpir@fpir=0.003")
    print(f"\n{'':44}" + "".join(f"{key:>15}" for key in keys) + f"{'not found':>11}")
    for name, found in made.items():
        figures = scored(split, found)
        print(
            f"{name:44}"
            + "".join(f"{figures.get(key, float('nan')):>15.4f}" for key in keys)
            + f"{len(split.identity) - len(found):>11}",
            flush=True,
        )
    return made


def ours(engine: FaceEngine, *, mirrored: bool, thorough: bool) -> Callable[[Image], Vector | None]:
    """Our pipeline as it looks at a door, or as it enrols."""

    def template(image: Image) -> Vector | None:
        faces = engine.find(image, thorough=thorough)
        return engine.template(image, faces[0], mirrored=mirrored)[0] if faces else None

    return template


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", type=Path, default=SHARED / "data/faces")
    parser.add_argument("--models", type=Path, default=SHARED / "models", help="folder of the models")
    parser.add_argument("--peers", type=Path, default=SHARED / "models/peers", help="weights that only measure")
    parts = ("accuracy", "time", "templates", "attacks")
    parser.add_argument("--part", nargs="*", choices=parts, default=list(parts))
    parser.add_argument("--save", type=Path, help="keep the templates here, for training/face_threshold.py")
    options = parser.parse_args()
    if not (options.split / "people.csv").is_file() or not (SHARED / "tools/eval_faces.py").is_file():
        print("no labelled faces and scorer beside the project (../shared); nothing measured", file=sys.stderr)
        return 2
    cv2.setNumThreads(1)
    engine = FaceEngine(options.models, Faces())
    split = Split.read(options.split)
    if "accuracy" in options.part or "templates" in options.part:
        systems = {
            "ours, at the door (one pass)": ours(engine, mirrored=False, thorough=False),
            "ours, enrolment (both sides of the face)": ours(engine, mirrored=True, thorough=True),
        }
        if "accuracy" in options.part:
            systems |= face_peers.systems(options.models, options.peers)
        made = accuracy(split, systems)
        door, enrolled = list(made.values())[:2]
        if options.save:
            lines = [json.dumps({"file": file, "embedding": vector.tolist()}) for file, vector in door.items()]
            options.save.write_text("\n".join(lines) + "\n", encoding="utf-8")
        if "templates" in options.part:
            face_templates.measure(split.identity, split.roles, door, enrolled)
    if "time" in options.part:
        face_time.measure(
            engine, [image for _, image in zip(range(40), (i for _, i in split.pictures()), strict=False)]
        )
    if "attacks" in options.part:
        face_attacks.measure(engine, split.pictures(), count=120)
    return 0


if __name__ == "__main__":
    sys.exit(main())
