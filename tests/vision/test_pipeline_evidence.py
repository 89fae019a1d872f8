"""What is told with a plate: the best picture of it, where it goes, and what carries it."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np

from config.model import Camera, Plates
from tests.vision.eyes_readers import plate
from vision.frame import Frame
from vision.observations import Carrier, Observation, PlateSeen, VehicleShown
from vision.pipeline import Pipeline
from vision.plate_reader import Image, PlateRead
from vision.sim.attacks import PICTURES, Held, poses, show
from vision.sim.car import Look
from vision.sim.scene import Scene, SceneState

PLATES = Plates(sure_confidence=0.6, sure_votes=2)
SIZE = (960, 540)


class Told:
    """A reader that is told what stands in the next picture."""

    def __init__(self) -> None:
        self.reads: list[PlateRead] = []

    def read(self, image: Image) -> list[PlateRead]:
        return self.reads


class Watch:
    """A camera of eight pictures a second."""

    def __init__(self) -> None:
        self.pipeline = Pipeline("east", Camera(source="x"), PLATES, visit_prefix="r")
        self.reader = Told()
        self.now_s = 100.0
        self.said: list[Observation] = []

    def see(self, image: Image, *reads: PlateRead) -> list[Observation]:
        self.now_s += 0.125
        self.reader.reads = list(reads)
        frame = Frame("east", 0, self.now_s, 1e9 + self.now_s, image)
        said = self.pipeline.conclude(frame, self.pipeline.read(frame, self.reader), self.now_s)
        self.said += said
        return said

    def seen(self) -> list[PlateSeen]:
        return [item for item in self.said if isinstance(item, PlateSeen)]

    def approach(self, look: Look, *, from_m: float = -9.0) -> None:
        scene = Scene("east", SIZE)
        for position in np.arange(from_m, 0, 0.3):
            state = SceneState(look, float(position))
            box = scene.plate_box(state)
            assert box is not None
            self.see(scene.render(state), plate(look.plate, 0.9, box))


def flat(level: int) -> Image:
    return np.full((240, 320, 3), level, np.uint8)


def level_of(jpeg: bytes) -> int:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return round(float(picture.mean()))


def test_the_picture_is_the_one_in_which_the_plate_was_read_best() -> None:
    watch = Watch()
    watch.see(flat(60), plate("京A12345", 0.5, (10, 20, 90, 44)))
    watch.see(flat(120), plate("京A12345", 0.97, (20, 30, 100, 54)))
    (told,) = watch.see(flat(180), plate("京A12345", 0.7, (30, 40, 110, 64)))
    assert isinstance(told, PlateSeen)
    assert (level_of(told.picture), told.box) == (120, (20, 30, 100, 54))
    assert told.captured_at_s - told.picture_at_s == 0.125


def test_a_better_read_of_another_text_is_no_evidence() -> None:
    watch = Watch()
    watch.see(flat(60), plate("京A12346", 0.99))
    watch.see(flat(120), plate("京A12345", 0.8))
    (told,) = watch.see(flat(140), plate("京A12345", 0.8))
    assert isinstance(told, PlateSeen)
    assert (told.text, level_of(told.picture)) == ("京A12345", 140)


def test_a_car_is_told_of_at_once_and_shown_to_be_one_as_soon_as_that_is_clear() -> None:
    watch = Watch()
    watch.approach(Look("京A12345"))
    assert [type(item) for item in watch.said] == [PlateSeen, VehicleShown]
    told, shown = watch.said
    assert isinstance(told, PlateSeen)
    assert isinstance(shown, VehicleShown)
    assert (told.outcome, told.carried_by, told.direction) == ("sure", Carrier.UNKNOWN, "unknown")
    assert shown.visit == told.visit
    assert 0 < shown.captured_mono_s - told.captured_mono_s < 3


def test_a_car_that_becomes_sure_late_is_told_of_with_all_that_is_known() -> None:
    watch = Watch()
    scene, look = Scene("east", SIZE), Look("京A12345")
    for position in np.arange(-9.0, 0.0, 0.3):
        state = SceneState(look, float(position))
        box = scene.plate_box(state)
        assert box is not None
        watch.see(scene.render(state), plate(look.plate, 0.9 if position > -1.0 else 0.4, box))
    (told,) = watch.said
    assert isinstance(told, PlateSeen)
    assert (told.outcome, told.carried_by, told.direction) == ("sure", Carrier.VEHICLE, "nearer")


def test_a_person_with_a_sheet_of_paper_is_never_a_vehicle() -> None:
    watch, scene = Watch(), Scene("east", SIZE)
    for number in range(PICTURES):
        frame = scene.render(SceneState(number=number))
        x1, y1, x2, y2 = (round(v) for v in show(frame, scene.optics, Held("a4", "京A12345"), poses("sway", number)))
        watch.see(frame, plate("京A12345", 0.4 if number < PICTURES - 4 else 0.9, (x1, y1, x2, y2)))
    (told,) = watch.seen()
    assert told.carried_by is Carrier.NO_VEHICLE
    assert not any(isinstance(item, VehicleShown) for item in watch.said)


def test_every_visit_is_compared_by_itself() -> None:
    watch = Watch()
    watch.approach(Look("京A12345"))
    for _ in range(60):
        watch.see(flat(100))
    watch.approach(Look("沪B54321"))
    shown = [item.visit for item in watch.said if isinstance(item, VehicleShown)]
    assert len(shown) == len(set(shown)) == 2
    times = [item.captured_mono_s for item in watch.said if isinstance(item, PlateSeen | VehicleShown)]
    assert all(a < b for a, b in pairwise(times))
