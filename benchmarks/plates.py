"""Plate readers side by side over labelled pictures: ours, RapidOCR and the peers' weights, one thread each.

    python benchmarks/plates.py [--images DIR] [--labels CSV] [--only scenes/] [--limit N] [--readers NAME ...]
                                [--peers DIR] [--folds DIR:0,1 ...] [--worst FILE.png] [--json FILE]

Exact, exact without the province, detection recall (also at a precision of 95 %), precision of all reads, coverage
at a precision of 99.5 % with its threshold (chosen on these very pictures), all by kind; and the CPU time of a
picture, decoding excluded, as a ratio to the best peer in the same run. ``--worst`` draws what our reader got wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT / "../shared"
sys.path.insert(0, str(ROOT))

import cv2  # noqa: E402

from benchmarks.plate_peers import CONTESTANTS, REFERENCE, Contestant, Folded  # noqa: E402
from benchmarks.plate_score import Label, Seen, figures, read_labels  # noqa: E402
from benchmarks.plate_worst import draw_worst  # noqa: E402
from vision.picture_file import load_picture  # noqa: E402
from vision.plate_reader import BadImage, Image, ReaderError, check_image  # noqa: E402

COLUMNS = (
    ("exact", "exact"),
    ("without_province", "-prov"),
    ("precision", "prec"),
    ("recall", "recall"),
    ("recall_at_precision_95", "r@p95"),
    ("coverage_at_99.5", "cov99.5"),
    ("coverage_at_98", "cov98"),
)


def contestants(names: list[str], folder: Path) -> dict[str, Contestant]:
    """Those that can be loaded; says why another one cannot."""
    made: dict[str, Contestant] = {}
    for name in names:
        try:
            made[name] = CONTESTANTS[name](folder)
        except (ReaderError, OSError, RuntimeError) as error:
            print(f"{name}: left out ({error})", file=sys.stderr)
        except Exception as error:
            if type(error).__module__.startswith("onnxruntime"):  # its errors have no base class of their own
                print(f"{name}: left out ({error})", file=sys.stderr)
            else:
                raise
    return made


def measure(readers: dict[str, Contestant | Folded], folder: Path, files: list[str]) -> dict[str, dict[str, Seen]]:
    """What each reader makes of each picture; they take turns picture by picture, so that load hits all alike."""
    seen: dict[str, dict[str, Seen]] = {name: {} for name in readers}
    warm: set[str] = set()
    for file in files:
        opened = picture_of(folder / file)
        if opened is None:
            for answers in seen.values():
                answers[file] = Seen([])
            continue
        picture, scale = opened
        for name, contestant in readers.items():
            reader = contestant.of(file) if isinstance(contestant, Folded) else contestant
            if name not in warm:
                reader.look(picture)  # the first run of a network plans its memory
                warm.add(name)
            started_s = time.process_time()
            answer = reader.look(picture)
            answer.cpu_ms = (time.process_time() - started_s) * 1e3
            seen[name][file] = answer if scale == 1 else _scaled(answer, scale)
    return seen


def picture_of(path: Path) -> tuple[Image, float] | None:
    """The picture and its scale; one that cannot be used is named, and counts as seen without a plate."""
    try:
        picture, scale = load_picture(path, max_file_bytes=2**28)
        return check_image(picture), scale
    except (BadImage, OSError) as error:
        print(f"{path.name}: counted as not read ({error})", file=sys.stderr)
        return None


def _scaled(answer: Seen, scale: float) -> Seen:
    def grown(box: Any) -> Any:
        return tuple(scale * side for side in box) if box is not None else None

    reads = [type(r)(r.text, r.confidence, grown(r.box)) for r in answer.reads]
    return Seen(reads, [(grown(box), score) for box, score in answer.found], answer.cpu_ms)


def compare(labels: dict[str, list[Label]], seen: dict[str, dict[str, Seen]]) -> dict[str, dict[str, Any]]:
    """Figures of each reader with its time and its ratio to the reference."""
    total_ms = {name: sum(s.cpu_ms for s in answers.values()) for name, answers in seen.items()}
    table = {}
    for name, answers in seen.items():
        row = figures(labels, answers)
        row["cpu_ms_mean"] = total_ms[name] / max(1, len(answers))
        row["time_ratio"] = total_ms[name] / total_ms[REFERENCE] if total_ms.get(REFERENCE) else None
        table[name] = row
    return table


def show(table: dict[str, dict[str, Any]]) -> None:
    """The table as text."""
    print(f"{'':12s}" + "".join(f"{short:>9s}" for _, short in COLUMNS) + f"{'false':>7s}{'ms':>8s}{'ratio':>7s}")
    for name, row in table.items():
        values = [row[key][0] if isinstance(row[key], tuple) else row[key] for key, _ in COLUMNS]
        ratio = f"{row['time_ratio']:7.2f}" if row["time_ratio"] else f"{'':>7s}"
        cells = "".join(f"{100 * value:8.1f}%" for value in values)
        print(f"{name:12s}{cells}{row['false_places']:7d}{row['cpu_ms_mean']:8.1f}{ratio}")
    for name, row in table.items():
        _, threshold = row["coverage_at_99.5"]
        silent = f"{row['of_those_silent']}/{row['pictures_without_plate']}"
        print(f"{name}: sure from {threshold:.3f}; silent pictures without a plate {silent}; {row['kinds']}")


def chosen(labels: dict[str, list[Label]], only: str, limit: int, without: Path | None) -> dict[str, list[Label]]:
    """The labelled pictures to use, and pictures without a plate from another folder."""
    picked = {file: plates for file, plates in labels.items() if file.startswith(only)}
    picked = dict(list(picked.items())[: limit or None])
    if without is not None:
        suffixes = {".jpg", ".jpeg", ".png", ".bmp", ".pgm"}
        files = sorted(path for path in without.rglob("*") if path.suffix.lower() in suffixes)
        picked |= {str(path.resolve()): [] for path in files[: limit or None]}
    return picked


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=Path, default=SHARED / "data/plates/labels.csv")
    parser.add_argument("--images", type=Path, help="folder that the file column starts from; that of the labels")
    parser.add_argument("--only", default="", help="beginning of the file names to use")
    parser.add_argument("--limit", type=int, default=0, help="use only so many pictures")
    parser.add_argument("--without", type=Path, help="a folder of pictures without plates, added to the set")
    parser.add_argument("--readers", nargs="+", default=list(CONTESTANTS), choices=list(CONTESTANTS))
    parser.add_argument("--peers", type=Path, default=SHARED / "models/peers", help="folder of the peers' weights")
    parser.add_argument("--worst", type=Path, help="draw the worst cases of the first reader into this picture")
    parser.add_argument("--json", type=Path, help="write the figures into this file")
    parser.add_argument("--folds", nargs="+", help="DIR:0,1 ...: finders' weights, and the folds they never saw")
    options = parser.parse_args()
    if not options.labels.is_file():
        print(f"no labels at {options.labels}; nothing measured", file=sys.stderr)
        return 2
    cv2.setNumThreads(1)
    labels = chosen(read_labels(options.labels), options.only, options.limit, options.without)
    folder = options.images or options.labels.parent
    readers: dict[str, Contestant | Folded] = {}
    if options.folds:
        readers["ours, folds"] = Folded(options.folds)
    readers.update(contestants(options.readers, options.peers))
    seen = measure(readers, folder, list(labels))
    table = compare(labels, seen)
    show(table)
    if options.json:
        options.json.write_text(json.dumps(table, ensure_ascii=False, indent=1), encoding="utf-8")
    if options.worst and seen:
        sheet: Image = draw_worst(labels, next(iter(seen.values())), folder)
        cv2.imencode(".png", sheet)[1].tofile(options.worst)
        print(f"worst cases of {next(iter(seen))}: {options.worst}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
