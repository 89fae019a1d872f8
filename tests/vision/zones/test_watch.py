"""All zones of one camera behind one watch."""

from __future__ import annotations

from tests.vision.zones.yard import Actor, Yard, drives, said_by, zone
from vision.sightings import ZoneBlocked
from vision.zones.watch import ZoneWatch

CAR = Actor("vehicle", (62, 120), drives(300, 180, 6, 40))


def _watch(yard: Yard) -> ZoneWatch:
    zones = {"north": zone("lane"), "south": zone("lane", dwell_s=600.0), "gate": zone("loiter", dwell_s=600.0)}
    return ZoneWatch("yard", zones, prefix="p", detector=None)


def test_each_zone_speaks_for_itself() -> None:
    yard = Yard([CAR])
    watch = _watch(yard)
    said = [item for _, item in said_by(watch, yard.frames(20))]
    assert [(item.zone, item.matter) for item in said if isinstance(item, ZoneBlocked)] == [("north", "yard-north-p-1")]


def test_a_camera_that_delivers_more_is_looked_at_no_more_often() -> None:
    yard = Yard([CAR])
    watch = _watch(yard)
    frames = list(yard.frames(4))
    before = [watch.look(frame) for frame in frames]
    again = [watch.look(frame) for frame in frames]
    assert not any(before) and not any(again)


def test_silence_clears_no_lane() -> None:
    yard = Yard([CAR])
    watch = _watch(yard)
    assert any(isinstance(item, ZoneBlocked) for _, item in said_by(watch, yard.frames(20)))
    assert watch.expire(500.0) == []
