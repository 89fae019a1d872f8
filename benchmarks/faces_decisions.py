"""What several enrolled pictures and several frames add, by our own gallery, threshold and looks.

    PYTHONPATH=. python benchmarks/faces_decisions.py SPLIT --embeddings FILE.jsonl

SPLIT holds ``people.csv``; FILE the lines of ``menwei analyze faces --embeddings``. People with six pictures or more
are enrolled with one to three of them and come again as others; everybody else is a stranger. The pictures of a look
were taken on different days, which is harder than the frames of a camera. Liveness is left out.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np

from config.model_face import Faces
from training.face_threshold import People, Vectors, embeddings
from vision.commands import GalleryPart
from vision.faces.calibration import load_calibration
from vision.faces.gallery import Gallery, GalleryBuilder
from vision.faces.looks import LookTracker, Sighting
from vision.faces.threshold import threshold

BOX = (100, 100, 200, 230)
CASES = ((1, 3), (2, 3), (3, 3), (1, 5))
"""Templates of each resident, pictures of a look."""
DRAWS = 20
FACES = Faces(frames=3, liveness="off", within_s=2.0)


def gallery_of(vectors: Vectors, rows: list[int], people: list[str]) -> Gallery:
    """A gallery as the hub would stream it."""
    made = GalleryBuilder().take(
        GalleryPart(
            version=1,
            part=0,
            parts=1,
            model="m",
            dim=vectors.shape[1],
            people=tuple(people),
            negative=(),
            vectors=vectors[rows].astype("<f4").tobytes(),
        )
    )
    assert made is not None
    return made


def single(gallery: Gallery, vector: Vectors, at: float) -> str:
    """Who one picture shows, by threshold and margin alone."""
    match = gallery.match(vector)
    return match.person if match.score >= at and match.score - match.second >= FACES.margin else ""


def look(gallery: Gallery, pictures: Vectors, at: float) -> str:
    """Who a look at these pictures shows."""
    tracker = LookTracker("l", FACES)
    for number, vector in enumerate(pictures):
        match = gallery.match(vector)
        seen = Sighting(box=BOX, person=match.person, score=match.score, second=match.second, threshold=at, quality=1.0)
        for verdict in tracker.step(seen, (), number * 0.3):
            if verdict.outcome == "known":
                return verdict.person
    return ""


def draw(vectors: Vectors, people: People, case: tuple[int, int], fpir: float, rng: np.random.Generator) -> list[float]:
    """Known and strangers taken for somebody, by single pictures and by looks."""
    templates, length = case
    pictures = {int(person): rng.permutation(np.flatnonzero(people == person)) for person in np.unique(people)}
    residents = [person for person, rows in pictures.items() if len(rows) >= 6]
    rows = [int(row) for person in residents for row in pictures[person][:templates]]
    gallery = gallery_of(vectors, rows, [str(people[row]) for row in rows])
    at = threshold(gallery.templates, fpir, load_calibration(FACES.embedder))
    probes = [(person, int(row)) for person in residents for row in pictures[person][-length:]]
    strangers = [rows for person, rows in pictures.items() if person not in residents]
    shown = [rows for rows in strangers if len(rows) >= length]
    return [
        float(np.mean([single(gallery, vectors[row], at) == str(person) for person, row in probes])),
        float(np.mean([single(gallery, vectors[row], at) != "" for rows in strangers for row in rows])),
        float(np.mean([look(gallery, vectors[pictures[p][-length:]], at) == str(p) for p in residents])),
        float(np.mean([look(gallery, vectors[rows[:length]], at) != "" for rows in shown])),
        len(residents),
        at,
    ]


def rules(vectors: Vectors, people: People, rng: np.random.Generator) -> dict[str, float]:
    """Share of residents known at a measured FPIR of 1 %, three templates each, by how templates count."""
    pictures = {int(person): rng.permutation(np.flatnonzero(people == person)) for person in np.unique(people)}
    residents = [person for person, rows in pictures.items() if len(rows) >= 6]
    enrolled = np.stack([vectors[pictures[person][:3]] for person in residents])
    probes = np.concatenate([pictures[person][3:6] for person in residents])
    strangers = np.flatnonzero(~np.isin(people, residents))
    owners = np.repeat(np.arange(len(residents)), 3)
    means = enrolled.mean(axis=1)
    means /= np.linalg.norm(means, axis=1, keepdims=True)

    def by_template(rows: np.ndarray[tuple[int, ...], np.dtype[np.intp]]) -> Vectors:
        return np.sort(np.einsum("pkd,xd->xpk", enrolled, vectors[rows]), axis=2)

    ways: dict[str, Callable[..., Vectors]] = {
        "the best template": lambda rows: by_template(rows)[:, :, -1],
        "mean of the two best": lambda rows: by_template(rows)[:, :, -2:].mean(axis=2),
        "mean vector (ours)": lambda rows: np.asarray(vectors[rows] @ means.T, np.float32),
    }
    known = {}
    for name, way in ways.items():
        at = float(np.quantile(way(strangers).max(axis=1), 0.99))
        scores = way(probes)
        known[name] = float(np.mean((scores.argmax(axis=1) == owners) & (scores.max(axis=1) > at)))
    return known


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("split", type=Path)
    parser.add_argument("--embeddings", type=Path, required=True)
    options = parser.parse_args()
    vectors, people = embeddings(options.split, options.embeddings.read_text(encoding="utf-8").splitlines())
    print("                               single pictures           looks")
    print("templates  look  target  threshold  known  strangers   known  strangers")
    for case in CASES:
        for fpir in (0.01, 0.003):
            rng = np.random.default_rng(11)
            done = np.mean([draw(vectors, people, case, fpir, rng) for _ in range(DRAWS)], axis=0)
            one, wrong, looked, wrongly, count, at = done
            print(
                f"{case[0]:>9} {case[1]:>5} {fpir:>7.1%} {at:>10.3f} {one:>6.1%} {wrong:>10.2%} {looked:>7.1%} "
                f"{wrongly:>10.2%}   ({count:.0f} people)"
            )
    rng = np.random.default_rng(13)
    drawn = [rules(vectors, people, rng) for _ in range(DRAWS)]
    print("three templates each, at a measured FPIR of 1 %:")
    for name in drawn[0]:
        print(f"  {name:<22} {np.mean([one[name] for one in drawn]):.1%} known")


if __name__ == "__main__":
    main()
