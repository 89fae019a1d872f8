"""The eyes process seen from outside: its rights, its manners at start and end; and its watchdog."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.model import Camera, Eyes, Plates
from tests.vision.cameras import wait_until
from tests.vision.clips import Image, write_film
from vision.capture import LOOKUP_MAX_S
from vision.commands import GalleryEdit, GalleryPart
from vision.confine import NICENESS, OOM_SCORE
from vision.crew import TURN_MAX_S, Crew
from vision.eyes import EXIT_PROTOCOL
from vision.observations import CameraBack, EyesBeat, Observation
from vision.plate_reader import PlateRead
from vision.wire import Decoder, StartMessage, encode_start
from vision.wire_commands import encode_command

ROOT = Path(__file__).resolve().parents[2]


def start_message(film: Path, reader: str = "Steady") -> StartMessage:
    return StartMessage(
        cameras={"east": Camera(source=str(film), loop_file=True)},
        plates=Plates(),
        eyes=Eyes(),
        reader=f"tests.vision.eyes_readers:{reader}",
    )


class Process:
    """An eyes process, and our end of the socket pair."""

    def __init__(self) -> None:
        self.peer, theirs = socket.socketpair()
        self.peer.settimeout(60)
        self._decoder = Decoder()
        self.heard: list[Observation] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "vision.eyes", "--fd", str(theirs.fileno()), "--parent", str(os.getpid())],
            cwd=ROOT,
            pass_fds=(theirs.fileno(),),
            stderr=subprocess.DEVNULL,
        )
        theirs.close()

    def listen(self, until: Callable[[Observation], bool]) -> None:
        """Hear what it says until something fits."""
        while not any(map(until, self.heard)):
            data = self.peer.recv(65536)
            assert data, "the eyes hung up"
            self.heard += self._decoder.feed(data)

    def proc(self, name: str) -> str:
        return Path(f"/proc/{self.process.pid}/{name}").read_text(encoding="utf-8", errors="replace")


@pytest.fixture
def process() -> Iterator[Process]:
    process = Process()
    yield process
    process.peer.close()
    process.process.kill()
    process.process.wait()


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return write_film(tmp_path / "film.mp4", frames=10)


def ready(item: Observation) -> bool:
    return isinstance(item, EyesBeat) and item.ready


def test_it_gives_rights_away(process: Process, film: Path) -> None:
    process.peer.sendall(encode_start(start_message(film)))
    process.listen(ready)
    assert int(process.proc("oom_score_adj")) == OOM_SCORE
    assert "NoNewPrivs:\t1" in process.proc("status")
    assert os.getpriority(os.PRIO_PROCESS, process.process.pid) >= min(19, NICENESS)

    def limits() -> dict[str, str]:
        return {line[:25].strip(): line[26:46].strip() for line in process.proc("limits").splitlines()}

    assert limits()["Max core file size"] == "0"
    assert limits()["Max data size"].isdigit()
    wait_until(lambda: limits()["Max file size"] == "0", "no more files")


def test_the_password_of_a_camera_is_nowhere_to_be_seen(process: Process) -> None:
    start = StartMessage(
        cameras={"east": Camera(source="rtsp://guard:geheim@127.0.0.1:9/live", lost_after_s=0.1)},
        plates=Plates(),
        eyes=Eyes(),
        reader="tests.vision.eyes_readers:Blind",
    )
    process.peer.sendall(encode_start(start))
    process.listen(lambda item: not isinstance(item, EyesBeat))
    assert "geheim" not in process.proc("cmdline") + process.proc("environ") + repr(process.heard)


def test_ctrl_c_is_not_for_it_and_term_ends_it(process: Process, film: Path) -> None:
    process.peer.sendall(encode_start(start_message(film)))
    process.listen(ready)
    process.process.send_signal(signal.SIGINT)
    process.heard.clear()
    process.listen(ready)
    process.process.terminate()
    assert process.process.wait(60) == 0


def test_it_ends_when_the_hub_hangs_up(process: Process, film: Path) -> None:
    process.peer.sendall(encode_start(start_message(film)))
    process.listen(ready)
    process.peer.close()
    assert process.process.wait(60) == 0


@pytest.mark.parametrize("first", [b"GET / HTTP/1.1\r\n\r\n", b""], ids=["nonsense", "nothing"])
def test_it_refuses_a_hub_that_does_not_begin_with_a_start_message(process: Process, first: bytes) -> None:
    process.peer.sendall(first)
    process.peer.shutdown(socket.SHUT_WR)
    assert process.process.wait(60) == EXIT_PROTOCOL


@pytest.mark.parametrize(
    "said",
    [
        b"open the gate",
        encode_start(StartMessage(cameras={}, plates=Plates(), eyes=Eyes())),
        encode_command(GalleryEdit(version=1, model="m", dim=2, removed=(), people=(), negative=(), vectors=b"")),
    ],
    ids=["nonsense", "another start", "an edit of nothing"],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_it_ends_when_the_hub_says_something_odd(process: Process, film: Path, said: bytes, at_once: bool) -> None:
    process.peer.sendall(encode_start(start_message(film)) + (said if at_once else b""))
    if not at_once:
        process.listen(ready)
        process.peer.sendall(said)
    assert process.process.wait(60) == EXIT_PROTOCOL


def test_it_takes_commands_right_behind_the_start(process: Process, film: Path) -> None:
    part = GalleryPart(version=4, part=0, parts=1, model="m", dim=2, people=(), negative=(), vectors=b"")
    process.peer.sendall(encode_start(start_message(film)) + encode_command(part))
    process.listen(lambda item: isinstance(item, EyesBeat) and item.gallery_version == 4)


def test_it_beats_before_it_is_ready(process: Process, film: Path) -> None:
    process.peer.sendall(encode_start(start_message(film, "slow_to_load")))
    process.listen(ready)
    beats = [item.ready for item in process.heard if isinstance(item, EyesBeat)]
    assert beats[0] is False
    assert beats[-1] is True


def test_cameras_come_while_models_load(process: Process, film: Path) -> None:
    process.peer.sendall(encode_start(start_message(film, "slow_to_load")))
    process.listen(ready)
    process.listen(lambda item: isinstance(item, CameraBack))
    kinds = [CameraBack if isinstance(item, CameraBack) else ready(item) for item in process.heard]
    assert kinds.index(CameraBack) < kinds.index(True)


def test_a_reader_that_hangs_is_noticed(film: Path) -> None:
    entered, release = threading.Event(), threading.Event()

    class Stuck:
        def read(self, image: Image) -> list[PlateRead]:
            entered.set()
            release.wait(60)
            return []

    said: list[Observation] = []
    crew = Crew(start_message(film), Stuck, say=said.append, visit_prefix="run1")
    crew.start()
    try:
        assert entered.wait(60)
        assert crew.hang(time.monotonic()) is None
        assert crew.hang(time.monotonic() + TURN_MAX_S + 1) == "a reader hangs"
    finally:
        release.set()
        crew.stop()
        assert crew.join()


def test_a_decoder_that_hangs_is_noticed(film: Path) -> None:
    start = start_message(film)
    crew = Crew(start, lambda: None, say=lambda item: None, visit_prefix="run1")
    camera = start.cameras["east"]
    longest_s = camera.open_timeout_s + camera.read_timeout_s + LOOKUP_MAX_S
    assert crew.hang(time.monotonic() + longest_s - 2) is None
    assert crew.hang(time.monotonic() + longest_s + 1) == "camera east hangs in its decoder"
