"""Figures of a plate reader over labelled pictures: exact, detection, precision, coverage, by kind.

A labels file has the columns file,text,color,rows,x1,y1,x2,y2,ignore; coordinates may be absent (cut-outs), and
a plate with ignore=1 is neither wanted nor held against a reader. A read is right if its text stands in the
picture; it lies on a plate at an IoU of 0.1 and has found it at 0.5.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vision import geometry
from vision.plate_text import kind_of

BoxF = tuple[float, float, float, float]
FOUND_IOU, ON_IOU = 0.5, 0.1


@dataclass(frozen=True, slots=True)
class Label:
    """One plate that stands in a picture."""

    text: str
    group: str
    """Kind, colour and rows."""
    box: BoxF | None
    ignored: bool


@dataclass(frozen=True, slots=True)
class Read:
    """One text that a reader reports."""

    text: str
    confidence: float
    box: BoxF | None = None


@dataclass(slots=True)
class Seen:
    """What one reader made of one picture."""

    reads: list[Read]
    found: list[tuple[BoxF, float]] = field(default_factory=list)
    """Places of plates with their scores, also those that no text came out of."""
    cpu_ms: float = 0.0


def read_labels(path: Path) -> dict[str, list[Label]]:
    """The plates of every picture, by file name; a picture without plates has a row without text."""
    labels: dict[str, list[Label]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            plates = labels[row["file"]]
            if row["text"]:
                plates.append(_label(row))
    return dict(labels)


def _label(row: dict[str, str]) -> Label:
    kind = kind_of(row["text"])
    group = f"{kind.name if kind else 'other'}, {row.get('color') or '?'}, {row.get('rows') or '1'} row"
    x1, y1, x2, y2 = (row.get(key) or "" for key in ("x1", "y1", "x2", "y2"))
    box = (float(x1), float(y1), float(x2), float(y2)) if x2 else None
    return Label(row["text"], group, box, row.get("ignore") == "1")


def _iou(a: BoxF | None, b: BoxF | None) -> float:
    """1 where one of the two has no place: a cut-out is the plate."""
    return geometry.iou(a, b) if a is not None and b is not None else 1.0


def figures(labels: dict[str, list[Label]], seen: dict[str, Seen]) -> dict[str, Any]:
    """All figures of one reader; rates are shares of the plates that are not ignored."""
    groups: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    plates = exact = tail = empty = silent = 0
    judged: list[tuple[float, bool]] = []
    for name, truth in labels.items():
        reads = seen[name].reads
        wanted = [label for label in truth if not label.ignored]
        for label in wanted:
            hit = any(read.text == label.text for read in reads)
            plates, exact = plates + 1, exact + hit
            tail += any(read.text[1:] == label.text[1:] and _iou(read.box, label.box) > 0 for read in reads)
            groups[label.group][0] += hit
            groups[label.group][1] += 1
        judged += judge(truth, reads)
        empty, silent = empty + (not truth), silent + (not truth and not reads)
    detections = [pair for name, truth in labels.items() for pair in _judge_places(truth, seen[name].found)]
    right = sum(ok for _, ok in judged)
    return {
        "pictures": len(labels),
        "plates": plates,
        "exact": _share(exact, plates),
        "without_province": _share(tail, plates),
        "reads": len(judged),
        "precision": _share(right, len(judged)),
        "coverage_at_99.5": _coverage(judged, plates, 0.995),
        "coverage_at_98": _coverage(judged, plates, 0.98),
        "recall": _share(sum(ok for _, ok in detections), plates),
        "recall_at_precision_95": _coverage(detections, plates, 0.95)[0],
        "false_places": sum(not ok for _, ok in detections),
        "pictures_without_plate": empty,
        "of_those_silent": silent,
        "kinds": {group: f"{hit}/{count}" for group, (hit, count) in sorted(groups.items())},
    }


def judge(truth: Sequence[Label], reads: Iterable[Read]) -> list[tuple[float, bool]]:
    """Confidence and rightness of each read that is to be judged; a plate makes one read right, not two."""
    left = Counter(label.text for label in truth)
    cared_not = [label for label in truth if label.ignored]
    judged = []
    for read in sorted(reads, key=lambda r: -r.confidence):
        if read.box is not None and any(_iou(read.box, label.box) >= ON_IOU for label in cared_not):
            continue
        right = left[read.text] > 0
        left[read.text] -= right
        judged.append((read.confidence, right))
    return judged


def _judge_places(truth: Sequence[Label], found: Iterable[tuple[BoxF, float]]) -> list[tuple[float, bool]]:
    """Score and rightness of each place, best first; a second place on one plate is wrong."""
    left = list(truth)
    judged = []
    for box, score in sorted(found, key=lambda f: -f[1]):
        best = max(left, key=lambda label: _iou(box, label.box), default=None)
        if best is None or _iou(box, best.box) < FOUND_IOU:
            judged.append((score, False))
            continue
        left.remove(best)
        if not best.ignored:
            judged.append((score, True))
    return judged


def _coverage(judged: Sequence[tuple[float, bool]], plates: int, precision: float) -> tuple[float, float]:
    """Largest share of plates answered rightly above one threshold at that precision, and the threshold."""
    best, right = (0.0, 1.0), 0
    ranked = sorted(judged, key=lambda pair: -pair[0])
    for count, (score, ok) in enumerate(ranked, 1):
        right += ok
        tied = count < len(ranked) and ranked[count][0] == score
        if not tied and right >= precision * count and plates:
            best = max(best, (right / plates, score), key=lambda b: b[0])
    return best


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
