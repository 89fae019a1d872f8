"""Our own networks as a plate reader: whole pictures in, plates of the grammar out."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from config.model import Plates
from vision import geometry
from vision.geometry import Quad
from vision.plate_find import FoundPlate
from vision.plate_own import OwnPlateReader
from vision.plate_reader import BadImage, Image
from vision.plate_text import kind_of
from vision.readers import named_reader, plate_reader
from vision.sim.car import Look
from vision.sim.plate import Color, render_plate
from vision.sim.scene import Scene, SceneState

SCENES = Path(__file__).resolve().parents[2] / "../shared/data/plates/scenes"


@pytest.fixture(scope="module")
def reader() -> OwnPlateReader:
    return OwnPlateReader()


def car_picture(look: Look, position_m: float = -0.5) -> tuple[Image, tuple[int, int, int, int]]:
    scene = Scene("east", (1280, 720))
    state = SceneState(look, position_m)
    box = scene.plate_box(state)
    assert box is not None
    return scene.render(state), box


@pytest.mark.parametrize(
    ("text", "color", "rows"),
    [("京A8K93P", "blue", 1), ("沪AD12345", "green", 1), ("浙C5T018", "yellow", 1), ("苏B7321H", "yellow", 2)],
)
def test_a_car_at_the_stop_line_is_read_with_its_place_colour_and_rows(
    reader: OwnPlateReader, text: str, color: Color, rows: int
) -> None:
    picture, box = car_picture(Look(text, color, rows))
    (read,) = reader.read(picture)
    assert (read.text, read.color, read.rows) == (text, color, rows)
    assert read.kind is kind_of(text)
    assert read.confidence == min(read.char_confidences) > 0.5
    assert geometry.iou(read.box, box) > 0.5


def test_the_street_without_a_car_is_silent(reader: OwnPlateReader) -> None:
    scene = Scene("east", (1280, 720))
    for night in (False, True):
        assert reader.read(scene.render(SceneState(night=night, stamp="2026-06-01 12:00:00"))) == []


@pytest.mark.parametrize("shape", [(16, 16, 3), (17, 400, 3), (700, 20, 3), (480, 640, 3), (90, 300, 3)])
@pytest.mark.parametrize("fill", ["black", "noise", "stripes"])
def test_pictures_without_a_plate_are_silent(reader: OwnPlateReader, shape: tuple[int, ...], fill: str) -> None:
    picture = np.zeros(shape, np.uint8)
    if fill == "noise":
        picture = np.random.default_rng(1).integers(0, 255, shape, np.uint8)
    if fill == "stripes":
        picture[:, ::8] = 255
    assert reader.read(picture) == []


@pytest.mark.parametrize("bad", [np.zeros((40, 40), np.uint8), np.zeros((40, 40, 3), np.float32), None])
def test_what_is_no_picture_is_refused(reader: OwnPlateReader, bad: Image) -> None:
    with pytest.raises(BadImage):
        reader.read(bad)


def test_the_picture_is_left_as_it_was(reader: OwnPlateReader) -> None:
    picture, _ = car_picture(Look("京A8K93P"))
    before = picture.copy()
    reader.read(picture)
    assert np.array_equal(picture, before)


class Pointing:
    """Says that a plate stands at given corners, and where it stands when asked again."""

    def __init__(self, corners: Quad, score: float = 0.95, then: tuple[Quad, ...] = ()) -> None:
        self.found = [FoundPlate(corners, score, score, score, 0.0)]
        self.then = list(then)
        self.asked_again = 0

    def find(self, image: Image) -> list[FoundPlate]:
        return self.found

    def again(self, image: Image, corners: Quad) -> list[Quad]:
        self.asked_again += 1
        return self.then


def pasted(plate: Image) -> tuple[Image, Quad]:
    """A plate on grey, and its corners."""
    height, width = plate.shape[:2]
    sheet = np.full((480, 640, 3), 120, np.uint8)
    sheet[200 : 200 + height, 180 : 180 + width] = plate
    return sheet, geometry.quad_of((180, 200, 180 + width, 200 + height))


def flat(text: str, color: Color) -> Image:
    return np.asarray(cv2.resize(render_plate(text, color), (220, 70), interpolation=cv2.INTER_AREA), np.uint8)


def test_a_text_that_is_no_plate_is_dropped() -> None:
    sheet, corners = pasted(flat("1234567", "blue"))
    assert OwnPlateReader(Pointing(corners)).read(sheet) == []


def test_a_doubtful_place_lowers_the_confidence_and_a_hopeless_one_is_not_read() -> None:
    sheet, corners = pasted(flat("京A8K93P", "blue"))
    (sure,) = OwnPlateReader(Pointing(corners, 0.95)).read(sheet)
    (doubtful,) = OwnPlateReader(Pointing(corners, 0.5)).read(sheet)
    assert sure.text == doubtful.text == "京A8K93P"
    assert doubtful.confidence < 0.8 * sure.confidence
    assert OwnPlateReader(Pointing(corners, 0.1)).read(sheet) == []


def test_where_bad_corners_spoil_the_read_better_ones_are_asked_for() -> None:
    sheet, corners = pasted(flat("京A8K93P", "blue"))
    slanted = np.asarray(corners + np.array([[50, 0], [50, 0], [-50, 0], [-50, 0]], np.float32), np.float32)
    shifted = np.asarray(corners + np.array([0, 30], np.float32), np.float32)
    finder = Pointing(slanted, then=(shifted, corners))
    (read,) = OwnPlateReader(finder).read(sheet)
    assert read.text == "京A8K93P" and read.confidence > 0.5 and finder.asked_again == 1
    assert geometry.iou(read.box, geometry.bounds(corners)) > 0.95


def test_a_wall_of_signs_is_looked_at_again_in_a_few_places_only() -> None:
    sheet, corners = pasted(flat("京A8K93P", "blue"))
    slanted = np.asarray(corners + np.array([[50, 0], [50, 0], [-50, 0], [-50, 0]], np.float32), np.float32)
    finder = Pointing(slanted)
    finder.found *= 12
    assert len(OwnPlateReader(finder).read(sheet)) <= 12
    assert 1 <= finder.asked_again <= 4


def test_a_sure_read_and_a_hopeless_place_are_not_looked_at_again() -> None:
    sheet, corners = pasted(flat("京A8K93P", "blue"))
    sure = Pointing(corners)
    OwnPlateReader(sure).read(sheet)
    street = Pointing(corners)
    OwnPlateReader(street).read(np.full(sheet.shape, 120, np.uint8))
    assert (sure.asked_again, street.asked_again) == (0, 0)


def test_a_grey_picture_has_no_colour() -> None:
    sheet, corners = pasted(flat("京A8K93P", "blue"))
    grey = np.repeat(cv2.cvtColor(sheet, cv2.COLOR_BGR2GRAY)[..., None], 3, axis=2).astype(np.uint8)
    assert [read.color for read in OwnPlateReader(Pointing(corners)).read(grey)] == ["unknown"]


def test_a_coloured_plate_shows_that_the_picture_is_not_grey() -> None:
    sheet, corners = pasted(flat("京A8K93P", "blue"))
    far_away = np.full((4000, 6000, 3), 120, np.uint8)
    far_away[: sheet.shape[0], : sheet.shape[1]] = sheet
    assert [read.color for read in OwnPlateReader(Pointing(corners)).read(far_away)] == ["blue"]


def test_the_site_chooses_its_reader() -> None:
    assert isinstance(plate_reader(Plates(reader="own")), OwnPlateReader)
    pytest.importorskip("rapidocr")
    assert type(named_reader("rapidocr")).__name__ == "OcrPlateReader"


@pytest.mark.skipif(not SCENES.is_dir(), reason="no real pictures beside the project (../shared/data/plates)")
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("scene_014975ff72.jpg", "湘AA8516"),
        ("scene_050e36989c.jpg", "粤B7VW40"),
        ("scene_13c8edf143.jpg", "皖A09T87"),
        ("scene_1806f871c6.jpg", "皖A87271"),
        ("scene_2634f11106.jpg", "湘ATL269"),
        ("scene_28413f50e0.jpg", "粤BK33E3"),
    ],
)
def test_clear_real_pictures(reader: OwnPlateReader, name: str, text: str) -> None:
    """The whole set is measured by benchmarks/plates.py."""
    picture = cv2.imread(str(SCENES / name))
    assert text in [read.text for read in reader.read(np.asarray(picture, np.uint8))]
