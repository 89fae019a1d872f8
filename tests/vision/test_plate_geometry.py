"""Boxes and quads."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision import geometry
from vision.geometry import quad_of

box = st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(1, 50), st.integers(1, 50)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


@given(box, box)
def test_iou_is_symmetric_and_one_only_for_equal_boxes(a: geometry.Box, b: geometry.Box) -> None:
    assert geometry.iou(a, b) == pytest.approx(geometry.iou(b, a))
    assert 0 <= geometry.iou(a, b) <= 1
    assert (geometry.iou(a, b) > 1 - 1e-9) == (a == b)


@pytest.mark.parametrize(
    ("inner", "outer", "share"),
    [((0, 0, 10, 10), (0, 0, 20, 20), 1.0), ((0, 0, 10, 10), (5, 0, 20, 20), 0.5), ((0, 0, 1, 1), (5, 5, 6, 6), 0.0)],
)
def test_covered(inner: geometry.Box, outer: geometry.Box, share: float) -> None:
    assert geometry.covered(inner, outer) == share


@given(st.tuples(*[st.floats(-100, 200)] * 4))
def test_clipped_boxes_lie_in_the_picture_and_are_not_empty(wild: tuple[float, float, float, float]) -> None:
    x1, y1, x2, y2 = geometry.clip(wild, 60, 80)
    assert 0 <= x1 < x2 <= 80
    assert 0 <= y1 < y2 <= 60


@given(box, st.permutations(range(4)))
def test_corners_are_put_in_reading_order(shape: geometry.Box, order: list[int]) -> None:
    quad = quad_of(shape)
    assert np.array_equal(geometry.order_corners(quad[order]), quad)


def test_a_part_may_be_larger_than_the_whole() -> None:
    quad = quad_of((10, 10, 30, 20))
    assert geometry.bounds(geometry.part(quad, -0.5, -1, 1.5, 2)) == (0, 0, 40, 30)
    assert geometry.bounds(geometry.part(quad, 0, 0.5, 0.25, 1)) == (10, 15, 15, 20)


@pytest.mark.parametrize(
    ("left", "right", "joined"),
    [
        ((0, 0, 40, 20), (50, 0, 150, 20), (0, 0, 150, 20)),
        ((50, 2, 150, 22), (0, 0, 40, 20), (0, 0, 150, 22)),
        ((0, 0, 40, 20), (80, 0, 150, 20), None),
        ((0, 0, 40, 20), (45, 15, 150, 35), None),
        ((0, 0, 40, 20), (45, 0, 150, 60), None),
    ],
)
def test_two_pieces_of_one_line(left: geometry.Box, right: geometry.Box, joined: geometry.Box | None) -> None:
    both = geometry.side_by_side(quad_of(left), quad_of(right))
    assert (geometry.bounds(both) if both is not None else None) == joined


@pytest.mark.parametrize(
    ("upper", "lower", "stacked"),
    [
        ((30, 0, 110, 30), (0, 34, 140, 80), True),
        ((0, 34, 140, 80), (30, 0, 110, 30), False),
        ((0, 0, 300, 30), (80, 34, 220, 80), False),
        ((30, 0, 110, 30), (0, 100, 140, 140), False),
        ((150, 0, 230, 30), (0, 34, 140, 80), False),
    ],
)
def test_rows_of_one_plate(upper: geometry.Box, lower: geometry.Box, stacked: bool) -> None:
    assert geometry.stacked(quad_of(upper), quad_of(lower)) is stacked
