"""People followed from picture to picture: whoever met, was hidden, missed or left keeps a time of their own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.vision.zones.way import BLUE, PERIOD_S, RED, WIDTH, person
from vision.zones.follow import Crowd
from vision.zones.identity import Chain
from vision.zones.people import Person


def _crowd(keep_s: float = 15.0) -> Crowd:
    return Crowd(lambda x, y: 60 < x < 420, width=WIDTH, keep_s=keep_s)


def _play(crowd: Crowd, until_s: float, people: Callable[[float], list[Person]]) -> float:
    now_s = 0.0
    for step in range(round(until_s / PERIOD_S) + 1):
        now_s = step * PERIOD_S
        crowd.step(people(now_s), now_s)
        crowd.forget(now_s)
    return now_s


def _present(crowd: Crowd, now_s: float) -> list[Chain]:
    return [chain for chain in crowd.chains() if chain.now.seen_s == now_s and not chain.now.over]


def _seen(crowd: Crowd, looks: np.ndarray, now_s: float) -> Chain:
    """Whoever is seen now and looks like that."""
    (seen,) = [one for one in crowd.followed if one.seen_s == now_s and np.abs(one.looks - looks).mean() < 5]
    return next(chain for chain in _present(crowd, now_s) if chain.now is seen.piece)


@pytest.mark.parametrize(("looks", "height"), [(BLUE, 60.0), (RED, 75.0)], ids=["other clothes", "taller"])
def test_whoever_enters_where_another_leaves_begins_anew(looks: np.ndarray, height: float) -> None:
    def people(now_s: float) -> list[Person]:
        if now_s < 12:
            return [person(max(200 + 5 * now_s, 460 - 30 * (12 - now_s)), RED)]
        return [person(max(250.0, 462 - 30 * (now_s - 12)), looks, height)]

    crowd = _crowd()
    (present,) = _present(crowd, _play(crowd, 20.0, people))
    assert present.dwell_s == pytest.approx(6.6, abs=0.6)


@pytest.mark.parametrize("turn", [True, False], ids=["both turn round", "both walk on"])
def test_two_who_meet_and_are_one_box_for_a_while_keep_their_times(turn: bool) -> None:
    def people(now_s: float) -> list[Person]:
        if now_s < 8:
            return [person(100, RED)] + ([person(380 - 20 * (now_s - 4), BLUE)] if now_s > 4 else [])
        if now_s < 12:
            near = [person(100 + 25 * (now_s - 8), RED)]
            return near + ([person(300 - 25 * (now_s - 8), BLUE)] if now_s < 11 else [])
        apart = 30 * (now_s - 12)
        left, right = (RED, BLUE) if turn else (BLUE, RED)
        return [person(200 - apart * 0.6, left), person(212 + apart * 0.6, right)]

    crowd = _crowd()
    now_s = _play(crowd, 16.0, people)
    assert _seen(crowd, RED, now_s).dwell_s == pytest.approx(16.0, abs=1.5)
    assert _seen(crowd, BLUE, now_s).dwell_s == pytest.approx(11.8, abs=1.5)


def test_whoever_is_missed_by_the_detector_for_two_seconds_goes_on() -> None:
    crowd = _crowd()
    now_s = _play(crowd, 12.0, lambda now_s: [] if 5 < now_s < 7 else [person(240 + now_s, RED)])
    (present,) = _present(crowd, now_s)
    assert present.dwell_s == pytest.approx(12.0, abs=0.5)


def test_whoever_leaves_the_zone_but_not_the_picture_is_followed_there() -> None:
    def people(now_s: float) -> list[Person]:
        out = min(max(now_s - 8, 0.0), max(16 - now_s, 0.0), 3.0)
        return [person(300 + 48 * out, RED)]

    crowd = _crowd()
    (present,) = _present(crowd, _play(crowd, 20.0, people))
    assert present.dwell_s == pytest.approx(20.0 - 3.0, abs=0.8)
    assert present.returns == 1


def test_a_box_of_a_moment_between_two_meetings_is_no_stretch_of_its_own() -> None:
    """Each touch would else begin anew with too few pictures to tell who it is."""

    def people(now_s: float) -> list[Person]:
        beside = 6 < now_s < 12 and round(now_s / PERIOD_S) % 4 != 0
        return [person(200, RED)] + ([person(215, BLUE)] if beside else [])

    crowd = _crowd()
    now_s = _play(crowd, 15.0, people)
    assert _seen(crowd, RED, now_s).dwell_s == pytest.approx(15.0, abs=0.5)
    assert len(_seen(crowd, RED, now_s).pieces) <= 2


def test_whoever_came_in_beside_somebody_may_be_either_of_them() -> None:
    """One stands, one comes in and is only ever seen as one with them; then one goes and one stays."""

    def people(now_s: float) -> list[Person]:
        stands = person(100, RED, 55.0)
        if now_s < 6:
            return [stands]
        if now_s < 10:
            return [stands, person(12 + min(85.0, 30 * (now_s - 6)), RED, 65.0)] if now_s < 9 else [stands]
        return [person(100, RED, 65.0), person(105 + 40 * (now_s - 10), RED, 55.0)]

    crowd = _crowd()
    now_s = _play(crowd, 16.0, people)
    by_height = {round(float(np.exp(c.now.portrait.heights.at(160, 0.0)))): c for c in _present(crowd, now_s)}
    assert by_height[55].dwell_s > by_height[65].dwell_s


def test_memory_is_bounded_in_a_crowd() -> None:
    random = np.random.default_rng(1)

    def people(now_s: float) -> list[Person]:
        return [person(float(x), RED, 60.0, float(y)) for x, y in random.uniform((20, 100), (460, 220), (40, 2))]

    crowd = _crowd()
    _play(crowd, 20.0, people)
    assert len(crowd.pieces) <= 96
    assert len(crowd.followed) <= 32


def test_whoever_has_stood_there_longest_is_not_forgotten_for_those_who_pass() -> None:
    random = np.random.default_rng(2)

    def people(now_s: float) -> list[Person]:
        passing = [person(float(x), BLUE, 50.0, 90.0) for x in random.uniform(150, 460, 25)] if now_s > 5 else []
        return [person(90, RED), *passing]

    crowd = _crowd()
    now_s = _play(crowd, 25.0, people)
    assert _seen(crowd, RED, now_s).dwell_s == pytest.approx(25.0, abs=0.5)


def test_after_a_minute_without_pictures_everybody_is_new() -> None:
    crowd = _crowd()
    _play(crowd, 10.0, lambda now_s: [person(200, RED)])
    for step in range(20):
        crowd.step([person(200, RED)], 70.0 + step * PERIOD_S)
        crowd.forget(70.0 + step * PERIOD_S)
    (present,) = _present(crowd, 70.0 + 19 * PERIOD_S)
    assert present.dwell_s == pytest.approx(3.8, abs=0.1)
