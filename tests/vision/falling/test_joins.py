"""One thing in two trails, hidden in between, is judged as one; what does not follow from the other is not joined."""

from __future__ import annotations

import numpy as np
import pytest

from tests.vision.falling.trails import SITE, steady, trail
from tests.vision.falling.walls import fall
from vision.falling.clutter import Clutter
from vision.falling.facade import Wall
from vision.falling.joins import LEAST, Ended
from vision.falling.judge import Judge, Verdict
from vision.falling.second import SecondLook
from vision.falling.tracks import Trail
from vision.falling.traits import Traits

WALL = Wall(SITE.facade(), SITE.size)
PLACES = fall(np.arange(1, 130) * 0.04, np.array([1.0, 0.7, 33.0]), np.array([0.2, 0.6, 0.0]), 9.0)


def part(steps: range, shift: float = 0.0, lower: float = 0.0) -> Trail:
    """Of a light thing's fall, perhaps so many metres beside or below it."""
    whole = trail(PLACES + np.array([shift, 0.0, -lower]), 6)
    wanted = 20.0 + np.array(steps) * 0.04
    return Trail(whole.rows[np.isin(np.round(whole.at_s, 2), np.round(wanted, 2))])


def told(*trails: Trail) -> list[Verdict]:
    """What a second look says when these have ended, one after the other."""
    judge = Judge(WALL, Clutter(SITE.size))
    second, said = SecondLook(WALL, judge), []
    for one in trails:
        end_s = float(one.at_s[-1]) + 0.5
        verdict = judge.judge(one, 0.0)
        assert verdict.kind is None, "each alone is too little"
        second.offer(one, verdict, end_s)
        said += second.ready(end_s, 0.0, 0.04)
    return [verdict for _, verdict in said if verdict.kind is not None]


def test_the_start_and_the_end_of_a_fall_are_told_as_one() -> None:
    assert [one.kind for one in told(part(range(3, 12)), part(range(44, 75)))] == ["fall"]


@pytest.mark.parametrize("shift", [-6.0, 6.0])
def test_what_began_elsewhere_is_another_thing(shift: float) -> None:
    assert told(part(range(3, 12), shift), part(range(44, 75))) == []


@pytest.mark.parametrize(
    ("first", "second", "count"),
    [
        (range(3, 12), range(44, 75), 1),
        (range(3, 12), range(44, 44 + LEAST - 1), 0),
        (range(3, 12), range(76, 100), 0),
        (range(44, 75), range(3, 12), 0),
    ],
    ids=["hidden for a while", "the second too short", "hidden for too long", "the wrong way round"],
)
def test_only_what_goes_on_after_a_while_is_joined(first: range, second: range, count: int) -> None:
    ended = Ended(WALL)
    ended.take(part(first))
    assert len(ended.joined(part(second))) == count


@pytest.mark.parametrize("lower_m", [8.0, -8.0])
def test_what_came_too_far_or_not_far_enough_for_its_speed_is_another_thing(lower_m: float) -> None:
    ended = Ended(WALL)
    ended.take(part(range(3, 12)))
    assert ended.joined(part(range(30, 60), lower=lower_m)) == []


def stronger(one: Trail, times: float) -> Trail:
    """The same, so many times as bright against the wall."""
    rows = one.rows.copy()
    rows[:, 7] *= times
    return Trail(rows)


@pytest.mark.parametrize("times", [0.2, 5.0])
def test_what_is_as_strong_is_joined_before_what_ended_later(times: float) -> None:
    ended = Ended(WALL)
    alike, unlike = part(range(3, 12)), stronger(part(range(4, 15)), times)
    ended.take(alike)
    ended.take(unlike)
    assert [len(one.rows) for one in ended.joined(part(range(44, 75)))] == [
        len(alike.rows) + 31,
        len(unlike.rows) + 31,
    ]


class Asked:
    """Stands where the trees stand: what they are asked, and never sure."""

    def __init__(self) -> None:
        self.points: list[int] = []

    def worth_a_look(self, trail: Trail, cheap: Traits) -> bool:
        return True

    def chance(self, trail: Trail, traits: Traits) -> float:
        self.points.append(len(trail.rows))
        return 0.5


def test_what_was_hidden_twice_is_weighed_as_one_thing() -> None:
    asked = Asked()
    judge = Judge(WALL, Clutter(SITE.size), asked)
    second = SecondLook(WALL, judge)
    bag = trail(steady(1.0, 33.0, 0.3, -1.5), 6)
    for steps in (slice(0, 14), slice(22, 36), slice(44, 59)):
        one = Trail(bag.rows[steps])
        end_s = float(one.at_s[-1]) + 0.5
        second.offer(one, judge.judge(one, 0.0), end_s)
        assert second.ready(end_s, 0.0, 0.04) == []
    assert max(asked.points) == 14 + 14 + 15
