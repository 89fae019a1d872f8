"""Things low on the wall: what was kicked up from the ground has a way up, what leaves a window has nothing below."""

from __future__ import annotations

import numpy as np
import pytest

from tests.vision.falling.trails import SITE, judge, trail
from tests.vision.falling.walls import fall
from vision.falling.blobs import NONE, Blobs
from vision.falling.facade import Wall
from vision.falling.judge import Judge
from vision.falling.tracks import Trail

T = np.arange(0, 60) * 0.04
START_S = 20.0
WALL = Wall(SITE.facade(), SITE.size)


def seen_below(by: Judge, points: np.ndarray, until_s: float) -> None:
    """Pictures up to a time, one thing at each of these places (pixels; nan: none)."""
    for number, at in enumerate(points):
        things = (
            NONE if np.isnan(at).any() else Blobs(at[None], at[None] - 4, at[None] + 4, np.full(1, 30.0), np.ones(1))
        )
        by.history.take(things, until_s - (len(points) - number) * 0.04)


def box() -> Trail:
    """Tossed 0.2 m up and outward from the third floor."""
    return trail(fall(T, np.array([2.0, 0.7, 8.0]), np.array([0.5, 3.0, 2.0]), 18.0), 14, START_S)


def kicked(from_s: float) -> tuple[Trail, np.ndarray]:
    """A ball kicked up 8 m before the wall: what is seen of it from then on, and its places before."""
    flight = np.arange(0, 60) * 0.04
    places = fall(flight, np.array([2.0, 8.0, 1.5]), np.array([0.5, 0.0, 8.5]), 40.0)
    whole = trail(places, 9, START_S)
    return Trail(whole.rows[whole.at_s >= START_S + from_s]), SITE.see(places[flight < from_s - 0.01])


def test_what_is_tossed_from_a_low_window_with_nothing_below_it_is_a_fall() -> None:
    by = judge()
    seen_below(by, np.full((25, 2), np.nan), START_S)
    verdict = by.judge(box(), 0.0)
    assert verdict.kind == "fall", verdict.reason


def test_where_nobody_looked_nothing_is_proven() -> None:
    by = judge()
    seen_below(by, np.full((5, 2), np.nan), START_S)
    assert by.judge(box(), 0.0).reason.startswith("from the ground")


def test_what_is_seen_on_its_way_up_is_a_ball() -> None:
    by = judge()
    verdict = by.judge(box(), 0.0)
    assert verdict.flight is not None
    way = WALL.project(verdict.flight.place(START_S - np.arange(25, 0, -1) * 0.04))
    seen_below(by, way, START_S)
    assert by.judge(box(), 0.0).reason.startswith("from the ground")


@pytest.mark.parametrize("from_s", [0.5, 0.6, 0.7])
def test_a_ball_that_is_followed_only_from_near_its_top_is_known_by_its_way_up(from_s: float) -> None:
    by = judge()
    seen, before = kicked(from_s)
    seen_below(by, np.concatenate([np.full((20, 2), np.nan), before]), float(seen.at_s[0]))
    assert by.judge(seen, 0.0).kind is None
