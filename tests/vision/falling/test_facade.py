"""The wall in metres, the camera before it, and the floor a thing came from."""

from __future__ import annotations

import numpy as np
import pytest

from config.model_watch import Facade
from tests.vision.falling.walls import Site
from vision.falling.facade import Wall

SITES = [
    Site(),
    Site(distance_m=24, pitch_deg=45, floors=20, roll_deg=-1.5),
    Site(size=(1920, 1080), focal_px=1500, distance_m=60, pitch_deg=12, floors=12),
    Site(size=(1280, 720), focal_px=700, distance_m=35, pitch_deg=30, roll_deg=0),
]


@pytest.mark.parametrize("site", SITES)
def test_floor_lines_tell_focal_length_and_the_place_of_the_camera(site: Site) -> None:
    wall = Wall(site.facade(), site.size)
    assert wall.focal_px == pytest.approx(site.focal_px, rel=0.02)
    assert wall.eye_m == pytest.approx((0, site.distance_m, site.eye_height_m), abs=0.6)


@pytest.mark.parametrize("site", SITES)
def test_wall_and_picture_convert_into_each_other(site: Site) -> None:
    wall = Wall(site.facade(), site.size)
    metres = np.array([[-5.0, 3.0], [0.0, 10.0], [8.0, 20.0]])
    assert np.allclose(wall.to_wall(wall.to_picture(metres)), metres, atol=1e-6)
    flat = np.stack([metres[:, 0], np.zeros(3), metres[:, 1]], 1)
    assert np.allclose(wall.to_picture(metres), site.see(flat), atol=0.5)
    before = flat + np.array([0, 4.0, 0])
    assert np.allclose(wall.project(before), site.see(before), atol=1.5)


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize(
    ("out_m", "release_m"), [(0.25, 1.5), (0.25, 1.9), (1.2, 1.2)], ids=["sill", "high at the sill", "balcony"]
)
def test_floor_and_column_of_what_is_let_go_at_a_window_or_a_balcony(
    site: Site, out_m: float, release_m: float
) -> None:
    wall = Wall(site.facade(), site.size)
    for floor in range(2, site.floors + 1):
        for column in (1, site.columns):
            x = (column - 0.5) / site.columns * site.width_m - site.width_m / 2
            seen = site.see(np.array([[x, out_m, (floor - 1) * 3.0 + release_m]]))
            origin = wall.origin(*wall.to_wall(seen)[0])
            assert (origin.floor, origin.column) == (floor, column)
            assert origin.low <= floor <= origin.high


def test_beside_the_wall_there_is_no_floor() -> None:
    wall = Wall(Site().facade(), Site().size)
    assert wall.origin(40.0, 10.0).floor == 0
    assert wall.origin(0.0, 60.0).floor == 0


def test_the_roof_is_no_floor() -> None:
    wall = Wall(Site().facade(), Site().size)
    assert wall.origin(0.0, 8 * 3.0 + 1.6).floor == 0


def test_between_two_storeys_both_are_named() -> None:
    wall = Wall(Site().facade(), Site().size)
    origin = wall.origin(0.0, 3 * 3.0 + 0.15)
    assert origin.low < origin.high


def test_without_a_width_the_wall_has_one_near_the_truth() -> None:
    site = Site(focal_px=432)  # 0.9 of the picture's width: what is assumed
    marked = site.facade().model_dump()
    marked["width_m"] = None
    assert Wall(Facade.model_validate(marked), site.size).width_m == pytest.approx(site.width_m, rel=0.1)
