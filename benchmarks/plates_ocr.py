"""The OCR plate reader over a labelled set: exact, precision, and time as a ratio to decoding and resizing.

    python benchmarks/plates_ocr.py [--labels ../shared/data/plates/labels.csv] [--only scenes/] [--limit N]

Scored by tools/eval_plates.py of the same shared folder. Times are process-CPU times of one run, so that a busy
machine changes them little; only the ratio can be compared between machines.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT / "../shared"
sys.path.insert(0, str(ROOT))

import cv2  # noqa: E402
import numpy as np  # noqa: E402

from vision.picture_file import load_picture  # noqa: E402
from vision.plate_ocr import OcrPlateReader  # noqa: E402


def scorer() -> ModuleType | None:
    """tools/eval_plates.py as a module, if it lies beside the project."""
    path = SHARED / "tools/eval_plates.py"
    spec = importlib.util.spec_from_file_location("eval_plates", path) if path.is_file() else None
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def reference_ms(path: Path) -> float:
    """CPU time to decode a picture and resize it to 640 px, with plain OpenCV."""
    started_s = time.process_time()
    picture = np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR))
    cv2.resize(picture, (640, 640 * picture.shape[0] // picture.shape[1]), interpolation=cv2.INTER_AREA)
    return (time.process_time() - started_s) * 1e3


def measure(reader: OcrPlateReader, folder: Path, files: list[str]) -> tuple[list[dict[str, Any]], list[float]]:
    """A record per picture as eval_plates.py wants it, and the ratios of reading to the reference."""
    records, ratios = [], []
    for name in files:
        path = folder / name
        reference = reference_ms(path)
        started_s = time.process_time()
        picture, scale = load_picture(path, max_file_bytes=2**28)
        reads = reader.read(picture)
        spent_ms = (time.process_time() - started_s) * 1e3
        plates = [
            {
                "text": r.text,
                "box": [round(scale * side) for side in r.box],
                "confidence": r.confidence,
                "color": r.color,
            }
            for r in reads
        ]
        records.append({"file": name, "plates": plates, "ms": spent_ms})
        ratios.append(spent_ms / max(reference, 1e-3))
    return records, ratios


def color_rate(records: list[dict[str, Any]], labels: dict[str, list[dict[str, str]]]) -> float:
    """Share of the correctly read plates whose colour is right too."""
    pairs = [
        (plate["color"], row["color"])
        for record in records
        for plate in record["plates"]
        for row in labels[record["file"]]
        if row["text"] == plate["text"]
    ]
    return float(np.mean([a == b for a, b in pairs])) if pairs else 0.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=Path, default=SHARED / "data/plates/labels.csv")
    parser.add_argument("--only", default="scenes/", help="beginning of the file names to use")
    parser.add_argument("--limit", type=int, default=0, help="use only so many pictures")
    parser.add_argument("--side", type=int, default=960, help="side of the picture in which lines are found, px")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    score = scorer()
    if score is None or not options.labels.is_file():
        print("no labelled plates and scorer beside the project (../shared); nothing measured", file=sys.stderr)
        return 2
    cv2.setNumThreads(1)
    labels = {f: rows for f, rows in score.read_labels(options.labels).items() if f.startswith(options.only)}
    labels = dict(list(labels.items())[: options.limit or None])
    reader = OcrPlateReader(side_px=options.side)
    reader.read(load_picture(options.labels.parent / next(iter(labels)), max_file_bytes=2**28)[0])
    records, ratios = measure(reader, options.labels.parent, list(labels))
    by_name = {Path(r["file"]).name: r for r in records}
    figures: dict[str, Any] = {"pictures": len(records), "side_px": options.side}
    for floor in (0.0, 0.5, 0.85):
        result, _ = score.score(labels, by_name, floor)
        figures |= {f"exact_at_{floor}": result["exact_rate"], f"precision_at_{floor}": result["precision"]}
    figures |= {
        "plates": result["plates"],
        "color_right": color_rate(records, labels),
        "cpu_ms_median": statistics.median(r["ms"] for r in records),
        "ratio_to_decode_and_resize_median": statistics.median(ratios),
    }
    if options.json:
        print(json.dumps(figures))
    else:
        print("\n".join(f"{k:36s} {v:.4f}" if isinstance(v, float) else f"{k:36s} {v}" for k, v in figures.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
