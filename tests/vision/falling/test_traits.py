"""What the trees are told of a trail that no rule asks for: how it differs from what else came down."""

from __future__ import annotations

import numpy as np
import pytest

from tests.vision.falling.trails import SITE, steady, trail
from vision.falling.clutter import Clutter
from vision.falling.facade import Wall
from vision.falling.measures import measure
from vision.falling.tracks import Trail
from vision.falling.traits import Traits, of_trail
from vision.falling.weather import Weather

WALL = Wall(SITE.facade(), SITE.size)


def lit(one: Trail, contrast: float | np.ndarray) -> Trail:
    """The same trail, so much brighter than the wall."""
    rows = one.rows.copy()
    rows[:, 7] = contrast
    return Trail(rows)


def traits(one: Trail, weather: Weather | None = None) -> Traits:
    company = (weather or Weather()).beside(one)
    return of_trail(WALL, one, measure(WALL, one, 0.04), company, Clutter(SITE.size))


def snowfall() -> Weather:
    weather, random = Weather(), np.random.default_rng(8)
    for number in range(30):
        places = steady(random.uniform(-8, 8), 25, 0.3, -2.0)
        flake = lit(trail(places, 5, start_s=20 + number * 0.1, seed=number), 20.0 + random.random())
        weather.note(flake, measure(WALL, flake, 0.04))
    return weather


@pytest.mark.parametrize(
    ("contrast", "as_bright", "stronger_than"),
    [(20.5, (0.9, 1.0), (0.2, 0.8)), (-40.0, (0.0, 0.0), (1.0, 1.0)), (60.0, (0.9, 1.0), (1.0, 1.0))],
    ids=["a flake", "something dark", "something bright"],
)
def test_in_snow_it_counts_whether_a_thing_is_as_bright_as_flakes(
    contrast: float, as_bright: tuple[float, float], stronger_than: tuple[float, float]
) -> None:
    found = traits(lit(trail(steady(2.0, 25, 0.0, -2.2), 5, start_s=21.0), contrast), snowfall())
    assert found["others"] > 20
    assert as_bright[0] <= found["as_bright"] <= as_bright[1]
    assert stronger_than[0] <= found["stronger_than"] <= stronger_than[1]
    assert found["strength_to_most"] == pytest.approx(abs(contrast) / 20.9, rel=0.05)


def test_without_company_nothing_is_said_of_it() -> None:
    found = traits(trail(steady(2.0, 25, 0.0, -2.2), 5))
    assert (found["others"], found["as_bright"], found["stronger_than"]) == (0, 0.5, 0.5)


@pytest.mark.parametrize(("times", "sign"), [(6.0, 1), (1 / 6, -1), (1.0, 0)])
def test_a_trail_that_went_over_to_another_thing_has_a_step_in_strength(times: float, sign: int) -> None:
    one = trail(steady(2.0, 25, 0.0, -2.2), 5)
    random = np.random.default_rng(3)
    contrast = 20.0 * random.uniform(0.8, 1.25, len(one.rows))
    contrast[len(one.rows) // 3 :] *= times
    step = traits(lit(one, contrast))["strength_step"]
    assert step == pytest.approx(sign * abs(step)) if sign else abs(step) < 2.5
    assert not sign or abs(step) > 6.0
