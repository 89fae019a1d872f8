"""Strips: a plate cut by its corners stands upright, whole, and with its rows side by side."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from vision.plate_strip import MARGIN, STRIP_PX, cut_strip, side_ratio, slide
from vision.sim.plate import render_plate

Corners = NDArray[np.float32]


def upright(x: float, y: float, width: float, height: float) -> Corners:
    return np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], np.float32)


def likeness(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    return float(np.corrcoef(a.astype(np.float32).ravel(), b.astype(np.float32).ravel())[0, 1])


def in_street(plate: NDArray[np.uint8], corners: Corners) -> NDArray[np.uint8]:
    height, width = plate.shape[:2]
    matrix = cv2.getPerspectiveTransform(upright(0, 0, width, height), corners)
    picture: NDArray[np.uint8] = cv2.warpPerspective(plate, matrix, (900, 600)).astype(np.uint8)
    return picture


@pytest.mark.parametrize("width_px", [80, 160, 320, 640])
@pytest.mark.parametrize("lean", [0, 0.12, -0.12])
def test_a_leaning_plate_of_any_size_gives_the_same_strip(width_px: int, lean: float) -> None:
    plate = render_plate("粤B12345", px_per_mm=1.5 * width_px / 440)
    corners = upright(100, 200, width_px, width_px * 140 / 440)
    corners[1:3, 1] += lean * width_px
    strip = cut_strip(in_street(plate, corners), corners, margin=(0.0, 0.0))
    assert strip.shape == (STRIP_PX[1], STRIP_PX[0], 3) and strip.dtype == np.uint8
    wanted = cv2.resize(plate, STRIP_PX, interpolation=cv2.INTER_AREA).astype(np.uint8)
    assert likeness(strip, wanted) > 0.85


def test_a_margin_shows_what_is_round_the_plate() -> None:
    picture = np.zeros((200, 400, 3), np.uint8)
    picture[80:120, 100:226] = 255
    strip = cut_strip(picture, upright(100, 80, 126, 40))
    inner_x, inner_y = MARGIN[0] / (1 + 2 * MARGIN[0]), MARGIN[1] / (1 + 2 * MARGIN[1])
    expected = (1 - 2 * inner_x) * (1 - 2 * inner_y)
    assert strip.mean() / 255 == pytest.approx(expected, abs=0.03)


def test_two_rows_stand_side_by_side() -> None:
    picture = np.zeros((220, 440, 3), np.uint8)
    picture[:75, :, 0] = 255
    picture[90:, :, 2] = 255
    strip = cut_strip(picture, upright(0, 0, 440, 220), rows=2)
    left, right = strip[:30, :56], strip[10:, 56:]
    assert left[..., 0].mean() > 240 and left[..., 2].mean() < 5
    assert right[..., 2].mean() > 240 and right[..., 0].mean() < 5


def test_a_plate_at_the_pictures_edge_is_cut_all_the_same() -> None:
    picture = np.full((50, 100, 3), 90, np.uint8)
    assert (cut_strip(picture, upright(-40, -10, 120, 38)) == 90).all()


@pytest.mark.parametrize(("size", "ratio"), [((440, 140), 3.14), ((480, 140), 3.43), ((440, 220), 2.0)])
def test_the_ratio_of_the_sides_tells_rows_apart(size: tuple[int, int], ratio: float) -> None:
    assert side_ratio(upright(5, 5, *size)) == pytest.approx(ratio, abs=0.01)


def test_a_slant_is_taken_back_by_sliding_the_edges() -> None:
    corners = upright(10, 10, 200, 60)
    slanted = slide(corners, 0.1)
    assert slanted[:, 0] == pytest.approx([20, 220, 200, 0]) and (slanted[:, 1] == corners[:, 1]).all()
    assert slide(slanted, -0.1) == pytest.approx(corners)
