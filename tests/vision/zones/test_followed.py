"""One box from picture to picture: where it is expected, and when it can no longer be the same person's."""

from __future__ import annotations

import pytest

from tests.vision.zones.way import RED, WIDTH, person, piece
from vision.zones.followed import Followed, jumps_back


def followed(x: float, velocity: float) -> Followed:
    seen = person(x, RED)
    return Followed(1, seen.box, RED, 10.0, piece(1, 5.0, 10.0, (x, x)), seen.foot, velocity=(velocity, 0.0))


@pytest.mark.parametrize(
    ("x", "velocity", "next_x", "jumps"),
    [
        pytest.param(30.0, -60.0, 50.0, True, id="was walking out at the left"),
        pytest.param(WIDTH - 30.0, 60.0, WIDTH - 50.0, True, id="at the right"),
        pytest.param(30.0, -60.0, 18.0, False, id="walks on"),
        pytest.param(30.0, -60.0, 34.0, False, id="stops: boxes waver"),
        pytest.param(30.0, -5.0, 50.0, False, id="stood there"),
        pytest.param(30.0, 60.0, 50.0, False, id="was coming in"),
        pytest.param(240.0, -60.0, 260.0, False, id="far from the edge people may turn"),
    ],
)
def test_whoever_is_walking_out_does_not_jump_back(x: float, velocity: float, next_x: float, jumps: bool) -> None:
    assert jumps_back(followed(x, velocity), person(next_x, RED), WIDTH) == jumps


def test_whoever_is_hidden_is_about_for_a_while() -> None:
    one = followed(240.0, 0.0)
    assert one.about_s(3.0) == 10.0
    one.hidden_s = 12.0
    assert one.about_s(3.0) == 12.0
    one.hidden_s = 20.0
    assert one.about_s(3.0) == 13.0
