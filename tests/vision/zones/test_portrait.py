"""Whether two portraits are of one person: log odds of looks and of heights."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from vision.zones.heights import Heights, Lean, Leans, Taller, height_odds
from vision.zones.people import Person
from vision.zones.portrait import Portrait

RED = np.array([90, 170, 150] * 4, np.float32)
BLUE = np.array([60, 128, 90] * 4, np.float32)
DIM = RED * 0.97


def person(looks: np.ndarray, height: float = 60.0, y: float = 160.0) -> Person:
    return Person((200 - 0.2 * height, y - height, 200 + 0.2 * height, y), looks)


def portrait(looks: np.ndarray, heights: list[float], y: float = 160.0) -> Portrait:
    made = Portrait()
    for height in heights:
        made.add(person(looks, height, y))
    return made


@pytest.mark.parametrize(
    ("taller", "pictures", "says"),
    [
        pytest.param(0.0, 5, "same", id="as tall"),
        pytest.param(0.02, 40, "same", id="boxes are not more exact than that"),
        pytest.param(0.04, 3, "same", id="few pictures waver by that much"),
        pytest.param(0.05, 60, "other", id="many pictures tell 5 % apart"),
        pytest.param(0.10, 10, "other", id="10 % is told by few"),
    ],
)
def test_what_a_difference_of_heights_says_depends_on_how_often_it_was_seen(
    taller: float, pictures: int, says: str
) -> None:
    assert (height_odds(Taller(taller, pictures, pictures)) > 0) == (says == "same")
    assert height_odds(Taller(taller, pictures, pictures)) == height_odds(Taller(-taller, pictures, pictures))


def test_more_pictures_make_it_surer_either_way() -> None:
    counts = [3, 6, 12, 25, 60]
    same = [height_odds(Taller(0.0, n, n)) for n in counts]
    other = [height_odds(Taller(0.06, n, n)) for n in counts]
    assert all(a < b for a, b in pairwise(same))
    assert all(a > b for a, b in pairwise(other))


def test_looks_tell_who_is_not_the_same_and_never_prove_that_one_is() -> None:
    heights = [60.0] * 10
    same = portrait(RED, heights).odds(portrait(RED, heights), Leans())
    dim = portrait(RED, heights).odds(portrait(DIM, heights), Leans())
    other = portrait(RED, heights).odds(portrait(BLUE, heights), Leans())
    assert other < -4 < 0 < dim <= same < 4


def test_somebody_never_seen_alone_says_nothing() -> None:
    assert portrait(RED, [60.0] * 10).odds(Portrait(), Leans()) == 0.0


def test_a_box_about_two_people_now_and_then_does_not_make_one_taller() -> None:
    assert portrait(RED, [60, 61, 59, 95, 60, 60, 61, 59, 24, 60]).heights.at(160, 0.0) == pytest.approx(
        np.log(60), abs=0.01
    )


def test_light_that_changes_slowly_is_followed() -> None:
    made = Portrait()
    for step in range(60):
        made.add(person(RED + step))
    assert made.odds(portrait(RED + 58, [60.0] * 10), Leans()) > 0
    assert made.odds(portrait(RED, [60.0] * 10), Leans()) < portrait(RED, [60.0] * 10).odds(made, Leans())


def test_two_stretches_of_one_person_are_joined() -> None:
    both = portrait(RED, [60.0] * 10).join(portrait(DIM, [62.0] * 10))
    assert both.pictures == 20
    assert both.first is not None and both.first[0] == RED[0]
    assert both.last is not None and both.last[0] == pytest.approx(DIM[0])
    assert both.heights.at(160, 0.0) == pytest.approx(np.log(61), abs=0.005)


def test_a_few_pictures_change_little_of_how_somebody_is_remembered() -> None:
    long = portrait(RED, [60.0] * 20)
    short, enough = portrait(BLUE, [60.0] * 2), portrait(BLUE, [60.0] * 10)
    assert long.join(short).odds(long, Leans()) > 0 > long.join(short).odds(enough, Leans())
    assert long.join(enough).odds(enough, Leans()) > 0


def test_heights_are_compared_as_at_the_same_place() -> None:
    leans = Leans()
    walks = [person(RED, 60 + 0.4 * (y - 160), y) for y in range(160, 221, 4)]
    far, near = portrait(RED, [60.0] * 20), portrait(RED, [84.0] * 20, 220.0)
    unlearnt = far.odds(near, leans)
    for one in walks * 4:
        leans.boxes.learn(far.heights, one.height, one.foot[1])
    assert unlearnt < 0 < far.odds(near, leans)


def test_boxes_that_waver_more_say_less() -> None:
    exact, rough = Leans(), Leans()
    known = Heights()
    known.add(60.0, 158.2)
    for step in range(1500):
        exact.boxes.learn(known, 60.0 * (1.01 if step % 2 else 0.99), 158.2)
        rough.boxes.learn(known, 60.0 * (1.08 if step % 2 else 0.92), 158.2)
    assert exact.boxes.spread == pytest.approx(0.013, abs=0.005)
    assert rough.boxes.spread == pytest.approx(0.08, abs=0.01)
    one, other = portrait(RED, [60.0] * 20), portrait(RED, [63.0] * 20)
    assert one.odds(other, exact) < 0 < one.odds(other, rough)
    assert one.odds(one, exact) > one.odds(one, rough)


def measured(stature: float | None, pictures: int = 20, height: float = 60.0) -> Portrait:
    """As tall as that from head to foot."""
    made = Portrait()
    for _ in range(pictures):
        made.add(replace(person(RED, height), stature=stature))
    return made


def test_where_head_and_foot_were_seen_two_are_told_apart_whose_boxes_do_not_tell() -> None:
    one = measured(58.0)
    boxes = measured(None).odds(measured(None, height=61.2), Leans())
    assert boxes > 1, "2 % are within what boxes waver"
    assert one.odds(measured(58.0), Leans()) > boxes
    assert one.odds(measured(59.2, height=61.2), Leans()) < boxes - 0.5
    assert one.odds(measured(60.0, height=62.0), Leans()) < 0
    assert one.odds(measured(60.0, 2), Leans()) > 0, "two pictures are too few"


def test_a_stature_that_the_boxes_contradict_was_measured_wrongly() -> None:
    one = measured(58.0)
    agrees, contradicts = measured(64.0, height=66.0), measured(64.0, height=60.0)
    assert one.odds(agrees, Leans()) < -2 < 0 < one.odds(contradicts, Leans())


def test_one_stretch_measured_wrongly_is_not_beyond_doubt_somebody_else() -> None:
    assert -3 < height_odds(Taller(0.1, 60, 5)) < -1
    assert height_odds(Taller(0.1, 60, 60)) < -4


def test_a_measure_that_jumps_is_of_something_else_and_teaches_nothing() -> None:
    lean, known = Lean(0.02, jump_max=0.1), Heights()
    known.add(60.0, 158.2)
    lean.learn(known, 30.0, 158.2)
    assert lean.spread == pytest.approx(0.02)
