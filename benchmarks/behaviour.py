"""The watching duties over rendered or recorded clips, in the clips' own time; predictions for a scorer, and the cost.

    python -m benchmarks.behaviour --clips DIR --out DIR [--kind throwing|lane|loiter] [--only NAME]
                                   [--models DIR | --no-detector]

Beside each film lies a JSON file with its calibration or its rule; of that file nothing else is read but
``known_faces`` (what a face duty on the same camera would say). Films without one are run with ``--site FILE --camera
NAME``. Writes one JSON of predictions per film and ``summary.json``; the CPU time of the duty is told as a ratio to
decoding in the same run, one thread each. Zones use the detector of ``--models``, by default of the shared models
beside the project where they are; the summary says whether they had it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2

from config.load import load
from config.model import Camera
from training.rendered import FILMS, camera_of
from vision.errors import SourceError
from vision.falling.weights import fall_forest
from vision.sightings import FallSeen, LoitererSeen, Sighting, ZoneBlocked
from vision.watching.detectors import zone_detector
from vision.watching.film import Spent, run_film
from vision.watching.watches import CameraWatches, watches_of

MODELS = Path(__file__).resolve().parents[1] / "../shared/models"
KNOWN_EVERY_S = 0.5
_KINDS: dict[type, str] = {FallSeen: "throwing", ZoneBlocked: "lane", LoitererSeen: "loiter"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, write, print the summary."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--kind", choices=("throwing", "lane", "loiter"))
    parser.add_argument("--only", help="part of the film's name")
    parser.add_argument("--models", type=Path, default=MODELS, help=f"folder of the model files ({MODELS})")
    parser.add_argument("--no-detector", action="store_true", help="zones as they run without the model")
    parser.add_argument("--site", type=Path, help="site file for films without a JSON file beside them")
    parser.add_argument("--camera", help="camera of that site file")
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    detector = None if options.no_detector or not options.models.is_dir() else zone_detector(options.models)
    learnt, total, cost = fall_forest(), [], Spent()
    for film, truth, camera in films(options):
        watches = watches_of(film.stem, camera, prefix="b", detector=detector, learnt=learnt)
        line = one(film, truth, watches, options.out, cost)
        total.append(line)
        print(json.dumps(line, ensure_ascii=False), flush=True)
    summary = {
        "films": len(total),
        "detector": detector is not None,
        "damaged": sum("fault" in line for line in total),
        "events": sum(line["events"] for line in total),
        "frames": cost.frames,
        "decode_cpu_s": round(cost.decode_s, 2),
        "watch_cpu_s": round(cost.watch_s, 2),
        "cpu_to_decoding": round(cost.ratio, 3),
        "cpu_of_real_time": round((cost.decode_s + cost.watch_s) / cost.film_s, 3) if cost.film_s else None,
    }
    (options.out / "summary.json").write_text(json.dumps(summary | {"each": total}, indent=1))
    print(json.dumps(summary))
    return 0


def films(options: argparse.Namespace) -> Iterator[tuple[Path, dict[str, Any], Camera]]:
    """Each film with what an installer would have said of it."""
    for film in sorted(path for path in options.clips.iterdir() if path.suffix in FILMS):
        if options.only and options.only not in film.stem:
            continue
        beside = film.with_suffix(".json")
        if beside.is_file():
            try:
                truth = {k: v for k, v in json.loads(beside.read_text()).items() if k != "events"}
                camera = camera_of(truth)
            except (ValueError, KeyError, TypeError) as error:
                print(f"{beside.name}: left out, no calibration or rule ({error!r})", file=sys.stderr)
                continue
            if options.kind in (None, truth["kind"]):
                yield film, truth, camera
        elif options.site is not None:
            yield film, {}, load(options.site).site.cameras[options.camera]


def one(film: Path, truth: dict[str, Any], watches: CameraWatches, out: Path, cost: Spent) -> Any:
    """Run one film; its predictions go into a file of its name."""
    spent, began_s = Spent(), time.monotonic()
    known = _Known(truth.get("known_faces", ()), watches)
    events, fault = [], ""
    try:
        for told in run_film(film, film.stem, watches, spent, before=known.until):
            if (event := prediction(told.film_s, told.said)) is not None:  # type: ignore[arg-type]
                events.append(event)
    except SourceError as error:
        fault = str(error)  # a damaged film is told what it showed until there
    answer = {
        "events": events,
        "wall_s": round(spent.decode_s + spent.watch_s, 3),
        "decode_s": round(spent.decode_s, 3),
    }
    (out / f"{film.stem}.json").write_text(json.dumps(answer))
    for name in ("frames", "film_s", "decode_s", "watch_s"):
        setattr(cost, name, getattr(cost, name) + getattr(spent, name))
    look_ms = 1e3 * spent.watch_s / max(1, spent.frames)
    return ({"fault": fault} if fault else {}) | {
        "film": film.stem,
        "events": len(events),
        "cpu_to_decoding": round(spent.ratio, 2),
        "look_ms_mean": round(look_ms, 2),
        "look_ms_max": round(spent.look_ms_max, 1),
        "seconds": round(time.monotonic() - began_s, 1),
    }


class _Known:
    """Says to the watches what a face duty would have said by now."""

    def __init__(self, faces: Sequence[dict[str, Any]], watches: CameraWatches) -> None:
        self._waiting, self._watches = list(faces), watches

    def until(self, at_s: float) -> None:
        while self._waiting and self._waiting[0]["t"] <= at_s:
            face = self._waiting.pop(0)
            x, y, width, height = (round(side) for side in face["box"])
            self._watches.recognised((x, y, width, height), face["t"])


def prediction(film_s: float, said: Sighting) -> dict[str, Any] | None:
    """The sighting in the scorer's form; None for what is no event of its own."""
    kind = _KINDS.get(type(said))
    if kind is None or (isinstance(said, ZoneBlocked) and said.reminder):
        return None
    if isinstance(said, FallSeen):
        track = [[round(p.at_mono_s, 3), p.x, p.y, p.width, p.height] for p in said.track]
        x, y = said.origin
        origin = {"x": x, "y": y, "floor": said.floor, "col": said.column}
        times = {"start_s": said.started_mono_s, "end_s": said.ended_mono_s, "alarm_s": film_s}
        more = {
            "fall": said.kind,
            "confidence": said.confidence,
            "speed_mps": said.speed_mps,
            "height_m": said.height_m,
        }
        return {"kind": kind, **times, "track": track, "origin": origin, **more}
    assert isinstance(said, ZoneBlocked | LoitererSeen)
    more = {k: v for k, v in asdict(said).items() if k in ("label", "from_start", "dwell_s", "returns")}
    return {"kind": kind, "start_s": said.since_mono_s, "end_s": film_s, "alarm_s": film_s, "box": said.box, **more}


if __name__ == "__main__":
    sys.exit(main())
