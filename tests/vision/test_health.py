"""When a picture is no picture of the world, and when a quiet night must not be called a fault."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.vision.clips import Image, jpeg, street, write_film
from vision.health import FROZEN_AFTER_S, HealthCheck, dark_fault
from vision.observations import CameraFault

RNG = np.random.default_rng(7)
NOISE = RNG.standard_normal((720, 1280), np.float32)
"""Sensor noise; each picture takes another piece of it, which is much faster than drawing it anew."""


def noise_of(height: int, width: int) -> NDArray[np.float32]:
    top, left = RNG.integers(0, (720 - height, 1280 - width))
    return NOISE[top : top + height, left : left + width]


def night(noise: float, width: int = 640, height: int = 360) -> Image:
    """A dim yard with one lamp, and sensor noise of so many grey levels."""
    scene = np.full((height, width), 12.0, np.float32)
    cv2.rectangle(scene, (40, 200), (300, 340), 22, -1)
    cv2.circle(scene, (500, 60), 22, 230, -1)
    grey = np.clip(cv2.GaussianBlur(scene, (0, 0), 2) + noise * noise_of(*scene.shape), 0, 255)
    return np.asarray(cv2.cvtColor(grey.astype(np.uint8), cv2.COLOR_GRAY2BGR), np.uint8)


def flat(level: int, noise: float = 0.0) -> Image:
    picture = np.full((360, 640, 3), level, np.float32) + RNG.normal(0, max(noise, 1e-9), (360, 640, 3))
    return np.clip(picture, 0, 255).astype(np.uint8)


def clock(image: Image, text: str = "2026-11-21 07:24:55") -> Image:
    """The picture with the time burnt in, as cameras do."""
    white, font = (255, 255, 255), cv2.FONT_HERSHEY_PLAIN
    return np.asarray(cv2.putText(image.copy(), text, (10, 20), font, 1.0, white, 1), np.uint8)


@pytest.mark.parametrize(
    ("image", "dark"),
    [
        (flat(0), True),
        (flat(16), True),
        (clock(flat(2, noise=2)), True),  # the clock goes on over a dead picture
        (flat(10, noise=6), True),  # a covered lens: nothing but sensor noise
        (flat(128), True),  # the grey of a decoder without data
        (flat(128, noise=4), True),
        (flat(255), True),
        (night(2), False),
        (street(0), False),
        (cv2.GaussianBlur(street(0), (0, 0), 15), False),  # fog and dirt are no blackness
    ],
    ids=["black", "video black", "clock", "covered", "grey", "grey noise", "white", "night", "day", "fog"],
)
def test_dark_pictures(image: Image, dark: bool) -> None:
    assert (dark_fault(image) is not None) is dark


def judged(pictures: list[Image], *, live: bool = True, period_s: float = 0.5) -> list[CameraFault | None]:
    check = HealthCheck(live=live)
    verdicts = [check.look(picture, number * period_s) for number, picture in enumerate(pictures)]
    return [verdict[0] if verdict else None for verdict in verdicts]


def test_the_same_picture_is_frozen_after_its_time() -> None:
    picture = night(2)
    verdicts = judged([picture] * 60)
    first = verdicts.index(CameraFault.FROZEN)
    assert first * 0.5 >= FROZEN_AFTER_S
    assert set(verdicts[first:]) == {CameraFault.FROZEN}


def test_a_frozen_picture_coded_anew_each_time_is_frozen() -> None:
    """Some cameras go on coding their last picture, with another quality each time."""
    pictures = [
        cv2.imdecode(np.frombuffer(jpeg(street(3), 96 - number % 2), np.uint8), cv2.IMREAD_COLOR)
        for number in range(60)
    ]
    assert CameraFault.FROZEN in judged([np.asarray(picture, np.uint8) for picture in pictures])


def test_a_film_may_stand_still() -> None:
    assert set(judged([night(2)] * 120, live=False)) == {None}


@pytest.mark.parametrize("noise", [1.0, 2.0, 4.0])
def test_a_quiet_night_is_no_fault(noise: float) -> None:
    assert set(judged([night(noise) for _ in range(120)])) == {None}


def test_a_quiet_night_through_a_mean_encoder_is_no_fault(tmp_path: Path) -> None:
    """H.264 at a low bit rate wipes most of the noise away; what is left must do."""
    film = write_film(tmp_path / "night.mp4", frames=300, fps=10, picture=lambda _: night(1.5))
    capture = cv2.VideoCapture(str(film))
    pictures = []
    while True:
        ok, image = capture.read()
        if not ok:
            break
        pictures.append(np.asarray(image, np.uint8))
    capture.release()
    assert len(pictures) == 300
    assert set(judged(pictures, period_s=0.1)) == {None}


def test_a_clock_in_a_still_picture_is_life() -> None:
    still = street(0)
    pictures = [clock(still, f"07:24:{second:02d}") for second in range(60)]
    assert set(judged(pictures, period_s=1.0)) == {None}


def test_a_good_picture_clears_the_fault_at_once() -> None:
    verdicts = judged([flat(0), flat(0), night(2), flat(0)])
    assert verdicts == [CameraFault.BLACK, CameraFault.BLACK, None, CameraFault.BLACK]


def test_a_change_of_picture_size_is_no_crash() -> None:
    assert judged([street(0), street(0, 640, 480), street(0)]) == [None] * 3
