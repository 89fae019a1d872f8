"""A fire lane while the camera itself suffers: covered, dark, pushed aside. What stands there is neither lost nor
made up, and every matter has its edges once and in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.vision.zones.test_lane import CAR, CARTON, LATE_S
from tests.vision.zones.yard import DWELL_S, Actor, Yard, drives, said_by, stays, walks, zone
from vision.frame import Frame
from vision.sightings import Sighting, ZoneBlocked, ZoneCleared
from vision.zones.lane import LaneWatch

FAR_S = 1000.0


def _covered(frames: Iterator[Frame], since_s: float, until_s: float, level: int) -> Iterator[Frame]:
    """Nothing but one grey for a time."""
    for frame in frames:
        hidden = since_s <= frame.captured_mono_s < until_s
        image = np.full_like(frame.image, level) if hidden else frame.image
        yield Frame(frame.camera, frame.number, frame.captured_mono_s, frame.captured_at_s, image)


def _watch(**more: object) -> LaneWatch:
    return LaneWatch("yard", "lane", zone("lane", **{"remind_s": FAR_S, **more}), prefix="p", detector=None)


def _edges(said: Sequence[tuple[float, Sighting]]) -> list[tuple[str, str]]:
    return [(type(item).__name__, item.matter) for _, item in said if isinstance(item, ZoneBlocked | ZoneCleared)]


@pytest.mark.parametrize("level", [0, 120], ids=["dark", "covered"])
def test_a_camera_that_sees_nothing_clears_nothing(level: int) -> None:
    yard = Yard([Actor("vehicle", CAR, drives(300, 180, 6, 32))])
    said = said_by(_watch(), _covered(yard.frames(40), 18, 25, level))
    assert _edges(said) == [("ZoneBlocked", "yard-lane-p-1"), ("ZoneCleared", "yard-lane-p-1")]
    assert said[-1][0] >= 32


def test_what_left_while_nothing_was_seen_is_cleared_afterwards() -> None:
    yard = Yard([Actor("vehicle", CAR, drives(300, 180, 6, 20))])
    said = said_by(_watch(), _covered(yard.frames(32), 18, 25, 120))
    assert _edges(said) == [("ZoneBlocked", "yard-lane-p-1"), ("ZoneCleared", "yard-lane-p-1")]
    assert 25 <= said[-1][0] <= 31


def test_an_empty_lane_that_was_covered_is_empty() -> None:
    assert said_by(_watch(), _covered(Yard().frames(32), 8, 14, 120)) == []


@pytest.mark.parametrize("push", [12, 40])
def test_a_pushed_camera_goes_on_with_what_stands_there(push: int) -> None:
    yard = Yard([Actor("vehicle", CAR, drives(300, 180, 6, 27))], leans=lambda at_s: push if at_s >= 18 else 0)
    said = said_by(_watch(), yard.frames(36))
    assert _edges(said) == [("ZoneBlocked", "yard-lane-p-1"), ("ZoneCleared", "yard-lane-p-1")]
    assert 29 <= said[-1][0] <= 35


@pytest.mark.parametrize(
    "leans",
    [lambda at_s: 24 if at_s >= 8 else 0, lambda at_s: 24 if 8 <= at_s < 9 else 0],
    ids=["stays aside", "a jolt"],
)
def test_an_empty_lane_stays_empty_when_the_camera_is_pushed(leans: object) -> None:
    assert said_by(_watch(), Yard(leans=leans).frames(26)) == []  # type: ignore[arg-type]


def test_dusk_and_night_over_what_stands_there() -> None:
    yard = Yard([Actor("vehicle", CAR, drives(300, 180, 6, 30))], light=lambda at_s: max(0.25, 1.0 - at_s / 24))
    said = said_by(_watch(), yard.frames(38))
    assert _edges(said) == [("ZoneBlocked", "yard-lane-p-1"), ("ZoneCleared", "yard-lane-p-1")]


@st.composite
def _days(draw: st.DrawFn) -> tuple[list[Actor], tuple[float, float, int]]:
    """Cars and cartons that come and go at places of their own, people who pass, and a while of nothing seen."""
    actors = []
    for x, y in ((270, 90), (330, 210), (280, 300)):
        since_s = draw(st.floats(4, 16))
        until_s = since_s + draw(st.floats(2, 20))
        if draw(st.booleans()):
            actors.append(Actor("vehicle", CAR, drives(x, y, since_s, until_s)))
        elif draw(st.booleans()):
            actors.append(Actor("object", CARTON, stays(x, y, since_s, until_s), color=(80, 125, 170)))
    passes_s = draw(st.floats(6, 24))
    walk = walks([(passes_s, 180, 150), (passes_s + 5, 460, 220)])
    actors.append(Actor("person", (16, 44), walk, color=(150, 60, 30), restless=True))
    hidden_s = draw(st.floats(12, 24))
    return actors, (hidden_s, hidden_s + draw(st.floats(0, 5)), draw(st.sampled_from([0, 120])))


@settings(deadline=None, max_examples=6, suppress_health_check=[HealthCheck.too_slow])
@given(_days())
def test_every_matter_is_told_at_its_time_reminded_in_order_and_cleared_once(
    day: tuple[list[Actor], tuple[float, float, int]],
) -> None:
    actors, hidden = day
    open_: dict[str, int] = {}
    closed: set[str] = set()
    for at_s, item in said_by(_watch(remind_s=6.0), _covered(Yard(actors).frames(38), *hidden)):
        if isinstance(item, ZoneBlocked):
            assert item.matter not in closed
            assert item.reminder == open_.get(item.matter, -1) + 1
            assert at_s - item.since_mono_s >= DWELL_S - 1e-6
            open_[item.matter] = item.reminder
        elif isinstance(item, ZoneCleared):
            assert item.matter in open_ and item.matter not in closed
            assert item.blocked_s >= DWELL_S - LATE_S
            assert item.blocked_s <= at_s
            closed.add(item.matter)
    assert len(open_) <= sum(actor.label != "person" for actor in actors)
