"""Plate colours, on drawn plates under different light and on the labelled ones."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from vision.plate_color import is_grey, plate_color

LABELS = Path(__file__).resolve().parents[2] / "../shared/data/plates/labels.csv"

# Background and characters as BGR.
PLATES = {
    "blue": ((180, 70, 10), (250, 250, 250)),
    "yellow": ((20, 180, 230), (10, 10, 10)),
    "green": ((120, 200, 110), (10, 10, 10)),
    "white": ((235, 235, 235), (15, 15, 15)),
    "black": ((20, 20, 20), (240, 240, 240)),
}
LIGHT = {
    "day": lambda p: p,
    "dusk": lambda p: p * 0.4,
    "overexposed": lambda p: np.minimum(p * 1.25 + 10, 255),
    "warm lamp": lambda p: p * (0.88, 0.96, 1.0),
    "cool shade": lambda p: p * (1.0, 0.96, 0.88),
    "noise": lambda p: p + np.random.default_rng(1).normal(0, 12, p.shape),
}


def drawn(color: str) -> NDArray[np.uint8]:
    background, ink = PLATES[color]
    plate = np.full((44, 140, 3), background, np.uint8)
    cv2.putText(plate, "A12345", (6, 34), cv2.FONT_HERSHEY_SIMPLEX, 1.1, ink, 3)
    return plate


@pytest.mark.parametrize("light", LIGHT)
@pytest.mark.parametrize("color", PLATES)
def test_colour_of_a_drawn_plate(color: str, light: str) -> None:
    plate = np.clip(LIGHT[light](drawn(color).astype(np.float64)), 0, 255).astype(np.uint8)
    assert plate_color(plate) == color


@pytest.mark.parametrize("color", PLATES)
def test_a_grey_picture_tells_no_colour(color: str) -> None:
    grey = cv2.cvtColor(cv2.cvtColor(drawn(color), cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    picture = np.asarray(grey, np.uint8)
    assert is_grey(picture)
    assert plate_color(picture, grey_picture=is_grey(picture)) == "unknown"


def test_a_coloured_picture_is_not_grey() -> None:
    street = np.random.default_rng(2).integers(60, 120, (200, 300, 3)).astype(np.uint8)
    street[80:150, 80:250] = (40, 60, 180)
    assert not is_grey(street)


@pytest.mark.parametrize("shape", [(3, 100, 3), (100, 7, 3), (4, 8, 3)])
def test_crops_of_any_size_are_answered(shape: tuple[int, int, int]) -> None:
    assert plate_color(np.zeros(shape, np.uint8)) == "unknown"


def test_labelled_plates() -> None:
    if not LABELS.is_file():
        pytest.skip("no labelled plates beside the project (../shared/data/plates)")
    with LABELS.open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["text"]][::7]
    right = 0
    for row in rows:
        picture = np.asarray(cv2.imread(str(LABELS.parent / row["file"])), np.uint8)
        plate = picture
        if row["x2"]:
            x1, y1, x2, y2 = (int(row[k]) for k in ("x1", "y1", "x2", "y2"))
            plate = picture[y1:y2, x1:x2]
        right += plate_color(plate, grey_picture=bool(row["x2"]) and is_grey(picture)) == row["color"]
    assert right / len(rows) > 0.9
