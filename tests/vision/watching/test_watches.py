"""Every frame goes to who needs it, and to nobody else."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.model import Camera, Duty
from tests.vision.watching.said import FALL, GONE, GROUND
from vision.frame import Frame
from vision.lane_ground import LaneGround
from vision.sightings import Sighting
from vision.watching.watches import FALLS_FPS_MAX, ZONES_FPS, CameraWatches, Thinned, fps_wanted


class Noting:
    """A watch that keeps the times of its frames."""

    def __init__(self, *says: Sighting) -> None:
        self.looked: list[float] = []
        self.damaged: list[float] = []
        self.expired: list[float] = []
        self.known: list[tuple[int, ...]] = []
        self.grounds: list[LaneGround] = []
        self._says = list(says)

    def look(self, frame: Frame) -> list[Sighting]:
        self.looked.append(frame.captured_mono_s)
        self.damaged += [frame.captured_mono_s] if frame.damaged else []
        return self._says

    def expire(self, now_s: float) -> list[Sighting]:
        self.expired.append(now_s)
        return self._says

    def recognised(self, box: tuple[int, int, int, int], at_s: float) -> None:
        self.known.append((*box, round(at_s)))

    def remember(self, ground: LaneGround) -> None:
        self.grounds.append(ground)

    def kept(self) -> list[LaneGround]:
        return self.grounds


def frame(at_s: float, *, damaged: bool = False) -> Frame:
    return Frame("tower", 1, at_s, at_s, np.zeros((48, 64, 3), np.uint8), damaged)


def test_falls_get_every_frame_and_zones_five_a_second() -> None:
    falls, zones = Noting(), Noting()
    watches = CameraWatches(falls, zones)
    for number in range(250):
        watches.look(frame(100 + number / 25))
    assert len(falls.looked) == 250
    assert len(zones.looked) == pytest.approx(10 * ZONES_FPS, abs=2)
    assert max(np.diff(zones.looked)) <= 0.25


def test_a_damaged_picture_goes_to_both_as_what_it_is() -> None:
    falls, zones = Noting(), Noting()
    watches = CameraWatches(falls, zones)
    for number in range(6):
        watches.look(frame(number, damaged=number in (2, 3)))
    assert falls.looked == zones.looked == [0, 1, 2, 3, 4, 5]
    assert falls.damaged == zones.damaged == [2, 3]


def test_what_both_say_is_said_and_known_faces_go_to_the_zones() -> None:
    falls, zones = Noting(FALL), Noting(GONE)
    watches = CameraWatches(falls, zones)
    assert watches.look(frame(1.0)) == [FALL, GONE]
    assert watches.expire(2.0) == [FALL, GONE]
    watches.recognised((1, 2, 3, 4), 5.0)
    assert zones.known == [(1, 2, 3, 4, 5)]
    assert CameraWatches(None, None).look(frame(1.0)) == []


def test_empty_lanes_go_to_the_zones_and_come_from_them() -> None:
    falls, zones = Noting(), Noting()
    watches = CameraWatches(falls, zones)
    watches.remember(GROUND)
    assert (zones.grounds, falls.grounds, watches.kept()) == ([GROUND], [], [GROUND])
    nothing = CameraWatches(falls, None)
    nothing.remember(GROUND)
    assert nothing.kept() == []


@pytest.mark.parametrize(
    ("duties", "fps_max", "wanted"),
    [
        ((Duty.PLATES,), 8.0, 8.0),
        ((Duty.THROWING,), 8.0, FALLS_FPS_MAX),
        ((Duty.ZONES,), 2.0, ZONES_FPS),
        ((Duty.ZONES, Duty.PLATES), 8.0, 8.0),
    ],
)
def test_a_camera_delivers_what_its_duties_need(duties: tuple[Duty, ...], fps_max: float, wanted: float) -> None:
    assert fps_wanted(Camera(source="0", duties=duties, fps_max=fps_max)) == wanted


@given(
    st.lists(st.floats(0.005, 3.0), min_size=1, max_size=200),
    st.floats(1.0, 30.0),
)
def test_never_more_than_asked_for_whatever_the_camera_does(steps: list[float], fps: float) -> None:
    thin, at_s, taken = Thinned(fps), 0.0, []
    for step in steps:
        at_s += step
        if thin.wants(at_s):
            taken.append(at_s)
    assert taken[0] == steps[0]
    assert len(taken) <= (at_s - steps[0]) * fps + 2
    assert all(later - sooner >= 0.5 / fps - 1e-9 for sooner, later in pairwise(taken))


def test_a_camera_of_just_that_rate_loses_no_frame() -> None:
    jitter = np.random.default_rng(1).uniform(-0.03, 0.03, 500)
    thin = Thinned(5.0)
    assert sum(thin.wants(number / 5 + float(jitter[number])) for number in range(500)) >= 495
