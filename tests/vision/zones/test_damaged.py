"""Pictures smeared by lost data: smear is no thing, hides none for good, and makes nobody loiter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from tests.vision.zones.yard import DWELL_S, LANE, Actor, Yard, drives, said_by, stays, zone
from vision.frame import Frame
from vision.sightings import Sighting, StillKept, ZoneBlocked, ZoneCleared
from vision.zones.lane import LaneWatch
from vision.zones.region import Region
from vision.zones.watch import ZoneWatch

CAR = (62, 120)
SMEARED = np.s_[90:260, 200:430]


def smeared(yard: Yard, spans: list[tuple[float, float]], until_s: float) -> Iterator[Frame]:
    """The yard's pictures; in the spans a part shows another place's rows, and they are known to be damaged."""
    for frame in yard.frames(until_s):
        if not any(since_s <= frame.captured_mono_s < end_s for since_s, end_s in spans):
            yield frame
            continue
        image = frame.image.copy()
        image[SMEARED] = np.roll(image, 31, axis=1)[SMEARED][::-1, ::-1]
        yield replace(frame, image=image, damaged=True)


def said_of(yard: Yard, spans: list[tuple[float, float]], until_s: float) -> list[tuple[float, Sighting]]:
    watch = LaneWatch("yard", "lane", zone(), prefix="p", detector=None)
    return [
        (at_s, said) for at_s, said in said_by(watch, smeared(yard, spans, until_s)) if not isinstance(said, StillKept)
    ]


@pytest.mark.parametrize(
    "spans", [[(6, 40)], [(4, 11), (12, 20), (20.4, 40)], [(0, 15)]], ids=["long", "often", "first"]
)
def test_smear_is_no_obstacle(spans: list[tuple[float, float]]) -> None:
    assert said_of(Yard(), spans, 60) == []


@pytest.mark.parametrize("spans", [[(8, 14)], [(12, 20)], [(7, 9), (10, 12), (13, 16)]])
def test_what_stands_there_is_told_of_when_the_picture_is_whole_again(spans: list[tuple[float, float]]) -> None:
    yard = Yard([Actor("vehicle", CAR, drives(300, 180, 6, 60))])
    ((at_s, first),) = said_of(yard, spans, 40)
    assert isinstance(first, ZoneBlocked)
    whole_s = spans[-1][1]
    assert 6 + DWELL_S <= at_s <= max(6.0, whole_s) + DWELL_S + 3


def test_the_first_seconds_are_those_of_whole_pictures() -> None:
    yard = Yard([Actor("vehicle", CAR, stays(300, 180, 0, 60))])
    yard.corner = Region(LANE, (640, 360), margin=0.15).box[:2]
    watch = LaneWatch("yard", "lane", zone(), prefix="p", detector=yard)
    said = said_by(watch, smeared(yard, [(4, 9), (11, 18)], 30))
    ((at_s, first),) = [(at_s, item) for at_s, item in said if isinstance(item, ZoneBlocked)]
    assert (first.from_start, first.since_mono_s) == (True, 0)
    assert at_s < 26


def test_smear_over_what_was_told_of_neither_clears_it_nor_tells_it_anew() -> None:
    yard = Yard([Actor("vehicle", CAR, drives(300, 180, 6, 50))])
    said = said_of(yard, [(20, 28), (30, 40)], 60)
    assert [type(item) for _, item in said] == [ZoneBlocked, ZoneCleared]
    assert said[1][0] >= 50


def test_nobody_loiters_who_is_seen_in_smeared_pictures_only() -> None:
    yard = Yard([Actor("person", (16, 44), stays(310, 190, 0, 60))])
    watch = ZoneWatch("yard", {"door": zone("loiter", dwell_s=10)}, prefix="p", detector=yard)
    frames = (replace(frame, damaged=True) for frame in yard.frames(60))
    assert [said for frame in frames for said in watch.look(frame)] == []
