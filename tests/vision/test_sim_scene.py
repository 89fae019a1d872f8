"""The rendered gate: cars grow as they come, nothing else moves, and a plate reader that knows nothing of it reads."""

from __future__ import annotations

import re
from typing import Any

import cv2
import numpy as np
import pytest

from vision.sim.car import Look
from vision.sim.plate import Color, render_plate
from vision.sim.scene import Image, Scene, SceneState

CAR = Look("粤B12345")
PROVINCES = "京冀赣藏"
"""One sparse and three dense ones; all 31 were read when the outlines were drawn."""


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene("east-in")


@pytest.fixture(scope="module")
def ocr() -> Any:
    """An independent reader that never saw our outlines."""
    return pytest.importorskip("rapidocr", reason="extra 'ocr' is not installed").RapidOCR()


def texts(ocr: Any, image: Image) -> list[str]:
    softened = cv2.imdecode(cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, 85))[1], cv2.IMREAD_COLOR)
    return [re.sub(r"[^0-9A-Z一-鿿]", "", text) for text in ocr(softened).txts or ()]


def test_a_plate_at_the_stop_line_is_wide_enough_to_read(scene: Scene) -> None:
    x1, y1, x2, y2 = scene.plate_box(SceneState(look=CAR)) or (0, 0, 0, 0)
    assert 140 <= x2 - x1 <= 180
    assert 0 < x1 < x2 < 960
    assert 0 < y1 < y2 < 540


def test_a_coming_car_grows_and_then_leaves_the_picture(scene: Scene) -> None:
    boxes = [scene.plate_box(SceneState(look=CAR, position_m=p)) for p in (-25.0, -10.0, -3.0, 0.0, 1.5)]
    widths = [box[2] - box[0] for box in boxes if box]
    assert len(widths) == 5
    assert widths == sorted(widths)
    assert scene.plate_box(SceneState(look=CAR, position_m=6.0)) is None
    empty, gone = (scene.render(SceneState(look=look, position_m=6.0)) for look in (None, CAR))
    assert np.array_equal(empty, gone)


@pytest.mark.parametrize("night", [False, True], ids=["day", "night"])
@pytest.mark.parametrize("mirrored", [False, True], ids=["in", "out"])
def test_the_plate_lies_where_the_truth_says(mirrored: bool, night: bool) -> None:
    """Inside the box two plates differ, outside they do not."""
    scene = Scene("lane", mirrored=mirrored)
    first, second = (SceneState(look=Look(t), night=night) for t in ("粤B12345", "京A88888"))
    x1, y1, x2, y2 = scene.plate_box(first) or (0, 0, 0, 0)
    difference = np.abs(scene.render(first).astype(int) - scene.render(second)).sum(axis=2) > 60
    ys, xs = np.nonzero(difference)
    assert len(xs) > 200
    assert x1 <= xs.min() and xs.max() <= x2
    assert y1 <= ys.min() and ys.max() <= y2


def test_the_same_state_gives_the_same_frame_and_only_noise_differs_between_numbers(scene: Scene) -> None:
    state = SceneState(look=CAR, number=1)
    assert np.array_equal(scene.render(state), scene.render(state))
    change = np.abs(scene.render(state).astype(int) - scene.render(SceneState(look=CAR, number=2)))
    assert 0 < change.mean() < 6


def test_the_arm_rises_out_of_the_way(scene: Scene) -> None:
    """White and red of the arm cross the middle of the picture only while it is down."""
    down, up = (scene.render(SceneState(arm=arm)) for arm in (0.0, 1.0))
    middle = np.abs(down.astype(int) - up)[:, 400:900].sum(axis=2).max(axis=1)
    rows = np.nonzero(middle > 100)[0]
    assert 10 < rows.max() - rows.min() < 60


@pytest.mark.parametrize("night", [False, True], ids=["day", "night"])
@pytest.mark.parametrize("province", PROVINCES)
def test_plates_in_the_scene_are_read(ocr: Any, scene: Scene, province: str, night: bool) -> None:
    plate = f"{province}B12345"
    frame = scene.render(SceneState(look=Look(plate), night=night, stamp="2026-11-21 15:04:05"))
    assert plate in texts(ocr, frame)


@pytest.mark.parametrize(
    ("text", "color"),
    [("粤AD12345", "green"), ("川A6789K", "yellow"), ("冀H9862警", "white"), ("粤Z7G83港", "black")],
)
def test_plates_of_every_colour_are_read(ocr: Any, text: str, color: Color) -> None:
    plate = cv2.resize(render_plate(text, color), (200, 60), interpolation=cv2.INTER_AREA)
    picture = cv2.copyMakeBorder(plate, 90, 90, 120, 120, cv2.BORDER_CONSTANT, value=(96, 100, 104))
    assert text in texts(ocr, picture.astype(np.uint8))
