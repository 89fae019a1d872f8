"""Whether two portraits are of one person: log odds of looks and of heights."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from vision.zones.people import Person
from vision.zones.portrait import Lean, Portrait, height_odds

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
    assert (height_odds(taller, pictures, pictures) > 0) == (says == "same")
    assert height_odds(taller, pictures, pictures) == height_odds(-taller, pictures, pictures)


def test_more_pictures_make_it_surer_either_way() -> None:
    counts = [3, 6, 12, 25, 60]
    same = [height_odds(0.0, n, n) for n in counts]
    other = [height_odds(0.06, n, n) for n in counts]
    assert all(a < b for a, b in pairwise(same))
    assert all(a > b for a, b in pairwise(other))


def test_looks_tell_who_is_not_the_same_and_never_prove_that_one_is() -> None:
    heights = [60.0] * 10
    same = portrait(RED, heights).odds(portrait(RED, heights), Lean())
    dim = portrait(RED, heights).odds(portrait(DIM, heights), Lean())
    other = portrait(RED, heights).odds(portrait(BLUE, heights), Lean())
    assert other < -4 < 0 < dim <= same < 4


def test_somebody_never_seen_alone_says_nothing() -> None:
    assert portrait(RED, [60.0] * 10).odds(Portrait(), Lean()) == 0.0


def test_a_box_about_two_people_now_and_then_does_not_make_one_taller() -> None:
    assert portrait(RED, [60, 61, 59, 95, 60, 60, 61, 59, 24, 60]).height_at(160, 0.0) == pytest.approx(
        np.log(60), abs=0.01
    )


def test_light_that_changes_slowly_is_followed() -> None:
    made = Portrait()
    for step in range(60):
        made.add(person(RED + step))
    assert made.odds(portrait(RED + 58, [60.0] * 10), Lean()) > 0
    assert made.odds(portrait(RED, [60.0] * 10), Lean()) < portrait(RED, [60.0] * 10).odds(made, Lean())


def test_two_stretches_of_one_person_are_joined() -> None:
    both = portrait(RED, [60.0] * 10).join(portrait(DIM, [62.0] * 10))
    assert both.pictures == 20
    assert both.first is not None and both.first[0] == RED[0]
    assert both.last is not None and both.last[0] == pytest.approx(DIM[0])
    assert both.height_at(160, 0.0) == pytest.approx(np.log(61), abs=0.005)


def test_heights_are_compared_as_at_the_same_place() -> None:
    lean = Lean()
    walks = [person(RED, 60 + 0.4 * (y - 160), y) for y in range(160, 221, 4)]
    far, near = portrait(RED, [60.0] * 10), portrait(RED, [84.0] * 10, 220.0)
    unlearnt = far.odds(near, lean)
    for one in walks * 4:
        lean.learn(far.heights, one)
    assert unlearnt < 0 < far.odds(near, lean)


def test_boxes_that_waver_more_say_less() -> None:
    exact, rough = Lean(), Lean()
    for step in range(1500):
        exact.learn([(np.log(60.0), 158.2)] * 10, person(RED, 60.0 * (1.01 if step % 2 else 0.99)))
        rough.learn([(np.log(60.0), 158.2)] * 10, person(RED, 60.0 * (1.08 if step % 2 else 0.92)))
    assert exact.spread == pytest.approx(0.013, abs=0.005)
    assert rough.spread == pytest.approx(0.08, abs=0.01)
    one, other = portrait(RED, [60.0] * 20), portrait(RED, [63.0] * 20)
    assert one.odds(other, exact) < 0 < one.odds(other, rough)
    assert one.odds(one, exact) > one.odds(one, rough)
