"""The hub and real eyes about faces: known after the gallery came, after a kill again, and what spoils it.

The faces are painted (`tests.vision.faces.readers`), so that this needs no model; `test_eyes_people` has real ones.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from config.model import Camera, Site
from config.model_face import Faces, Models
from edge.observations import EyesBack, EyesLost, Observation
from edge.run.eyes_link import EyesLink
from tests.edge.face_eyes import BLUE, GREEN, PATIENCE_S, READERS, RED, Watched, edit, face_of, opening, png
from tests.vision.clips import street, write_film
from tests.vision.faces.readers import DIM, MODEL, Image, paint, part
from vision.commands import GalleryPart, ProbeFace
from vision.observations import DutyOff


@pytest.fixture
async def open_eyes(tmp_path: Path) -> AsyncIterator[Callable[..., Watched]]:
    """Makes eyes that are stopped after the test."""
    async with opening(tmp_path) as make:
        yield make


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
