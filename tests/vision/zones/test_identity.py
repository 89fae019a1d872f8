"""Who is who: which stretch goes on from which, decided for all together, and how sure that is."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vision.zones.way import BLUE, RED, piece
from vision.zones.assignment import NEVER, assigned
from vision.zones.heights import Leans
from vision.zones.identity import SETTLED_S, Chain, chain_to, linked, settle, share_that_stayed
from vision.zones.piece import Piece

KEEP_S = 15.0


COSTS = st.integers(1, 4).flatmap(
    lambda n: st.lists(st.lists(st.floats(-9, 9), min_size=6, max_size=6), min_size=n, max_size=n)
)


@given(COSTS)
def test_an_assignment_costs_as_little_as_any(cost: list[list[float]]) -> None:
    found = assigned(np.array(cost)).columns
    assert len(set(found)) == len(cost)
    least = min(sum(cost[row][at] for row, at in enumerate(way)) for way in permutations(range(6), len(cost)))
    assert sum(cost[row][at] for row, at in enumerate(found)) == pytest.approx(least)


@given(COSTS, st.integers(0, 3))
def test_without_a_pair_it_costs_what_an_assignment_from_the_beginning_would(cost: list[list[float]], at: int) -> None:
    row = at % len(cost)
    best = assigned(np.array(cost))
    column = best.columns[row]
    forbidden = np.array(cost)
    forbidden[row, column] = NEVER
    other = best.without(row, column)
    assert other.total == pytest.approx(assigned(forbidden).total)
    assert other.total - best.total >= best.at_least(row, column) - 1e-6
    assert other.columns[row] != column
    assert len(set(other.columns)) == len(cost)
    assert best.columns == assigned(np.array(cost)).columns, "the best stays as it is"


def links(*pieces: Piece) -> dict[int, int]:
    return {a.number: b.number for a, b in linked(pieces, Leans(), KEEP_S).links.items()}


def crossing(first: np.ndarray, second: np.ndarray, heights: tuple[float, float] = (60.0, 60.0)) -> list[Piece]:
    """Two walk into each other, and two walk out of it; the third is where the first would be by now."""
    return [
        piece(1, 5.0, 10.0, (120, 220), first, heights[0]),
        piece(2, 5.0, 10.0, (340, 240), second, heights[1]),
        piece(3, 11.0, 16.0, (240, 340), first, heights[0], over=False),
        piece(4, 11.0, 16.0, (220, 120), second, heights[1], over=False),
    ]


@pytest.mark.parametrize(
    ("pieces", "who"),
    [
        pytest.param(crossing(RED, BLUE), {3: 1, 4: 2}, id="walked on"),
        pytest.param(crossing(RED, RED), {3: 1, 4: 2}, id="alike: people walk on as they did"),
        pytest.param([*crossing(RED, BLUE)[:2], *crossing(BLUE, RED)[2:]], {3: 2, 4: 1}, id="both turned round"),
        pytest.param(
            [*crossing(RED, RED, (60, 66))[:2], *crossing(RED, RED, (66, 60))[2:]],
            {3: 2, 4: 1},
            id="alike but for their height: both turned round",
        ),
    ],
)
def test_after_a_meeting_looks_height_and_direction_decide(pieces: list[Piece], who: dict[int, int]) -> None:
    assert links(*pieces) == who


def test_all_are_decided_together_not_the_likeliest_first() -> None:
    tall, middle = piece(1, 5.0, 10.0, (200, 200), RED, 62.0), piece(2, 5.0, 10.0, (230, 230), RED, 60.5)
    first = piece(3, 11.0, 16.0, (215, 215), RED, 61.5, over=False)
    second = piece(4, 11.0, 16.0, (216, 216), RED, 64.0, over=False)
    assert links(tall, middle, first, second) == {3: 2, 4: 1}


def test_whoever_enters_where_another_left_is_somebody_else() -> None:
    leaves = piece(1, 5.0, 10.0, (300, 465))
    assert links(leaves, piece(2, 11.0, 15.0, (460, 400), BLUE, over=False)) == {}
    assert links(leaves, piece(2, 11.0, 15.0, (460, 400), RED, 66.0, over=False)) == {}


def test_whoever_appears_in_the_middle_was_there_before() -> None:
    hidden = piece(1, 5.0, 10.0, (200, 220))
    assert links(hidden, piece(2, 14.0, 17.0, (250, 260), RED, 62.5, over=False)) == {2: 1}


def test_a_stretch_of_two_pictures_is_not_asked() -> None:
    assert links(piece(1, 5.0, 10.0, (200, 200)), piece(2, 11.0, 11.4, (200, 200), over=False)) == {}


def test_who_is_beyond_doubt_is_joined_at_once_and_others_are_when_time_has_passed() -> None:
    one, after = piece(1, 5.0, 10.0, (200, 220)), piece(2, 10.6, 14.0, (225, 225), over=False)
    ways = linked([one, after], Leans(), KEEP_S)
    assert ways.certain == {after}
    pairs = dict(ways.links)
    assert settle([one, after], pairs, ways.certain, 14.0) == [after]
    assert not pairs
    assert after.dwell_s == pytest.approx(9.0)
    assert after.started_s == 5.0
    alike = crossing(RED, RED)
    alike[1] = piece(2, 5.0, 10.0, (240, 220), RED)
    ways = linked(alike, Leans(), KEEP_S)
    assert ways.certain == frozenset()
    assert len(settle(list(alike), dict(ways.links), ways.certain, 16.0)) == 4
    assert len(settle(list(alike), dict(ways.links), ways.certain, 11.0 + SETTLED_S)) == 2


def test_a_chain_adds_up_the_time_of_its_stretches_and_between() -> None:
    one, after = piece(1, 5.0, 10.0, (200, 200)), piece(2, 11.0, 14.0, (210, 210), over=False)
    chain = chain_to(after, {after: one})
    assert chain.dwell_s == pytest.approx(9.0)
    assert (chain.entered_s, chain.inside_s, chain.returns) == (5.0, 14.0, 0)
    after.rest_s = 1.5
    assert chain.dwell_s == pytest.approx(10.5)


def test_a_return_is_counted() -> None:
    one, after = piece(1, 5.0, 10.0, (380, 465)), piece(2, 14.0, 18.0, (460, 380), over=False)
    one.ends_inside = after.starts_inside = False
    assert Chain((one, after)).returns == 1
    assert Chain((one, after)).dwell_s == pytest.approx(9.0)


def test_what_was_before_too_long_an_absence_does_not_count() -> None:
    one, after = piece(1, 5.0, 10.0, (200, 200)), piece(2, 11.0, 14.0, (210, 210), over=False)
    one.matter = "told"
    after.spend()
    after.dwell_s = 2.0
    chain = Chain((one, after))
    assert (chain.dwell_s, chain.matter) == (2.0, "")
    ways = linked([one, after], Leans(), KEEP_S)
    settle([one, after], dict(ways.links), ways.certain, 14.0)
    assert (after.dwell_s, after.matter) == (2.0, "")


def sure(pieces: list[Piece], dwell_s: float) -> float:
    ways = linked(pieces, Leans(), KEEP_S)
    return share_that_stayed(chain_to(pieces[-2], ways.links), ways, Leans(), KEEP_S, dwell_s)


def two_alike(dwell_s: tuple[float, float], height: float = 60.0) -> list[Piece]:
    """Two who look alike stood at one place, and walk away from it both the same way."""
    return [
        piece(1, 5.0, 10.0, (200, 200), RED, dwell_s=dwell_s[0]),
        piece(2, 5.0, 10.0, (200, 200), RED, height, dwell_s=dwell_s[1]),
        piece(3, 11.0, 16.0, (200, 200), RED, over=False),
        piece(4, 11.0, 16.0, (200, 200), RED, height, over=False),
    ]


@pytest.mark.parametrize(
    ("pieces", "certainty"),
    [
        pytest.param(two_alike((20.0, 2.0)), (0.4, 0.6), id="it may be the other"),
        pytest.param(two_alike((20.0, 2.0), 66.0), (0.95, 1.0), id="their heights tell"),
        pytest.param(two_alike((20.0, 19.0)), (0.95, 1.0), id="both have stayed that long"),
        pytest.param(two_alike((2.0, 2.0)), (0.0, 0.0), id="neither has"),
    ],
)
def test_how_sure_it_is_that_one_person_stayed(pieces: list[Piece], certainty: tuple[float, float]) -> None:
    assert certainty[0] <= sure(pieces, 20.0) <= certainty[1]


def test_who_may_be_the_one_that_was_told_of_is_not_told_of_again() -> None:
    pieces = two_alike((20.0, 20.0))
    pieces[1].matter = "told"
    assert 0.4 < sure(pieces, 20.0) < 0.6
