"""Shell: figures of the exported recogniser on real cut-outs and on rendered plates of every kind.

python -m training.plates.check_reader --glyphs DIR [--check DIR] [--corners FILE] [--weights FILE]
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.plates.glyphs import Glyphs
from training.plates.layouts import KIND_NAMES
from training.plates.reader_check import Spot, load_spots
from training.plates.reader_data import draw_hardness, draw_seen, found_corners
from vision.plate_decode import StripRead
from vision.plate_recogniser import PlateRecogniser
from vision.plate_text import KINDS

RENDERED_SEED = 77_001
_READABLE = 0.75


@dataclass(frozen=True, slots=True)
class Outcome:
    """One plate: its group, what stands on it and what was read."""

    group: str
    text: str
    read: StripRead
    color_ok: bool
    rows_ok: bool


def read_spots(reader: PlateRecogniser, spots: list[Spot], part: str) -> list[Outcome]:
    """The reads of real plates at their corners; crops are read as the strips that they are."""
    outcomes = []
    for spot in spots:
        if part == "crops":
            strip = np.asarray(cv2.resize(spot.image, (160, 40), interpolation=cv2.INTER_LINEAR), np.uint8)
            read, rows = reader.read_strips(strip[None])[0], 1
        else:
            found = reader.read_at(spot.image, spot.corners)
            read, rows = found.read, found.rows
        outcomes.append(Outcome(part, spot.text, read, read.color == spot.color, rows == spot.rows))
    return outcomes


def read_rendered(reader: PlateRecogniser, glyphs: Glyphs, per_kind: int) -> list[Outcome]:
    """The reads of rendered plates, every kind in every number of rows; of a seed that is never trained on."""
    outcomes = []
    for kind in KIND_NAMES:
        rows = sorted({r for k in KINDS if k.name == kind for r in k.rows})
        for count in rows:
            rng = np.random.default_rng([RENDERED_SEED, KIND_NAMES.index(kind), count])
            for _ in range(per_kind):
                hardness = draw_hardness(rng, _READABLE)
                seen = draw_seen(rng, glyphs, hardness, kind, count)
                found = reader.read_at(seen.image, found_corners(rng, seen.corners, hardness))
                color = found.read.color == seen.plate.color
                name = f"{kind} {count}"
                outcomes.append(Outcome(name, seen.plate.text, found.read, color, found.rows == count))
    return outcomes


def show(name: str, outcomes: list[Outcome]) -> str:
    """One line of figures: exact, without province, province, grammar, colour, rows."""
    n = max(1, len(outcomes))
    exact = sum(o.read.text == o.text for o in outcomes) / n
    tail = sum(o.read.text[1:] == o.text[1:] for o in outcomes) / n
    first = sum(o.read.text[:1] == o.text[:1] for o in outcomes) / n
    plates = [o for o in outcomes if o.read.kind is not None]
    right = sum(o.read.text == o.text for o in plates) / max(1, len(plates))
    color, rows = (sum(getattr(o, field) for o in outcomes) / n for field in ("color_ok", "rows_ok"))
    return (
        f"{name:20s} n {n:4d} exact {exact:.3f} tail {tail:.3f} first {first:.3f} "
        f"precision {right:.3f} colour {color:.3f} rows {rows:.3f}"
    )


def sure_at(outcomes: list[Outcome], precision: float) -> tuple[float, float]:
    """The lowest confidence from which on the reads are this precise, and the part of the plates they cover."""
    ranked = sorted((o for o in outcomes if o.read.kind), key=lambda o: -o.read.confidence)
    right = np.cumsum([o.read.text == o.text for o in ranked])
    enough: NDArray[np.intp] = np.flatnonzero(right >= precision * np.arange(1, len(ranked) + 1))
    if not len(enough):
        return 1.0, 0.0
    last = int(enough[-1])
    return ranked[last].read.confidence, float(right[last]) / len(outcomes)


def main() -> None:
    """Read the command line and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--glyphs", type=Path, help="folder of glyph images, for the rendered sets")
    parser.add_argument("--check", type=Path, help="folder with labels.csv")
    parser.add_argument("--corners", type=Path, help="JSON of corners by file#text; else box and angle of the label")
    parser.add_argument("--weights", type=Path, help="default: the package's own")
    parser.add_argument("--per-kind", type=int, default=40)
    parser.add_argument("--wrong", action="store_true", help="name the plates that are read wrong")
    a = parser.parse_args()
    reader = PlateRecogniser(a.weights)
    for part in ("scenes", "crops") if a.check else ():
        outcomes = read_spots(reader, load_spots(a.check, part, a.corners if part == "scenes" else None), part)
        print(show(part, outcomes))
        _print_sure(outcomes)
        for o in outcomes if a.wrong and part == "scenes" else ():
            if o.read.text != o.text:
                print(f"  {o.text} read {o.read.text} ({o.read.candidate}) {o.read.confidence:.3f}")
    if a.glyphs:
        outcomes = read_rendered(reader, Glyphs(a.glyphs), a.per_kind)
        for group in dict.fromkeys(o.group for o in outcomes):
            print(show(group, [o for o in outcomes if o.group == group]))
        print(show("all rendered", outcomes))
        _print_sure(outcomes)


def _print_sure(outcomes: list[Outcome]) -> None:
    for precision in (0.98, 0.99, 0.995, 1.0):
        threshold, covered = sure_at(outcomes, precision)
        print(f"  precision {precision:.3f} from confidence {threshold:.4f} on, coverage {covered:.3f}")


if __name__ == "__main__":
    main()
