"""The hub and real eyes processes about faces: known after the gallery came, after a kill again, and enrolment.

The faces are painted (`tests.vision.faces.readers`), so that this needs no model; `test_eyes_people` has real ones.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import logging
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from config.model import Camera, Duty, Eyes, Site
from config.model_face import Faces, Models
from edge.observations import EyesBack, EyesLost, Observation
from edge.run.eyes_link import EyesLink
from tests.vision.clips import street, write_film
from tests.vision.faces.readers import DIM, MODEL, Image, paint, vector_of
from vision.commands import GalleryEdit, GalleryPart, ProbeFace
from vision.observations import DutyOff, FaceProbed, FaceSeen

READERS = "tests.vision.faces.readers"
PATIENCE_S = 60.0
BOX = (100, 60, 200, 180)
RED, GREEN, BLUE = (30, 30, 220), (40, 200, 40), (220, 40, 40)


def face_of(color: tuple[int, int, int], *, photo: bool = False) -> Callable[[int], Image]:
    """Frames in which that face moves a little."""

    def picture(number: int) -> Image:
        x1, y1, x2, y2 = BOX
        step = number % 4
        return paint(street(number), (x1 + step, y1, x2 + step, y2), color, photo=photo)

    return picture


def png(image: Image) -> bytes:
    return cv2.imencode(".png", image)[1].tobytes()


def part(people: dict[str, tuple[int, int, int]], version: int = 1) -> GalleryPart:
    return GalleryPart(
        version=version,
        part=0,
        parts=1,
        model=MODEL,
        dim=DIM,
        people=tuple(people),
        negative=(),
        vectors=b"".join(vector_of(color).astype("<f4").tobytes() for color in people.values()),
    )


def edit(people: dict[str, tuple[int, int, int]], removed: tuple[str, ...] = (), version: int = 2) -> GalleryEdit:
    made = part(people)
    return GalleryEdit(
        version=version,
        model=MODEL,
        dim=DIM,
        removed=removed,
        people=made.people,
        negative=(),
        vectors=made.vectors,
    )


class Watched:
    """An eyes link with a face camera, its gallery, and everything that it offered."""

    def __init__(self, site: Site, reader: str) -> None:
        self.heard: list[Observation] = []
        self.gallery = [part({"ann": RED})]
        self.asked = 0
        self.trouble: Exception | None = None
        self.link = EyesLink(site, self.heard.append, face_reader=f"{READERS}:{reader}", gallery=self.parts)

    def parts(self) -> Iterator[GalleryPart]:
        self.asked += 1
        if self.trouble is not None:
            raise self.trouble
        return iter(self.gallery)

    def seen(self) -> list[FaceSeen]:
        return [item for item in self.heard if isinstance(item, FaceSeen)]

    def of(self, kind: type) -> list[Observation]:
        return [item for item in self.heard if isinstance(item, kind)]

    @property
    def in_use(self) -> tuple[int, int]:
        beat = self.link.stats.beat
        return (beat.gallery_version, beat.gallery_rows) if beat is not None else (-1, -1)

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        deadline_s = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline_s, f"waited for {what}; heard {self.heard[-4:]}"
            await asyncio.sleep(0.02)

    async def started(self) -> Watched:
        await self.link.start()
        await self.until(lambda: bool(self.of(EyesBack)), "the eyes")
        return self


@pytest.fixture
async def open_eyes(tmp_path: Path) -> AsyncIterator[Callable[..., Watched]]:
    """Makes eyes that are stopped after the test."""
    opened: list[Watched] = []
    numbers = itertools.count()

    def make(
        picture: Callable[[int], Image] | None = None, reader: str = "Painted", faces: Faces | None = None
    ) -> Watched:
        film = write_film(tmp_path / f"film{next(numbers)}.mp4", frames=8, picture=picture or face_of(RED))
        site = Site(
            eyes=Eyes(heartbeat_timeout_s=5.0),
            faces=faces or Faces(within_s=4.0, gone_after_s=3.0),
            models=Models(dir=tmp_path),
            cameras={
                "lobby": Camera(source=str(film), loop_file=True, duties=(Duty.FACES,)),
                "east": Camera(source=str(film), loop_file=True, duties=()),
            },
        )
        opened.append(Watched(site, reader))
        return opened[-1]

    yield make
    for eyes in opened:
        await eyes.link.stop()


async def test_a_person_is_known_after_the_gallery_came_and_after_a_kill_again(
    open_eyes: Callable[..., Watched],
) -> None:
    eyes = await open_eyes().started()
    await eyes.until(lambda: bool(eyes.seen()), "somebody")
    first = eyes.seen()[0]
    assert (first.camera, first.outcome, first.person) == ("lobby", "known", "ann")
    assert first.score > 0.9
    assert first.score > first.threshold > 0.2
    assert first.frames >= 3
    assert first.picture == b""
    assert first.captured_mono_s <= first.read_mono_s <= time.monotonic()
    pid = eyes.link.stats.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await eyes.until(lambda: len(eyes.seen()) >= 2, "somebody again")
    assert eyes.seen()[1].person == "ann"
    assert eyes.seen()[1].look != first.look
    assert [type(item) for item in eyes.heard if isinstance(item, EyesBack | EyesLost)] == [
        EyesBack,
        EyesLost,
        EyesBack,
    ]
    assert eyes.asked == 2
    await eyes.until(lambda: eyes.in_use == (1, 1), "the gallery in the heartbeat")


async def test_one_look_is_answered_once(open_eyes: Callable[..., Watched]) -> None:
    eyes = await open_eyes().started()
    await eyes.until(lambda: bool(eyes.seen()), "somebody")
    await asyncio.sleep(3.0)
    assert len(eyes.seen()) == 1


@pytest.mark.parametrize(
    ("picture", "outcome", "reason"),
    [
        (face_of(GREEN), "stranger", ""),
        (face_of(RED, photo=True), "unsure", "not_live"),
        (lambda n: paint(street(n), (100, 60, 140, 110), RED), "unsure", "too_small"),
        (
            lambda n: paint(paint(street(n), (10, 60, 110, 180), RED), (200, 60, 300, 180), GREEN),
            "unsure",
            "several_faces",
        ),
    ],
)
async def test_whoever_is_not_surely_known_is_not_known(
    open_eyes: Callable[..., Watched], picture: Callable[[int], Image], outcome: str, reason: str
) -> None:
    eyes = await open_eyes(picture).started()
    await eyes.until(lambda: bool(eyes.seen()), "an answer")
    seen = eyes.seen()[0]
    assert (seen.outcome, seen.reason, seen.person) == (outcome, reason, "")
    assert seen.picture.startswith(b"\xff\xd8")


async def test_changes_are_told_while_it_runs(open_eyes: Callable[..., Watched]) -> None:
    eyes = open_eyes(face_of(GREEN))
    eyes.link.tell(edit({"bob": GREEN}))  # nobody listens yet: it comes with the whole gallery, or not at all
    await eyes.started()
    await eyes.until(lambda: bool(eyes.seen()), "a stranger")
    assert eyes.seen()[0].outcome == "stranger"
    eyes.link.tell(edit({"bob": GREEN}))
    await eyes.until(lambda: eyes.in_use == (2, 2), "the change")
    await eyes.until(lambda: any(seen.person == "bob" for seen in eyes.seen()), "the same face, known")
    eyes.link.tell(edit({}, removed=("bob", "ann"), version=3))
    await eyes.until(lambda: eyes.in_use == (3, 0), "the removal")


async def test_more_changes_than_can_wait_come_as_a_whole_gallery(open_eyes: Callable[..., Watched]) -> None:
    eyes = await open_eyes().started()
    await eyes.until(lambda: eyes.in_use == (1, 1), "the gallery")
    eyes.gallery = [part({"ann": RED, "bob": GREEN, "eve": BLUE}, version=500)]
    for number in range(300):
        eyes.link.tell(edit({"bob": GREEN}, version=100 + number))
    await eyes.until(lambda: eyes.in_use == (500, 3), "the whole gallery")
    assert eyes.asked == 2
    assert not eyes.of(EyesLost)


async def test_a_gallery_may_come_while_frames_are_read(open_eyes: Callable[..., Watched]) -> None:
    eyes = await open_eyes().started()
    await eyes.until(lambda: bool(eyes.seen()), "somebody")
    rng = np.random.default_rng(1)
    vectors = rng.standard_normal((40_000, DIM)).astype(np.float32)
    vectors[:, 2] = -np.abs(vectors[:, 2])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    blocks = np.array_split(vectors, 80)
    eyes.gallery = [
        GalleryPart(
            version=9,
            part=number,
            parts=80,
            model=MODEL,
            dim=DIM,
            people=tuple(f"p{number}-{at}" for at in range(len(block))),
            negative=(),
            vectors=block.astype("<f4").tobytes(),
        )
        for number, block in enumerate(blocks)
    ]
    eyes.link.refresh_gallery()
    await eyes.until(lambda: eyes.in_use == (9, 40_000), "the large gallery")
    assert not eyes.of(EyesLost)
    assert eyes.link.stats.rss_mb < 1000


async def test_without_models_the_duty_is_off_and_says_so(open_eyes: Callable[..., Watched]) -> None:
    eyes = await open_eyes(reader="absent").started()
    await eyes.until(lambda: bool(eyes.of(DutyOff)), "the duty")
    assert eyes.of(DutyOff) == [
        DutyOff(camera="lobby", duty="faces", reason="RuntimeError: model mobilefacenet-foamliu is missing")
    ]
    answer = await eyes.link.probe(ProbeFace(request_id="r", camera="lobby"))
    assert answer.problem == "no_model"
    await eyes.until(lambda: eyes.in_use == (1, 1), "the gallery, all the same")
    assert not eyes.of(EyesLost)


async def test_an_embedder_without_a_calibration_is_off(open_eyes: Callable[..., Watched]) -> None:
    eyes = await open_eyes(faces=Faces(embedder="homemade")).started()
    await eyes.until(lambda: bool(eyes.of(DutyOff)), "the duty")
    off = eyes.of(DutyOff)[0]
    assert isinstance(off, DutyOff)
    assert "homemade" in off.reason


async def test_templates_of_another_model_are_refused_with_a_word(open_eyes: Callable[..., Watched]) -> None:
    eyes = open_eyes()
    eyes.gallery = [replace(part({"ann": RED}), model="older@1111")]
    await eyes.started()
    await eyes.until(lambda: bool(eyes.of(DutyOff)), "the duty")
    off = eyes.of(DutyOff)[0]
    assert isinstance(off, DutyOff)
    assert "older@1111" in off.reason
    assert eyes.seen() == []
    eyes.gallery = [part({"ann": RED}, version=2)]
    eyes.link.refresh_gallery()
    await eyes.until(lambda: bool(eyes.seen()), "somebody")


async def test_a_gallery_that_cannot_be_read_is_said_and_the_eyes_stay(open_eyes: Callable[..., Watched]) -> None:
    eyes = open_eyes()
    eyes.trouble = OSError("face.key is gone")
    await eyes.started()
    await eyes.until(lambda: bool(eyes.of(DutyOff)), "the duty")
    off = eyes.of(DutyOff)[0]
    assert isinstance(off, DutyOff)
    assert "face.key is gone" in off.reason
    eyes.link.tell(edit({"bob": GREEN}))  # there is nothing that it could change
    eyes.trouble = None
    eyes.link.refresh_gallery()
    await eyes.until(lambda: bool(eyes.seen()), "somebody")
    assert not eyes.of(EyesLost)


@pytest.mark.parametrize(
    "odd",
    [
        [replace(part({"ann": RED}), part=1, parts=2)],
        [replace(part({"ann": RED}), vectors=bytes(12))],
        [replace(part({}), parts=2), replace(part({}), part=1, parts=2, version=7)],
    ],
    ids=["not the first", "no direction", "two galleries"],
)
async def test_an_odd_gallery_ends_the_eyes_and_the_next_life_gets_a_sound_one(
    open_eyes: Callable[..., Watched], odd: list[GalleryPart]
) -> None:
    eyes = open_eyes()
    eyes.gallery = odd
    await eyes.link.start()
    await eyes.until(lambda: bool(eyes.of(EyesLost)), "the loss")
    lost = eyes.of(EyesLost)[0]
    assert isinstance(lost, EyesLost)
    assert "71" in lost.cause
    eyes.gallery = [part({"ann": RED})]
    await eyes.until(lambda: bool(eyes.seen()), "somebody")


async def test_eyes_that_let_somebody_in_where_no_face_camera_is_are_ended(
    open_eyes: Callable[..., Watched],
) -> None:
    eyes = open_eyes(reader="Forger")
    await eyes.link.start()
    await eyes.until(lambda: bool(eyes.of(EyesLost)), "the loss")
    assert eyes.seen() == []


async def test_a_reader_that_fails_on_every_face_costs_nothing_else(open_eyes: Callable[..., Watched]) -> None:
    eyes = await open_eyes(reader="Failing").started()

    def errors() -> int:
        beat = eyes.link.stats.beat
        return sum(camera.read_errors for camera in beat.cameras) if beat else 0

    await eyes.until(lambda: errors() >= 3, "errors")
    answer = await eyes.link.probe(ProbeFace(request_id="r", camera="", picture=png(face_of(RED)(0))))
    assert answer.problem == "broken"
    assert not eyes.of(EyesLost)


async def test_a_template_from_a_picture(open_eyes: Callable[..., Watched]) -> None:
    eyes = await open_eyes().started()
    await eyes.until(lambda: eyes.in_use == (1, 1), "the gallery")
    answer = await eyes.link.probe(ProbeFace(request_id="r1", camera="", picture=png(face_of(RED)(0))))
    assert (answer.problem, answer.request_id, answer.camera, answer.model) == ("", "r1", "", MODEL)
    vector = np.frombuffer(base64.b64decode(answer.template), "<f4")
    assert np.allclose(vector, vector_of(RED), atol=0.02)
    assert answer.matches == ("ann",)
    assert answer.live == -1.0
    assert answer.picture.startswith(b"\xff\xd8")
    other = await eyes.link.probe(ProbeFace(request_id="r2", camera="", picture=png(face_of(BLUE)(0))))
    assert (other.problem, other.matches) == ("", ())
    assert eyes.of(FaceProbed) == []  # templates go to who asked, never into the inbox


@pytest.mark.parametrize(
    ("picture", "problem"),
    [
        (png(street(0)), "no_face"),
        (b"no picture at all", "not_a_picture"),
        (png(face_of(RED)(0))[:200], "broken"),
    ],
)
async def test_a_picture_that_will_not_do_is_refused_in_a_word(
    open_eyes: Callable[..., Watched], picture: bytes, problem: str
) -> None:
    eyes = await open_eyes().started()
    answer = await eyes.link.probe(ProbeFace(request_id="r", camera="", picture=picture))
    assert (answer.problem, answer.template, answer.picture) == (problem, "", b"")


async def test_a_template_through_the_camera(open_eyes: Callable[..., Watched]) -> None:
    eyes = open_eyes(face_of(BLUE))
    await eyes.started()
    answer = await eyes.link.probe(ProbeFace(request_id="r", camera="lobby"))
    assert (answer.problem, answer.camera, answer.matches) == ("", "lobby", ())
    assert answer.live == pytest.approx(0.9)
    assert np.allclose(np.frombuffer(base64.b64decode(answer.template), "<f4"), vector_of(BLUE), atol=0.1)


@pytest.mark.parametrize(
    ("picture", "camera", "problem"),
    [
        (street, "lobby", "no_face"),
        (face_of(RED, photo=True), "lobby", "not_live"),
        (face_of(RED), "east", "no_camera"),
        (face_of(RED), "palace", "no_camera"),
    ],
)
async def test_a_live_look_that_will_not_do_is_refused_in_a_word(
    open_eyes: Callable[..., Watched], picture: Callable[[int], Image], camera: str, problem: str
) -> None:
    eyes = await open_eyes(picture).started()
    answer = await eyes.link.probe(ProbeFace(request_id="r", camera=camera), timeout_s=PATIENCE_S)
    assert (answer.problem, answer.template) == (problem, "")


async def test_only_so_many_probes_wait_and_none_waits_for_ever(open_eyes: Callable[..., Watched]) -> None:
    eyes = open_eyes(street)
    before = await eyes.link.probe(ProbeFace(request_id="early", camera="lobby"))
    assert before.problem == "no_eyes"
    await eyes.started()
    requests = [ProbeFace(request_id=f"r{number}", camera="lobby") for number in range(7)]
    answers = await asyncio.gather(*(eyes.link.probe(request, timeout_s=PATIENCE_S) for request in requests))
    assert [answer.request_id for answer in answers] == [request.request_id for request in requests]
    assert sorted(answer.problem for answer in answers) == ["busy"] * 6 + ["no_face"]
    late = await eyes.link.probe(ProbeFace(request_id="late", camera="lobby"), timeout_s=0.1)
    assert late.problem == "no_eyes"


async def test_a_probe_is_answered_when_the_eyes_die(open_eyes: Callable[..., Watched]) -> None:
    eyes = await open_eyes(street).started()
    asking = asyncio.create_task(eyes.link.probe(ProbeFace(request_id="r", camera="lobby"), timeout_s=PATIENCE_S))
    await asyncio.sleep(0.3)
    pid = eyes.link.stats.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert (await asking).problem == "no_eyes"


async def test_templates_that_nobody_asked_for_go_nowhere(
    open_eyes: Callable[..., Watched], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        eyes = await open_eyes(reader="Chatterbox").started()
        await eyes.until(lambda: bool(eyes.seen()), "somebody")
    assert eyes.of(FaceProbed) == []
    assert "AAAA" not in caplog.text


async def test_a_gallery_is_not_asked_for_without_a_face_camera(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", frames=4)
    heard: list[Observation] = []
    asked: list[int] = []

    def parts() -> list[GalleryPart]:
        asked.append(1)
        return []

    site = Site(cameras={"east": Camera(source=str(film), loop_file=True, duties=())}, models=Models(dir=tmp_path))
    link = EyesLink(site, heard.append, face_reader=f"{READERS}:Painted", gallery=parts)
    await link.start()
    try:
        deadline_s = time.monotonic() + PATIENCE_S
        while not link.stats.up:
            assert time.monotonic() < deadline_s
            await asyncio.sleep(0.05)
        answer = await link.probe(ProbeFace(request_id="r", camera="", picture=png(face_of(RED)(0))))
        assert answer.problem == ""  # a picture can be enrolled all the same
        assert asked == []
    finally:
        await link.stop()
