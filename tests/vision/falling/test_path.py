"""The boxes that go on record: one size in metres and one exposure for a whole track."""

from __future__ import annotations

import numpy as np
import pytest

from tests.vision.falling.walls import FRAME_S, Site, fall
from vision.falling.facade import Wall
from vision.falling.path import SOFT_PX, boxes, smoothed
from vision.falling.tracks import Trail

SITE = Site(size=(1280, 960), focal_px=1120.0)
WALL = Wall(SITE.facade(), SITE.size)


def trail(length_m: float, exposure_s: float, *, random: np.random.Generator, keep: float = 1.0) -> tuple[Trail, ...]:
    """A falling thing that tumbles and smears -> as it was seen, and as it was (its core the whole of it)."""
    times = np.arange(0, 1.6, FRAME_S)
    centre = SITE.see(fall(times, np.array([1.0, 0.5, 20.0]), np.array([0.5, 0.5, 0.0]), 20.0))
    smear = np.abs(np.gradient(centre, FRAME_S, axis=0)) * exposure_s
    whole = length_m * WALL.px_per_m(centre)[:, None] + smear
    turned = whole - smear - random.uniform(0, 0.15, whole.shape) * whole + smear
    core = np.hypot(turned, SOFT_PX) + random.normal(0, 0.4, whole.shape)
    seen = centre + random.normal(0, 0.4, centre.shape)
    dark = np.full(len(times), -40.0)
    rows = np.column_stack([times, seen, seen - core, seen + core, dark, core])
    truth = np.column_stack([times, centre, centre - whole / 2, centre + whole / 2, dark, whole])
    some = np.r_[True, random.random(len(times) - 2) < keep, True]
    return Trail(rows[some]), Trail(truth)


def overlap(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Nx4 left, top, width, height twice -> N: intersection over union."""
    low, high = np.maximum(a[:, :2], b[:, :2]), np.minimum(a[:, :2] + a[:, 2:], b[:, :2] + b[:, 2:])
    both = np.maximum(high - low, 0).prod(1)
    return np.asarray(both / (a[:, 2:].prod(1) + b[:, 2:].prod(1) - both))


@pytest.mark.parametrize("exposure_s", [0.003, 0.02, 0.04], ids=["day", "dusk", "night"])
@pytest.mark.parametrize("length_m", [0.35, 0.8])
def test_boxes_hold_the_thing_and_its_smear(length_m: float, exposure_s: float) -> None:
    seen, true = trail(length_m, exposure_s, random=np.random.default_rng(1))
    found = boxes(seen, WALL, FRAME_S)
    known = np.concatenate([true.rows[:, 3:5], true.core], 1)
    assert len(found) == len(known)
    assert np.median(overlap(found[:, 1:], known)) > 0.75


def test_gaps_are_filled_picture_by_picture() -> None:
    seen, true = trail(0.4, 0.003, random=np.random.default_rng(2), keep=0.4)
    found = boxes(seen, WALL, FRAME_S)
    assert len(seen.rows) < 30 and len(found) == len(true.rows)
    assert np.abs(found[:, 1:3] + found[:, 3:5] / 2 - true.points).max() < 2.5


def test_one_wrong_point_does_not_bend_the_track() -> None:
    seen, true = trail(0.4, 0.003, random=np.random.default_rng(3))
    seen.rows[15, 1:3] += 12
    place, _ = smoothed(seen.at_s, seen.points, seen.at_s)
    assert np.abs(place - true.points).max() < 3.0


def test_a_trail_that_knows_no_cores_has_boxes_of_its_sides() -> None:
    seen, _ = trail(0.4, 0.003, random=np.random.default_rng(4))
    found = boxes(Trail(seen.rows[:, :8]), WALL, FRAME_S)
    assert np.isfinite(found).all() and (found[:, 3:] > 0).all()
