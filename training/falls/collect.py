"""Runs the throwing duty over rendered clips and writes down every trail that it weighs: traits, and what it was.

    python -m training.falls.collect --clips DIR [DIR ...] --out DIR

Beside each clip lies its truth as ``tools/scenes`` writes it. One JSON file per clip; clips that have one are left out.
The rules decide here as they do without trees, so that what is offered to the trees is what they will be asked.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from training.rendered import FILMS, camera_of
from vision.falling.tracks import Trail
from vision.falling.traits import Traits
from vision.falling.watch import FallWatch
from vision.watching.film import Spent, run_film
from vision.watching.watches import CameraWatches

UNDECIDED = 0.5
"""A chance at which the rules decide."""
MOSTLY, HARDLY = 0.5, 0.15
"""Share of the points in the boxes of one event: of a trail that is it, and of one that has nothing to do with it."""
GROWN, GROWN_PX = 0.15, 4.0
"""By how much of its sides, and how many pixels, a box is larger here."""
BESIDE, LATE_PICTURES, NEAR_PX = 0.3, 8, 8.0
"""Share of the points that are so near to where a thing was within so many pictures, of what a codec left of it."""
NOTHING, UNCLEAR = -1, -2


@dataclass
class Recorder:
    """Stands where the trees stand, and writes down what they are asked."""

    truth: dict[str, Any]
    names: list[str] = field(default_factory=list)
    rows: list[list[float]] = field(default_factory=list)
    event: list[int] = field(default_factory=list)
    begins_s: list[float] = field(default_factory=list)

    def worth_a_look(self, trail: Trail, cheap: Traits) -> bool:
        """All are looked at."""
        return True

    def chance(self, trail: Trail, traits: Traits) -> float:
        """Writes the trail down."""
        self.names = list(traits)
        self.rows.append([float(f"{value:.5g}") for value in traits.values()])
        self.event.append(event_of(trail, self.truth))
        self.begins_s.append(round(float(trail.at_s[0]), 3))
        return UNDECIDED

    def written(self, clip: str) -> dict[str, Any]:
        """What goes into the file."""
        events = [[event["object"], event["difficulty"], event["start_s"]] for event in self.truth["events"]]
        kept = {"names": self.names, "rows": self.rows, "event": self.event, "begins_s": self.begins_s}
        return {"clip": clip, "condition": self.truth["condition"], "events": events} | kept


def event_of(trail: Trail, truth: dict[str, Any]) -> int:
    """Which thrown thing a trail is; `NOTHING`, or `UNCLEAR` where it is partly one, or none that counts."""
    shares = [_share(trail, event["track"], truth["fps"]) for event in truth["events"]]
    best = int(np.argmax(shares)) if shares else -1
    if shares and shares[best] > MOSTLY:
        return UNCLEAR if truth["events"][best]["difficulty"] == "infeasible" else best
    ignored = any(
        zone["start_s"] - 0.5 < trail.at_s[0] < zone["end_s"] + 0.5
        and np.hypot(trail.points[0, 0] - zone["x"], trail.points[0, 1] - zone["y"]) < zone["radius"]
        for zone in truth["ignore"]
    )
    near = max((_near(trail, event["track"], truth["fps"]) for event in truth["events"]), default=0.0)
    return UNCLEAR if ignored or sum(shares) > HARDLY or near > BESIDE else NOTHING


def _share(trail: Trail, track: Sequence[Sequence[float]], fps: float) -> float:
    """Of the points, those in the track's boxes: rows of frame, t, x, y, w, h."""
    boxes = {int(row[0]): row[2:6] for row in track}
    inside = 0
    for frame, (x, y) in zip(np.round(trail.at_s * fps).astype(int).tolist(), trail.points.tolist(), strict=True):
        if frame in boxes:
            left, top, width, height = boxes[frame]
            beside, above = GROWN_PX + GROWN * width, GROWN_PX + GROWN * height
            inside += -beside < x - left < width + beside and -above < y - top < height + above
    return inside / len(trail.rows)


def _near(trail: Trail, track: Sequence[Sequence[float]], fps: float) -> float:
    """Of the points, those near to where the thing was within some pictures: what a codec leaves behind of it."""
    if not track:
        return 0.0
    rows = np.array([row[:6] for row in track])
    centre, side = rows[:, 2:4] + rows[:, 4:6] / 2, rows[:, 4:6].max(1)
    lately = np.abs(rows[None, :, 0] - np.round(trail.at_s * fps)[:, None]) <= LATE_PICTURES
    off = np.linalg.norm(trail.points[:, None] - centre[None], axis=2)
    return float((lately & (off < NEAR_PX + side[None])).any(1).mean())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run over all clips."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, required=True, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    for film in sorted(path for folder in options.clips for path in folder.iterdir() if path.suffix in FILMS):
        to, beside = options.out / f"{film.stem}.json", film.with_suffix(".json")
        if to.exists() or not beside.exists():
            continue
        truth = json.loads(beside.read_text())
        recorder, facade = Recorder(truth), camera_of(truth).facade
        assert facade is not None
        watch = FallWatch(film.stem, facade, prefix="t", learnt=recorder)
        told = sum(1 for _ in run_film(film, film.stem, CameraWatches(watch, None), Spent()))
        to.write_text(json.dumps(recorder.written(film.stem)))
        print(film.stem, "told", told, "weighed", len(recorder.rows), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
