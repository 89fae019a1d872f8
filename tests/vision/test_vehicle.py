"""Does a vehicle carry the plate? Rendered cars, and rendered people who hold up a plate."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from vision.observations import Carrier
from vision.plate_reader import Box, Image
from vision.sim.attacks import CARRIERS, PATHS, PICTURES, Held, Path, draw_sign, poses, show
from vision.sim.car import Look
from vision.sim.scene import Scene, SceneState
from vision.track import Descent, Track
from vision.vehicle import View, comparable, compare, moved_enough

SIZE = (960, 540)
MIN_WIDTH_PX = 30


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene("east", SIZE)


Pictures = Iterator[tuple[Image, tuple[float, ...]]]


def drives_up(scene: Scene, look: Look, *, night: bool = False, step_m: float = 0.3, back: bool = False) -> Pictures:
    places = np.arange(-9.0, 0.0, step_m)
    for number, position in enumerate(places[::-1] if back else places):
        state = SceneState(look, float(position), night=night, number=number)
        box = scene.plate_box(state)
        assert box is not None
        yield scene.render(state), box


def holds_up(scene: Scene, held: Held, path: Path) -> Pictures:
    for number in range(PICTURES):
        frame = scene.render(SceneState(number=number))
        yield frame, show(frame, scene.optics, held, poses(path, number))


@pytest.fixture(scope="module")
def descent(scene: Scene) -> Descent:
    """The camera has seen eight vehicles."""
    learnt = Descent()
    for number in range(8):
        look = Look("京A12345", kind="van" if number % 2 else "sedan")
        assert followed(drives_up(scene, look, step_m=0.4), descent=learnt).settled
    return learnt


def followed(pictures: Pictures, unrest: float = 0.015, descent: Descent | None = None) -> Track:
    """What a track makes of pictures in which the reader finds the plate nearly where it is."""
    rng, track = np.random.default_rng(3), Track(descent)
    for image, place in pictures:
        width = place[2] - place[0]
        if width < MIN_WIDTH_PX:
            continue
        x1, y1, x2, y2 = (round(side + rng.normal(0, unrest * width)) for side in place)
        box: Box = (x1, y1, x2, y2)
        track.place(box)
        track.look(View.of(image), box)
    return track


@pytest.mark.parametrize("kind", ["sedan", "suv", "van"])
@pytest.mark.parametrize("night", [False, True])
@pytest.mark.parametrize("step_m", [0.15, 0.45])
def test_a_car_that_drives_up_carries_its_plate(scene: Scene, kind: str, night: bool, step_m: float) -> None:
    look = Look("京A12345", kind=kind)  # type: ignore[arg-type]  # one of the literals
    track = followed(drives_up(scene, look, night=night, step_m=step_m))
    assert (track.carrier, track.direction) == (Carrier.VEHICLE, "nearer")


def test_a_car_on_the_other_side_of_its_camera_too() -> None:
    look = Look("京A12345", "yellow", 2, kind="van")
    assert followed(drives_up(Scene("west", SIZE, mirrored=True, seed=4), look)).settled


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("carrier", ["phone", "a4", "full_size", "phone_upright"])
def test_phones_and_papers_are_no_vehicles(scene: Scene, descent: Descent, carrier: str, path: Path) -> None:
    held = Held(carrier, "京A12345")  # type: ignore[arg-type]  # one of the literals
    assert not followed(holds_up(scene, held, path), descent=descent).settled


def test_a_small_plate_comes_down_the_picture_too_fast(scene: Scene, descent: Descent) -> None:
    """Held still before the coat of a walker, everything near it moves along; only its way tells its size."""
    held = Held("phone_upright", "京A12345")
    assert followed(holds_up(scene, held, "knee"), descent=Descent()).settled
    assert followed(holds_up(scene, held, "knee"), descent=descent).carrier is Carrier.NO_VEHICLE


def test_what_a_camera_has_learnt_is_what_most_vehicles_did() -> None:
    learnt = Descent()
    for slope in (1.5, 1.6, 1.4, 1.5, 9.0, 1.5, 1.7):
        assert learnt.fits(40.0)
        learnt.learn(slope)
    learnt.learn(1.5)
    assert [learnt.fits(slope) for slope in (1.5, 0.4, 3.0, 4.4, -1.7, 9.0)] == [True, True, True, False, False, False]


@pytest.mark.parametrize("carrier", ["phone", "a4", "full_size"])
def test_a_plate_that_is_waved_or_carried_by_a_walker_is_known_to_be_on_no_vehicle(scene: Scene, carrier: str) -> None:
    held = Held(carrier, "京A12345")  # type: ignore[arg-type]  # one of the literals
    assert followed(holds_up(scene, held, "sway")).carrier is Carrier.NO_VEHICLE


def test_a_car_that_stands_says_nothing(scene: Scene) -> None:
    look = Look("京A12345")
    still = (picture for _ in range(20) for picture in [next(drives_up(scene, look))])
    track = followed(still, unrest=0.005)
    assert (track.carrier, track.direction) == (Carrier.UNKNOWN, "unknown")


def test_a_car_that_backs_off_goes_farther_and_settles_nothing(scene: Scene) -> None:
    track = followed(drives_up(scene, Look("京A12345"), back=True))
    assert (track.direction, track.settled) == ("farther", False)


def test_direction_follows_the_last_clear_move_and_stays_while_it_stands() -> None:
    track = Track()

    def at(*widths: int) -> str:
        for width in widths:
            track.place((100, 100, 100 + width, 130))
        return track.direction

    assert at(60, 61, 60, 62, 61) == "unknown"
    assert at(64, 68, 72, 80) == "nearer"
    assert at(120, 121, 119, 120, 122) == "nearer"
    assert at(110, 100, 90, 85) == "farther"
    assert at(96, 110, 120) == "nearer"


def test_one_bad_box_does_not_turn_a_car_round() -> None:
    track = Track()
    for width in (100, 101, 99, 60, 100, 101, 160, 100):
        track.place((0, 0, width, 30))
    assert track.direction == "unknown"


@pytest.mark.parametrize(
    ("after", "enough", "alike"),
    [
        ((100, 100, 200, 130), False, True),
        ((105, 100, 205, 130), False, True),
        ((130, 100, 230, 130), True, True),
        ((90, 97, 210, 133), True, True),
        ((0, 70, 300, 160), True, False),
        ((130, 110, 170, 122), True, False),
    ],
)
def test_pictures_are_compared_once_the_plate_has_moved_and_still_looks_alike(
    after: Box, enough: bool, alike: bool
) -> None:
    before = (100, 100, 200, 130)
    assert (moved_enough(before, after), comparable(before, after)) == (enough, alike)


def test_plates_at_the_edge_of_the_picture_can_be_compared() -> None:
    rng = np.random.default_rng(1)
    view = View.of(rng.integers(0, 255, (120, 200, 3), np.uint8))
    said = compare(view, (-30, -10, 40, 12), view, (150, 100, 260, 140))
    assert said.carrier is Carrier.UNKNOWN


@pytest.mark.parametrize("carrier", CARRIERS)
def test_the_plate_of_a_sign_lies_inside_it(carrier: str) -> None:
    x1, y1, x2, y2 = draw_sign(Held(carrier, "京A12345")).plate  # type: ignore[arg-type]  # one of the literals
    assert 0 <= x1 < x2 <= 1
    assert 0 <= y1 < y2 <= 1
