"""The fall that explains a trail: against an independent integration of gravity and drag."""

from __future__ import annotations

import numpy as np
import pytest

from tests.vision.falling.walls import Site, fall
from vision.falling.facade import Wall
from vision.falling.flight import fit

SITE = Site(size=(1280, 720), focal_px=900, floors=15, pitch_deg=28)


@pytest.mark.parametrize(
    ("speed", "terminal_mps"),
    [((0.0, 0.5, 0.0), 25.0), ((1.0, 2.0, 1.0), 15.0), ((-0.5, 3.0, 0.5), 30.0), ((0.0, 1.0, 0.0), 8.0)],
)
def test_a_thrown_thing_is_explained_within_its_noise(speed: tuple[float, ...], terminal_mps: float) -> None:
    wall = Wall(SITE.facade(), SITE.size)
    times = np.arange(1, 45) * 0.04
    seen = SITE.see(fall(times, np.array([2.0, 0.7, 36.0]), np.array(speed), terminal_mps))
    seen += np.random.default_rng(1).normal(0, 0.4, seen.shape)
    flight = fit(wall, 10 + times, seen, 10.0, 0.6)
    assert flight.rms_px < 1.2
    assert flight.prior < 9
    start = flight.place(np.array([10.0]))[0]
    assert start == pytest.approx([2.0, 0.7, 36.0], abs=0.6)
    before, after = fall(np.array([1.6, 1.64]), np.array([2.0, 0.7, 36.0]), np.array(speed), terminal_mps)
    assert flight.speed_mps(11.62) == pytest.approx(float(np.linalg.norm(after - before)) / 0.04, rel=0.15)


def test_a_steady_slide_at_speed_is_no_throw() -> None:
    wall = Wall(SITE.facade(), SITE.size)
    times = np.arange(1, 40) * 0.04
    steady = np.stack([0 * times, 0 * times, 36 - 12 * times], 1)
    flight = fit(wall, times, SITE.see(steady), 0.0, 0.6)
    assert flight.prior > 14 or flight.rms_px > 3


def test_outliers_do_not_bend_the_fall() -> None:
    wall = Wall(SITE.facade(), SITE.size)
    times = np.arange(1, 40) * 0.04
    seen = SITE.see(fall(times, np.array([0.0, 0.7, 36.0]), np.array([0.0, 1.0, 0.0]), 20.0))
    seen[[9, 20]] += [6.0, -9.0]
    flight = fit(wall, times, seen, 0.0, 0.6)
    off = np.linalg.norm(wall.project(flight.place(times)) - seen, axis=1)
    assert np.median(off) < 0.6
