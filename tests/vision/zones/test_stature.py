"""How tall somebody stands out from the scene: within a part of a pixel, and only where both ends are seen."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from vision.frame import Image
from vision.zones.people import Person
from vision.zones.stature import Statures

GROUND = np.random.default_rng(5).integers(90, 120, (200, 300, 1), np.uint8).repeat(3, axis=2)
LOOKS = np.zeros(12, np.float32)
FINE = 8


def picture(height: float | None, *, x: float = 150.0, foot: float = 160.0, light: float = 1.0) -> Image:
    """Somebody as tall as that in front of the ground, drawn finer and then reduced."""
    large = cv2.resize(GROUND, None, fx=FINE, fy=FINE, interpolation=cv2.INTER_NEAREST)
    if height is not None:
        head = 0.08 * height
        corners = (
            (round((x - 8) * FINE), round((foot - height + head) * FINE)),
            (round((x + 8) * FINE), round(foot * FINE)),
        )
        cv2.rectangle(large, *corners, (60, 60, 30), -1)
        cv2.circle(
            large, (round(x * FINE), round((foot - height + head) * FINE)), round(head * FINE), (110, 130, 180), -1
        )
    small = cv2.resize(large, (300, 200), interpolation=cv2.INTER_AREA)
    return np.asarray(np.clip(small * light, 0, 255), np.uint8)


def person(height: float, *, x: float = 150.0, foot: float = 160.0, off: float = 0.0) -> Person:
    """As a detector finds them: the box is off by so much at head and foot."""
    return Person((x - 11, foot - height - off, x + 11, foot + off), LOOKS)


def measured(statures: Statures, height: float, now_s: float, *, off: float = 0.0, light: float = 1.0) -> float | None:
    return statures.measured(picture(height, light=light), [person(height, off=off)], now_s)[0].stature


@pytest.fixture
def statures() -> Statures:
    made = Statures()
    for look in range(3):
        assert made.measured(picture(None), [], 0.2 * look) == []
    return made


def test_it_is_exact_where_the_box_is_not(statures: Statures) -> None:
    heights = (56.0, 56.5, 57.0, 58.0, 60.0)
    told = [measured(statures, height, 1.0, off=off) for height in heights for off in (-3.0, 0.0, 3.0)]
    rows = np.array(told, float).reshape(len(heights), 3)
    assert np.ptp(rows, axis=1).max() < 0.2
    assert rows[:, 1] - rows[0, 1] == pytest.approx(np.array(heights) - heights[0], abs=0.3)


@pytest.mark.parametrize("light", [0.6, 1.4])
def test_a_lamp_or_a_cloud_changes_nothing(statures: Statures, light: float) -> None:
    assert measured(statures, 58.0, 1.0, light=light) == pytest.approx(measured(statures, 58.0, 1.0), abs=0.4)


def test_whoever_was_there_from_the_first_picture_is_measured_where_they_walk_to() -> None:
    statures = Statures()
    for look in range(5):
        (still,) = statures.measured(picture(58.0), [person(58.0)], 0.2 * look)
    assert still.stature is None
    (walked,) = statures.measured(picture(58.0, x=220.0), [person(58.0, x=220.0)], 1.2)
    assert walked.stature == pytest.approx(58.0, abs=3.0)


def test_feet_below_the_picture_are_not_measured(statures: Statures) -> None:
    low = replace(person(58.0, foot=199.0), box=(139.0, 150.0, 161.0, 200.0))
    assert statures.measured(picture(58.0, foot=210.0), [low], 1.0)[0].stature is None


def test_the_scene_is_learnt_anew_but_not_who_stands_in_it(statures: Statures) -> None:
    first = measured(statures, 58.0, 1.0)
    for look in range(100):
        measured(statures, 58.0, 1.0 + 0.2 * look)
    assert measured(statures, 58.0, 21.2) == pytest.approx(first, abs=0.2)
