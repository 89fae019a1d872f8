"""The refiner's cut-out and the way back to the picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from vision.plate_crop import CROP_SIZE, PLATE_SHARE, beside, cut, frame_of, moved, nominal, to_crop, to_picture

SLANTED = np.array([[100, 80], [220, 110], [214, 150], [94, 120]], np.float32)


def picture_with(quad: NDArray[np.float32], size: tuple[int, int] = (240, 320)) -> NDArray[np.uint8]:
    picture = np.zeros((*size, 3), np.uint8)
    cv2.fillPoly(picture, [np.round(quad).astype(np.int32)], (255, 255, 255))
    return picture


def test_a_parallelogram_lands_on_the_supposed_plate() -> None:
    np.testing.assert_allclose(to_crop(SLANTED, frame_of(SLANTED)), nominal(), atol=1e-3)


def test_one_looks_again_at_either_part_and_slanted_to_either_side() -> None:
    places = beside(SLANTED)
    areas = [cv2.contourArea(place) / cv2.contourArea(SLANTED) for place in places]
    assert areas == pytest.approx([0.8, 0.8, 1, 1], rel=1e-3)
    np.testing.assert_allclose(places[0][1:3], SLANTED[1:3], atol=1e-3)
    np.testing.assert_allclose(places[1][[0, 3]], SLANTED[[0, 3]], atol=1e-3)
    for place in places[2:]:
        np.testing.assert_allclose(place.mean(axis=0), SLANTED.mean(axis=0), atol=1e-3)
    leans = [float((place[3] - place[0])[0] - (SLANTED[3] - SLANTED[0])[0]) for place in places[2:]]
    assert leans[0] == pytest.approx(-leans[1]) and abs(leans[0]) > 10


@given(
    st.tuples(st.floats(20, 900), st.floats(-0.8, 0.8), st.floats(0.15, 0.8), st.floats(-0.4, 0.4)),
    st.lists(st.floats(-0.3, 0.3), min_size=8, max_size=8),
)
def test_shifts_lead_from_supposed_to_true_corners(
    shape: tuple[float, float, float, float], shifts: list[float]
) -> None:
    width, slope, ratio, lean = shape
    across, down = width * np.array([1, slope]), width * ratio * np.array([lean, 1])
    half = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    frame = frame_of((np.array([500, 400]) + half[:, :1] * across + half[:, 1:] * down).astype(np.float32))
    found = moved(np.array(shifts), frame)
    back = (to_crop(found, frame) - nominal()) / (np.array(CROP_SIZE) * PLATE_SHARE)
    np.testing.assert_allclose(back.ravel(), shifts, atol=1e-3)
    np.testing.assert_allclose(to_picture(to_crop(found, frame), frame), found, atol=0.05)


@pytest.mark.parametrize("factor", [0.5, 1, 4], ids=["enlarged", "as it is", "shrunk"])
def test_the_cut_out_shows_the_plate_upright_in_its_place(factor: float) -> None:
    quad = (SLANTED * factor).astype(np.float32)
    crop = cut(picture_with(quad, (round(240 * factor), round(320 * factor))), frame_of(quad))
    assert crop.shape == (CROP_SIZE[1], CROP_SIZE[0], 3)
    (x1, y1), _, (x2, y2), _ = nominal()
    inner = crop[round(y1) + 4 : round(y2) - 4, round(x1) + 4 : round(x2) - 4]
    assert inner.min() > 200
    outer = crop.copy()
    outer[round(y1) - 4 : round(y2) + 4, round(x1) - 4 : round(x2) + 4] = 0
    assert outer.max() < 60


def test_a_cut_out_beyond_the_picture_is_black() -> None:
    far = (SLANTED + 5000).astype(np.float32)
    assert cut(picture_with(SLANTED), frame_of(far)).max() == 0


def test_a_cut_out_over_the_edge_repeats_it() -> None:
    edge = (SLANTED - [160, 100]).astype(np.float32)
    assert cut(np.full((240, 320, 3), 90, np.uint8), frame_of(edge)).min() == 90


def test_several_plates_are_led_back_as_each_by_itself() -> None:
    rng = np.random.default_rng(5)
    frames = rng.normal(size=(3, 2, 3))
    deltas = rng.normal(size=(3, 8)).astype(np.float32)
    together = moved(deltas, frames)
    assert together.shape == (3, 4, 2)
    np.testing.assert_allclose(together, [moved(d, f) for d, f in zip(deltas, frames, strict=True)], rtol=1e-6)
