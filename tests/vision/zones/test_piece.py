"""Whether one stretch of a way can go on from another, by place, time and the edge of the picture."""

from __future__ import annotations

import pytest

from tests.vision.zones.way import BLUE, RED, piece
from vision.zones.heights import Leans
from vision.zones.piece import Piece, gap_dwell_s, odds, tail_odds

KEEP_S = 15.0


def told(one: Piece, after: Piece) -> float | None:
    return odds(one, after, Leans(), KEEP_S)


@pytest.mark.parametrize(
    ("from_s", "x", "possible"),
    [
        pytest.param(10.6, 230.0, True, id="a step further"),
        pytest.param(10.6, 400.0, False, id="nobody walks three heights in half a second"),
        pytest.param(14.0, 400.0, True, id="but in four seconds"),
        pytest.param(14.0, 460.0, True, id="as far as the edge too"),
        pytest.param(9.8, 205.0, False, id="they were still seen there"),
        pytest.param(26.0, 200.0, False, id="away for too long"),
    ],
)
def test_who_goes_on_must_have_been_able_to_walk_there(from_s: float, x: float, possible: bool) -> None:
    one = piece(1, 5.0, 10.0, (150, 200))
    assert (told(one, piece(2, from_s, from_s + 3, (x, x))) is not None) == possible


def test_nobody_leaves_at_one_edge_and_enters_at_the_other() -> None:
    leaves = piece(1, 5.0, 10.0, (300, 465))
    assert told(leaves, piece(2, 13.0, 18.0, (15, 100))) is None
    assert told(leaves, piece(2, 24.0, 29.0, (15, 100))) is None


def test_people_walk_on_rather_than_turn() -> None:
    one = piece(1, 5.0, 10.0, (100, 250))
    ahead, behind = piece(2, 11.0, 15.0, (280, 300)), piece(3, 11.0, 15.0, (220, 200))
    assert (told(one, ahead) or 0) > (told(one, behind) or 0) > 0


def test_a_return_through_the_edge_asks_for_more_than_being_near() -> None:
    leaves, hidden = piece(1, 5.0, 10.0, (300, 465)), piece(2, 5.0, 10.0, (100, 250))
    comes, seen_again = piece(3, 13.0, 18.0, (460, 400)), piece(4, 13.0, 18.0, (245, 200))
    assert (told(hidden, seen_again) or 0) > (told(leaves, comes) or 0) > 0
    assert (told(leaves, piece(3, 13.0, 18.0, (460, 400), RED, 63.0)) or 0) < 0
    assert (told(leaves, piece(3, 13.0, 18.0, (460, 400), BLUE)) or 0) < 0


def test_whoever_walked_out_of_the_picture_and_comes_in_again_asks_for_still_more() -> None:
    leaves, comes, near = (
        piece(1, 5.0, 10.0, (300, 465)),
        piece(2, 13.0, 18.0, (466, 400)),
        piece(3, 13.0, 18.0, (440, 400)),
    )
    turns = told(leaves, near) or 0
    there = told(leaves, comes) or 0
    leaves.out = True
    assert (told(leaves, comes) or 0) == pytest.approx(there - 1.0)
    assert (told(leaves, near) or 0) == turns


def test_a_short_stretch_can_be_asked_without_what_it_goes_on_from() -> None:
    short, after = piece(1, 9.4, 10.0, (200, 200), BLUE), piece(2, 10.6, 15.0, (205, 205), RED)
    short.before = piece(3, 5.0, 9.0, (200, 200), RED).portrait
    alone = odds(short, after, Leans(), KEEP_S, alone=True)
    assert alone is not None and alone < (told(short, after) or 0)


def test_whoever_was_lost_in_the_middle_seldom_comes_in_at_the_edge() -> None:
    lost, left = piece(1, 5.0, 10.0, (380, 380)), piece(2, 5.0, 10.0, (380, 440))
    comes = piece(3, 14.0, 18.0, (450, 400))
    assert (told(lost, comes) or 0) < (told(left, comes) or 0)


def test_the_same_box_goes_on_if_it_was_never_out_of_sight() -> None:
    one = piece(1, 5.0, 10.0, (200, 200))
    one.resting, one.over, one.seen_s, one.unseen_s = True, False, 14.0, 0.2
    after = piece(2, 14.0, 17.0, (290, 290))
    strange = told(one, after) or 0
    after.came_from = one
    followed = told(one, after) or 0
    one.unseen_s = 1.0
    hidden = told(one, after) or 0
    assert followed > hidden > strange


def test_a_box_that_is_still_followed_is_seldom_anothers() -> None:
    one, after = piece(1, 5.0, 10.0, (200, 200)), piece(2, 11.0, 15.0, (210, 210))
    alone = told(one, after) or 0
    one.seen_s = 12.0
    assert (told(one, after) or 0) < alone


@pytest.mark.parametrize(
    ("at_s", "x", "possible"),
    [(10.0, 220.0, True), (10.0, 440.0, False), (6.0, 220.0, False)],
    ids=["was near", "was far away", "was gone before they met"],
)
def test_who_may_be_the_one_that_is_now_seen_in_a_box(at_s: float, x: float, possible: bool) -> None:
    tail = piece(1, 3.0, 8.0, (200, 200))
    tail.resting, tail.over, tail.seen_s = True, False, 11.0
    other = piece(2, at_s - 2, at_s, (x, x))
    assert (tail_odds(other, tail) is not None) == possible
    assert (tail_odds(tail, tail) or 0) > (tail_odds(other, tail) or 0)


@pytest.mark.parametrize(
    ("x", "gap_s", "counted_s"),
    [
        pytest.param(220.0, 5.0, 5.0, id="was hidden where they stood"),
        pytest.param(300.0, 2.0, 2.0, id="walked on behind somebody"),
        pytest.param(390.0, 6.0, 0.0, id="was elsewhere"),
    ],
)
def test_time_between_two_stretches_counts_where_they_stayed(x: float, gap_s: float, counted_s: float) -> None:
    one = piece(1, 5.0, 10.0, (200, 200))
    assert gap_dwell_s(one, piece(2, 10.0 + gap_s, 20.0, (x, x))) == pytest.approx(counted_s)


def test_time_outside_of_the_zone_does_not_count() -> None:
    one, after = piece(1, 5.0, 10.0, (200, 200)), piece(2, 11.0, 14.0, (210, 210))
    one.ends_inside = False
    assert gap_dwell_s(one, after) == 0.0


def test_time_in_which_the_same_box_was_followed_is_known() -> None:
    one, after = piece(1, 5.0, 10.0, (200, 200)), piece(2, 14.0, 17.0, (205, 205))
    after.came_from, one.rest_s = one, 1.6
    assert gap_dwell_s(one, after) == 1.6
