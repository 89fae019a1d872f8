"""What is a throw and what is not: trails as their physics makes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from tests.vision.falling.walls import Site, fall
from vision.falling.agreed import without_strays
from vision.falling.clutter import Clutter
from vision.falling.facade import Wall
from vision.falling.flight import Flight, likeliest
from vision.falling.grades import Grades
from vision.falling.judge import Judge, Verdict
from vision.falling.tracks import Trail

SITE = Site(size=(1280, 720), focal_px=900, floors=14, pitch_deg=25)
T = np.arange(1, 60) * 0.04


def judge() -> Judge:
    return Judge(Wall(SITE.facade(), SITE.size), Clutter(SITE.size))


def trail(places: np.ndarray, side_px: float = 8.0, start_s: float = 20.0, seed: int = 1, site: Site = SITE) -> Trail:
    """Nx3 places at 25 pictures per second, as far as they are in the picture and above ground."""
    seen = site.see(places)
    good = (seen > 0).all(1) & (seen < SITE.size).all(1) & (places[:, 2] > 0)
    seen = seen[good] + np.random.default_rng(seed).normal(0, 0.3, (int(good.sum()), 2))
    at_s = start_s + np.arange(len(places))[good] * 0.04
    half = side_px / 2
    return Trail(np.column_stack([at_s, seen, seen - half, seen + half, np.full(len(seen), -40.0)]))


def thrown(start: tuple[float, ...], speed: tuple[float, ...], terminal_mps: float) -> Trail:
    return trail(fall(T, np.array(start), np.array(speed), terminal_mps))


def decide(one: Trail, by: Judge | None = None) -> Verdict:
    return (by or judge()).judge(one, 0.0)


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


def steady(x: float, z: float, vx: float, vz: float, out_m: float = 0.0) -> np.ndarray:
    return np.stack([x + vx * T, np.full(len(T), out_m), z + vz * T], 1)


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


def test_a_light_ball_near_the_ground_does_not_flutter() -> None:
    """A bag falls so from the second floor; a light ball is thrown up first."""
    down = fall(np.arange(1, 60) * 0.04, np.array([3.0, 0.7, 10.0]), np.array([0.3, 1.0, 0.0]), 3.0)
    assert decide(trail(down, 12)).kind == "flutter"
    up = fall(np.arange(1, 90) * 0.04, np.array([3.0, 0.7, 6.0]), np.array([0.3, 0.6, 6.0]), 6.5)
    verdict = decide(trail(up, 12))
    assert verdict.kind is None
    assert "from the ground" in verdict.reason


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


def test_snow_is_weather_even_when_a_flake_begins_in_the_picture() -> None:
    by, random = judge(), np.random.default_rng(8)
    for number in range(30):
        flake = steady(random.uniform(-8, 8), 25, 0.3, -2.0 - 0.2 * random.random())
        by.judge(trail(flake, 5, start_s=20 + number * 0.1, seed=number), 0.0)
    places = fall(np.arange(1, 130) * 0.04, np.array([3.0, 0.7, 28.0]), np.array([0.3, 0, 0]), 2.2)
    assert by.judge(trail(places, 6, start_s=23.0), 0.0).kind is None


def snowing(by: Judge, until: int) -> None:
    random = np.random.default_rng(8)
    for number in range(until):
        flake = steady(random.uniform(-8, 8), 25, 0.3, -2.0 - 0.2 * random.random())
        by.judge(trail(flake, 8, start_s=20 + number * 0.1, seed=number), 0.0)


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


def test_what_is_large_and_flies_as_it_likes_neither_falls_nor_flutters() -> None:
    """A drone rises, stops and comes down at four metres per second, by and large like a bag."""
    at_s = np.arange(1, 87) * 0.04
    z = 24 + 3 * np.sin(np.clip(at_s * 1.6, 0, np.pi / 2)) - 4.2 * np.clip(at_s - 1.2, 0, 9) + 0.5 * np.sin(5 * at_s)
    drone = np.stack([2 + 0.4 * np.sin(3 * at_s), np.full(len(at_s), 3.0), z], 1)
    assert decide(trail(drone, 18)).kind is None


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


def test_what_was_there_when_watching_began_does_not_flutter() -> None:
    places = fall(np.arange(1, 130) * 0.04, np.array([3.0, 0.7, 28.0]), np.array([0.3, 1.0, 0.0]), 2.2)
    assert judge().judge(trail(places, 14, start_s=20.0), 19.9).kind is None


def test_a_chain_of_chances_in_a_busy_place_is_not_evidence() -> None:
    one = thrown((0, 0.7, 30.0), (0, 0.3, 0), 26.0)
    sparse = Trail(one.rows[:20:2])
    assert decide(sparse).kind == "fall"
    from vision.falling.blobs import Blobs

    busy, random = Clutter(SITE.size), np.random.default_rng(2)
    for _ in range(100):
        centre = random.uniform((0, 0), SITE.size, (4000, 2))
        busy.take(Blobs(centre, centre, centre, np.ones(4000), np.ones(4000)))
    verdict = Judge(Wall(SITE.facade(), SITE.size), busy).judge(sparse, 0.0)
    assert (verdict.kind, verdict.reason.split(";")[0]) == (None, "chance")


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
