"""One camera's thread: what it delivers, what it says, and that it ends; and the machine that it follows."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.model import Camera
from tests.vision.cameras import mjpeg, say_nothing, tcp_server, wait_until
from tests.vision.clips import jpeg, street, write_film
from vision.capture import Capture
from vision.frame import Frame
from vision.observations import CameraBack, CameraFault, CameraLost, Observation
from vision.reconnect import BACKOFF_FIRST_S, BACKOFF_MAX_S, STEADY_S, Back, Connection, Lost, Phase


class Watched:
    """A capture, its frames and its words."""

    def __init__(self, camera: Camera) -> None:
        self.frames: list[Frame] = []
        self.said: list[Observation] = []
        self.capture = Capture("east", camera, deliver=self.frames.append, say=self.said.append)

    def __enter__(self) -> Watched:
        self.capture.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.capture.stop()
        assert self.capture.join(), "the thread must end"

    @property
    def lost(self) -> list[CameraLost]:
        return [item for item in self.said if isinstance(item, CameraLost)]


def test_a_film_that_ends_is_said_once(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", frames=10, fps=20)
    with Watched(Camera(source=str(film), fps_max=60)) as eye:
        wait_until(lambda: bool(eye.lost), "the end")
        time.sleep(0.6)
    assert [type(item) for item in eye.said] == [CameraBack, CameraLost]
    assert eye.lost[0].fault is CameraFault.ENDED
    assert len(eye.frames) >= 8
    assert not eye.capture.up


def test_no_more_pictures_are_converted_than_asked_for() -> None:
    with (
        tcp_server(mjpeg(lambda number: jpeg(street(number)), fps=40)) as port,
        Watched(Camera(source=f"http://127.0.0.1:{port}/", fps_max=5)) as eye,
    ):
        wait_until(lambda: len(eye.frames) >= 10, "ten frames")
    times = [frame.captured_mono_s for frame in eye.frames]
    assert (times[-1] - times[1]) / (len(times) - 2) >= 0.19
    assert all(abs(frame.captured_at_s - time.time()) < 60 for frame in eye.frames)


def test_what_is_not_there_is_lost_once_and_never_back() -> None:
    with Watched(Camera(source="rtsp://127.0.0.1:9/", lost_after_s=0.5)) as eye:
        wait_until(lambda: bool(eye.lost), "the loss")
        time.sleep(1.5)
    assert [type(item) for item in eye.said] == [CameraLost]
    assert eye.lost[0].fault is CameraFault.UNREACHABLE


def test_a_black_camera_is_lost_and_comes_back_with_light() -> None:
    black = jpeg(np.zeros((240, 320, 3), np.uint8))
    dark = [True]
    with (
        tcp_server(mjpeg(lambda number: black if dark[0] else jpeg(street(number)))) as port,
        Watched(Camera(source=f"http://127.0.0.1:{port}/", lost_after_s=1.0)) as eye,
    ):
        wait_until(lambda: bool(eye.lost), "the loss")
        assert eye.frames == []
        dark[0] = False
        wait_until(lambda: bool(eye.frames), "light")
    assert [type(item) for item in eye.said] == [CameraLost, CameraBack]
    assert eye.lost[0].fault is CameraFault.BLACK


def test_it_ends_promptly_although_a_read_hangs() -> None:
    with tcp_server(say_nothing) as port:
        eye = Watched(Camera(source=f"rtsp://127.0.0.1:{port}/", open_timeout_s=2, read_timeout_s=2))
        eye.capture.start()
        time.sleep(0.3)
        started_s = time.monotonic()
        eye.capture.stop()
        assert eye.capture.join()
        assert time.monotonic() - started_s < 20
    assert eye.said == []


# The machine: lost once, back once.


def fresh() -> Connection:
    return Connection(lost_after_s=5.0, usable_s=0.0)


def test_back_is_said_at_the_first_picture_and_not_again() -> None:
    connection, said = fresh().opened(1.0).usable(1.5)
    assert said == Back(0.0)
    assert connection.usable(2.0)[1] is None


def test_a_short_gap_is_not_worth_a_word() -> None:
    connection, _ = fresh().opened(0.0).usable(0.0)
    connection, said = connection.failed(1.0, CameraFault.STALLED, "", jitter=0.0)
    assert said is None
    assert connection.phase is Phase.WAITING
    assert connection.usable(3.0)[1] is None


def test_an_outage_is_one_lost_whatever_its_faults_and_one_back() -> None:
    connection, _ = fresh().opened(0.0).usable(10.0)
    said: list[Lost | Back | None] = []
    for now_s, fault in enumerate((CameraFault.STALLED, CameraFault.UNREACHABLE, CameraFault.GARBAGE), start=14):
        connection, word = connection.failed(float(now_s), fault, fault, jitter=0.5)
        said.append(word)
    connection, word = connection.opened(20.0).unusable(21.0, CameraFault.BLACK, "")
    said.append(word)
    assert said == [None, Lost(CameraFault.UNREACHABLE, "unreachable", 10.0), None, None]
    assert connection.usable(30.0)[1] == Back(20.0)


def test_a_film_that_is_over_is_lost_at_once_and_never_tried_again() -> None:
    connection, said = fresh().opened(0.0).usable(1.0)[0].failed(2.0, CameraFault.ENDED, "", jitter=0.0)
    assert isinstance(said, Lost)
    assert connection.tick(1e6) == (connection, None)
    assert connection.phase is Phase.FINISHED


@pytest.mark.parametrize("jitter", [0.0, 1.0])
def test_waits_grow_from_one_to_thirty_seconds(jitter: float) -> None:
    connection, waits_s = fresh(), []
    for _ in range(8):
        connection, _ = connection.failed(100.0, CameraFault.UNREACHABLE, "", jitter=jitter)
        waits_s.append(connection.retry_at_s - 100.0)
    assert waits_s == sorted(waits_s)
    assert waits_s[0] == BACKOFF_FIRST_S * (0.75 + 0.25 * jitter)
    assert waits_s[-1] == BACKOFF_MAX_S * (0.75 + 0.25 * jitter)


def test_a_steady_stream_earns_short_waits_again() -> None:
    connection = fresh()
    for _ in range(6):
        connection, _ = connection.failed(0.0, CameraFault.UNREACHABLE, "", jitter=1.0)
    connection, _ = connection.opened(100.0).usable(100.0 + STEADY_S)
    connection, _ = connection.failed(111.0, CameraFault.STALLED, "", jitter=1.0)
    assert connection.retry_at_s == 111.0 + BACKOFF_FIRST_S


STEPS = st.tuples(
    st.sampled_from(["opened", "usable", "unusable", "failed", "tick"]),
    st.floats(0.0, 8.0),
    st.sampled_from([fault for fault in CameraFault if fault is not CameraFault.ENDED]),
)


@given(st.lists(STEPS, max_size=80))
def test_lost_and_back_always_take_turns(steps: list[tuple[str, float, CameraFault]]) -> None:
    connection, now_s = fresh(), 0.0
    said: list[type] = []
    for step, later_s, fault in steps:
        now_s += later_s
        word: Lost | Back | None = None
        match step:
            case "opened":
                connection = connection.opened(now_s)
            case "usable":
                connection, word = connection.usable(now_s)
            case "unusable":
                connection, word = connection.unusable(now_s, fault, "")
            case "failed":
                connection, word = connection.failed(now_s, fault, "", jitter=0.5)
            case _:
                connection, word = connection.tick(now_s)
        if word is not None:
            said.append(type(word))
        if step == "failed":
            assert now_s <= connection.retry_at_s <= now_s + BACKOFF_MAX_S
    assert all(one is not other for one, other in pairwise(said))
    assert connection.up is (said[-1:] == [Back])
