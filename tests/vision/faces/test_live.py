"""What the liveness models are shown: the face with its surroundings, as they were trained on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.faces.live import surroundings

WIDTH, HEIGHT = 640, 480


def ramp() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Blue says the column, green the row, so that a crop tells where it was taken."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    image[..., 0] = np.linspace(0, 250, WIDTH).astype(np.uint8)
    image[..., 1] = np.linspace(0, 250, HEIGHT).astype(np.uint8)[:, None]
    return image


def shown(box: tuple[int, int, int, int], enlarge: float) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what is shown, in pixels of the picture."""
    crop = surroundings(ramp(), box, enlarge, (80, 80)).astype(float)
    assert crop.shape == (80, 80, 3)
    columns, rows = crop[..., 0] / 250 * (WIDTH - 1), crop[..., 1] / 250 * (HEIGHT - 1)
    return columns.min(), rows.min(), columns.max(), rows.max()


@pytest.mark.parametrize("enlarge", [1.0, 2.7, 4.0])
def test_the_box_is_enlarged_round_its_middle(enlarge: float) -> None:
    left, top, right, bottom = shown((300, 200, 340, 250), enlarge)
    assert (left + right) / 2 == pytest.approx(320, abs=4) and (top + bottom) / 2 == pytest.approx(225, abs=4)
    assert right - left == pytest.approx(40 * enlarge, abs=6) and bottom - top == pytest.approx(50 * enlarge, abs=6)


@pytest.mark.parametrize(
    ("box", "edges"),
    [
        ((0, 0, 60, 80), (0, 0, 162, 216)),
        ((580, 400, 640, 480), (478, 264, 639, 479)),
        ((-20, 200, 40, 280), (0, 132, 162, 348)),
        ((600, 200, 700, 300), (370, 115, 639, 385)),
    ],
    ids=["corner", "other corner", "beyond the left", "beyond the right"],
)
def test_at_the_edge_the_window_is_shifted_inside(box: tuple[int, int, int, int], edges: tuple[int, ...]) -> None:
    assert shown(box, 2.7) == pytest.approx(edges, abs=5)


def test_a_large_face_is_enlarged_only_as_far_as_the_picture_goes() -> None:
    left, top, right, bottom = shown((200, 20, 500, 460), 4.0)
    assert (top, bottom) == pytest.approx((0, 479), abs=5)
    assert right - left == pytest.approx(300 * 479 / 440, abs=6)


@given(
    st.tuples(st.integers(-300, 900), st.integers(-300, 900)),
    st.tuples(st.integers(-5, 700), st.integers(-5, 700)),
    st.floats(1, 5),
)
def test_any_box_gives_a_picture_of_the_wanted_size(
    corner: tuple[int, int], size: tuple[int, int], enlarge: float
) -> None:
    box = (*corner, corner[0] + size[0], corner[1] + size[1])
    assert surroundings(ramp(), box, enlarge, (80, 80)).shape == (80, 80, 3)
    assert surroundings(np.zeros((1, 1, 3), np.uint8), box, enlarge, (80, 80)).shape == (80, 80, 3)
