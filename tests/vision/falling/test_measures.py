"""What a trail looks like on the wall: whether its thing started slowly, whatever stood there before."""

from __future__ import annotations

import numpy as np
import pytest

from tests.vision.falling.walls import FRAME_S, Site
from vision.falling.facade import Wall
from vision.falling.measures import impossible, measure
from vision.falling.tracks import Trail

SITE = Site()
WALL = Wall(SITE.facade(), SITE.size)
SPEED_MPS = 2.5


def trail(fallen_m: np.ndarray, side_px: np.ndarray) -> Trail:
    """Metres fallen and size in each picture, along the wall from its sixth floor."""
    places = np.stack([np.zeros_like(fallen_m), np.zeros_like(fallen_m), 17.0 - fallen_m], 1)
    centre, half = SITE.see(places), side_px[:, None] / 2
    at_s = np.arange(len(fallen_m)) * FRAME_S
    return Trail(np.column_stack([at_s, centre, centre - half, centre + half, np.full(len(at_s), 30.0)]))


STEADY = np.arange(40) * FRAME_S * SPEED_MPS
SLOWLY = SPEED_MPS * (np.arange(40) * FRAME_S - 0.25 * (1 - np.exp(-np.arange(40) * FRAME_S / 0.25)))


@pytest.mark.parametrize(
    ("fallen_m", "first_px", "started_slowly"),
    [(STEADY, 8.0, False), (SLOWLY, 8.0, True), (SLOWLY, 4.0, True), (np.r_[np.zeros(4), STEADY], 1.0, False)],
    ids=["steady", "slow start", "slow start, half hidden", "a speck stood there before"],
)
def test_only_a_thing_itself_starts_slowly(fallen_m: np.ndarray, first_px: float, started_slowly: bool) -> None:
    side_px = np.full(len(fallen_m), 8.0)
    side_px[:4] = first_px
    found = measure(WALL, trail(fallen_m, side_px), FRAME_S)
    assert (found.lag_m > 0.15) == started_slowly
    assert abs(found.lag_m) < 0.05 or started_slowly


TIMES_S = np.arange(30) * FRAME_S


@pytest.mark.parametrize(
    ("fallen_m", "weighed"),
    [
        (4.9 * TIMES_S**2 - 5.3 * TIMES_S, True),
        (-4.9 * TIMES_S**2 + 5.3 * TIMES_S, False),
        (1.3 * TIMES_S, False),
        (4.9 * TIMES_S**2, True),
    ],
    ids=["thrown up, out of sight as it comes down", "swings up", "a short way, steadily", "falls"],
)
def test_what_leaves_the_picture_soon_is_weighed_if_it_plainly_came_down(fallen_m: np.ndarray, weighed: bool) -> None:
    found = measure(WALL, trail(fallen_m, np.full(len(fallen_m), 8.0)), FRAME_S)
    assert impossible(found) != weighed
