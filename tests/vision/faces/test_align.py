"""Alignment: a similarity that undoes turn, scale and shift, and a warp that keeps every pixel where it belongs."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.faces.align import SIDE_PX, TEMPLATE, aligned, back, scale_of, side_px, similarity, warp


def placed(scale: float, degrees: float, x: float, y: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """The template's points somewhere in a picture."""
    angle = np.deg2rad(degrees)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (TEMPLATE @ turn.T + [x, y]).astype(np.float32)


@given(st.floats(0.2, 8), st.floats(-180, 180), st.floats(-500, 500), st.floats(-500, 500))
def test_the_similarity_undoes_how_a_face_lies(scale: float, degrees: float, x: float, y: float) -> None:
    points = placed(scale, degrees, x, y)
    affine = similarity(points)
    assert np.allclose(points @ affine[:, :2].T + affine[:, 2], TEMPLATE, atol=0.02)
    assert scale_of(affine) == pytest.approx(1 / scale, rel=1e-3)
    assert side_px(points) == pytest.approx(SIDE_PX * scale, rel=1e-3)
    assert np.allclose(back(affine, TEMPLATE), points, atol=0.05 * scale)


def test_it_is_the_nearest_one_where_the_points_do_not_fit() -> None:
    rng = np.random.default_rng(1)
    points = placed(2, 20, 30, 40) + rng.normal(0, 3, (5, 2)).astype(np.float32)
    best = similarity(points)

    def miss(affine: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
        return float(((points @ affine[:, :2].T + affine[:, 2] - TEMPLATE) ** 2).sum())

    for row, column in np.ndindex(2, 3):
        for step in (-0.003, 0.003):
            other = best.copy()
            other[row, column] += step if column < 2 else 100 * step
            if column < 2:  # stay a similarity
                other[1 - row, 1 - column] += step if row == column else -step
            assert miss(other) > miss(best)


def test_points_on_one_spot_give_finite_numbers() -> None:
    points = np.full((5, 2), 7, np.float32)
    assert np.isfinite(similarity(points)).all()
    assert aligned(np.zeros((50, 60, 3), np.uint8), points).shape == (SIDE_PX, SIDE_PX, 3)


@pytest.mark.parametrize("scale", [0.5, 0.9, 1.0, 1.7, 2.0, 2.6, 3.0, 5.3, 9.0])
@pytest.mark.parametrize("degrees", [0, 33])
def test_a_spot_lands_where_the_affine_says_at_every_reduction(scale: float, degrees: float) -> None:
    """A blurred dot: its centre of light must not wander when the picture is averaged first."""
    points = placed(scale, degrees, 420, 300)
    target = np.array([[61.3, 48.9]], np.float32)
    spot = back(similarity(points), target)[0]
    y, x = np.mgrid[0:1400, 0:1700].astype(np.float32)
    size = 2.5 * max(scale, 1)
    light = np.exp(-((x - spot[0]) ** 2 + (y - spot[1]) ** 2) / (2 * size**2))
    image = np.repeat((255 * light).astype(np.uint8)[..., None], 3, axis=2)
    crop = aligned(image, points)[..., 0].astype(np.float64)
    rows, columns = np.mgrid[0:SIDE_PX, 0:SIDE_PX]
    centre = np.array([(crop * columns).sum(), (crop * rows).sum()]) / crop.sum()
    assert np.abs(centre - target[0]).max() < 0.12


def test_fine_detail_is_averaged_and_not_sampled() -> None:
    """A checkerboard of single pixels becomes grey, wherever it is sampled."""
    board = ((np.indices((900, 900)).sum(axis=0) % 2) * 255).astype(np.uint8)
    image = np.asarray(cv2.merge([board, board, board]), np.uint8)
    for scale in (2.0, 4.0, 6.0):
        crop = warp(image, np.array([[1 / scale, 0, -5], [0, 1 / scale, -5]]))
        assert np.abs(crop.astype(int) - 127).max() <= 3


@pytest.mark.parametrize("corner", [(-300, -300), (590, 10), (10, 460), (590, 460)])
@pytest.mark.parametrize("scale", [0.5, 3.0])
def test_beyond_the_picture_it_is_black(corner: tuple[int, int], scale: float) -> None:
    image = np.full((480, 640, 3), 200, np.uint8)
    crop = aligned(image, placed(scale, 0, *corner))
    assert crop.shape == (SIDE_PX, SIDE_PX, 3)
    assert set(np.unique(crop)) <= set(range(201))
    assert (crop == 0).any()
