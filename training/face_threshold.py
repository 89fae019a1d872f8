"""Measures how alike different people are under an embedder: writes its block of ``vision/faces/calibration.toml``.

    python training/face_threshold.py SPLIT --models DIR [--embedder NAME] [--check] [--embeddings FILE.jsonl]

SPLIT holds ``people.csv`` (file, identity) and the pictures. Only comparisons of different people are looked at, and
nothing of the pictures but the figures comes out. ``--embeddings`` takes the lines of ``menwei analyze faces
--embeddings`` (as `tools/eval_faces.py` reads them) in place of computing them. ``--check`` fixes the threshold on one
half of the people and measures it on the other half, with as many enrolled as the half allows, many times over.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vision.faces.threshold import Calibration, threshold

TAIL_SHARE = 1e-3
"""The tail begins where one comparison in a thousand lies above."""
KNOT_SHARES = (0.5, 0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.0025, TAIL_SHARE)
RESERVE = 1.5
"""Halves of the people at hand differ: with comparisons counted half as often again, a threshold from one half holds on
the other (1.2 times the target at most) in 39 of 40 halvings or more."""

Vectors = NDArray[np.float32]
People = NDArray[np.intp]


def embeddings(split: Path, lines: list[str]) -> tuple[Vectors, People]:
    """Vectors of length 1 and the person of each, from lines of ``menwei analyze faces --embeddings``."""
    with (split / "people.csv").open(newline="") as table:
        identity = {row["file"]: row["identity"] for row in csv.DictReader(table)}
    found = {}
    for line in lines:
        said: dict[str, Any] = json.loads(line)
        if said.get("embedding") and said.get("found", True):
            found[said["file"]] = np.asarray(said["embedding"], np.float32)
    files = [file for file in identity if file in found]
    names = sorted({identity[file] for file in files})
    people = np.array([names.index(identity[file]) for file in files], np.intp)
    vectors = np.stack([found[file] / np.linalg.norm(found[file]) for file in files])
    return vectors.astype(np.float32), people


def computed(split: Path, models: Path, embedder: str) -> list[str]:
    """The same lines by our own pipeline, faces that the quality gate refuses left out."""
    from config.model_face import Faces
    from vision.faces.engine import FaceEngine
    from vision.faces.pictures import decode

    engine = FaceEngine(models, Faces(embedder=embedder, liveness="off"))
    lines = []
    with (split / "people.csv").open(newline="") as table:
        files = [row["file"] for row in csv.DictReader(table)]
    for number, file in enumerate(files, 1):
        image = decode((split / file).read_bytes())
        face = next(iter(engine.find(image)), None)
        if face is not None:
            vector, quality = engine.template(image, face)
            if not quality.problem:
                lines.append(json.dumps({"file": file, "embedding": vector.tolist()}))
        if number % 100 == 0:
            print(f"\r{number}/{len(files)}", end="", file=sys.stderr)
    print(file=sys.stderr)
    return lines


def fitted(vectors: Vectors, people: People, embedder: str) -> Calibration:
    """Quantiles of the comparisons of different people, and a generalised Pareto tail by probability-weighted moments.

    Hosking and Wallis 1987: with b0 the mean excess and b1 the mean of excess times share above it, the scale is
    2 b0 b1 / (b0 - 2 b1) and the shape 2 - b0 / (b0 - 2 b1). A shape below 0 gives the tail an end; it may not lie
    below 1, for twins exist, so larger galleries are not promised more than the law of small ones allows.
    """
    scores = different(vectors, people)
    knots = [float(np.quantile(scores, 1 - share)) for share in KNOT_SHARES]
    excess = np.sort(scores[scores > knots[-1]]) - knots[-1]
    above = (len(excess) - np.arange(1, len(excess) + 1)) / (len(excess) - 1)
    b0, b1 = float(excess.mean()), float((excess * above).mean())
    scale = 2 * b0 * b1 / (b0 - 2 * b1)
    shape = max(2 - b0 / (b0 - 2 * b1), -scale / (1 - knots[-1]))
    return Calibration(
        embedder=embedder,
        scores=tuple(round(knot, 4) for knot in knots),
        shares=KNOT_SHARES,
        scale=round(scale, 5),
        shape=round(shape, 4),
        reserve=RESERVE,
        measured_on=f"{len(set(people.tolist()))} people, {len(people)} pictures, {len(scores)} comparisons",
    )


def different(vectors: Vectors, people: People) -> NDArray[np.float32]:
    """Scores of every pair of pictures of different people."""
    upper = np.triu(people[:, None] != people[None, :], 1)
    return np.asarray((vectors @ vectors.T)[upper], np.float32)


def checked(vectors: Vectors, people: People, *, halvings: int = 40, draws: int = 8) -> None:
    """Share of strangers above a threshold from the other half of the people, for one and two thirds enrolled."""
    rng = np.random.default_rng(7)
    names = np.unique(people)
    scores = vectors @ vectors.T
    print(f"{'enrolled':>8} {'target':>7} {'measured':>9} {'halvings over 1.2 targets':>26}")
    taken: dict[tuple[int, float], list[float]] = {}
    for _ in range(halvings):
        shuffled = rng.permutation(names)
        here, there = np.array_split(shuffled, 2)
        mine = np.isin(people, here)
        calibration = fitted(vectors[mine], people[mine], "")
        for enrolled in (len(there) // 3, 2 * len(there) // 3):
            highest = np.concatenate([_strangers(scores, people, there, enrolled, rng) for _ in range(draws)])
            for fpir in (0.01, 0.003):
                at = threshold(enrolled, fpir, calibration)
                taken.setdefault((enrolled, fpir), []).append(float((highest > at).mean()))
    for (enrolled, fpir), shares in sorted(taken.items(), key=lambda item: (item[0][0], -item[0][1])):
        over = sum(share > 1.2 * fpir for share in shares)
        print(f"{enrolled:>8} {fpir:>7.2%} {np.mean(shares):>9.2%} {over:>20} of {len(shares)}")


def _strangers(
    scores: Vectors, people: People, half: NDArray[Any], enrolled: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """The highest score of every picture of those of the half who are not enrolled; one template a person."""
    gallery = rng.choice(half, enrolled, replace=False)
    rows = [int(rng.choice(np.flatnonzero(people == person))) for person in gallery]
    strangers = np.isin(people, half) & ~np.isin(people, gallery)
    return np.asarray(scores[strangers][:, rows].max(axis=1), np.float32)


def block(calibration: Calibration) -> str:
    """The calibration as TOML."""
    lines = [f"[embedders.{calibration.embedder}]"]
    for key in ("scores", "shares"):
        lines.append(f"{key} = [{', '.join(f'{value:g}' for value in getattr(calibration, key))}]")
    lines += [f"{key} = {getattr(calibration, key):g}" for key in ("scale", "shape", "reserve")]
    return "\n".join([*lines, f'measured_on = "{calibration.measured_on}"'])


def main() -> None:
    """Measure, and print the block."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("split", type=Path)
    parser.add_argument("--models", type=Path)
    parser.add_argument("--embedder", default="mobilefacenet-foamliu")
    parser.add_argument("--embeddings", type=Path)
    parser.add_argument("--save", type=Path, help="keep the computed lines here")
    parser.add_argument("--name", default="", help="of the set of pictures")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.embeddings:
        lines = options.embeddings.read_text(encoding="utf-8").splitlines()
    elif options.models:
        lines = computed(options.split, options.models, options.embedder)
    else:
        parser.error("--models or --embeddings is needed")
    if options.save:
        options.save.write_text("\n".join(lines) + "\n", encoding="utf-8")
    vectors, people = embeddings(options.split, lines)
    if options.check:
        checked(vectors, people)
    made = fitted(vectors, people, options.embedder)
    print(block(replace(made, measured_on=", ".join(filter(None, [options.name, made.measured_on])))))


if __name__ == "__main__":
    main()
