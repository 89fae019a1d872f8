"""A watching camera in the eyes: frames in order, a bounded row, failures that stay where they are, clips after."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from config.model import Camera, Duty, Eyes, Plates
from config.model_watch import Zone
from tests.vision.cameras import wait_until
from tests.vision.clips import write_film
from tests.vision.test_wire import FACE
from tests.vision.watching.said import BLOCKED, FALL, GROUND
from vision.crew import Crew
from vision.frame import Frame
from vision.lane_ground import LaneGround
from vision.observations import DutyOff
from vision.sightings import ClipKept, FallSeen, Sighting, TrackPoint
from vision.watching.duty import FALLS_PER_MINUTE_MAX, TRACK_POINTS_MAX, CameraDuty, Waiting, WatchDuty
from vision.watching.watches import CameraWatches
from vision.wire import Said, StartMessage, encode

TOWER = Camera(source="0", duties=(Duty.THROWING, Duty.ZONES))


def frame(number: int, side_px: int = 64) -> Frame:
    return Frame("tower", number, float(number), 1.78e9 + number, np.zeros((side_px, side_px, 3), np.uint8))


class Scripted:
    """A watch that answers each frame by a function of its number."""

    def __init__(self, answer: Callable[[Frame], list[Sighting]]) -> None:
        self.looked: list[int] = []
        self.known: list[tuple[int, int, int, int]] = []
        self.grounds: list[LaneGround] = []
        self.keeps: list[LaneGround] = []
        self.expired = threading.Event()
        self._answer = answer

    def look(self, frame: Frame) -> list[Sighting]:
        self.looked.append(frame.number)
        return self._answer(frame)

    def expire(self, now_s: float) -> list[Sighting]:
        self.expired.set()
        return []

    def recognised(self, box: tuple[int, int, int, int], at_s: float) -> None:
        self.known.append(box)

    def remember(self, ground: LaneGround) -> None:
        self.grounds.append(ground)

    def kept(self) -> list[LaneGround]:
        keeps, self.keeps = self.keeps, []
        return keeps


class Rig:
    """A running duty with a scripted watch in each of its lives."""

    def __init__(self) -> None:
        self.said: list[Said] = []
        self.lives: list[tuple[str, Scripted]] = []
        self.answer: Callable[[Frame], list[Sighting]] = lambda _: []
        self.broken = False
        self.duty = CameraDuty("tower", TOWER, self._make, say=self.said.append, prefix="a")

    def _make(self, name: str, camera: Camera, prefix: str) -> CameraWatches:
        if self.broken:
            raise ValueError("no facade that I like")
        watch = Scripted(self.answer)
        self.lives.append((prefix, watch))
        return CameraWatches(watch, None)


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig()
    yield rig
    rig.duty.stop()
    if rig.duty.loaded.is_set():
        assert rig.duty.join(20.0)


def test_frames_come_in_order_and_each_once(rig: Rig) -> None:
    for number in range(20):
        rig.duty.waiting.put(frame(number))
    rig.duty.start()
    wait_until(lambda: rig.duty.reads.frames_read == 20, "all frames")
    assert rig.lives[0][1].looked == list(range(20))
    wait_until(rig.lives[0][1].expired.is_set, "the passing of time without frames")


def test_a_watch_that_falls_behind_loses_the_oldest_and_that_is_counted() -> None:
    size = frame(0).image.nbytes
    waiting = Waiting(bytes_max=4 * size)
    for number in range(10):
        waiting.put(frame(number))
    assert waiting.dropped == 6
    taken = [waiting.take(0.0) for _ in range(5)]
    assert [item.number for item in taken if item is not None] == [6, 7, 8, 9]
    waiting.put(frame(11, side_px=1000))  # one is always taken, however large
    assert waiting.take(0.0) is not None


def test_a_failing_watch_is_counted_and_made_anew_with_names_of_its_own(rig: Rig) -> None:
    def answer(seen: Frame) -> list[Sighting]:
        if seen.number == 2:
            raise ValueError("an odd frame")
        return []

    rig.answer = answer
    for number in range(5):
        rig.duty.waiting.put(frame(number))
    rig.duty.start()
    wait_until(lambda: rig.duty.reads.frames_read == 4, "the other frames")
    assert rig.duty.reads.errors == 1
    assert [prefix for prefix, _ in rig.lives] == ["a1", "a2"]
    assert rig.duty.busy_since_s is None


def test_what_cannot_be_made_switches_the_duties_off_and_says_so(rig: Rig) -> None:
    rig.broken = True
    rig.duty.start()
    wait_until(rig.duty.loaded.is_set, "the end of loading")
    assert rig.said == [
        DutyOff(camera="tower", duty=duty, reason="ValueError: no facade that I like") for duty in ("throwing", "zones")
    ]


def test_empty_lanes_are_told_and_given_to_the_watch_of_the_next_life() -> None:
    made: list[Scripted] = []
    said: list[Said] = []
    lane = Zone(kind="lane", polygon=((0.1, 0.1), (0.9, 0.1), (0.9, 0.9)))
    tower = TOWER.model_copy(update={"zones": {"north": lane}})

    def answer(seen: Frame) -> list[Sighting]:
        if seen.number == 3:
            raise ValueError("an odd frame")
        if seen.number == 2:
            made[-1].keeps.append(newer)
        return []

    def make(name: str, camera: Camera, prefix: str) -> CameraWatches:
        made.append(Scripted(answer))
        return CameraWatches(None, made[-1])

    newer, by_day = replace(GROUND, captured_at_s=2e9), replace(GROUND, light="day")
    duties = WatchDuty({"tower": tower}, make, say=said.append, prefix="a")
    duty = duties.cameras["tower"]
    for ground in (GROUND, by_day, replace(GROUND, camera="gate"), replace(GROUND, zone="gone")):
        duties.remember(ground)
    for number in range(1, 5):
        duty.waiting.put(frame(number))
    duty.start()
    wait_until(lambda: len(made) == 2 and made[1].looked == [4], "a second life")
    duty.stop()
    assert duty.join(20.0)
    assert made[0].grounds == [GROUND, by_day, replace(GROUND, zone="gone")]
    assert [item for item in said if isinstance(item, LaneGround)] == [newer]
    assert made[1].grounds == [newer, by_day]


def test_somebody_who_is_known_is_told_to_the_zones_of_that_camera_only() -> None:
    made: list[Scripted] = []

    def make(name: str, camera: Camera, prefix: str) -> CameraWatches:
        made.append(Scripted(lambda _: []))
        return CameraWatches(None, made[-1])

    duty = WatchDuty({"tower": TOWER, "gate": Camera(source="1")}, make, say=lambda _: None, prefix="a")
    assert list(duty.cameras) == ["tower"]
    known = replace(FACE, camera="tower", outcome="known", box=(10, 20, 40, 60))
    for said in (known, replace(known, outcome="unsure"), replace(known, camera="gate"), BLOCKED):
        duty.heard(said)
    camera = duty.cameras["tower"]
    camera.waiting.put(frame(1))
    camera.start()
    wait_until(lambda: camera.reads.frames_read == 1, "the frame")
    camera.stop()
    assert camera.join(20.0)
    assert made[0].known == [(10, 20, 30, 40)]


def test_a_long_track_is_thinned_so_that_it_can_be_sent(rig: Rig) -> None:
    point = TrackPoint(at_mono_s=0.123456789, x=1234.56789, y=1234.56789, width=12.3456789, height=12.3456789)
    track = tuple(replace(point, at_mono_s=number + 0.123456789) for number in range(2000))
    rig.answer = lambda _: [replace(FALL, track=track)]
    rig.duty.waiting.put(frame(1))
    rig.duty.start()
    wait_until(lambda: bool(rig.said), "the fall")
    (fall,) = rig.said
    assert isinstance(fall, FallSeen)
    assert (len(fall.track), fall.track[0], fall.track[-1]) == (TRACK_POINTS_MAX, track[0], track[-1])
    assert len(encode(fall)) < 64 * 1024


def test_a_storm_does_not_bury_the_desk(rig: Rig) -> None:
    rig.answer = lambda seen: [replace(FALL, matter=f"m{seen.number}")]
    for number in range(FALLS_PER_MINUTE_MAX + 20):
        rig.duty.waiting.put(frame(number))
    rig.duty.start()
    wait_until(lambda: rig.duty.reads.frames_read == FALLS_PER_MINUTE_MAX + 20, "all frames")
    wait_until(lambda: rig.duty.reads.errors == 20, "the count")
    assert len([said for said in rig.said if isinstance(said, FallSeen)]) == FALLS_PER_MINUTE_MAX


def test_in_the_crew_a_sighting_is_followed_by_its_clip(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", frames=100, fps=10)
    said: list[Said] = []

    def answer(seen: Frame) -> list[Sighting]:
        if seen.number != 60:
            return []
        at_s, wall_s = seen.captured_mono_s, seen.captured_at_s
        return [replace(FALL, started_mono_s=at_s - 1, ended_mono_s=at_s, captured_mono_s=at_s, captured_at_s=wall_s)]

    def make(name: str, camera: Camera, prefix: str) -> CameraWatches:
        return CameraWatches(Scripted(answer), None)

    start = StartMessage(
        cameras={"tower": Camera(source=str(film), duties=(Duty.THROWING,), fps_max=2)}, plates=Plates(), eyes=Eyes()
    )
    crew = Crew(start, lambda: None, say=said.append, visit_prefix="a", make_watches=make)
    crew.start()
    try:
        wait_until(lambda: any(isinstance(item, ClipKept) for item in said), "the clip", 60)
        (stats,) = crew.stats(0.0)
    finally:
        crew.stop()
        assert crew.join()
    assert crew.ready
    assert stats.frames_read >= 95  # every frame, whatever fps_max says
    kinds = [type(item) for item in said if isinstance(item, FallSeen | ClipKept)]
    assert kinds == [FallSeen, ClipKept]
    clip = next(item for item in said if isinstance(item, ClipKept))
    assert (clip.matter, clip.media) == (FALL.matter, "video/mp4")
