"""Shell: how well a net reads real cut-outs and rendered plates; labelled pictures are read from a folder."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.plate_strip import STRIP_PX, cut_strip

Image = NDArray[np.uint8]
Corners = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Spot:
    """One real plate: its file, text, colour and rows, the picture HxWx3 uint8 BGR and the plate's corners in it."""

    file: str
    text: str
    color: str
    rows: int
    image: Image
    corners: Corners


@dataclass(frozen=True, slots=True)
class Labelled:
    """One real plate: its picture's file, its text, and its strip 40x160x3 uint8 BGR."""

    file: str
    text: str
    strip: Image


def leaning_corners(x1: float, y1: float, x2: float, y2: float, angle: float) -> Corners:
    """Corners from a box and the angle of the plate's upper edge in degrees, as a sheared rectangle, 4x2 float32."""
    drop = float(np.tan(np.radians(np.clip(angle, -30, 30)))) * (x2 - x1)
    drop = float(np.clip(drop, -0.7 * (y2 - y1), 0.7 * (y2 - y1)))
    left, right = (0.0, drop) if drop > 0 else (-drop, 0.0)
    high = (y2 - y1) - abs(drop)
    return np.array([[x1, y1 + left], [x2, y1 + right], [x2, y1 + right + high], [x1, y1 + left + high]], np.float32)


def load_spots(folder: Path, part: str, corners_file: Path | None = None) -> list[Spot]:
    """The scored plates of ``labels.csv`` whose file begins with ``part`` (scenes or crops).

    ``corners_file`` holds better corners as JSON by "file#text"; without it box and angle of the label serve.
    """
    corners = json.loads(corners_file.read_text()) if corners_file else {}
    spots = []
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if not row["file"].startswith(part) or not row["text"] or row["ignore"] == "1":
                continue
            image = cv2.imread(str(folder / row["file"]))
            if image is None:
                continue
            x1, y1, x2, y2 = (float(row[k]) for k in ("x1", "y1", "x2", "y2"))
            box = leaning_corners(x1, y1, x2, y2, float(row["angle"] or 0))
            known = corners.get(f"{row['file']}#{row['text']}")
            at = np.array(known, np.float32) if known else box
            rows = int(row["rows"] or 1)
            spots.append(Spot(row["file"], row["text"], row["color"], rows, np.asarray(image, np.uint8), at))
    return spots


def load_plates(folder: Path, part: str, corners_file: Path | None = None) -> list[Labelled]:
    """The plates of `load_spots` as strips; crops show what a strip shows, the plate and a little more."""
    plates = []
    for spot in load_spots(folder, part, corners_file):
        if part == "crops":
            strip = np.asarray(cv2.resize(spot.image, STRIP_PX, interpolation=cv2.INTER_LINEAR), np.uint8)
        else:
            strip = cut_strip(spot.image, spot.corners, spot.rows)
        plates.append(Labelled(spot.file, spot.text, strip))
    return plates


def rates(truth: list[str], read: list[str]) -> tuple[float, float, float]:
    """Parts that are exact, exact without the first character, and right in the first character."""
    pairs = list(zip(truth, read, strict=True))
    total = max(1, len(pairs))
    return (
        sum(t == r for t, r in pairs) / total,
        sum(t[1:] == r[1:] for t, r in pairs) / total,
        sum(t[:1] == r[:1] for t, r in pairs) / total,
    )
