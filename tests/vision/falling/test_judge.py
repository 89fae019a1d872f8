"""What is a throw and what is not: trails as their physics makes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from tests.vision.falling.trails import SITE, T, decide, judge, steady, thrown, trail
from tests.vision.falling.walls import Site, fall
from vision.falling.agreed import without_strays
from vision.falling.blobs import Blobs
from vision.falling.clutter import Clutter
from vision.falling.facade import Wall
from vision.falling.flight import Flight, likeliest
from vision.falling.grades import Grades
from vision.falling.judge import Judge
from vision.falling.tracks import Trail


@pytest.mark.parametrize(
    ("start", "speed", "terminal_mps"),
    [
        ((0, 0.7, 30.0), (0, 0.3, 0), 26.0),
        ((-5, 0.5, 25.0), (1.0, 2.0, 1.0), 14.0),
        ((4, 1.2, 24.0), (-2.0, 6.0, 2.0), 30.0),
        ((0, 0.7, 30.0), (0, 1.0, 0), 8.0),
    ],
    ids=["dropped", "tossed", "thrown hard", "light"],
)
def test_what_falls_faster_and_faster_is_a_fall(
    start: tuple[float, ...], speed: tuple[float, ...], terminal_mps: float
) -> None:
    verdict = decide(thrown(start, speed, terminal_mps))
    assert verdict.kind == "fall", verdict.reason
    assert verdict.flight is not None
    assert verdict.confidence > 0.6


@pytest.mark.parametrize(
    ("places", "side_px"),
    [
        (steady(0, 34, 0.5, -8.0, 8), 4),
        (steady(2, 30, 0.0, -2.0), 40),
        (steady(-8, 20, 7.0, -1.0, 10), 12),
        (fall(T, np.array([0, 8.0, 1.5]), np.array([0.5, 0, 9.0]), 40.0), 9),
        (np.stack([np.sin(6 * T), 0 * T, 20 + 0.5 * np.sin(4 * T)], 1), 12),
        (
            np.stack(
                [
                    4 * T - 4,
                    np.full(len(T), 12.0),
                    26
                    - 7 * np.clip(T / 1.5, 0, 1) ** 2 * (3 - 2 * np.clip(T / 1.5, 0, 1))
                    + 2.5 * np.clip(T - 1.5, 0, 9),
                ],
                1,
            ),
            14,
        ),
    ],
    ids=["rain", "lift", "bird", "ball from the ground", "laundry", "diving bird"],
)
def test_what_is_not_thrown_is_not_told(places: np.ndarray, side_px: float) -> None:
    verdict = decide(trail(places, side_px))
    assert verdict.kind is None
    assert verdict.reason


def ball(start_s: float, from_s: float) -> Trail:
    """Thrown up 8 m before the wall, seen from `from_s` of its flight on."""
    places = fall(T, np.array([0, 8.0, 1.5]), np.array([0.3, 0, 8.5]), 40.0)
    seen = trail(places, 9, start_s)
    return Trail(seen.rows[seen.at_s >= start_s + from_s])


def test_the_way_down_of_a_ball_is_no_throw_where_one_was_seen_to_rise() -> None:
    by = judge()
    assert by.judge(ball(20.0, 0.0), 0.0).kind is None
    assert by.judge(ball(24.0, 0.9), 0.0).kind is None


@pytest.mark.parametrize(
    ("missing", "left"),
    [
        ((), range(30)),
        ((28,), range(30)),
        (range(20, 29), range(20)),
        (range(1, 12), range(12, 30)),
        (range(12, 22), [*range(12), *range(22, 30)]),
    ],
    ids=["whole", "one unseen", "a stray at the end", "a stray at the start", "hidden in the middle"],
)
def test_what_stands_apart_at_an_end_is_no_witness(missing: Sequence[int], left: Sequence[int]) -> None:
    rows = trail(steady(0, 30, 0.2, -3.0)).rows[:30]
    kept = without_strays(Trail(np.delete(rows, list(missing), 0)))
    assert kept.at_s.tolist() == rows[[n for n in left if n not in missing], 0].tolist()


def test_in_rain_a_drop_that_a_speck_was_chained_to_is_no_throw() -> None:
    """Grown from faint things: a speck that stands, then a drop at its speed. On a dry day it would be thrown down."""
    at_s = T[:45]
    down = np.clip(at_s - 0.2, 0, None)
    chained = np.stack([0 * at_s, 0 * at_s + 0.7, 34 - 10.5 * down - 1.2 * down**2], 1)
    reasons = []
    for drops in (0, 30):
        by, random = judge(), np.random.default_rng(8)
        for number in range(drops):
            drop = steady(random.uniform(-8, 8), 34, 0.3, -13.0 - 2 * random.random())
            by.judge(trail(drop, 8, start_s=20 + number * 0.1, seed=number), 0.0)
        reasons.append(
            by.judge_grown(trail(chained, 5, start_s=23.0), Grades(SITE.size), 0.0, 0.04, alone=False).reason
        )
    assert reasons == ["", "weather"]


@pytest.mark.parametrize(("streaks", "kind"), [(0, "fall"), (2, "fall"), (3, None)])
def test_in_rain_a_chain_of_faint_things_must_tell_more(streaks: int, kind: str | None) -> None:
    """Three streaks are rain: hardly seen as trails, drops still make chains that bend."""
    by, random = judge(), np.random.default_rng(8)
    for number in range(streaks):
        drop = steady(random.uniform(-8, 8), 30, 0.3, -16.0)[:9]
        by.judge(trail(drop, 3, start_s=22 + number * 0.1, seed=number), 0.0)
    chained = trail(fall(T[:34], np.array([2.0, 0.7, 30.0]), np.array([0.2, 0.5, 0.0]), 13.0), 4, start_s=23.0)
    some = Trail(chained.rows[::3])
    assert by.judge_grown(some, Grades(SITE.size), 0.0, 0.04, alone=False).kind == kind


@pytest.mark.parametrize(("wavers_px", "kind"), [(0.0, "fall"), (2.2, None)], ids=["as physics has it", "a bird"])
def test_an_unusual_throw_must_fit_closely(wavers_px: float, kind: str | None) -> None:
    places = fall(T, np.array([3.0, 0.7, 24.0]), np.array([1.5, 8.9, 1.5]), 30.0)
    rows = trail(places, 12).rows
    rows[:, 1:3] += np.random.default_rng(3).normal(0, wavers_px, (len(rows), 2))
    verdict = decide(Trail(rows))
    assert verdict.kind == kind, verdict


LOW = Site(size=(1280, 720), focal_px=900, floors=8, pitch_deg=8)


@pytest.mark.parametrize(
    ("speed", "kind"),
    [((0.3, 1.5, 0.0), "fall"), ((0.3, 6.8, 2.8), None), ((-2.6, 5.2, -3.3), None)],
    ids=["dropped", "a ball nearer to the camera", "a ball on its way down"],
)
def test_low_on_the_wall_an_unusual_throw_is_a_ball(speed: tuple[float, float, float], kind: str | None) -> None:
    places = fall(T, np.array([0.5, 0.7, 6.0]), np.array(speed), 19.0)
    verdict = Judge(Wall(LOW.facade(), LOW.size), Clutter(LOW.size)).judge(trail(places, site=LOW), 0.0)
    assert verdict.kind == kind, verdict


@pytest.mark.parametrize(("outward_mps", "kind"), [(4.0, "fall"), (-0.4, None)], ids=["from a window", "a bird"])
def test_what_is_thrown_far_aside_is_also_thrown_outward(outward_mps: float, kind: str | None) -> None:
    places = fall(T[:32], np.array([2.0, 0.7, 27.0]), np.array([-6.0, outward_mps, -3.5]), 32.0)
    assert decide(trail(places, 18)).kind == kind


NEAR = Site(size=(1280, 720), focal_px=900, floors=10, distance_m=18.0, pitch_deg=45)


@pytest.mark.parametrize(("grows", "kind"), [(True, "fall"), (False, None)], ids=["it comes near", "it only looks so"])
def test_what_comes_near_leaves_the_picture_aside_and_grows(grows: bool, kind: str | None) -> None:
    """Thrown hard towards the camera, which it passes on the left."""
    wall = Wall(NEAR.facade(), NEAR.size)
    places = fall(np.arange(1, 45) * 0.04, np.array([3.0, 0.7, 22.0]), np.array([-4.4, 7.4, 1.2]), 40.0)
    rows = trail(places, 4.0, site=NEAR).rows
    depth_m = wall.depth_m(places[: len(rows)])
    half = (3.0 * depth_m[0] / depth_m if grows else np.full(len(rows), 4.0))[:, None]
    rows[:, 3:5], rows[:, 5:7] = rows[:, 1:3] - half, rows[:, 1:3] + half
    seen = wall.to_wall(rows[:, 1:3])
    assert np.ptp(seen[:, 0]) > 2 * (seen[0, 1] - seen[-1, 1])
    assert Judge(wall, Clutter(NEAR.size)).judge(Trail(rows), 0.0).kind == kind


HOVER_M = (0.0, 0.25, 0.37, 0.35, 0.18, 0.52, 0.27, 0.27, 0.02, -0.16, -0.49, -0.47, -0.93)

HOVER_PICTURES = (0, 1, 2, 3, 4, 6, 9, 10, 13, 15, 16, 17, 20)


@pytest.mark.parametrize(("stray_at", "kind"), [(22, "fall"), (28, None)], ids=["it goes on", "a stray"])
def test_a_fall_that_only_a_stray_point_makes_is_none(stray_at: int, kind: str | None) -> None:
    """An insect hangs before the wall and begins to sink; the last point is something else, further down."""
    numbers = np.array([*HOVER_PICTURES, stray_at])
    z = 27 + np.array([*HOVER_M, -0.6 - 0.095 * (stray_at - 15) ** 1.4])
    places = np.full((29, 3), np.nan)
    places[numbers] = np.stack([np.full(len(z), 5.0), np.full(len(z), 0.7), z], 1)
    rows = trail(places, 6).rows
    more = trail(fall(np.arange(23, 40) * 0.04, np.array([5.0, 0.7, 29.2]), np.zeros(3), 15.0), 6, 20 + 23 * 0.04).rows
    verdict = decide(Trail(np.concatenate([rows, more]) if kind else rows))
    assert verdict.kind == kind, verdict


def test_a_chain_of_chances_in_a_busy_place_is_not_evidence() -> None:
    one = thrown((0, 0.7, 30.0), (0, 0.3, 0), 26.0)
    sparse = Trail(one.rows[:20:2])
    assert decide(sparse).kind == "fall"

    busy, random = Clutter(SITE.size), np.random.default_rng(2)
    for _ in range(100):
        centre = random.uniform((0, 0), SITE.size, (4000, 2))
        busy.take(Blobs(centre, centre, centre, np.ones(4000), np.ones(4000)))
    verdict = Judge(Wall(SITE.facade(), SITE.size), busy).judge(sparse, 0.0)
    assert (verdict.kind, verdict.reason.split(";")[0]) == (None, "chance")


def tried(cost: float, prior: float, rms_px: float) -> tuple[float, Flight]:
    return cost, Flight(20.0, np.zeros(7), rms_px, prior)


@pytest.mark.parametrize(
    ("others", "prior"),
    [
        ([], 22.0),
        ([(94, 3.0, 1.1)], 3.0),
        ([(94, 3.0, 1.1), (93, 2.0, 1.2)], 2.0),
        ([(94, 3.0, 1.5)], 22.0),
        ([(94, 9.0, 1.0)], 22.0),
    ],
    ids=["nothing else", "an earlier start", "the cheapest of them", "fits worse", "nor is that usual"],
)
def test_a_start_that_hands_cannot_give_is_taken_only_where_no_earlier_one_fits(
    others: list[tuple[float, float, float]], prior: float
) -> None:
    assert likeliest([tried(70, 22.0, 0.9), *(tried(*other) for other in others)]).prior == prior


def test_a_start_that_hands_can_give_is_taken_by_its_cost() -> None:
    assert likeliest([tried(70, 12.0, 0.9), tried(94, 3.0, 1.0)]).prior == 12.0
