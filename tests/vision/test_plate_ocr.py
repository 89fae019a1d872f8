"""The plate reader on real pictures, on plates rendered from glyphs, and on what is no plate."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from vision.plate_ocr import OcrPlateReader
from vision.plate_reader import BadImage, ReaderUnavailable
from vision.plate_text import kind_of

SHARED = Path(__file__).resolve().parents[2] / "../shared/data"
SCENES = SHARED / "plates/scenes"
GLYPHS = SHARED / "plate_glyphs"

needs_scenes = pytest.mark.skipif(not SCENES.is_dir(), reason="no pictures beside the project (../shared/data/plates)")
needs_glyphs = pytest.mark.skipif(
    not GLYPHS.is_dir(), reason="no glyphs beside the project (../shared/data/plate_glyphs)"
)
Picture = NDArray[np.uint8]


@pytest.fixture(scope="module")
def reader() -> OcrPlateReader:
    pytest.importorskip("rapidocr", reason="the ocr extra is not installed")
    return OcrPlateReader(side_px=960)


@needs_scenes
@pytest.mark.parametrize(
    ("name", "text", "box"),
    [
        ("scene_0073ba3659.jpg", "浙GZB388", (130, 198, 230, 224)),
        ("scene_020aca6194.jpg", "粤B577QK", (94, 297, 194, 325)),
        ("scene_02f1ff599b.jpg", "津LS2999", (266, 656, 416, 732)),
    ],
)
def test_real_plates(reader: OcrPlateReader, name: str, text: str, box: tuple[int, int, int, int]) -> None:
    (read,) = reader.read(np.asarray(cv2.imread(str(SCENES / name)), np.uint8))
    assert (read.text, read.kind, read.rows, read.color) == (text, kind_of(text), 1, "blue")
    assert len(read.char_confidences) == len(text)
    assert read.confidence == min(read.char_confidences) > 0.9
    assert np.abs(np.array(read.box) - box).max() < 25


def glyph(name: str, width: int, height: int) -> NDArray[np.bool_]:
    image = np.asarray(cv2.imread(str(GLYPHS / "font_model" / f"{name}.jpg"), cv2.IMREAD_GRAYSCALE))
    return np.asarray(cv2.resize(image, (width, height)) < 128)


def rendered(text: str, blank: str, series: str) -> Picture:
    """A plate from glyphs: one row for the 140 and green series, two for 220."""
    size = {"140": (440, 140), "green": (480, 140), "220": (440, 220)}[series]
    plate = cv2.resize(np.asarray(cv2.imread(str(GLYPHS / "plate_model" / blank))), size)
    ink = (250, 250, 250) if blank.startswith(("blue", "black")) else (10, 10, 10)
    boxes: list[tuple[str, int, int, int, int]] = []
    if series == "220":
        boxes = [(f"220_{text[0]}", 110, 15, 80, 60), (f"220_up_{text[1]}", 250, 15, 80, 60)]
        for i, c in enumerate(text[2:]):
            boxes.append((f"220_{c}" if c.isdigit() or c > "Z" else f"220_down_{c}", 27 + 80 * i, 90, 65, 110))
    else:
        step = 52 if series == "green" else 57
        boxes = [(f"{series}_{c}", 15 + step * i + (22 if i > 1 else 0), 25, 43, 90) for i, c in enumerate(text)]
    for name, x, y, width, height in boxes:
        plate[y : y + height, x : x + width][glyph(name, width, height)] = ink
    return np.asarray(plate, np.uint8)


def street(seed: int = 1) -> Picture:
    """A blurred, noisy background with a red and a blue thing in it, 960x540."""
    random = np.random.default_rng(seed)
    picture = cv2.GaussianBlur(random.integers(60, 110, (540, 960, 3)).astype(np.uint8), (0, 0), 3)
    cv2.rectangle(picture, (60, 60), (220, 200), (40, 40, 170), -1)
    cv2.rectangle(picture, (700, 60), (860, 160), (150, 80, 40), -1)
    noisy = np.asarray(picture, np.float64) + random.normal(0, 4, picture.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def scene(*plates: Picture, width: int = 150) -> Picture:
    picture = street()
    for i, plate in enumerate(plates):
        height = round(width * plate.shape[0] / plate.shape[1])
        small = cv2.GaussianBlur(cv2.resize(plate, (width, height), interpolation=cv2.INTER_AREA), (0, 0), 0.6)
        picture[300 : 300 + height, 120 + 300 * i : 120 + 300 * i + width] = small
    return picture


@needs_glyphs
@pytest.mark.parametrize(
    ("text", "blank", "series", "color"),
    [
        ("京A6B2K8", "blue_140.PNG", "140", "blue"),
        ("粤BD20347", "green_car_140.PNG", "green", "green"),
        ("沪A20347F", "green_truck_140.PNG", "green", "green"),
        ("鲁C4T82P", "yellow_140.PNG", "140", "yellow"),
        ("苏EK27R9", "yellow_220.PNG", "220", "yellow"),
        ("津MV92T挂", "yellow_220.PNG", "220", "yellow"),
        ("鄂A0401警", "white_140.PNG", "140", "white"),
        ("粤ZF498澳", "black_140.PNG", "140", "black"),
        ("VB34786", "white_army_140.PNG", "140", "white"),
    ],
)
def test_kinds_and_colours(reader: OcrPlateReader, text: str, blank: str, series: str, color: str) -> None:
    (read,) = reader.read(scene(rendered(text, blank, series)))
    assert (read.text, read.color, read.rows) == (text, color, 2 if series == "220" else 1)
    assert read.kind == kind_of(text)


@needs_glyphs
def test_several_plates_in_one_picture(reader: OcrPlateReader) -> None:
    texts = ["京A6B2K8", "鲁C4T82P"]
    picture = scene(rendered(texts[0], "blue_140.PNG", "140"), rendered(texts[1], "yellow_140.PNG", "140"))
    reads = reader.read(picture)
    assert {r.text for r in reads} == set(texts)
    assert [r.confidence for r in reads] == sorted((r.confidence for r in reads), reverse=True)


@needs_glyphs
def test_a_military_text_on_another_colour_is_no_plate(reader: OcrPlateReader) -> None:
    assert reader.read(scene(rendered("VB34786", "yellow_140.PNG", "140"))) == []


LETTERING = ["AUDI", "OOOO", "C00D", "2024-05-01 12:00:00", "138 1234 5678", "13812345678", "TEL 0755-1234567"]
LETTERING += ["HYUNDAI", "ABC1234567", "CAMERA 01", "A12345", "AB12345", "1234567", "OFFICE24", "SU7 MAX"]


@pytest.mark.parametrize("text", LETTERING)
def test_badges_signs_and_time_stamps_are_not_plates(reader: OcrPlateReader, text: str) -> None:
    picture = street()
    cv2.putText(picture, text, (150, 350), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (240, 240, 240), 4)
    assert reader.read(picture) == []


@pytest.mark.parametrize(
    "picture", [street(), np.zeros((480, 640, 3), np.uint8), np.full((480, 640, 3), 255, np.uint8)]
)
def test_pictures_without_lettering_are_silent(reader: OcrPlateReader, picture: Picture) -> None:
    assert reader.read(picture) == []


@pytest.mark.parametrize("shape", [(16, 16, 3), (16, 2000, 3), (2000, 16, 3), (17, 31, 3)])
def test_pictures_of_odd_shapes_are_read(reader: OcrPlateReader, shape: tuple[int, int, int]) -> None:
    assert reader.read(np.random.default_rng(3).integers(0, 255, shape).astype(np.uint8)) == []


def test_arrays_that_are_no_picture_are_refused(reader: OcrPlateReader) -> None:
    wrong: Any = np.zeros((100, 100), np.uint8)
    with pytest.raises(BadImage):
        reader.read(wrong)


def test_the_picture_is_left_as_it_was(reader: OcrPlateReader) -> None:
    picture = street()
    picture.flags.writeable = False
    before = picture.copy()
    reader.read(picture)
    assert np.array_equal(picture, before)


def test_without_the_extra_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    with pytest.raises(ReaderUnavailable) as caught:
        OcrPlateReader()
    for sentence in (caught.value.zh, caught.value.en):
        assert "pip install 'menwei[ocr]'" in sentence


def test_it_opens_no_connection_and_says_nothing(reader: OcrPlateReader) -> None:
    code = """
import sys
def hook(event, args):
    if event.startswith("socket."):
        raise SystemExit(f"{event} {args}")
sys.addaudithook(hook)
import numpy as np
from vision.plate_ocr import OcrPlateReader
OcrPlateReader().read(np.zeros((64, 64, 3), np.uint8))
assert "rapidocr" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
