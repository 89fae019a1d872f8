"""Things near the noise: met seldom, told by the whole of their path; chance alone tells nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.vision.falling.walls import Site, fall
from vision.falling.blobs import NONE, Blobs
from vision.falling.clutter import Clutter
from vision.falling.facade import Wall
from vision.falling.grow import History
from vision.falling.judge import Judge, Verdict
from vision.falling.pairs import Pairs
from vision.falling.second import SecondLook
from vision.falling.tracks import Trail, rows_of

SITE = Site(size=(1280, 720), focal_px=900, floors=14, pitch_deg=25)
WALL = Wall(SITE.facade(), SITE.size)
T = np.arange(0, 70) * 0.04
BEGUN_S = 10.0


def spots(points: np.ndarray, weight: float = 10.0) -> Blobs:
    """Nx2 -> small things of that weight."""
    n = len(points)
    return Blobs(points, points - 1.5, points + 1.5, np.full(n, weight), np.full(n, -12.0))


def pictures(share: float, noise: float, *, thrown: bool = True, seed: int = 3, weight: float = 10.0) -> list[Blobs]:
    """130 pictures: from the 20th on something that is met in a share of them, and so many false things in each.

    `weight` is that of the false ones.
    """
    random = np.random.default_rng(seed)
    places = SITE.see(fall(T, np.array([1.0, 0.7, 31.0]), np.array([0.2, 0.4, 0.0]), 20.0))
    shown = []
    for number in range(130):
        points = random.uniform((0, 0), SITE.size, (random.poisson(noise), 2))
        at = places[number - 20] if 20 <= number < 20 + len(T) else None
        if thrown and at is not None and (at > 0).all() and (at < SITE.size).all() and random.random() < share:
            points = np.concatenate([points, at[None] + random.normal(0, 0.3, (1, 2))])
        false = spots(points).weight * (weight / 10.0)
        if len(points) and thrown and at is not None:
            false[-1] = 10.0
        shown.append(replace(spots(points), weight=false))
    return shown


def look(shown: list[Blobs]) -> list[tuple[Trail, Verdict]]:
    """What a second look accepts when no track has anything."""
    second = SecondLook(WALL, Judge(WALL, Clutter(SITE.size)))
    done = []
    for number, blobs in enumerate(shown):
        at_s = BEGUN_S + number * 0.04
        second.take(blobs, blobs, np.ones(len(blobs), np.bool_), at_s)
        done += second.ready(at_s, 0.0, 0.04)
    return [one for one in done if one[1].kind]


@pytest.mark.parametrize(("share", "noise"), [(0.7, 4), (0.5, 4), (0.4, 8)])
def test_what_is_met_in_half_of_the_pictures_is_told_by_its_path(share: float, noise: float) -> None:
    trail, verdict = look(pictures(share, noise))[0]
    assert verdict.kind == "fall"
    assert trail.at_s[0] < BEGUN_S + (20 + 25) * 0.04
    height_m = float(WALL.to_wall(trail.points[:1])[0, 1])
    assert height_m > 20


@pytest.mark.parametrize("seed", [3, 4])
def test_among_many_false_things_a_path_is_still_looked_for(seed: int) -> None:
    """At night there are seldom fewer than fifty things in a picture, but most are fainter."""
    assert look(pictures(0.8, 70, seed=seed, weight=8.0))[0][1].kind == "fall"


@pytest.mark.parametrize("noise", [2, 10, 30, 45, 80])
@pytest.mark.parametrize("seed", range(3))
def test_false_things_alone_are_never_a_fall(noise: float, seed: int) -> None:
    assert look(pictures(0.0, noise, thrown=False, seed=seed)) == []


def test_a_piece_grows_forwards_and_backwards_through_faint_things() -> None:
    places = SITE.see(fall(T, np.array([1.0, 0.7, 31.0]), np.array([0.2, 0.4, 0.0]), 20.0))
    history, rows = History(SITE.size), []
    for number, at in enumerate(places[:60]):
        seen = 24 <= number < 34 or number % 3 == 0
        blobs = spots(at[None], 3.0) if seen else NONE
        history.take(blobs, number * 0.04)
        if 24 <= number < 34:
            rows.append(rows_of(blobs, np.array([0]), number * 0.04)[0])
    grown = history.grow(WALL, Trail(np.array(rows), 1))
    inside = [n for n in range(60) if (24 <= n < 34 or n % 3 == 0) and (places[n] > 0).all()]
    assert np.round(grown.at_s / 0.04).astype(int).tolist() == inside


def test_what_lies_beside_the_path_is_not_taken() -> None:
    places = SITE.see(fall(T, np.array([1.0, 0.7, 31.0]), np.array([0.2, 0.4, 0.0]), 20.0))
    history, rows = History(SITE.size), []
    for number, at in enumerate(places[:60]):
        on = 24 <= number < 34
        history.take(spots(at[None] if on else at[None] + [25.0, 0.0]), number * 0.04)
        if on:
            rows.append(rows_of(spots(at[None]), np.array([0]), number * 0.04)[0])
    assert len(history.grow(WALL, Trail(np.array(rows), 1)).rows) == 10


def test_a_piece_that_goes_on_is_one_piece_and_ripe_when_it_has_ended() -> None:
    pairs, ripe = Pairs(WALL), []
    for number, blobs in enumerate(pictures(0.8, 2)):
        pairs.take(blobs, WALL.px_per_m(blobs.centre), BEGUN_S + number * 0.04)
        ripe += [(number, piece) for piece in pairs.ripe(BEGUN_S + number * 0.04)]
    long = [(number, piece) for number, piece in ripe if len(piece.rows) > 20]
    assert len(long) == 1
    number, piece = long[0]
    assert 0.5 <= BEGUN_S + number * 0.04 - piece.at_s[-1] < 0.6


def test_weather_does_not_take_the_time_of_a_second() -> None:
    second = SecondLook(WALL, Judge(WALL, Clutter(SITE.size)))
    rows = np.array([[10 + n * 0.04, 600, 300 + n * 4, 598, 298, 602, 302, -20.0] for n in range(12)])
    refused = Judge(WALL, Clutter(SITE.size)).judge(Trail(rows), 0.0)
    for _ in range(50):
        second.offer(Trail(rows), refused, 11.0)
    assert second.skipped >= 40


def in_rain(side_px: float, seed: int) -> list[tuple[Trail, Verdict]]:
    """Something seen in bursts while thirty drops have come down and sixty faint things are in each picture."""
    judge, random = Judge(WALL, Clutter(SITE.size)), np.random.default_rng(seed)
    for number in range(30):
        x, at_s = random.uniform(-8, 8), BEGUN_S - 3 + number * 0.1 + np.arange(20) * 0.04
        drop = SITE.see(np.stack([np.full(20, x), np.full(20, 0.7), 34 - 13.0 * np.arange(20) * 0.04], 1))
        judge.judge(Trail(np.column_stack([at_s, drop, drop - 2, drop + 2, np.full(20, -12.0)])), 0.0)
    second, done = SecondLook(WALL, judge), []
    places = SITE.see(fall(T, np.array([1.0, 0.7, 31.0]), np.array([0.2, 0.4, 0.0]), 20.0))
    for number in range(130):
        at_s, points = BEGUN_S + number * 0.04, random.uniform((0, 0), SITE.size, (60, 2))
        blobs, step = spots(points), number - 20
        if 0 <= step < 50 and step // 6 % 2 == 0:
            at, half = places[step], side_px / 2
            blobs = Blobs(
                np.vstack([points, at]),
                np.vstack([blobs.low, at - half]),
                np.vstack([blobs.high, at + half]),
                np.append(blobs.weight, 10.0),
                np.append(blobs.contrast, -40.0),
            )
        second.take(blobs, blobs, np.ones(len(blobs), np.bool_), at_s)
        if step in (6, 30):  # what a track had of it, twice
            own = range(6) if step == 6 else range(24, 30)
            rows = [rows_of(one_of(places[s], side_px), np.array([0]), BEGUN_S + (20 + s) * 0.04)[0] for s in own]
            second.offer(Trail(np.array(rows)), judge.judge(Trail(np.array(rows)), 0.0), at_s)
        done += second.ready(at_s, 0.0, 0.04)
    return [one for one in done if one[1].kind]


def one_of(at: np.ndarray, side_px: float) -> Blobs:
    half = side_px / 2
    return Blobs(at[None], at[None] - half, at[None] + half, np.full(1, 10.0), np.full(1, -40.0))


@pytest.mark.parametrize("seed", [1, 2])
def test_in_rain_only_what_is_stronger_than_the_rain_is_looked_at_again(seed: int) -> None:
    """A box is met in bursts like a shirt button, but few things in the picture are as strong."""
    told = in_rain(10.0, seed)
    assert told
    assert told[0][1].kind == "fall"
    assert not in_rain(3.0, seed)
