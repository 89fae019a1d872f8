"""What flutters down, and what only looks so: leaves, flakes, drones, lifts."""

from __future__ import annotations

import numpy as np
import pytest

from tests.vision.falling.trails import decide, judge, snowing, steady, trail
from tests.vision.falling.walls import fall
from vision.falling.tracks import Trail


def test_a_bag_that_starts_before_the_wall_flutters() -> None:
    places = fall(np.arange(1, 130) * 0.04, np.array([3.0, 0.7, 28.0]), np.array([0.3, 1.0, 0.0]), 2.2)
    assert decide(trail(places, side_px=14)).kind == "flutter"


def test_what_is_small_and_lost_in_three_of_ten_pictures_does_not_flutter() -> None:
    """A bag is large and slow; drones and insects come and go."""
    rows = trail(fall(np.arange(1, 130) * 0.04, np.array([3.0, 0.7, 28.0]), np.array([0.3, 1.0, 0.0]), 2.2), 6).rows
    for share, kind in ((0.9, "flutter"), (0.7, None)):
        seen = np.random.default_rng(5).random(len(rows)) < share
        seen[:4] = True
        assert decide(Trail(rows[seen])).kind == kind


def test_a_leaf_that_sails_slower_and_slower_does_not_flutter() -> None:
    """It hangs for a moment, drops, and is caught by the air."""
    at_s = np.arange(1, 45) * 0.04
    down = 3.4 * np.clip(at_s - 0.14, 0, 0.96) + 1.2 * np.clip(at_s - 1.1, 0, None)
    verdict = decide(trail(np.stack([0.3 * at_s, 0 * at_s + 0.5, 24 - down], 1), 9))
    assert verdict.kind is None
    assert verdict.reason.endswith("slows down")


def test_a_light_ball_near_the_ground_does_not_flutter() -> None:
    """A bag falls so from the second floor; a light ball is thrown up first."""
    down = fall(np.arange(1, 60) * 0.04, np.array([3.0, 0.7, 10.0]), np.array([0.3, 1.0, 0.0]), 3.0)
    assert decide(trail(down, 12)).kind == "flutter"
    up = fall(np.arange(1, 90) * 0.04, np.array([3.0, 0.7, 6.0]), np.array([0.3, 0.6, 6.0]), 6.5)
    verdict = decide(trail(up, 12))
    assert verdict.kind is None
    assert "from the ground" in verdict.reason


def test_snow_is_weather_even_when_a_flake_begins_in_the_picture() -> None:
    by, random = judge(), np.random.default_rng(8)
    for number in range(30):
        flake = steady(random.uniform(-8, 8), 25, 0.3, -2.0 - 0.2 * random.random())
        by.judge(trail(flake, 5, start_s=20 + number * 0.1, seed=number), 0.0)
    places = fall(np.arange(1, 130) * 0.04, np.array([3.0, 0.7, 28.0]), np.array([0.3, 0, 0]), 2.2)
    assert by.judge(trail(places, 6, start_s=23.0), 0.0).kind is None


@pytest.mark.parametrize(
    ("flakes", "side_px", "pictures", "kind"),
    [(40, 10, 130, "flutter"), (40, 10, 50, None), (40, 6, 130, None), (10, 10, 130, None)],
    ids=["a bag followed long", "too short to tell", "a flake", "one of ten leaves"],
)
def test_in_snow_a_bag_that_plainly_began_here_still_flutters(
    flakes: int, side_px: float, pictures: int, kind: str | None
) -> None:
    by = judge()
    snowing(by, flakes)
    places = fall(np.arange(1, pictures) * 0.04, np.array([3.0, 0.7, 28.0]), np.array([0.3, 0.6, 0.0]), 2.6)
    verdict = by.judge(trail(places, side_px, start_s=23.0), 0.0)
    assert verdict.kind == kind, verdict.reason


def test_what_is_large_and_flies_as_it_likes_neither_falls_nor_flutters() -> None:
    """A drone rises, stops and comes down at four metres per second, by and large like a bag."""
    at_s = np.arange(1, 87) * 0.04
    z = 24 + 3 * np.sin(np.clip(at_s * 1.6, 0, np.pi / 2)) - 4.2 * np.clip(at_s - 1.2, 0, 9) + 0.5 * np.sin(5 * at_s)
    drone = np.stack([2 + 0.4 * np.sin(3 * at_s), np.full(len(at_s), 3.0), z], 1)
    assert decide(trail(drone, 18)).kind is None


def sinking(down: np.ndarray) -> np.ndarray:
    """N metres below where it hung -> places before the wall."""
    return np.stack([0.2 * np.arange(len(down)) * 0.04, np.full(len(down), 0.7), 26 - down], 1)


LONG = np.arange(1, 90) * 0.04

BAG = 2.4 * np.where(LONG < 0.2, LONG**2 / 0.4, LONG - 0.1)

DRONE = 5.6 * np.clip(LONG - 0.35, 0, 0.75) + 2.4 * np.clip(LONG - 1.1, 0, 9)


@pytest.mark.parametrize(("down", "reason"), [(BAG, ""), (DRONE, "hung before")], ids=["a bag", "a drone"])
def test_what_hangs_before_it_sinks_was_not_let_go(down: np.ndarray, reason: str) -> None:
    verdict = decide(trail(sinking(down), 10))
    assert verdict.reason.rpartition("; ")[2] == reason


@pytest.mark.parametrize(("side_px", "kind"), [(10, "flutter"), (26, None)], ids=["a bag", "a lift"])
def test_a_large_thing_that_is_soon_over_must_have_gathered_speed(side_px: float, kind: str | None) -> None:
    assert decide(trail(sinking(BAG[:49]), side_px)).kind == kind


def test_in_rain_too_a_bag_that_plainly_began_flutters() -> None:
    """Twelve slow things are leaves on a dry day; with streaks among them they are drops on the lens."""
    kinds = []
    for streaks in (0, 3):
        by = judge()
        snowing(by, 12)
        for number in range(streaks):
            by.judge(trail(steady(2.0 * number, 30, 0.3, -16.0)[:9], 3, start_s=22 + number * 0.1), 0.0)
        places = fall(np.arange(1, 130) * 0.04, np.array([3.0, 0.7, 28.0]), np.array([0.3, 0.6, 0.0]), 2.6)
        kinds.append(by.judge(trail(places, 10, start_s=23.0), 0.0).kind)
    assert kinds == [None, "flutter"]


def test_pieces_of_one_thing_are_no_weather() -> None:
    """A cloth is lost and found again; what was seen of it on its way does not speak against it."""
    by = judge()
    places = fall(np.arange(1, 130) * 0.04, np.array([3.0, 0.7, 28.0]), np.array([0.3, 1.0, 0.0]), 2.2)
    whole = trail(places, 14)
    for first in range(0, 100, 10):
        by.judge(Trail(whole.rows[first : first + 20]), 0.0)
    assert decide(whole, by).kind == "flutter"


def test_a_paper_that_the_wind_carries_aside_still_flutters() -> None:
    at_s = np.arange(1, 200) * 0.04
    places = fall(at_s, np.array([-12.0, 0.7, 28.0]), np.array([0.3, 0.6, 0.0]), 1.8)
    places[:, 0] += 2.1 * at_s
    assert np.ptp(places[:, 0]) > np.ptp(places[:, 2])
    assert decide(trail(places, 12)).kind == "flutter"
    glides = np.stack([-12 + 3.6 * at_s, np.full(len(at_s), 0.7), places[:, 2]], 1)
    assert decide(trail(glides, 12)).kind is None


def test_a_leaf_that_the_wind_carries_as_far_aside_does_not() -> None:
    at_s = np.arange(1, 200) * 0.04
    places = fall(at_s, np.array([-12.0, 0.7, 28.0]), np.array([0.3, 0.6, 0.0]), 1.8)
    places[:, 0] += 2.1 * at_s
    verdict = decide(trail(places, 6))
    assert verdict.kind is None
    assert "more across than down" in verdict.reason


@pytest.mark.parametrize(
    ("pictures", "side_px", "early_mps", "kind"),
    [(150, 10, 0.0, "flutter"), (60, 10, 0.0, None), (150, 5, 0.0, None), (150, 10, -2.0, None)],
    ids=["long, and plainly begun", "too short", "as small as an insect", "not seen to begin"],
)
def test_a_bag_that_is_lost_every_second_picture_must_be_plain(
    pictures: int, side_px: float, early_mps: float, kind: str | None
) -> None:
    """It passes before a wall of its own grey."""
    begin = np.array([3.0, 0.7, 28.0])
    rows = trail(fall(np.arange(1, pictures) * 0.04, begin, np.array([0.1, 0.6, early_mps]), 2.4), side_px).rows
    seen = np.random.default_rng(5).random(len(rows)) < 0.65
    seen[:4] = True
    assert decide(Trail(rows[seen])).kind == kind


def test_what_was_there_when_watching_began_does_not_flutter() -> None:
    places = fall(np.arange(1, 130) * 0.04, np.array([3.0, 0.7, 28.0]), np.array([0.3, 1.0, 0.0]), 2.2)
    assert judge().judge(trail(places, 14, start_s=20.0), 19.9).kind is None


def bag(start_s: float, x: float = 3.0) -> Trail:
    """Small and far."""
    places = fall(np.arange(1, 130) * 0.04, np.array([x, 0.7, 28.0]), np.array([0.3, 0.3, 0.0]), 1.6)
    return trail(places, 5, start_s)


def test_a_small_flutter_is_told_when_it_is_alone_and_is_a_leaf_when_another_comes_down_with_it() -> None:
    assert decide(bag(20.0)).kind == "flutter"
    by = judge()
    by.judge(bag(16.0, -6.0), 0.0)
    verdict = by.judge(bag(20.0), 0.0)
    assert verdict.kind is None
    assert verdict.reason.endswith("weather")
