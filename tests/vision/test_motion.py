"""Which frames are worth a read."""

from __future__ import annotations

import numpy as np

from tests.vision.clips import Image, street
from vision.motion import LINGER_S, REREAD_S, MotionGate

RNG = np.random.default_rng(3)


NOISE = RNG.integers(-7, 8, (960, 1280, 3), np.int16)
"""Sensor noise of 4 grey levels; each picture takes another piece of it."""


def noisy(image: Image) -> Image:
    height, width = image.shape[:2]
    top, left = RNG.integers(0, (960 - height, 1280 - width))
    noise = NOISE[top : top + height, left : left + width]
    return np.asarray(np.clip(image + noise, 0, 255), np.uint8)


def reads(pictures: list[Image], period_s: float, *, unsure: bool = False, reread_s: float | None = None) -> list[bool]:
    gate = MotionGate()
    return [
        gate.wants(picture, number * period_s, unsure=unsure, reread_s=reread_s)
        for number, picture in enumerate(pictures)
    ]


def with_car(left: int) -> Image:
    picture = street(0, 640, 480)
    picture[200:320, left : left + 160] = (30, 40, 120)
    return picture


def test_a_still_noisy_scene_is_read_every_two_seconds() -> None:
    period_s = 0.125
    wanted = reads([noisy(street(0, 640, 480)) for _ in range(160)], period_s)
    settled = wanted[int((LINGER_S + REREAD_S) / period_s) + 1 :]
    assert 6 <= sum(settled) <= 9  # 17 s
    longest = max(len(run) for run in "".join("x" if w else "." for w in settled).split("x"))
    assert (longest + 1) * period_s <= REREAD_S + period_s


def test_a_moving_car_is_read_in_every_frame() -> None:
    assert all(reads([noisy(with_car(20 + 10 * number)) for number in range(40)], 0.125))


def test_a_car_that_creeps_is_not_overlooked() -> None:
    """Each step alone is below the threshold; the reference is the last picture that differed."""
    wanted = reads([with_car(20 + number) for number in range(300)], 0.125)
    assert sum(wanted) > 200


def test_a_car_that_arrives_is_read_at_once_and_for_a_while() -> None:
    gate = MotionGate()
    empty = noisy(street(0, 640, 480))
    assert gate.wants(empty, 0.0, unsure=False)
    assert not gate.wants(noisy(street(0, 640, 480)), 1.5, unsure=False)
    assert gate.wants(noisy(with_car(100)), 1.6, unsure=False)
    assert gate.wants(noisy(with_car(100)), 2.5, unsure=False)
    assert not gate.wants(noisy(with_car(100)), 2.7, unsure=False)


def test_while_a_visit_is_unsure_every_frame_is_read() -> None:
    assert all(reads([with_car(100)] * 50, 0.125, unsure=True))


def test_a_shorter_period_can_be_asked_for() -> None:
    often = reads([with_car(100)] * 160, 0.125, reread_s=0.5)
    assert sum(often[20:]) == 35


def test_a_change_of_picture_size_counts_as_motion() -> None:
    assert reads([street(0), street(0), street(0, 640, 480)], 1.0) == [True, False, True]
