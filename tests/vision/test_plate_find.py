"""Our own detector and refiner on rendered pictures that they were not trained on."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from vision.geometry import bounds, iou
from vision.plate_find import WEIGHTS, PlateFinder, load_session, shrink
from vision.plate_reader import BadImage, ReaderUnavailable
from vision.sim.car import Look
from vision.sim.plate import Color, render_plate
from vision.sim.scene import Scene, SceneState

SHARED = Path(__file__).resolve().parents[2] / "../shared"


@pytest.fixture(scope="module")
def finder() -> PlateFinder:
    return PlateFinder()


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene("east-in", (1280, 720))


def on_grey(
    plate: NDArray[np.uint8], quad: NDArray[np.float32], size: tuple[int, int] = (480, 640)
) -> NDArray[np.uint8]:
    """A plate on a grey body panel between darker things."""
    rng, size = np.random.default_rng(8), (480, 640)
    picture = np.full((*size, 3), 96, np.uint8)
    cv2.rectangle(picture, (0, size[0] // 2), (size[1], size[0]), (70, 66, 64), -1)
    height, width = plate.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, quad)
    warped = cv2.warpPerspective(plate, matrix, (size[1], size[0]), flags=cv2.INTER_AREA)
    mask = cv2.warpPerspective(np.full((height, width), 255, np.uint8), matrix, (size[1], size[0]))
    picture[mask > 127] = warped[mask > 127]
    noise = rng.normal(0, 3, picture.shape)
    return np.clip(cv2.GaussianBlur(picture, (0, 0), 0.8) + noise, 0, 255).astype(np.uint8)


def upright(x: float, y: float, width: float, ratio: float = 140 / 440) -> NDArray[np.float32]:
    return np.array([[x, y], [x + width, y], [x + width, y + width * ratio], [x, y + width * ratio]], np.float32)


@pytest.mark.parametrize("night", [False, True], ids=["day", "night"])
@pytest.mark.parametrize("position_m", [-5.0, -2.0, 0.0])
def test_a_coming_cars_plate_is_found_where_it_is(
    finder: PlateFinder, scene: Scene, position_m: float, night: bool
) -> None:
    state = SceneState(look=Look("粤B12345"), position_m=position_m, night=night)
    best = finder.find(scene.render(state))[0]
    box = scene.plate_box(state)
    assert box is not None
    assert iou(best.box, box) > 0.7
    assert 0.3 <= best.score <= 1


@pytest.mark.parametrize("night", [False, True], ids=["day", "night"])
def test_an_empty_lane_has_no_plate(finder: PlateFinder, scene: Scene, night: bool) -> None:
    assert [p.score for p in finder.find(scene.render(SceneState(night=night, stamp="2026-05-01 08:00:00")))] == []


@pytest.mark.parametrize(
    ("text", "color", "rows"), [("京A12345", "blue", 1), ("沪AD12345", "green", 1), ("苏E12345", "yellow", 2)]
)
def test_corners_are_good_to_a_few_hundredths_of_the_width(
    finder: PlateFinder, text: str, color: Color, rows: int
) -> None:
    plate = render_plate(text, color, rows=rows)
    quad = np.array([[200, 200], [370, 218], [366, 218], [198, 0]], np.float32)
    drop = 170 * plate.shape[0] / plate.shape[1]
    quad[2:, 1] = [218 + drop, 200 + drop]
    best = finder.find(on_grey(plate, quad))[0]
    assert np.abs(best.corners - quad).mean() < 0.03 * 170
    assert (best.two_rows > 0.5) == (rows == 2)


@pytest.mark.parametrize("turn_degrees", [-28, 28])
def test_a_steep_plate_keeps_its_corners(finder: PlateFinder, turn_degrees: float) -> None:
    plate = render_plate("京A12345")
    turn = np.radians(turn_degrees)
    flat = (upright(0, 0, 180) - np.array([90, 180 * 70 / 440])) @ np.array(
        [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]
    )
    quad = np.asarray(flat + np.array([320, 250]), np.float32)
    best = finder.find(on_grey(plate, quad))[0]
    assert np.abs(best.corners - quad).max() < 0.08 * 180


def test_other_corners_of_a_plate_lie_on_the_same_plate(finder: PlateFinder) -> None:
    quad = upright(200, 200, 160)
    picture = on_grey(render_plate("京A12345"), quad)
    found = finder.again(picture, quad)
    assert 1 <= len(found) <= 4
    assert all(iou(bounds(corners), bounds(quad)) > 0.7 for corners in found)
    assert finder.again(np.zeros_like(picture), upright(0, 0, 2)) == []


@pytest.mark.parametrize("width", [40, 90, 320])
def test_small_and_large_plates_are_found(finder: PlateFinder, width: int) -> None:
    quad = upright(160, 200, width)
    found = finder.find(on_grey(render_plate("浙B23456"), quad))
    assert found and iou(found[0].box, (160, 200, 160 + width, 200 + width * 140 / 440)) > 0.6


def test_several_plates_in_a_picture_come_best_first(finder: PlateFinder) -> None:
    picture = on_grey(render_plate("浙B23456"), upright(60, 120, 130))
    other = on_grey(render_plate("粤A98765"), upright(420, 300, 150))
    picture[250:] = other[250:]
    found = finder.find(picture)
    assert len(found) == 2
    assert found[0].score >= found[1].score
    assert sorted(round(p.corners[:, 0].mean() / 100) for p in found) == [1, 5]


@pytest.mark.parametrize(
    "image",
    [np.zeros((8, 100, 3), np.uint8), np.zeros((100, 100), np.uint8), np.zeros((100, 100, 3), np.float32), None],
    ids=["tiny", "grey", "float", "nothing"],
)
def test_what_is_no_picture_is_refused(finder: PlateFinder, image: object) -> None:
    with pytest.raises(BadImage):
        finder.find(image)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [(16, 16), (16, 4000), (4000, 16), (33, 57), (2160, 3840)])
@pytest.mark.parametrize("fill", ["black", "noise"])
def test_pictures_of_any_shape_without_a_plate_have_none(finder: PlateFinder, size: tuple[int, int], fill: str) -> None:
    rng = np.random.default_rng(3)
    picture = np.zeros((*size, 3), np.uint8)
    if fill == "noise":
        picture = rng.integers(0, 255, picture.shape, np.uint8)
    assert finder.find(picture) == []


def test_the_same_picture_gives_the_same_corners(finder: PlateFinder, scene: Scene) -> None:
    picture = scene.render(SceneState(look=Look("粤B12345")))
    first, second = finder.find(picture)[0], finder.find(picture)[0]
    np.testing.assert_array_equal(first.corners, second.corners)


@pytest.mark.parametrize("content", [None, b"", b"no network"], ids=["missing", "empty", "damaged"])
def test_missing_or_damaged_weights_are_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "plate_detector.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ReaderUnavailable, match=r"plate_detector\.onnx"):
        load_session(path)


def test_the_weights_are_small() -> None:
    assert sum(path.stat().st_size for path in WEIGHTS.glob("*.onnx")) < 6_000_000


@pytest.mark.parametrize("size", [(1080, 1920), (300, 400), (3000, 4000)])
def test_shrinking_keeps_the_mean(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    picture = cv2.GaussianBlur(rng.integers(0, 255, (*size, 3), np.uint8), (0, 0), 3).astype(np.uint8)
    small = shrink(picture, 640, 384)
    assert small.shape == (384, 640, 3)
    assert small.mean() == pytest.approx(picture.mean(), abs=1)


def test_faces_are_no_plates(finder: PlateFinder) -> None:
    pictures = sorted((SHARED / "data/faces/images").rglob("*.jpg"))[::60]
    if not pictures:
        pytest.skip("shared/data/faces is not there")
    read = [cv2.imread(str(path), cv2.IMREAD_COLOR) for path in pictures]
    found = sum(any(p.score > 0.6 for p in finder.find(r.astype(np.uint8))) for r in read if r is not None)
    assert found <= len(pictures) // 20
