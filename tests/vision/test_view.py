"""A covered, moved, blurred or slow camera is told once and mended once; weather, night and traffic never are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from config.model import Camera
from tests.vision import views
from tests.vision.views import Film, corridor, frames, street
from vision.capture import Capture
from vision.frame import Frame, Image
from vision.health import HealthCheck
from vision.observations import CameraBack, CameraImpaired, Observation, ViewFault
from vision.view import BLOCKS_MIN, compare, small_copy, structure
from vision.view_watch import HOLD_S, MENDED_AFTER_S, Impaired, Mended, ViewWatch

REAL = Path(__file__).resolve().parents[2] / "../shared/data/behaviour/real"
BEFORE_S, PERIOD_S = 150.0, 2.0


def infra_red_street(number: int) -> Image:
    return street(number, night=True)


BASES: dict[str, Callable[[int], Image]] = {"street": street, "corridor": corridor, "night": infra_red_street}


def told(base: str, film: Film, for_s: float = 110.0) -> list[tuple[float, Impaired | Mended]]:
    """What a watch says, with the seconds since the change."""
    watch = ViewWatch(fps_asked=8, live=False)
    shown = frames(BASES[base], BEFORE_S, film, for_s, PERIOD_S)
    return [(at_s - BEFORE_S, said) for at_s, picture in shown for said in watch.look(picture, at_s)]


@pytest.mark.parametrize("base", sorted(BASES))
@pytest.mark.parametrize(
    ("film", "fault"),
    [
        (views.hand, ViewFault.COVERED),
        (views.tape, ViewFault.COVERED),
        (views.spray, ViewFault.COVERED),
        (views.turned(12, 0, 0), ViewFault.MOVED),
        (views.turned(20, 6, 0), ViewFault.MOVED),
        (views.turned(64, 0, 0), ViewFault.MOVED),
        (views.turned(0, 0, 5), ViewFault.MOVED),
        (views.defocused(3), ViewFault.BLURRED),
        (views.defocused(6), ViewFault.BLURRED),
    ],
    ids=["hand", "tape", "spray", "shift 2 %", "shift 3 %", "shift 10 %", "turn", "blur", "great blur"],
)
def test_what_is_done_to_a_camera_is_told_once_after_its_hold_off(base: str, film: Film, fault: ViewFault) -> None:
    said = told(base, film)
    assert [type(item) for _, item in said] == [Impaired]
    [(at_s, impaired)] = said
    assert isinstance(impaired, Impaired)
    assert impaired.fault is fault
    assert HOLD_S[fault] <= at_s <= HOLD_S[fault] + 20
    assert 0 <= impaired.since_s - BEFORE_S <= 20
    zh, _, en = impaired.detail.partition(" / ")
    assert zh
    assert en


@pytest.mark.parametrize("base", sorted(BASES))
@pytest.mark.parametrize(
    "film",
    [views.nothing, views.lamp_off, views.lights_out, views.rain, views.snow, views.headlights, views.bus(60),
     views.sun_and_shade],
    ids=["nothing", "lamp off", "lights out", "rain", "snow", "headlights", "bus", "sun"],
)  # fmt: skip
def test_weather_light_and_traffic_are_no_faults(base: str, film: Film) -> None:
    assert told(base, film, 150) == []


@pytest.mark.parametrize("base", sorted(BASES))
def test_dusk_is_no_fault(base: str) -> None:
    assert told(base, views.dusk, 700) == []


def test_the_switch_to_infra_red_and_back_is_no_fault() -> None:
    def evening(at_s: float, picture: Image) -> Image:
        return views.infra_red(at_s, picture) if at_s < 200 else picture

    assert told("street", evening, 300) == []


def test_a_camera_that_was_turned_away_is_told_after_a_quarter_of_an_hour() -> None:
    [(at_s, said)] = told("street", views.elsewhere, 1100)
    assert isinstance(said, Impaired)
    assert said.fault is ViewFault.MOVED
    assert at_s >= 900


def test_what_is_mended_is_told_with_its_length_and_may_come_again() -> None:
    def twice(at_s: float, picture: Image) -> Image:
        return views.hand(at_s, picture) if at_s < 60 or 120 <= at_s < 180 else picture

    said = told("street", twice, 220)
    assert [type(item) for _, item in said] == [Impaired, Mended, Impaired, Mended]
    [_, (at_s, mended), *_] = said
    assert isinstance(mended, Mended)
    assert 60 + MENDED_AFTER_S <= at_s <= 60 + MENDED_AFTER_S + 10
    assert 45 <= mended.for_s <= 70


def test_a_hand_for_a_moment_is_not_worth_a_word() -> None:
    def wave(at_s: float, picture: Image) -> Image:
        return views.hand(at_s, picture) if at_s % 40 < 15 else picture

    assert told("street", wave, 200) == []


def test_a_lorry_that_stood_there_at_the_start_accuses_nobody() -> None:
    lorry = views.bus(60)
    watch = ViewWatch(fps_asked=8, live=False)
    said = [s for at_s, p in frames(street, 0, lorry, 290, PERIOD_S) for s in watch.look(p, at_s)]
    assert said == []


def test_a_camera_that_was_unplugged_and_turned_is_found_out() -> None:
    watch = ViewWatch(fps_asked=8, live=False)
    push = views.turned(64, 0, 0)
    said: list[Impaired | Mended] = []
    for at_s, picture in frames(street, BEFORE_S, push, 60, PERIOD_S):
        if at_s == BEFORE_S:
            watch.interrupted()
        said += watch.look(picture, at_s)
    assert [item.fault for item in said] == [ViewFault.MOVED]


def paced(watch: ViewWatch, rates: list[tuple[float, float]]) -> list[Impaired | Mended]:
    """Feeds one grey picture at (frames a second, for seconds); a blank wall, so that only the rate can be judged."""
    picture, now_s, said = np.full((90, 160, 3), 128, np.uint8), 0.0, []
    for rate, for_s in rates:
        for _ in range(round(rate * for_s)):
            said += watch.look(picture, now_s)
            now_s += 1 / rate
    return said


@pytest.mark.parametrize(
    ("rates", "faults"),
    [
        ([(8, 60), (2, 60)], [Impaired]),
        ([(8, 60), (2, 60), (8, 60)], [Impaired, Mended]),
        ([(5, 120)], []),  # it never gave more: that is its way
        ([(8, 60), (5, 120)], []),
        ([(25, 30), (8, 60)], []),  # more than was asked for is no debt
        ([(8, 60), (2, 10), (8, 60)], []),
    ],
)
def test_too_slow_is_judged_by_what_was_asked_and_what_was_shown(
    rates: list[tuple[float, float]], faults: list[type]
) -> None:
    said = paced(ViewWatch(fps_asked=8), rates)
    assert [type(item) for item in said] == faults
    assert all(item.fault is ViewFault.SLOW for item in said)


@pytest.mark.parametrize(
    ("whole_share", "faults"),
    [(1.0, []), (0.7, []), (0.2, [Impaired, Mended]), (0.0, [Impaired, Mended])],
)
def test_a_stream_that_arrives_damaged_for_long_is_told_as_one_that_gives_too_few_pictures(
    whole_share: float, faults: list[type]
) -> None:
    watch, said = ViewWatch(fps_asked=8), []
    picture = street(0)
    for number in range(8 * 240):
        now_s = number / 8
        damaged = 60 <= now_s < 120 and number % 40 >= 40 * whole_share
        said += watch.spoilt(now_s) if damaged else watch.look(picture, now_s)
    assert [type(item) for item in said] == faults
    assert all(item.fault is ViewFault.SLOW for item in said)
    assert all("损坏" in item.detail for item in said if isinstance(item, Impaired))


def test_a_film_may_be_slow() -> None:
    assert paced(ViewWatch(fps_asked=8, live=False), [(8, 60), (1, 60)]) == []


def test_a_blank_wall_cannot_be_judged() -> None:
    blank = structure(small_copy(np.full((90, 160, 3), 128, np.uint8))[0])
    assert compare(blank, blank).blocks < BLOCKS_MIN
    assert not compare(blank, blank).judged


def test_a_change_of_picture_size_is_no_crash() -> None:
    watch = ViewWatch(fps_asked=8, live=False)
    sizes = [(640, 360), (320, 240), (64, 48), (20, 300), (640, 360)]
    for number, size in enumerate(size for size in sizes for _ in range(10)):
        assert watch.look(np.asarray(cv2.resize(street(number), size), np.uint8), number * 1.0) == []


@pytest.mark.parametrize("name", ["bgs_video02.avi", "car-detection.mp4"])
def test_real_clips_of_working_cameras_are_no_faults(name: str) -> None:
    if not (REAL / name).exists():
        pytest.skip(f"needs {name} of the shared data")
    capture = cv2.VideoCapture(str(REAL / name))
    pictures, number = [], 0
    while capture.grab():
        if number % 24 == 0:
            pictures.append(np.asarray(capture.retrieve()[1], np.uint8))
        number += 1
    capture.release()
    watch = ViewWatch(fps_asked=8, live=False)
    rounds = 300 // len(pictures) + 1
    shown = enumerate(picture for _ in range(rounds) for picture in pictures)
    assert [said for index, picture in shown for said in watch.look(picture, float(index))] == []


class Shown:
    """A source that gives whatever picture is put into it."""

    live = False
    taken_s: float | None = None

    def __init__(self) -> None:
        self.picture, self.damaged = street(0), False

    def grab(self) -> None:
        """There is always one."""

    def retrieve(self) -> Image:
        return self.picture

    def close(self) -> None:
        """Nothing to close."""


def test_the_eyes_say_it_and_go_on_delivering() -> None:
    said: list[Observation] = []
    delivered: list[Frame] = []
    source, health = Shown(), HealthCheck(live=False)
    capture = Capture("east", Camera(source="film.mp4"), deliver=delivered.append, say=said.append)
    count = 0
    for at_s, source.picture in frames(street, BEFORE_S, views.hand, 60, PERIOD_S):
        capture._take(source, health, at_s, at_s)
        count += 1
    assert len(delivered) == count
    assert [type(item) for item in said] == [CameraBack, CameraImpaired]
    assert [item.fault for item in said if isinstance(item, CameraImpaired)] == [ViewFault.COVERED]


def test_grey_that_a_decoder_made_of_nothing_is_no_black_camera_and_is_delivered_as_damaged() -> None:
    said: list[Observation] = []
    delivered: list[Frame] = []
    source, health = Shown(), HealthCheck(live=False)
    capture = Capture("east", Camera(source="film.mp4"), deliver=delivered.append, say=said.append)
    capture._take(source, health, 0.0, 0.0)
    source.picture, source.damaged = np.full_like(source.picture, 128), True
    for number in range(1, 16):
        capture._take(source, health, float(number), float(number))
    assert [type(item) for item in said] == [CameraBack]
    assert [frame.damaged for frame in delivered] == [False] + [True] * 15
