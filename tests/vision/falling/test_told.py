"""Nothing is told twice: not again, not in parts, not drop by drop; and a second thing is not taken for the first."""

from __future__ import annotations

import numpy as np
import pytest

from tests.vision.falling.trails import SITE, T, steady, trail
from tests.vision.falling.walls import fall
from vision.falling.facade import Wall
from vision.falling.judge import Verdict
from vision.falling.measures import measure
from vision.falling.told import Told
from vision.falling.tracks import Trail

WALL = Wall(SITE.facade(), SITE.size)


def bag(x: float, z: float, start_s: float) -> Trail:
    """Let go at rest, soon at 3 m/s."""
    return trail(fall(T, np.array([x, 0.3, z]), np.array([0.0, 0.3, 0.0]), 3.0), 8, start_s=start_s)


def gliding(x: float, z: float, start_s: float) -> Trail:
    """Already at its final speed."""
    return trail(steady(x, z, 0.0, -3.0), 8, start_s=start_s)


def again(told: Told, one: Trail, *, against_rules: bool) -> str:
    found = measure(WALL, one, 0.04)
    verdict = Verdict("flutter", "", found, None, 0.95, against_rules)
    reason = told.again(one, verdict, WALL.to_wall(one.points[:1])[0])
    if not reason:
        told.remember(one, verdict, WALL.to_wall(one.points[:1])[0])
    return reason


def test_the_first_of_all_is_told() -> None:
    assert again(Told(WALL), bag(1.0, 30.0, 20.0), against_rules=False) == ""


ALREADY, NEW = "told already", ""


@pytest.mark.parametrize("against_rules", [True, False])
@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (bag(1.0, 30.0, 20.2), ALREADY),
        (gliding(1.5, 26.5, 21.5), ALREADY),
        (bag(9.0, 30.0, 20.4), NEW),
        (bag(1.0, 26.0, 16.0), NEW),
        (bag(1.0, 30.0, 42.5), NEW),
    ],
    ids=["let go with it", "on its way", "from another window at the same time", "lower, but before it", "much later"],
)
def test_what_a_fall_that_was_told_explains_is_that_fall(one: Trail, reason: str, against_rules: bool) -> None:
    told = Told(WALL)
    again(told, bag(1.0, 30.0, 20.0), against_rules=False)
    assert again(told, one, against_rules=against_rules) == reason


def test_a_longer_trail_of_the_same_things_is_the_same_though_it_began_before_and_beside() -> None:
    whole, told = bag(1.0, 30.0, 20.0), Told(WALL)
    assert again(told, Trail(whole.rows[30:]), against_rules=False) == NEW
    assert again(told, whole, against_rules=True) == ALREADY


@pytest.mark.parametrize(("against_rules", "reason"), [(True, ALREADY), (False, NEW)])
def test_only_what_the_traits_tell_alone_is_a_drop_of_what_was_let_go_above(against_rules: bool, reason: str) -> None:
    told = Told(WALL)
    again(told, bag(1.0, 30.0, 20.0), against_rules=False)
    assert again(told, gliding(2.0, 14.0, 23.0), against_rules=against_rules) == reason


def test_a_second_bag_from_a_lower_window_is_told_unless_the_first_was_a_splash() -> None:
    second, told, splash = bag(1.5, 25.0, 21.0), Told(WALL), Told(WALL)
    again(told, bag(1.0, 30.0, 20.0), against_rules=False)
    assert again(told, second, against_rules=False) == NEW
    again(splash, bag(1.0, 30.0, 20.0), against_rules=False)
    for drop in (gliding(1.5, 27.5, 21.2), gliding(0.5, 27.0, 21.4)):
        assert again(splash, drop, against_rules=True) == ALREADY
    assert again(splash, second, against_rules=False) == ALREADY
