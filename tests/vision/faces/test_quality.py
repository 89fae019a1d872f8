"""What is wrong with a face, said in the order in which a person can mend it. The face here is drawn."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from vision.faces.align import TEMPLATE, Image, aligned
from vision.faces.face import Face, foremost
from vision.faces.quality import Quality, judge, turn

SIDE_MIN = 48


def drawn() -> Image:
    """A face of 224 px with skin, brows, eyes, nose and mouth, in a grey picture of 640x480."""
    image = np.full((480, 640, 3), 120, np.uint8)
    cv2.ellipse(image, (320, 250), (80, 110), 0, 0, 360, (150, 175, 205), -1)
    for x, y in face().points[:2]:
        cv2.ellipse(image, (round(float(x)), round(float(y))), (17, 8), 0, 0, 360, (235, 235, 235), -1)
        cv2.circle(image, (round(float(x)), round(float(y))), 7, (30, 30, 40), -1)
        cv2.line(
            image,
            (round(float(x)) - 18, round(float(y)) - 18),
            (round(float(x)) + 18, round(float(y)) - 20),
            (40, 50, 60),
            5,
        )
    nose, right, left = (tuple(round(float(v)) for v in point) for point in face().points[2:])
    cv2.line(image, (nose[0], nose[1] - 45), nose, (120, 145, 180), 4)
    cv2.line(image, right, left, (70, 70, 160), 8)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 1.0), np.uint8)


def face(scale: float = 2.0, x: float = 208.0, y: float = 120.0) -> Face:
    points = (TEMPLATE * scale + np.array([x, y])).astype(np.float32)
    return Face((int(x), int(y), int(x + 112 * scale), int(y + 112 * scale)), points, 0.9)


def seen(change: Callable[[Image], Image], where: Face | None = None) -> Quality:
    return judge(np.ascontiguousarray(change(drawn())), where or face(), side_px_min=SIDE_MIN)


def light(factor: float, shift: float = 0.0) -> Callable[[Image], Image]:
    return lambda image: np.clip(image * factor + shift, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda image: image, ""),
        (light(0.8), ""),
        (light(1.2), ""),
        (light(0.12), "too_dark"),
        (light(0.5, 190), "too_bright"),
        (light(0.2, 120), "low_contrast"),
    ],
    ids=["good", "dim", "bright", "dark", "glare", "haze"],
)  # fmt: skip
def test_each_fault_is_named(change: Callable[[Image], Image], problem: str) -> None:
    quality = seen(change)
    assert quality.problem == problem
    assert (quality.score < 0.5) == bool(problem)


def test_small_faces_are_too_small_first_of_all() -> None:
    small = np.asarray(cv2.resize(drawn(), None, fx=0.2, fy=0.2, interpolation=cv2.INTER_AREA), np.uint8)
    quality = judge(small, face(0.4, 41.6, 24.0), side_px_min=SIDE_MIN)
    assert quality.problem == "too_small"
    assert quality.side_px == pytest.approx(44.8, rel=0.01)
    assert judge(small, face(0.4, 41.6, 24.0), side_px_min=40).problem != "too_small"


def test_a_face_at_the_edge_is_cut_off() -> None:
    image = drawn()
    assert judge(np.ascontiguousarray(image[:, :300]), face(), side_px_min=SIDE_MIN).problem == "cut_off"
    assert judge(np.ascontiguousarray(image[:300]), face(), side_px_min=SIDE_MIN).problem == "cut_off"
    assert judge(np.ascontiguousarray(image[100:]), face(y=20.0), side_px_min=SIDE_MIN).outside == 0.0


@pytest.mark.parametrize(
    ("aside", "down", "turned"),
    [(0, 0, False), (8, 0, False), (45, 0, True), (-45, 0, True), (0, 45, True), (0, -45, True)],
)
def test_the_nose_says_where_a_face_looks(aside: float, down: float, turned: bool) -> None:
    points = face().points.copy()
    points[2] += (aside, down)
    assert (judge(drawn(), Face(face().box, points, 0.9), side_px_min=SIDE_MIN).problem == "turned") == turned


def test_a_tilted_head_is_not_a_turned_one() -> None:
    middle = face().points.mean(axis=0)
    for degrees in (-40, 25, 90):
        angle = np.deg2rad(degrees)
        spin = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        tilted = ((face().points - middle) @ spin.T + middle).astype(np.float32)
        assert np.allclose(turn(Face(face().box, tilted, 0.9)), turn(face()), atol=1e-3)


def test_the_aligned_picture_need_not_be_made_twice() -> None:
    image = drawn()
    crop = aligned(image, face().points)
    assert judge(image, face(), side_px_min=SIDE_MIN, crop=crop) == judge(image, face(), side_px_min=SIDE_MIN)


def test_the_foremost_face_is_large_and_near_the_middle() -> None:
    person, neighbour, small = face(1.0, 260, 180), face(1.2, 560, 60), face(0.4, 300, 200)
    assert foremost([neighbour, small, person], 640, 480)[0] is person
    assert foremost([small, face(3.0, 100, 50)], 640, 480)[0].side_px == pytest.approx(336, rel=0.01)
    assert foremost([], 640, 480) == []
