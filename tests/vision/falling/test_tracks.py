"""Which thing in one picture is which in the next."""

from __future__ import annotations

import numpy as np
import pytest

from vision.falling.blobs import Blobs
from vision.falling.tracks import MOST, Tracks, Trail

SIZE = (640, 480)


def seen(points: list[tuple[float, float]], weights: list[float] | None = None) -> Blobs:
    centre = np.array(points, np.float64).reshape(-1, 2)
    n = len(centre)
    weight = np.full(n, 50.0) if weights is None else np.array(weights)
    return Blobs(centre, centre - 2, centre + 2, weight, np.full(n, -30.0))


def run(frames: list[list[tuple[float, float]] | None]) -> list[Trail]:
    tracks, trails = Tracks(SIZE), []
    for number, points in enumerate(frames):
        blobs = None if points is None else seen(points)
        trails += tracks.step(blobs, number * 0.04, np.full(0 if points is None else len(points), 15.0))
    return trails + tracks.finish()


def falling(number: int) -> tuple[float, float]:
    t = number * 0.04
    return 300 + 10 * t, 50 + 0.5 * 150 * t * t


def test_a_falling_thing_is_one_trail() -> None:
    trails = run([[falling(n)] for n in range(50)])
    assert len(trails) == 1
    assert len(trails[0].rows) == 50
    assert trails[0].points[-1] == pytest.approx(falling(49))
    assert trails[0].at_s[0] == pytest.approx(0.0)


@pytest.mark.parametrize("gap", [1, 5, 10])
def test_it_may_be_hidden_for_a_while(gap: int) -> None:
    hidden = range(20, 20 + gap)
    trails = run([[] if n in hidden else [falling(n)] for n in range(50)])
    assert max(len(trail.rows) for trail in trails) == 50 - gap


def test_a_jolt_of_the_camera_leaves_pictures_out() -> None:
    trails = run([None if n in (20, 21) else [falling(n)] for n in range(50)])
    assert max(len(trail.rows) for trail in trails) == 48


def test_clutter_does_not_take_the_trail_away() -> None:
    random = np.random.default_rng(3)
    frames = [[falling(n), *map(tuple, random.uniform((0, 0), SIZE, (80, 2)))] for n in range(50)]
    best = max(run(frames), key=lambda trail: len(trail.rows))
    truth = np.array([falling(round(t / 0.04)) for t in best.at_s])
    assert len(best.rows) > 45
    assert np.median(np.linalg.norm(best.points - truth, axis=1)) < 0.5


TOUCH_PX = 5.0


def merged(flake: tuple[float, float], thing: tuple[float, float], times: float) -> Blobs:
    """Two things, one so many times as strong as the other; where they touch they are one."""
    if np.hypot(flake[0] - thing[0], flake[1] - thing[1]) >= TOUCH_PX:
        return seen([flake, thing], [60.0, 60 * times])
    both = (np.array(flake) + np.array(thing) * times) / (1 + times)
    return seen([(float(both[0]), float(both[1]))], [60 * (1 + times)])


@pytest.mark.parametrize("times", [1.5, 2.2, 3.0])
@pytest.mark.parametrize("meets_after", [8, 10])
def test_where_an_old_flake_crosses_it_a_thing_just_let_go_keeps_its_trail(times: float, meets_after: int) -> None:
    tracks, trails = Tracks(SIZE), []
    for number in range(200):
        since = number - 120
        flake = 300 + 0.1 * (since - meets_after), 100 + 2.2 * (since - meets_after)
        thing = 300 - 0.4 * since, 100 + 0.02 * since**2
        found = merged(flake, thing, times) if since >= 0 else seen([flake], [60.0])
        trails += tracks.step(found, number * 0.04, np.full(len(found), 15.0))
    own = [one for one in trails + tracks.finish() if one.at_s[0] > 4.7 and one.points[0, 1] < 102]
    assert max(len(one.rows) for one in own) == 80


@pytest.mark.parametrize("hidden", [4, 6, 8])
def test_a_last_glimpse_of_its_upper_part_does_not_make_it_rise_unseen(hidden: int) -> None:
    def bag(number: int) -> tuple[float, float]:
        upper_px = 2.0 * max(0, number - 27) / 3
        return 300 + 0.5 * number, 60 + 2.0 * number - (upper_px if number <= 30 else 0)

    trails = run([[] if 30 < n <= 30 + hidden else [bag(n)] for n in range(80)])
    assert max(len(trail.rows) for trail in trails) == 80 - hidden


def test_two_things_side_by_side_are_two_trails() -> None:
    frames = [[falling(n), (falling(n)[0] + 40, falling(n)[1])] for n in range(50)]
    assert sorted(len(trail.rows) for trail in run(frames))[-2:] == [50, 50]


def test_the_number_of_tracks_is_bounded() -> None:
    tracks, random = Tracks(SIZE), np.random.default_rng(5)
    for number in range(20):
        points = [tuple(p) for p in random.uniform((0, 0), (300, 300), (400, 2))]
        tracks.step(seen(points), number * 0.04, np.full(400, 15.0))
        assert len(tracks) <= MOST


def test_leaving_the_picture_ends_it_at_once() -> None:
    tracks = Tracks(SIZE)
    ended: list[Trail] = []
    for number in range(90):
        x, y = falling(number)
        inside = [(x, y)] if y < SIZE[1] else []
        ended += tracks.step(seen(inside), number * 0.04, np.full(len(inside), 15.0))
        if ended:
            break
    assert ended and number * 0.04 - ended[0].at_s[-1] < 0.3


def test_a_track_that_goes_on_has_its_things_and_no_others() -> None:
    tracks = Tracks(SIZE)
    for number in range(20):
        tracks.step(seen([falling(number)]), number * 0.04, np.full(1, 15.0))
    own = np.array([[number * 0.04, *falling(number), 0, 0, 0, 0, 0] for number in range(8, 20)])
    beside = own + np.array([0, 5, 0, 0, 0, 0, 0, 0])
    number = tracks.having(own)
    assert number is not None and tracks.goes_on(number)
    assert tracks.having(np.concatenate([own, beside])) == number
    assert tracks.having(beside) is None
    tracks.finish()
    assert tracks.having(own) is None
    assert not tracks.goes_on(number)
