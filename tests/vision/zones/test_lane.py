"""Fire lanes: what stands there for its dwell time is told of once, and nothing else is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.vision.zones.yard import DWELL_S, LANE, Actor, Yard, drives, said_by, shadow, stays, walks, zone
from vision.frame import Frame, Image
from vision.geometry import covered
from vision.sightings import StillKept, ZoneBlocked, ZoneCleared
from vision.zones.lane import LaneWatch
from vision.zones.region import Region

CAR, CARTON, PERSON = (62, 120), (40, 34), (16, 44)
LATE_S = 3.0
"""How long after the dwell time an alarm may come."""


def _watch(yard: Yard, *, detector: bool = False, **settings: object) -> LaneWatch:
    x1, y1, _, _ = Region(LANE, (640, 360), margin=0.15).box
    yard.corner = (x1, y1)
    return LaneWatch("yard", "lane", zone("lane", **settings), prefix="p", detector=yard if detector else None)


def _person(x: float, y: float, since_s: float, until_s: float) -> Actor:
    return Actor("person", PERSON, stays(x, y, since_s, until_s), color=(150, 60, 30), restless=True)


@pytest.mark.parametrize("detector", [True, False], ids=["with a detector", "without"])
@pytest.mark.parametrize(
    "blocker",
    [
        Actor("vehicle", CAR, drives(300, 180, 6, 40)),
        Actor("vehicle", CAR, drives(300, 180, 6, 40), color=(215, 215, 215)),
        Actor("object", CARTON, stays(330, 200, 6, 40), color=(80, 125, 170)),
    ],
    ids=["red car", "white car", "carton"],
)
def test_what_stands_there_is_told_of_once_at_its_time(blocker: Actor, detector: bool) -> None:
    yard = Yard([blocker])
    said = said_by(_watch(yard, detector=detector), yard.frames(20))
    blocked = [(at_s, item) for at_s, item in said if isinstance(item, ZoneBlocked)]
    assert len(blocked) == 1
    at_s, first = blocked[0]
    assert 6 + DWELL_S <= at_s <= 6 + DWELL_S + LATE_S
    assert first.since_mono_s == pytest.approx(6, abs=1.5)
    assert (first.camera, first.zone, first.reminder, first.from_start) == ("yard", "lane", 0, False)
    x, y, width, height = first.box
    truth = blocker.box(15)
    assert truth is not None and covered(truth, (x, y, x + width, y + height)) > 0.6
    assert covered((x, y, x + width, y + height), truth) > 0.5
    assert first.picture.startswith(b"\xff\xd8")
    assert [item.role for _, item in said if isinstance(item, StillKept)] == ["before"]


QUIET: dict[str, Yard] = {
    "nothing": Yard(),
    "a short stop": Yard([Actor("vehicle", CAR, drives(300, 180, 6, 12))]),
    "short stops that overlap": Yard(
        [
            Actor("vehicle", CAR, drives(270, 130, 5, 11)),
            Actor("vehicle", CAR, drives(350, 250, 10, 16), color=(90, 40, 30)),
            Actor("vehicle", CAR, drives(260, 150, 15, 21), color=(200, 210, 210)),
        ]
    ),
    "somebody who waits": Yard([_person(310, 190, 5, 40)]),
    "a hard shadow": Yard(veil=shadow(6, 0.55, [(0, 0), (420, 0), (300, 360), (0, 360)])),  # type: ignore[arg-type]
    "an awning's shadow": Yard(veil=shadow(6, 0.5, [(270, 120), (370, 120), (370, 220), (270, 220)])),  # type: ignore[arg-type]
    "a lamp's patch of light": Yard(veil=shadow(6, 1.6, [(270, 120), (370, 130), (360, 220), (280, 210)])),  # type: ignore[arg-type]
    "a cloud": Yard(light=lambda at_s: 1.0 if at_s < 10 else 0.7),
    "dusk": Yard(light=lambda at_s: max(0.3, 1.0 - at_s / 40), noise=3.0),
    "a pole that leans": Yard(leans=lambda at_s: 2 if at_s >= 6 else 0),
    "cars beside it": Yard(
        [Actor("vehicle", CAR, stays(560, 180, 0, 99)), Actor("vehicle", CAR, stays(60, 180, 6, 99))]
    ),
}


@pytest.mark.parametrize(
    ("what", "detector"), [*((what, False) for what in QUIET), ("a short stop", True), ("somebody who waits", True)]
)
def test_what_is_no_obstacle_is_not_told_of(what: str, detector: bool) -> None:
    yard = QUIET[what]
    assert said_by(_watch(yard, detector=detector), yard.frames(26)) == []


def test_those_who_pass_before_it_do_not_reset_its_time() -> None:
    passers = [
        Actor("person", PERSON, walks([(t, 200, 170 + 8 * n), (t + 4, 440, 190)]), color=(150, 60, 30), restless=True)
        for n, t in enumerate((10, 13, 15))
    ]
    yard = Yard([Actor("vehicle", CAR, drives(300, 180, 8, 60)), *passers])
    blocked = [at_s for at_s, item in said_by(_watch(yard), yard.frames(26)) if isinstance(item, ZoneBlocked)]
    assert len(blocked) == 1
    assert blocked[0] <= 8 + DWELL_S + LATE_S


def _fidgets(size: tuple[int, int], x: float, y: float, times: tuple[float, float, float]) -> list[Actor]:
    """Somebody who keeps still for a while and then does not."""
    since_s, until_s, left_s = times
    still, restless = stays(x, y, since_s, until_s), stays(x, y, until_s, left_s)
    color = (150, 60, 30)
    return [Actor("person", size, still, color=color), Actor("person", size, restless, color=color, restless=True)]


@pytest.mark.parametrize("detector", [True, False], ids=["with a detector", "without"])
def test_a_carton_is_told_of_though_somebody_stands_before_it(detector: bool) -> None:
    carton = Actor("object", (70, 48), stays(330, 200, 6, 60), color=(80, 125, 170))
    yard = Yard([carton, *_fidgets((44, 60), 326, 186, (5, 13, 60))])
    said = said_by(_watch(yard, detector=detector, dwell_s=30), yard.frames(42))
    assert [item.label for at_s, item in said if isinstance(item, ZoneBlocked) and 34 <= at_s <= 39] == ["object"]
    assert sum(isinstance(item, ZoneBlocked) for _, item in said) == 1


@pytest.mark.parametrize("detector", [True, False], ids=["with a detector", "without"])
def test_what_was_taken_for_somebody_before_it_does_not_hide_what_comes_later(detector: bool) -> None:
    cartons = [
        Actor("object", (40, 34), stays(330, 200, *times), color=(80, 125, 170)) for times in ((12, 45), (60, 120))
    ]
    yard = Yard([*cartons, *_fidgets((34, 60), 326, 186, (3, 12.5, 30))])
    blocked = [
        at_s
        for at_s, item in said_by(_watch(yard, detector=detector, dwell_s=40), yard.frames(106))
        if isinstance(item, ZoneBlocked)
    ]
    assert blocked == [pytest.approx(100, abs=LATE_S)]


def test_it_is_told_again_while_it_stays_and_cleared_when_it_has_gone() -> None:
    yard = Yard([Actor("vehicle", CAR, drives(300, 180, 6, 30))])
    said = said_by(_watch(yard, remind_s=6.0), yard.frames(38))
    blocked = [item for _, item in said if isinstance(item, ZoneBlocked)]
    assert [item.reminder for item in blocked] == [0, 1, 2]
    cleared = [(at_s, item) for at_s, item in said if isinstance(item, ZoneCleared)]
    assert len(cleared) == 1
    at_s, last = cleared[0]
    assert {item.matter for item in blocked} == {last.matter}
    assert 30 + 2 <= at_s <= 37
    assert last.blocked_s == pytest.approx(24, abs=2.5)
    assert last.picture.startswith(b"\xff\xd8")


def test_one_that_was_there_before_is_seen_with_a_detector() -> None:
    yard = Yard([Actor("vehicle", CAR, drives(300, 180, -30, 14))])
    said = said_by(_watch(yard, detector=True), yard.frames(22))
    blocked = [(at_s, item) for at_s, item in said if isinstance(item, ZoneBlocked)]
    assert [(item.from_start, item.label) for _, item in blocked] == [(True, "vehicle")]
    assert DWELL_S <= blocked[0][0] <= DWELL_S + LATE_S
    assert [item.matter for _, item in said if isinstance(item, ZoneCleared)] == [blocked[0][1].matter]


def test_one_that_was_there_before_and_leaves_is_no_obstacle_without_a_detector() -> None:
    yard = Yard([Actor("vehicle", CAR, drives(300, 180, -30, 8))])
    assert said_by(_watch(yard), yard.frames(30)) == []


class Sand(Yard):
    """Something of the ground's own colour hides a mark of paint for a while."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._bare = self._ground.copy()
        self._bare[130:230, 250:350] = np.median(self._bare[130:230, 250:350], axis=(0, 1))
        self._painted = self._bare.copy()
        cv2.line(self._painted, (270, 150), (330, 210), (70, 170, 190), 4)

    def picture(self, at_s: float) -> Image:
        self._ground = self._bare if 6 <= at_s < 20 else self._painted
        return super().picture(at_s)


@pytest.mark.parametrize("detector", [True, False], ids=["with a detector", "without"])
def test_paint_that_comes_to_light_again_is_no_obstacle(detector: bool) -> None:
    yard = Sand()
    assert said_by(_watch(yard, detector=detector), yard.frames(45)) == []


def test_two_things_are_two_matters() -> None:
    yard = Yard(
        [
            Actor("vehicle", CAR, drives(260, 110, 8, 99)),
            Actor("object", CARTON, stays(380, 280, 14, 99), color=(80, 125, 170)),
        ]
    )
    blocked = [item for _, item in said_by(_watch(yard), yard.frames(27)) if isinstance(item, ZoneBlocked)]
    assert len({item.matter for item in blocked}) == len(blocked) == 2


def test_a_stream_that_changes_its_size_begins_anew() -> None:
    yard = Yard()
    watch = _watch(yard)
    for number, frame in enumerate(yard.frames(8)):
        scale = (1.0, 0.5)[number % 20 // 10]
        image = np.asarray(cv2.resize(frame.image, None, fx=scale, fy=scale), np.uint8)
        at_s = frame.captured_mono_s
        assert watch.look(Frame("yard", number, at_s, at_s, image)) == []
