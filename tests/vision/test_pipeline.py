"""From frames to what is said about a vehicle; and the workers that take the cameras in turn."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from functools import partial

import cv2
import numpy as np
import pytest

from config.model import Camera, Plates
from tests.vision.cameras import wait_until
from tests.vision.clips import Image, street
from tests.vision.eyes_readers import Blind, Steady, plate
from vision.frame import Frame
from vision.jpeg import jpeg
from vision.observations import Observation, PlateSeen, VisitEnded
from vision.pipeline import EVIDENCE_WIDTH_MAX_PX, Pipeline, reduced, region_px
from vision.plate_reader import Box, PlateRead, PlateReader
from vision.pool import TICK_PERIOD_S, ReadStats, Slots, Turn, Worker

PLATES = Plates(sure_confidence=0.85, sure_votes=2, unsure_after_s=6.0, gone_after_s=3.0)


class Scripted:
    """A reader that says what the test wants, and keeps the pictures that it was shown."""

    def __init__(self, *reads: PlateRead) -> None:
        self.reads = list(reads)
        self.seen: list[Image] = []

    def read(self, image: Image) -> list[PlateRead]:
        self.seen.append(image)
        return self.reads


class Gate:
    """A pipeline with its own time."""

    def __init__(self, camera: Camera | None = None, prefix: str = "run1") -> None:
        self.pipeline = Pipeline("east", camera or Camera(source="x"), PLATES, visit_prefix=prefix)
        self.number = 0

    def show(self, reader: PlateReader, now_s: float, image: Image | None = None) -> list[Observation]:
        self.number += 1
        frame = Frame("east", self.number, now_s, 1.7e9 + now_s, street(0) if image is None else image)
        reads = self.pipeline.read(frame, reader)
        return self.pipeline.conclude(frame, reads, now_s + 0.25)


def size_of(jpeg: bytes) -> tuple[int, int]:
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return image.shape[1], image.shape[0]


def test_two_agreeing_reads_are_one_sure_plate_with_its_picture() -> None:
    gate, reader = Gate(), Scripted(plate("京A12345", 0.95, (10, 20, 90, 44)))
    assert gate.show(reader, 1.0) == []
    (seen,) = gate.show(reader, 1.2)
    assert isinstance(seen, PlateSeen)
    assert (seen.text, seen.outcome, seen.box, seen.camera) == ("京A12345", "sure", (10, 20, 90, 44), "east")
    assert (seen.captured_mono_s, seen.read_mono_s) == (1.2, 1.45)
    assert size_of(seen.picture) == (320, 240)
    assert [gate.show(reader, 1.4 + 0.2 * n) for n in range(10)] == [[]] * 10


def test_a_car_that_stands_unsure_is_read_in_every_frame_and_becomes_sure() -> None:
    gate, reader = Gate(), Scripted(plate(confidence=0.6))
    said = [item for n in range(70) for item in gate.show(reader, n * 0.1)]
    assert [item.outcome for item in said if isinstance(item, PlateSeen)] == ["unsure"]
    assert len(reader.seen) == 70
    reader.reads = [plate(confidence=0.95)]
    said = [item for n in range(70, 80) for item in gate.show(reader, n * 0.1)]
    assert [item.outcome for item in said if isinstance(item, PlateSeen)] == ["sure"]


def test_a_car_that_stands_sure_keeps_its_visit_at_few_reads() -> None:
    gate, reader = Gate(), Scripted(plate())
    said = [item for n in range(600) for item in gate.show(reader, n * 0.1)]
    assert len(said) == 1
    assert len(reader.seen) <= 75


def test_the_visit_ends_when_the_car_is_gone_and_also_when_the_camera_is() -> None:
    gate, reader = Gate(), Scripted(plate())
    for now_s in (1.0, 1.2):
        gate.show(reader, now_s)
    said = [item for n in range(40) for item in gate.show(Blind(PLATES), 1.3 + n * 0.2)]
    assert [type(item) for item in said] == [VisitEnded]

    gate = Gate()
    for now_s in (1.0, 1.2):
        gate.show(reader, now_s)
    assert gate.pipeline.conclude(None, None, 2.0) == []
    (ended,) = gate.pipeline.conclude(None, None, 1.3 + PLATES.gone_after_s)
    assert isinstance(ended, VisitEnded)
    assert ended.text == "京A12345"


def test_a_slow_box_reads_seldom_and_still_becomes_sure_once() -> None:
    """A read every five seconds, longer than a visit lives unseen; another reader's silence ends it all the same."""
    gate, reader = Gate(), Scripted(plate())
    said = [item for n in range(10) for item in gate.show(reader, 100.0 + n * 5.0)]
    assert [type(item) for item in said] == [PlateSeen]
    assert isinstance(said[0], PlateSeen)
    assert said[0].captured_mono_s == 105.0
    said = [item for n in range(10, 14) for item in gate.show(Blind(PLATES), 100.0 + n * 5.0)]
    (ended,) = said
    assert isinstance(ended, VisitEnded)
    assert (ended.started_mono_s, ended.ended_mono_s) == (100.0, 145.0)


def test_visits_are_unique_over_restarts() -> None:
    names = set()
    for prefix in ("run1", "run2"):
        gate = Gate(prefix=prefix)
        for now_s in (1.0, 1.2):
            names |= {item.visit for item in gate.show(Scripted(plate()), now_s) if isinstance(item, PlateSeen)}
    assert len(names) == 2


def test_only_the_region_is_read_and_boxes_are_of_the_full_picture() -> None:
    gate = Gate(Camera(source="x", region=(0.25, 0.5, 1.0, 1.0)))
    reader = Scripted(plate(box=(10, 20, 90, 44)))
    gate.show(reader, 1.0)
    (seen,) = gate.show(reader, 1.1)
    assert isinstance(seen, PlateSeen)
    assert seen.box == (90, 140, 170, 164)
    assert np.array_equal(reader.seen[0], street(0)[120:, 80:])


def test_what_moves_outside_the_region_costs_no_read() -> None:
    gate, reader = Gate(Camera(source="x", region=(0.0, 0.6, 1.0, 1.0))), Scripted()
    for number in range(100):
        gate.show(reader, number * 0.1, street(number))  # its bar moves above the region
    assert len(reader.seen) < 20


@pytest.mark.parametrize(
    ("region", "box"),
    [
        (None, (0, 0, 320, 240)),
        ((0.0, 0.0, 1.0, 1.0), (0, 0, 320, 240)),
        ((0.5, 0.25, 0.75, 0.5), (160, 60, 240, 120)),
    ],
)
def test_regions_in_pixels(region: tuple[float, float, float, float] | None, box: Box) -> None:
    assert region_px(region, street(0)) == box


def test_evidence_of_a_wide_picture_is_scaled_with_its_box() -> None:
    picture, box = reduced(street(0, 2560, 1440), (100, 200, 300, 260))
    assert size_of(jpeg(picture)) == (EVIDENCE_WIDTH_MAX_PX, 720)
    assert box == (50, 100, 150, 130)


# Slots and workers


def frame(camera: str, number: int) -> Frame:
    return Frame(camera, number, time.monotonic(), 0.0, street(number))


def taken(slots: Slots) -> Turn:
    turn = slots.take(5.0)
    assert turn is not None
    return turn


def test_the_newest_frame_wins_and_the_rest_is_counted() -> None:
    slots = Slots(["east"])
    for number in range(5):
        slots.put(frame("east", number))
    camera, newest = taken(slots)
    assert newest is not None
    assert (camera, newest.number) == ("east", 4)
    assert slots.dropped == {"east": 4}


def test_cameras_take_turns_however_fast_one_is() -> None:
    slots = Slots(["east", "west", "north"])
    served = []
    for number in range(9):
        for _ in range(3):
            slots.put(frame("east", number))
        slots.put(frame("west", number))
        slots.put(frame("north", number))
        camera, _ = taken(slots)
        served.append(camera)
        slots.done(camera)
    assert served == ["east", "west", "north"] * 3


def test_a_camera_is_with_one_worker_at_a_time() -> None:
    slots = Slots(["east"])
    slots.put(frame("east", 1))
    taken(slots)
    slots.put(frame("east", 2))
    assert slots.take(2 * TICK_PERIOD_S) is None
    slots.done("east")
    assert taken(slots)[1] is not None


def test_a_camera_without_frames_still_gets_its_turn() -> None:
    slots = Slots(["east"])
    assert taken(slots) == ("east", None)
    slots.done("east")
    assert taken(slots) == ("east", None)


def _given(reader: PlateReader | None) -> PlateReader | None:
    return reader


class Crowd:
    """Workers over some cameras."""

    def __init__(self, *readers: PlateReader | None) -> None:
        cameras = ("east", "west")
        self.said: list[Observation] = []
        self.slots = Slots(cameras)
        self.stats = {name: ReadStats() for name in cameras}
        pipelines = {name: Pipeline(name, Camera(source="x"), PLATES, visit_prefix="run1") for name in cameras}
        self.workers = [
            Worker(number, partial(_given, reader), self.slots, pipelines, self.stats, self.said.append)
            for number, reader in enumerate(readers)
        ]

    def __enter__(self) -> Crowd:
        for worker in self.workers:
            worker.start()
            assert worker.loaded.wait(60)
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            worker.stop()
        assert all(worker.join(60) for worker in self.workers)


@pytest.fixture
def feed() -> Iterator[list[Slots]]:
    """Puts frames into the slots that the test adds, until it ends."""
    fed: list[Slots] = []
    stopping = threading.Event()

    def run() -> None:
        number = 0
        while not stopping.wait(0.02):
            number += 1
            for slots in fed:
                slots.put(frame("east", number))
                slots.put(frame("west", number))

    thread = threading.Thread(target=run)
    thread.start()
    yield fed
    stopping.set()
    thread.join()


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_read_all_cameras(feed: list[Slots], workers: int) -> None:
    with Crowd(*[Steady(PLATES) for _ in range(workers)]) as crowd:
        feed.append(crowd.slots)
        wait_until(lambda: len({item.camera for item in crowd.said if isinstance(item, PlateSeen)}) == 2, "plates")
    assert len([item for item in crowd.said if isinstance(item, PlateSeen)]) == 2
    assert all(stats.frames_read >= 2 and stats.errors == 0 for stats in crowd.stats.values())


def test_a_reader_that_fails_now_and_then_costs_only_those_frames(
    feed: list[Slots], capfd: pytest.CaptureFixture[str]
) -> None:
    class Moody(Steady):
        calls = 0

        def read(self, image: Image) -> list[PlateRead]:
            self.calls += 1
            if self.calls % 2:
                raise ValueError("not this one")
            return super().read(image)

    with Crowd(Moody(PLATES)) as crowd:
        feed.append(crowd.slots)
        wait_until(lambda: any(isinstance(item, PlateSeen) for item in crowd.said), "a plate")
        wait_until(lambda: sum(stats.errors for stats in crowd.stats.values()) >= 4, "errors")
    assert capfd.readouterr().err.count("reader failed on a frame") == 1  # the log is not flooded


def test_a_worker_without_a_reader_is_loaded_and_idle() -> None:
    with Crowd(None) as crowd:
        crowd.slots.put(frame("east", 1))
    assert crowd.said == []
