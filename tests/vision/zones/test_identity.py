"""Who is who after people met, or left and entered at the same place: decided by what each looked like before."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from vision.zones.follow import Crowd
from vision.zones.followed import Followed
from vision.zones.identity import settle
from vision.zones.people import Person
from vision.zones.portrait import Lean, Portrait, steady

WIDTH = 480.0
RED = np.array([90, 170, 150] * 4, np.float32)
BLUE = np.array([60, 128, 90] * 4, np.float32)
PERIOD_S = 0.2


def _person(x: float, looks: np.ndarray, height: float = 60.0, y: float = 160.0) -> Person:
    return Person((x - 0.2 * height, y - height, x + 0.2 * height, y), looks)


def _crowd() -> Crowd:
    return Crowd(lambda x, y: 60 < x < 420, width=WIDTH, keep_s=15.0)


def _play(crowd: Crowd, until_s: float, people: Callable[[float], list[Person]]) -> float:
    now_s = 0.0
    for step in range(round(until_s / PERIOD_S) + 1):
        now_s = step * PERIOD_S
        crowd.step(people(now_s), now_s)
    return now_s


def _seen(crowd: Crowd, looks: np.ndarray, now_s: float) -> Followed:
    """Whoever is seen now and looks like that."""
    here = [one for one in crowd.followed if one.seen_s == now_s and np.abs(one.looks - looks).mean() < 5]
    assert len(here) == 1
    return here[0]


@pytest.mark.parametrize(("looks", "height"), [(BLUE, 60.0), (RED, 75.0)], ids=["other clothes", "taller"])
def test_whoever_enters_where_another_leaves_begins_anew(looks: np.ndarray, height: float) -> None:
    def people(now_s: float) -> list[Person]:
        if now_s < 12:
            return [_person(max(200 + 5 * now_s, 460 - 30 * (12 - now_s)), RED)]
        return [_person(max(250.0, 462 - 30 * (now_s - 12)), looks, height)]

    crowd = _crowd()
    now_s = _play(crowd, 20.0, people)
    present = [one for one in crowd.followed if one.seen_s == now_s]
    assert len(present) == 1
    assert present[0].dwell_s == pytest.approx(6.6, abs=0.6)


@pytest.mark.parametrize("turn", [True, False], ids=["both turn round", "both walk on"])
def test_two_who_meet_and_are_one_box_for_a_while_keep_their_times(turn: bool) -> None:
    def people(now_s: float) -> list[Person]:
        if now_s < 8:
            return [_person(100, RED)] + ([_person(380 - 20 * (now_s - 4), BLUE)] if now_s > 4 else [])
        if now_s < 12:
            near = [_person(100 + 25 * (now_s - 8), RED)]
            return near + ([_person(300 - 25 * (now_s - 8), BLUE)] if now_s < 11 else [])
        apart = 30 * (now_s - 12)
        left, right = (RED, BLUE) if turn else (BLUE, RED)
        return [_person(200 - apart * 0.6, left), _person(212 + apart * 0.6, right)]

    crowd = _crowd()
    now_s = _play(crowd, 16.0, people)
    assert _seen(crowd, RED, now_s).dwell_s == pytest.approx(16.0, abs=1.5)
    assert _seen(crowd, BLUE, now_s).dwell_s == pytest.approx(11.8, abs=1.5)


def test_whoever_is_missed_by_the_detector_for_two_seconds_goes_on() -> None:
    crowd = _crowd()
    now_s = _play(crowd, 12.0, lambda now_s: [] if 5 < now_s < 7 else [_person(240 + now_s, RED)])
    assert _seen(crowd, RED, now_s).dwell_s == pytest.approx(12.0, abs=0.5)
    assert len(crowd.followed) == 1


def test_heights_are_compared_as_at_the_same_place() -> None:
    lean = Lean()
    near = [_person(200, RED, 60 + 0.4 * (y - 160), y) for y in range(160, 221, 4)]
    portrait = Portrait.of([_person(200, RED)] * 5)
    far_apart = portrait.apart(Portrait.of(near[-5:]), lean.rate)
    for person in near * 4:
        lean.learn(portrait, person)
    assert far_apart > 0.6
    assert portrait.apart(Portrait.of(near[-5:]), lean.rate) < 0.25


def test_a_box_about_two_people_makes_no_portrait() -> None:
    assert steady([_person(200, RED)] * 5)
    assert not steady([_person(200, RED)] * 4)
    assert not steady([_person(200, RED, height) for height in (60, 60, 75, 75, 90)])


def _after_a_meeting(number: int, before: np.ndarray, now: np.ndarray, pictures: int = 5) -> Followed:
    """Somebody in the middle of the zone who stood beside another, and has been seen alone since."""
    person = _person(200.0 + 40 * number, now)
    one = Followed(number, person.box, before, 20.0, 0.0, person.foot, sightings=99, heights=[person.height])
    one.portrait, one.dwell_s, one.crowded_s = Portrait.of([_person(200, before)] * 5), 10.0 * number, 18.0
    one.doubt(18.0, vanished=False)
    for _ in range(pictures):
        one.sample(person)
    return one


@pytest.mark.parametrize(
    ("first", "second", "dwells"),
    [
        pytest.param((RED, RED), (BLUE, BLUE), (10, 20), id="as before"),
        pytest.param((RED, BLUE), (BLUE, RED), (20, 10), id="exchanged"),
        pytest.param((RED, RED), (RED, RED), (10, 20), id="cannot be told apart: each keeps their own"),
        pytest.param((RED, BLUE), (RED, RED), (10, 20), id="one looks like nobody, and never vanished"),
    ],
)
def test_after_a_meeting_looks_decide(
    first: tuple[np.ndarray, np.ndarray], second: tuple[np.ndarray, np.ndarray], dwells: tuple[float, float]
) -> None:
    followed = [_after_a_meeting(1, *first), _after_a_meeting(2, *second)]
    for _ in range(2):
        assert settle(followed, 0.0, 20.0, lambda: 9) == []
    assert tuple(one.dwell_s for one in followed) == dwells
    assert not any(one.in_doubt for one in followed)


def test_whoever_looks_otherwise_waits_for_the_one_they_met() -> None:
    followed = [_after_a_meeting(1, RED, BLUE), _after_a_meeting(2, BLUE, RED, pictures=2)]
    settle(followed, 0.0, 20.0, lambda: 9)
    assert [one.in_doubt for one in followed] == [True, True]
    for _ in range(3):
        followed[1].sample(_person(280, RED))
    settle(followed, 0.0, 20.0, lambda: 9)
    assert [one.dwell_s for one in followed] == [20, 10]
