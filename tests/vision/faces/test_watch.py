"""The steps of a face camera, frame by frame, with painted faces; and enrolment through it."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from config.model import Camera, Duty
from config.model_face import Faces
from tests.vision.clips import street
from tests.vision.faces.readers import Image, Painted, Probe, paint, part, vector_of
from vision.commands import ProbeFace
from vision.faces.face import Face, Vector
from vision.faces.gallery import Gallery, GalleryBuilder
from vision.faces.probing import FRAMES, PATIENCE_S, LiveProbe, picture_answer
from vision.faces.quality import Quality
from vision.faces.watch import FaceWatch, Known
from vision.frame import Frame
from vision.observations import FaceProbed, FaceSeen, Observation

FACES = Faces(frames=3, within_s=2.0, gone_after_s=2.0)
RED, GREEN = (30, 30, 220), (40, 200, 40)
LEFT, RIGHT = (20, 60, 120, 180), (190, 60, 290, 180)


def gallery_of(people: dict[str, tuple[int, int, int]]) -> Gallery:
    gallery = GalleryBuilder().take(part(people))
    assert gallery is not None
    return gallery


def known() -> Known:
    return Known(gallery_of({"ann": RED}), 0.5)


class Counting(Painted):
    """Counts the costly steps."""

    def __init__(self) -> None:
        super().__init__(Path(), FACES)
        self.found = self.embedded = self.lived = 0

    def find(self, image: Image) -> list[Face]:
        self.found += 1
        return super().find(image)

    def template(self, image: Image, face: Face) -> tuple[Vector, Quality]:
        self.embedded += 1
        return super().template(image, face)

    def live(self, image: Image, face: Face) -> float:
        self.lived += 1
        return super().live(image, face)


class Watching:
    """A watch, and the frames that it is shown five times a second."""

    def __init__(
        self, *, gallery: Known | None = None, region: tuple[float, float, float, float] | None = None
    ) -> None:
        camera = Camera(source="0", duties=(Duty.FACES,), region=region)
        self.gallery = gallery
        self.watch = FaceWatch("lobby", camera, FACES, look_prefix="run1", known=lambda: self.gallery)
        self.reader = Counting()
        self.now_s = 100.0
        self.number = 0

    def show(self, image: Image, times: int = 1) -> list[Observation]:
        said: list[Observation] = []
        for _ in range(times):
            self.number += 1
            self.now_s += 0.2
            frame = Frame("lobby", self.number, self.now_s, 1.7e9 + self.now_s, image.copy())
            reads = self.watch.read(frame, self.reader)
            said += self.watch.conclude(frame, reads, self.now_s + 0.05)
        return said


def test_somebody_is_known_once_and_without_a_picture() -> None:
    watching = Watching(gallery=known())
    said = watching.show(paint(street(0), LEFT, RED), 30)
    assert len(said) == 1
    seen = said[0]
    assert isinstance(seen, FaceSeen)
    assert (seen.outcome, seen.person, seen.camera, seen.look) == ("known", "ann", "lobby", "lobby-run1-1")
    assert (seen.picture, seen.box) == (b"", LEFT)
    assert seen.captured_at_s == pytest.approx(1.7e9 + seen.captured_mono_s)
    assert seen.read_mono_s == pytest.approx(seen.captured_mono_s + 0.05)


def test_who_is_known_costs_little_from_then_on() -> None:
    watching = Watching(gallery=known())
    moving = [paint(street(number), LEFT, RED) for number in range(30)]
    for image in moving:
        watching.show(image)
    assert watching.reader.embedded <= 3 + 30 * 0.2 / 0.5 + 1
    assert watching.reader.lived == 3


def test_a_resident_in_the_place_of_another_is_looked_at_for_life_too() -> None:
    both = Known(gallery_of({"ann": RED, "bob": GREEN}), 0.5)
    watching = Watching(gallery=both)
    assert len(watching.show(paint(street(0), LEFT, RED), 10)) == 1
    said = watching.show(paint(street(0), LEFT, GREEN), 40)
    assert [item.person for item in said if isinstance(item, FaceSeen)] == ["bob"]
    photo = Watching(gallery=both)
    photo.show(paint(street(0), LEFT, RED), 10)
    assert photo.show(paint(street(0), LEFT, GREEN, photo=True), 40) == []


def test_a_face_is_followed_between_searches_and_others_are_noticed() -> None:
    watching = Watching(gallery=known())
    said: list[Observation] = []
    for number in range(20):
        said += watching.show(paint(street(number), LEFT, GREEN))
    assert watching.reader.found <= 20 * 0.2 / 0.5 + 1
    assert [item.outcome for item in said if isinstance(item, FaceSeen)] == ["stranger"]
    nearer = (150, 20, 310, 210)
    for number in range(20):
        said += watching.show(paint(paint(street(number), (10, 60, 110, 180), GREEN), nearer, RED))
    assert [item.person for item in said if isinstance(item, FaceSeen)] == ["", "ann"]


def test_nothing_is_read_before_there_is_a_gallery() -> None:
    watching = Watching()
    assert watching.show(paint(street(0), LEFT, GREEN), 30) == []
    assert watching.reader.found == 0
    watching.gallery = known()
    said = watching.show(paint(street(0), LEFT, GREEN), 30)
    assert [item.outcome for item in said if isinstance(item, FaceSeen)] == ["stranger"]


def test_an_empty_still_scene_is_hardly_read() -> None:
    watching = Watching(gallery=known())
    watching.show(street(0), 60)
    assert watching.reader.found <= 12
    assert watching.reader.embedded == 0


def test_only_the_region_counts_and_boxes_are_of_the_whole_picture() -> None:
    both = paint(paint(street(0), LEFT, RED), RIGHT, GREEN)
    right_half = Watching(gallery=known(), region=(0.5, 0.0, 1.0, 1.0))
    said = right_half.show(both, 30)
    assert [(item.outcome, item.box) for item in said if isinstance(item, FaceSeen)] == [("stranger", RIGHT)]
    whole = Watching(gallery=known()).show(both, 30)
    assert [item.reason for item in whole if isinstance(item, FaceSeen)] == ["several_faces"]


def test_two_in_the_picture_cost_no_comparison() -> None:
    watching = Watching(gallery=known())
    watching.show(paint(paint(street(0), LEFT, RED), RIGHT, GREEN), 10)
    assert watching.reader.embedded == 0


def test_a_look_ends_while_the_camera_is_silent() -> None:
    watching = Watching(gallery=known())
    image = paint(street(0), LEFT, RED)
    assert len(watching.show(image, 5)) == 1
    watching.now_s += 5.0
    assert watching.watch.conclude(None, None, watching.now_s) == []
    assert len(watching.show(image, 5)) == 1


def live_probe(watching: Watching, *, faces: Faces = FACES) -> None:
    watching.watch.probe = LiveProbe(ProbeFace(request_id="r", camera="lobby"), faces, watching.now_s)


def only(said: list[Observation]) -> FaceProbed:
    assert len(said) == 1
    assert isinstance(said[0], FaceProbed)
    return said[0]


def test_a_live_template_comes_of_several_frames_and_opens_no_door() -> None:
    watching = Watching(gallery=known())
    live_probe(watching)
    answer = only(watching.show(paint(street(0), LEFT, RED), FRAMES))
    assert (answer.problem, answer.matches, answer.camera) == ("", ("ann",), "lobby")
    assert np.allclose(np.frombuffer(base64.b64decode(answer.template), "<f4"), vector_of(RED), atol=0.02)
    assert watching.watch.probe is None
    assert [type(item) for item in watching.show(paint(street(0), LEFT, RED), 5)] == [FaceSeen]


def test_a_live_template_is_of_one_person() -> None:
    watching = Watching(gallery=known())
    live_probe(watching)
    red, green = paint(street(0), LEFT, RED), paint(street(0), LEFT, GREEN)
    assert watching.show(red, FRAMES - 1) == []
    assert watching.show(green, FRAMES - 1) == []
    answer = only(watching.show(green))
    assert np.allclose(np.frombuffer(base64.b64decode(answer.template), "<f4"), vector_of(GREEN), atol=0.02)


@pytest.mark.parametrize(
    ("image", "frames", "problem"),
    [
        (street(0), 10, "no_face"),
        (paint(street(0), LEFT, RED, photo=True), 10, "not_live"),
        (paint(street(0), LEFT, RED), FRAMES - 1, "timed_out"),
        (street(0), 0, "no_camera"),
    ],
)
def test_a_live_probe_ends_with_what_was_in_the_way(image: Image, frames: int, problem: str) -> None:
    watching = Watching()
    live_probe(watching)
    assert watching.show(image, frames) == []
    answer = only(watching.watch.conclude(None, None, 100.0 + PATIENCE_S))
    assert (answer.problem, answer.template, answer.picture) == (problem, "", b"")


def test_a_photo_that_fools_a_frame_or_two_does_not_become_a_template() -> None:
    class Wavering(Painted):
        """Calls a photo a person by a hair, then not at all; no problem of its own is said."""

        lives = iter([0.6, 0.3, 0.2])

        def probe(self, image: Image, *, live: bool) -> Probe:
            return replace(super().probe(image, live=False), live=next(self.lives))

    probe = LiveProbe(ProbeFace(request_id="r", camera="lobby"), FACES, 0.0)
    reader = Wavering(Path(), FACES)
    for _ in range(FRAMES):
        probe.take(paint(street(0), LEFT, RED), reader)
    answer = probe.answer(1.0, None)
    assert answer is not None
    assert answer.problem == "not_live"


def test_a_gallery_of_another_model_names_nobody_at_enrolment() -> None:
    reader = Painted(Path(), FACES)
    reader.model = "newer@2222"
    answer = picture_answer(
        ProbeFace(request_id="r", camera="", picture=b"x"), paint(street(0), LEFT, RED), reader, known()
    )
    assert (answer.problem, answer.matches, answer.model) == ("", (), "newer@2222")
