"""From the detector's map to candidates."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from vision.plate_map import STRIDE_PX, drop_doubles, net_size, peaks, sane

UPRIGHT = np.array([[-0.5, -0.16], [0.5, -0.16], [0.5, 0.16], [-0.5, 0.16]], np.float32)


def quad(x: float, y: float, width: float = 60, height: float = 20) -> NDArray[np.float32]:
    return np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], np.float32)


def empty_map(height: int = 12, width: int = 20) -> NDArray[np.float32]:
    output = np.zeros((10, height, width), np.float32)
    output[0] = -9
    return output


def mark(output: NDArray[np.float32], x: int, y: int, logit: float, width_cells: float) -> None:
    output[0, y, x] = logit
    output[1, y, x] = np.log(width_cells)
    output[2:, y, x] = UPRIGHT.ravel()


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        ((1080, 1920), (320, 576)),
        ((384, 640), (352, 576)),
        ((1224, 1632), (384, 512)),
        ((1603, 1056), (544, 352)),
        ((220, 293), (224, 288)),  # a small picture stays as it is
    ],
)
def test_pictures_of_every_shape_get_about_the_same_area(picture: tuple[int, int], expected: tuple[int, int]) -> None:
    assert net_size(*picture) == expected


@given(st.integers(16, 8192), st.integers(16, 8192))
def test_the_nets_size_is_a_multiple_of_its_largest_stride(height: int, width: int) -> None:
    h, w = net_size(height, width)
    assert h % 32 == 0 and w % 32 == 0 and h >= 32 and w >= 32


@pytest.mark.parametrize("seed", range(5))
def test_peaks_are_the_cells_that_no_neighbour_overtops(seed: int) -> None:
    output = empty_map()
    output[0] = np.random.default_rng(seed).integers(-6, 4, output.shape[1:])  # whole numbers, so that some are equal
    quads, scores = peaks(output, 0.5, 10_000)
    tops = (output[0] >= cv2.dilate(output[0], np.ones((3, 3), np.uint8))) & (output[0] > 0)
    assert len(quads) == np.count_nonzero(tops) > 0
    assert sorted(scores) == pytest.approx(sorted(1 / (1 + np.exp(-output[0][tops]))))
    assert (np.diff(scores) <= 0).all()


def test_a_peak_becomes_corners_round_the_middle_of_its_cell() -> None:
    output = empty_map()
    mark(output, x=10, y=6, logit=3.0, width_cells=5.0)
    quads, scores = peaks(output, 0.1, 5)
    middle = np.array([10.5, 6.5]) * STRIDE_PX
    np.testing.assert_allclose(quads, [middle + UPRIGHT * 5 * STRIDE_PX], atol=1e-3)
    assert scores[0] == pytest.approx(1 / (1 + np.exp(-3.0)))


def test_only_local_maxima_above_the_threshold_count_best_first_up_to_the_limit() -> None:
    output = empty_map()
    for x, logit in ((2, 1.0), (3, 0.5), (8, 2.0), (14, 0.0), (18, -4.0)):
        mark(output, x, 5, logit, 2.0)
    quads, scores = peaks(output, 0.3, 10)
    assert [round(float(q[:, 0].mean()) / STRIDE_PX - 0.5) for q in quads] == [8, 2, 14]
    assert list(scores) == sorted(scores, reverse=True)
    assert len(peaks(output, 0.3, 2)[0]) == 2


def test_an_empty_map_has_no_candidates() -> None:
    quads, scores = peaks(empty_map(), 0.1, 5)
    assert quads.shape == (0, 4, 2) and scores.shape == (0,)


@pytest.mark.parametrize(
    ("second", "kept"),
    [
        (quad(4, 2), [0]),  # nearly the same place
        (quad(15, 5, 30, 10), [0]),  # a part of the first
        (quad(70, 0), [0, 1]),  # beside it
        (quad(45, 12), [0, 1]),  # touches its corner
    ],
)
def test_a_candidate_that_repeats_a_better_one_is_dropped(second: NDArray[np.float32], kept: list[int]) -> None:
    assert drop_doubles([quad(0, 0), second]) == kept


@pytest.mark.parametrize(
    ("corners", "expected"),
    [
        (quad(0, 0), True),
        (quad(0, 0, 6, 2), False),  # too small to be read by anyone
        (quad(0, 0, 60, 3), False),  # a sliver
        (quad(0, 0)[[1, 0, 3, 2]], False),  # mirrored
        (quad(0, 0)[[0, 2, 1, 3]], False),  # crossed
        (np.array([[0, 0], [60, 0], [30, 20], [20, 20]], np.float32), False),  # one side far shorter
        (np.array([[0, 30], [50, 0], [55, 20], [5, 52]], np.float32), True),  # seen askew
    ],
)
def test_four_points_must_be_a_plate_as_a_camera_may_see_it(corners: NDArray[np.float32], expected: bool) -> None:
    assert sane(corners) is expected
