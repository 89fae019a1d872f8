"""The hub and real eyes about enrolment: a template of a picture or through the camera, or a word why there is none."""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest

from tests.edge.face_eyes import BLUE, PATIENCE_S, RED, Watched, face_of, opening, png
from tests.vision.clips import street
from tests.vision.faces.readers import MODEL, Image, vector_of
from vision.commands import ProbeFace
from vision.observations import FaceProbed


@pytest.fixture
async def open_eyes(tmp_path: Path) -> AsyncIterator[Callable[..., Watched]]:
    """Makes eyes that are stopped after the test."""
    async with opening(tmp_path) as make:
        yield make


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
