"""The empty lane kept over a restart of the eyes: what stands there already is seen, and nothing else is made up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.vision.zones.yard import DWELL_S, LANE, Actor, Yard, drives, said_by, shadow, stays, zone
from vision.frame import Frame
from vision.lane_ground import LaneGround
from vision.sightings import Sighting, ZoneBlocked, ZoneCleared
from vision.zones.ground import Ground, form_of, light_of, packed, unpacked
from vision.zones.lane import LaneWatch
from vision.zones.region import Region
from vision.zones.surface import slopes_of

CAR, CARTON = (62, 120), (40, 34)
LATE_S = 3.0
PARKED = Actor("vehicle", CAR, stays(300, 180, -99, 99))
GOODS = Actor("object", CARTON, stays(330, 200, -99, 99), color=(80, 125, 170))


def _watch(yard: Yard, *, detector: bool = False, given: Sequence[LaneGround] = ()) -> LaneWatch:
    x1, y1, _, _ = Region(LANE, (640, 360), margin=0.15).box
    yard.corner = (x1, y1)
    watch = LaneWatch("yard", "lane", zone("lane"), prefix="p", detector=yard if detector else None)
    for ground in given:
        watch.remember(ground)
    return watch


def _seldom(yard: Yard, since_s: float, until_s: float) -> Iterator[Frame]:
    """A picture every two seconds, where nothing happens."""
    for number in range(round(since_s / 2), round(until_s / 2)):
        at_s = number * 2.0 + 0.01
        yield Frame("yard", 10_000 + number, at_s, 1e9 + at_s, yard.picture(at_s))


def kept_of(yard: Yard) -> list[LaneGround]:
    """What eyes that watch this yard for a minute and a half would hand to the hub."""
    watch = _watch(yard)
    assert said_by(watch, yard.frames(5)) == []
    assert said_by(watch, _seldom(yard, 6, 86)) == []
    return watch.kept()


@pytest.fixture(scope="module")
def ground() -> LaneGround:
    (ground,) = kept_of(Yard())
    return ground


def _blocked(said: Sequence[tuple[float, Sighting]]) -> list[tuple[float, ZoneBlocked]]:
    return [(at_s, item) for at_s, item in said if isinstance(item, ZoneBlocked)]


def test_an_empty_lane_is_kept_once_and_small(ground: LaneGround) -> None:
    assert (ground.camera, ground.zone, ground.light, ground.unfit) == ("yard", "lane", "day", 0)
    assert 1e9 + 60 <= ground.captured_at_s <= 1e9 + 85
    assert 1000 < len(ground.data) < 200_000


def test_a_lane_in_which_something_stands_is_not_kept() -> None:
    yard = Yard([Actor("vehicle", CAR, drives(300, 180, 6, 200))])
    watch = _watch(yard)
    said_by(watch, yard.frames(16))
    said_by(watch, _seldom(yard, 16, 86))
    assert watch.kept() == []


@pytest.mark.parametrize(
    ("blocker", "detector", "light"),
    [(PARKED, True, 1.0), (PARKED, False, 1.0), (PARKED, False, 0.45), (GOODS, True, 0.45), (GOODS, False, 1.0)],
    ids=["car, with a detector", "car", "car at dusk", "carton at dusk, with a detector", "carton"],
)
def test_what_stands_there_at_a_restart_is_told_of(
    ground: LaneGround, blocker: Actor, detector: bool, light: float
) -> None:
    yard = Yard([blocker], light=lambda at_s: light)
    blocked = _blocked(said_by(_watch(yard, detector=detector, given=[ground]), yard.frames(13)))
    assert [(item.from_start, item.reminder) for _, item in blocked] == [(True, 0)]
    assert DWELL_S <= blocked[0][0] <= DWELL_S + LATE_S


def test_it_is_cleared_when_it_leaves(ground: LaneGround) -> None:
    yard = Yard([Actor("vehicle", CAR, drives(300, 180, -30, 14))])
    said = said_by(_watch(yard, given=[ground]), yard.frames(24))
    ((_, blocked),) = _blocked(said)
    assert [item.matter for _, item in said if isinstance(item, ZoneCleared)] == [blocked.matter]


EMPTY: dict[str, Yard] = {
    "the same": Yard(),
    "dusk": Yard(light=lambda at_s: 0.4, noise=3.0),
    "a shadow that was not there": Yard(veil=shadow(-1, 0.55, [(0, 0), (420, 0), (300, 360), (0, 360)])),  # type: ignore[arg-type]
    "a lamp": Yard(veil=shadow(-1, 1.6, [(270, 120), (370, 130), (360, 220), (280, 210)])),  # type: ignore[arg-type]
    "the bracket gave way": Yard(leans=lambda at_s: 3),
    "turned": Yard(leans=lambda at_s: 70),
    "somebody drives through": Yard([Actor("vehicle", CAR, drives(300, 180, 1, 3))]),
}


@pytest.mark.parametrize(
    ("what", "detector"), [*((what, False) for what in EMPTY), ("the same", True), ("somebody drives through", True)]
)
def test_an_empty_lane_stays_empty_over_a_restart(ground: LaneGround, what: str, detector: bool) -> None:
    yard = EMPTY[what]
    assert said_by(_watch(yard, detector=detector, given=[ground]), yard.frames(18)) == []


@pytest.mark.parametrize("detector", [True, False], ids=["with a detector", "without"])
def test_a_car_that_was_taken_for_the_lane_and_left_while_nobody_looked_is_no_obstacle(detector: bool) -> None:
    (poisoned,) = kept_of(Yard([PARKED]))
    yard = Yard()
    watch = _watch(yard, detector=detector, given=[poisoned])
    assert said_by(watch, yard.frames(20)) == []
    blocked = _blocked(said_by(watch, Yard([Actor("vehicle", CAR, drives(300, 180, 24, 99))]).frames(37, since_s=20)))
    assert len(blocked) == 1


def _other_place(ground: LaneGround) -> LaneGround:
    (other,) = kept_of(Yard(leans=lambda at_s: 90))
    return other


@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param(_other_place, id="another place"),
        pytest.param(lambda one: replace(one, form="0" * 16), id="another polygon"),
        pytest.param(lambda one: replace(one, data=one.data[:200]), id="cut short"),
        pytest.param(lambda one: replace(one, data=b"\x89PNG nothing"), id="no picture"),
    ],
)
def test_one_that_does_not_fit_is_dropped_counted_and_replaced(
    ground: LaneGround, spoilt: Callable[[LaneGround], LaneGround]
) -> None:
    yard = Yard()
    watch = _watch(yard, given=[spoilt(ground)])
    assert said_by(watch, yard.frames(5)) == []
    assert said_by(watch, _seldom(yard, 6, 90)) == []
    assert watch.kept() == []  # a lorry may have hidden the lane: the old one is not given up at once
    assert said_by(watch, _seldom(yard, 1800, 1850)) == []
    (fresh,) = watch.kept()
    assert (fresh.unfit, fresh.form) == (1, ground.form)
    assert said_by(watch, _seldom(yard, 3660, 3700)) == []
    assert [item.unfit for item in watch.kept()] == [0]


def test_a_lane_is_kept_by_day_and_by_night() -> None:
    region = Region(LANE, (640, 360), margin=0.15)
    yard = Yard()
    assert light_of(region.reduced(yard.picture(0.0))) == "day"
    dark = Yard(light=lambda at_s: 0.3).picture(0.0)
    assert light_of(region.reduced(dark)) == "night"
    infra = np.repeat(yard.picture(0.0).mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)
    assert light_of(region.reduced(infra)) == "night"


def test_packed_and_unpacked_is_the_same_to_a_step() -> None:
    region = Region(LANE, (640, 360), margin=0.15)
    random = np.random.default_rng(5)
    log = random.uniform(2.5, 5.5, region.inside.shape).astype(np.float32)
    known = np.zeros(region.inside.shape, bool)
    known[20:90, 10:70] = True
    back = unpacked(packed(Ground(slopes_of(log), known)), region)
    assert back is not None
    assert float(np.abs(back.field[0] - log).max()) <= 0.0064
    assert back.known[21:89, 11:69].all() and not back.known[:20].any()


def test_the_form_changes_with_polygon_and_size() -> None:
    moved = tuple((x + 0.01, y) for x, y in LANE)
    forms = {
        form_of(Region(polygon, size, margin=0.15)) for polygon in (LANE, moved) for size in ((640, 360), (1280, 720))
    }
    assert len(forms) == 4
