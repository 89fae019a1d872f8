"""Exact corners of real plates: found by reading, known to the trainers, measured against the labels all the same."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from training.plates.real_corners import LEAST, Search, weighted
from training.plates.real_scenes import Labelled, read_labelled
from training.plates.real_views import smaller
from vision import geometry
from vision.plate_find import REFINER, WEIGHTS
from vision.plate_reader import Image
from vision.sim.plate import render_plate

TEXT = "粤B7VW40"
HEAD = "file,text,color,rows,x1,y1,x2,y2,angle,ignore"


def leaning() -> tuple[Image, geometry.Quad]:
    """A plate on a grey panel, seen from the side, and its corners."""
    plate = render_plate(TEXT, "blue", px_per_mm=0.6)
    height, width = plate.shape[:2]
    quad = np.array([[200, 160], [410, 190], [406, 258], [196, 228]], np.float32)
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, quad)
    picture = np.full((400, 600, 3), 90, np.uint8)
    warped = cv2.warpPerspective(plate, matrix, (600, 400), flags=cv2.INTER_AREA)
    mask = cv2.warpPerspective(np.full((height, width), 255, np.uint8), matrix, (600, 400))
    picture[mask > 127] = warped[mask > 127]
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.8), np.uint8), quad


def test_corners_are_found_from_a_rough_box_by_the_text_that_is_known() -> None:
    picture, quad = leaning()
    rough = geometry.quad_of(geometry.bounds(quad))
    found, score = Search(WEIGHTS / REFINER).corners(np.random.default_rng(1), picture, rough, TEXT, 1)
    assert score > LEAST
    assert float(np.abs(found - quad).max()) < 0.04 * 210


def test_a_text_that_does_not_stand_there_stays_unlikely() -> None:
    picture, quad = leaning()
    right, wrong = Search(WEIGHTS / REFINER).likelihood(picture, [quad, quad + 60], TEXT, 1)
    assert right > LEAST > wrong
    assert Search(WEIGHTS / REFINER).likelihood(picture, [quad], "沪C00000", 1)[0] < LEAST


def test_likelier_corners_weigh_more_and_the_worst_not_at_all() -> None:
    quads = [np.full((4, 2), value, np.float32) for value in (0, 10, 1000)]
    best = weighted(quads, np.array([-1.0, -1.0, -9.0]), 2, 1.0)
    assert best == pytest.approx(np.full((4, 2), 5))
    assert weighted(quads, np.array([-1.0, -3.0, -9.0]), 2, 1.0).mean() < 2


@pytest.fixture
def photos(tmp_path: Path) -> tuple[Labelled, Labelled]:
    """One photo whose plate has exact corners beside an unclear one, and one of which the box alone is known."""
    rows = [
        "scenes/a.jpg,京A12345,blue,1,20,20,120,52,0,0",
        "scenes/a.jpg,京A00000,blue,1,5,5,15,9,0,1",
        "scenes/b.jpg,粤AB2893,yellow,2,30,10,130,60,0,0",
    ]
    (tmp_path / "scenes").mkdir()
    for name in ("a", "b"):
        cv2.imwrite(str(tmp_path / f"scenes/{name}.jpg"), np.full((1200, 1600, 3), 120, np.uint8))
    (tmp_path / "labels.csv").write_text("\n".join([HEAD, *rows]), encoding="utf-8")
    corners = tmp_path / "corners.json"
    known = {"scenes/a.jpg#京A12345": [[20, 22], [118, 20], [120, 50], [22, 52]]}
    corners.write_text(json.dumps(known, ensure_ascii=False), encoding="utf-8")
    first, second = read_labelled(tmp_path, corners)
    return first, second


def test_exact_corners_are_taught_and_boxes_stay_what_is_measured(photos: tuple[Labelled, Labelled]) -> None:
    first, second = photos
    assert (first.exact, second.exact) == (True, False)
    assert first.taught[0].quad.tolist() == [[20, 22], [118, 20], [120, 50], [22, 52]]
    assert first.truths[0].quad.tolist() == geometry.quad_of((20, 20, 120, 52)).tolist()
    assert [truth.quad.tolist() for truth in second.taught] == [truth.quad.tolist() for truth in second.truths]


def test_corners_shrink_with_their_photo(photos: tuple[Labelled, Labelled]) -> None:
    small = smaller(photos[0], area_px=1200 * 1600 // 4)
    assert small.picture.shape[:2] == (600, 800) and small.exact
    assert small.taught[0].quad[1].tolist() == pytest.approx([59, 10])
