"""The shipped recogniser: reads every kind that our own outlines draw, and nothing where nothing stands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from vision.plate_reader import ReaderUnavailable
from vision.plate_recogniser import PlateRecogniser
from vision.plate_strip import cut_strip
from vision.sim.plate import Color, render_plate

PAD = 60


@pytest.fixture(scope="module")
def recogniser() -> PlateRecogniser:
    return PlateRecogniser()


def street(text: str, color: Color, rows: int, px_per_mm: float) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    plate = render_plate(text, color, rows=rows, px_per_mm=px_per_mm)
    height, width = plate.shape[:2]
    picture = np.full((height + 2 * PAD, width + 2 * PAD, 3), 70, np.uint8)
    picture[PAD : PAD + height, PAD : PAD + width] = plate
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32) + PAD
    return picture, corners.astype(np.float32)


@pytest.mark.parametrize("px_per_mm", [0.3, 1.2])
@pytest.mark.parametrize(
    ("text", "color", "rows"),
    [
        ("粤B7VW40", "blue", 1),
        ("粤OA2160", "blue", 1),
        ("沪AP0910", "yellow", 1),
        ("粤AK9331", "yellow", 2),
        ("鲁H552T挂", "yellow", 2),
        ("渝B3587学", "yellow", 1),
        ("京AD12345", "green", 1),
        ("浙B12345F", "green", 1),
        ("川A0006警", "white", 1),
        ("粤ZF023港", "black", 1),
    ],
)
def test_clean_plates_are_read(
    recogniser: PlateRecogniser, text: str, color: Color, rows: int, px_per_mm: float
) -> None:
    found = recogniser.read_at(*street(text, color, rows, px_per_mm))
    assert (found.read.text, found.rows) == (text, rows)
    assert found.read.color == color
    assert len(found.read.char_confidences) == len(text) and found.read.plate > 0.5


@pytest.mark.parametrize(("text", "color"), [("WJ28188", "white"), ("使322500", "black"), ("112233使", "black")])
def test_an_upper_row_of_three_or_four_characters_is_read_with_confidence(
    recogniser: PlateRecogniser, text: str, color: Color
) -> None:
    found = recogniser.read_at(*street(text, color, 2, 0.6))
    assert (found.read.text, found.rows) == (text, 2)
    assert found.read.confidence > 0.4


def test_a_strip_without_a_plate_says_so(recogniser: PlateRecogniser) -> None:
    rng = np.random.default_rng(0)
    flat = np.full((40, 160, 3), 128, np.uint8)
    noisy = rng.integers(0, 255, (40, 160, 3), dtype=np.uint8)
    for read in recogniser.read_strips(np.stack([flat, noisy])):
        assert read.kind is None or read.confidence < 0.5


def test_strips_are_read_alike_alone_and_together(recogniser: PlateRecogniser) -> None:
    plates = [street(text, "blue", 1, 1.0) for text in ("京A88731", "苏D6A99F"[:7], "闽CPB592")]
    strips = np.stack([cut_strip(*plate) for plate in plates])
    together = recogniser.read_strips(strips)
    alone = [recogniser.read_strips(strip[None])[0] for strip in strips]
    assert [r.text for r in together] == [r.text for r in alone]


@pytest.mark.parametrize("shape", [(1, 40, 144, 3), (0, 40, 160, 3), (65, 40, 160, 3), (40, 160, 3)])
def test_strips_of_another_size_are_refused(recogniser: PlateRecogniser, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="strips must be"):
        recogniser.read_strips(np.zeros(shape, np.uint8))


def test_missing_weights_are_named_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(ReaderUnavailable, match=r"gone\.onnx.*install menwei"):
        PlateRecogniser(tmp_path / "gone.onnx")


def test_a_place_that_was_read_already_is_not_read_again(recogniser: PlateRecogniser) -> None:
    image, corners = street("粤B7VW40", "blue", 1, 0.6)
    glance = recogniser.glance(image, corners)
    settled = recogniser.settle(image, corners, glance)
    elsewhere = (corners + 0.6 * (corners[1] - corners[0])).astype(np.float32)
    assert recogniser.read_best(image, [corners, elsewhere], glance, settled) == (settled, 0)
    assert recogniser.read_best(image, [corners], glance) == (settled, 0)
