"""What lies around a piece of a path: the fall that most things agree on, and how much that is worth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.vision.falling.walls import Site, fall
from vision.falling.agreed import doubt, parts
from vision.falling.blobs import Blobs
from vision.falling.clutter import Clutter
from vision.falling.facade import Wall
from vision.falling.flight import Flight, fit
from vision.falling.grades import Grades
from vision.falling.judge import EVIDENCE_AGREED, Judge, Verdict
from vision.falling.measures import measure
from vision.falling.tracks import Trail, rows_of
from vision.falling.votes import gather

SITE = Site(size=(1280, 720), focal_px=900, floors=14, pitch_deg=25)
WALL = Wall(SITE.facade(), SITE.size)
FRAME_S = 0.04
BEGUN = 20
T = np.arange(0, 55) * FRAME_S
FALLS = SITE.see(fall(T, np.array([1.0, 0.7, 31.0]), np.array([0.2, 0.4, 0.0]), 20.0))
STREAK = SITE.see(np.stack([np.full_like(T, 1.0), np.full_like(T, 0.7), 31.0 - 9.0 * T], 1))


def spots(points: np.ndarray, contrast: float = -12.0, side: float = 3.0) -> Blobs:
    """Nx2 -> small things."""
    n = len(points)
    return Blobs(points, points - side / 2, points + side / 2, np.full(n, 10.0), np.full(n, contrast))


def pictures(path: np.ndarray, share: float, noise: float, seed: int) -> list[tuple[float, Blobs]]:
    """100 pictures: the path is met in a share of those from `BEGUN` on, and so many false things are in each."""
    random = np.random.default_rng(seed)
    shown = []
    for number in range(100):
        points = random.uniform((0, 0), SITE.size, (random.poisson(noise), 2))
        step = number - BEGUN
        if 0 <= step < len(path) and random.random() < share:
            points = np.concatenate([points, path[step][None] + random.normal(0, 0.4, (1, 2))])
        shown.append((10 + number * FRAME_S, spots(points)))
    return shown


def graded(shown: list[tuple[float, Blobs]]) -> Grades:
    """That has seen them."""
    grades = Grades(SITE.size)
    for at_s, blobs in shown:
        grades.take(blobs, at_s)
    return grades


def piece(path: np.ndarray, steps: range, astray: int = 0) -> Trail:
    """Of the path; after it, the last place again and again."""
    places = [path[step] for step in steps] + [path[steps[-1]]] * astray
    times = 10 + (BEGUN + steps[0] + np.arange(len(places))) * FRAME_S
    rows = [rows_of(spots(at[None]), np.array([0]), time)[0] for at, time in zip(places, times, strict=True)]
    return Trail(np.array(rows))


def told(shown: list[tuple[float, Blobs]], start: Trail) -> Verdict | None:
    """The verdict on what is gathered round a piece."""
    grades = graded(shown)
    agreed = gather(WALL, shown, grades.stronger(0.0), start)
    judge = Judge(WALL, Clutter(SITE.size))
    return None if agreed is None else judge.judge_agreed(agreed, grades, 0.0, FRAME_S)


@pytest.mark.parametrize("astray", [0, 6], ids=["a clean piece", "half of it left standing by the codec"])
@pytest.mark.parametrize("seed", range(3))
def test_what_is_met_in_half_of_the_pictures_is_gathered_from_its_start(astray: int, seed: int) -> None:
    shown = pictures(FALLS, 0.5, 25, seed)
    grades = graded(shown)
    agreed = gather(WALL, shown, grades.stronger(0.0), piece(FALLS, range(14, 22), astray))
    assert agreed is not None
    steps = np.round((agreed.at_s - 10) / FRAME_S).astype(int) - BEGUN
    inside = (steps >= 0) & (steps < len(FALLS))
    off = np.hypot(*(agreed.points[inside] - FALLS[steps[inside]]).T)
    assert (off < 3).sum() >= 0.8 * len(steps)
    assert steps[0] <= 8
    assert told(shown, piece(FALLS, range(14, 22), astray)).kind == "fall"  # type: ignore[union-attr]


@pytest.mark.parametrize("noise", [10, 40, 80])
@pytest.mark.parametrize("seed", range(8))
def test_false_things_around_a_piece_never_agree_on_a_fall(noise: float, seed: int) -> None:
    shown = pictures(FALLS, 0.0, noise, seed)
    verdict = told(shown, piece(FALLS, range(10, 17)))
    assert verdict is None or verdict.kind is None


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_streak_of_steady_speed_is_no_fall(share: float) -> None:
    verdict = told(pictures(STREAK, share, 10, 1), piece(STREAK, range(10, 18)))
    assert verdict is None or verdict.kind is None


def test_only_what_is_darker_or_only_what_is_brighter_is_one_thing() -> None:
    shown = pictures(FALLS, 0.8, 5, 2)
    ghosts = [(at_s, spots(b.centre, 12.0)) if n % 4 == 0 else (at_s, b) for n, (at_s, b) in enumerate(shown)]
    agreed = gather(WALL, ghosts, graded(ghosts).stronger(0.0), piece(FALLS, range(14, 22)))
    assert agreed is not None
    assert (agreed.rows[:, 7] < 0).all()


def test_a_few_strong_things_tell_more_than_as_many_that_are_like_the_noise() -> None:
    shown = pictures(FALLS, 0.0, 80, 4)
    grades = graded(shown)
    steps = range(4, 40, 4)
    rows = [rows_of(spots(FALLS[s][None], -60, 8), np.array([0]), 10 + (BEGUN + s) * FRAME_S)[0] for s in steps]
    strong = Trail(np.array(rows))
    weak = Trail(np.array([[*row[:3], *(row[1:3] - 1.5), *(row[1:3] + 1.5), -12.0] for row in rows]))
    off = np.zeros(len(rows))
    assert grades.evidence(strong, off, 1.2, 27, 0.3) > grades.evidence(weak, off, 1.2, 27, 0.3) + 5


def test_the_own_things_of_a_path_are_not_held_against_it() -> None:
    empty, seen = Grades(SITE.size), Grades(SITE.size)
    trail = piece(FALLS, range(20))
    for number in range(100):
        at_s = 10 + number * FRAME_S
        own = np.abs(trail.at_s - at_s) < 0.01
        seen.take(spots(trail.points[own]), at_s)
        empty.take(spots(np.zeros((0, 2))), at_s)
    off = np.zeros(20)
    fair = empty.evidence(trail, off, 1.2, 0, 0.3)
    assert fair > EVIDENCE_AGREED
    assert seen.evidence(trail, off, 1.2, 0, 0.3) == pytest.approx(fair, rel=0.02)


def whole(**change: object) -> tuple[Trail, Flight]:
    """A fall that nothing speaks against, but for the change: of its rows, or of its flight."""
    rows = piece(FALLS, range(50)).rows
    flight = fit(WALL, rows[:, 0], rows[:, 1:3], float(rows[0, 0]) - 0.02, 1.2)
    if "strength" in change:
        rows[25:, 3:7] += np.array([-8, -8, 8, 8])
        rows[:25, 7] = -1.0
    if "without" in change:
        rows = np.delete(rows, change["without"], 0)
    if "size" in change:
        rows[:, 3:7] += np.array([-12, -12, 12, 12])
    return Trail(rows), replace(flight, **{k: v for k, v in change.items() if k in ("rms_px", "prior")})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, ""),
        ({"size": True}, "too large"),
        ({"rms_px": 3.0}, "no fall fits"),
        ({"prior": 9.0}, "not let go by hand"),
        ({"rms_px": 1.1}, "steady speed"),
        ({"without": slice(20, 36)}, ""),
        ({"without": slice(4, 46)}, "several things"),
        ({"strength": True}, "several things"),
    ],
    ids=[
        "a fall",
        "large",
        "far from its flight",
        "thrown oddly",
        "hardly bent",
        "unseen",
        "too long unseen",
        "weak then strong",
    ],
)
def test_what_was_gathered_must_be_one_thing_that_falls(change: dict[str, object], reason: str) -> None:
    trail, flight = whole(**change)
    found = measure(WALL, trail, FRAME_S)
    if reason == "steady speed":
        found = replace(found, bend_px=2.0)
    assert doubt(trail, found, flight, 1.2) == reason


@pytest.mark.parametrize(
    ("after", "kind"), [(14, "fall"), (3, None)], ids=["both parts tell", "the second is hardly one"]
)
def test_what_was_long_unseen_must_tell_before_and_after_it(after: int, kind: str | None) -> None:
    """17 pictures without it: three things that happen to lie beyond are no witness."""
    rows = piece(FALLS, range(50)).rows
    trail = Trail(np.concatenate([rows[:18], rows[35 : 35 + after]]))
    assert [part.stop for part in parts(trail)] == [18, 18 + after]
    shown = pictures(FALLS, 0.0, 25, 1)
    verdict = Judge(WALL, Clutter(SITE.size)).judge_agreed(trail, graded(shown), 0.0, FRAME_S)
    assert verdict.kind == kind, verdict.reason
    assert kind or verdict.reason == "several things"


@pytest.mark.parametrize(("odds", "bends", "reason"), [(60, 4, "steady speed"), (95, 4, ""), (95, 3, "steady speed")])
def test_what_chance_cannot_explain_need_not_bend_so_far(odds: float, bends: float, reason: str) -> None:
    """`bends`: in distances from the flight."""
    trail, flight = whole()
    found = replace(measure(WALL, trail, FRAME_S), bend_px=bends * flight.rms_px)
    assert doubt(trail, found, flight, 1.2, odds) == reason
