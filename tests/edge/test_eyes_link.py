"""The hub keeps the eyes alive: each outage is one lost and one back, whatever ends them.

The eyes are the real process; only the plate reader is a small one of `tests.vision.eyes_readers`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from config.model import Camera, Eyes, Plates, Site
from edge.observations import EyesBack, EyesLost, Observation
from edge.run.ceiling import STARTS_MAX
from edge.run.eyes_link import EyesLink
from tests.vision.cameras import mjpeg, tcp_server
from tests.vision.clips import jpeg, street, write_film
from vision.observations import (
    CameraBack,
    CameraFault,
    CameraLost,
    DutyOff,
    EyesBeat,
    PlateSeen,
    VisitEnded,
)

ROOT = Path(__file__).resolve().parents[2]
READERS = "tests.vision.eyes_readers"
PATIENCE_S = 60.0


class Watched:
    """An eyes link, and everything that it offered."""

    def __init__(self, site: Site, reader: str) -> None:
        self.heard: list[Observation] = []
        self.link = EyesLink(site, self.heard.append, reader=f"{READERS}:{reader}")

    def of(self, *kinds: type) -> list[Observation]:
        return [item for item in self.heard if isinstance(item, kinds)]

    @property
    def edges(self) -> list[type]:
        """Lost and back of the process, in order."""
        return [type(item) for item in self.of(EyesLost, EyesBack)]

    def seen_after_loss(self) -> bool:
        """Has a plate come since the eyes were lost?"""
        kinds = [type(item) for item in self.heard]
        return EyesLost in kinds and PlateSeen in kinds[kinds.index(EyesLost) :]

    @property
    def pid(self) -> int:
        pid = self.link.stats.pid
        assert pid is not None
        return pid

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        deadline_s = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline_s, f"waited for {what}; heard {self.heard[-5:]}"
            await asyncio.sleep(0.02)

    async def until_backs(self, count: int) -> None:
        await self.until(lambda: len(self.of(EyesBack)) >= count, f"back number {count}")


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return write_film(tmp_path / "film.mp4", frames=20)


@pytest.fixture
async def open_eyes(film: Path) -> AsyncIterator[Callable[..., Watched]]:
    """Makes eyes that are stopped after the test."""
    opened: list[Watched] = []

    def make(reader: str = "Steady", *, source: str = "", eyes: Eyes | None = None, **camera: float) -> Watched:
        site = Site(
            eyes=eyes or Eyes(heartbeat_timeout_s=PATIENCE_S / 2),
            plates=Plates(gone_after_s=2.0),
            cameras={"east": Camera(source=source or str(film), loop_file=True, **camera)},
        )
        opened.append(Watched(site, reader))
        return opened[-1]

    yield make
    for eyes in opened:
        await eyes.link.stop()


async def test_a_plate_goes_from_the_film_to_the_hub(open_eyes: Callable[..., Watched]) -> None:
    eyes = open_eyes()
    await eyes.link.start()
    await eyes.until(lambda: bool(eyes.of(PlateSeen)), "a plate")
    await eyes.until_backs(1)
    seen = eyes.of(PlateSeen)[0]
    assert isinstance(seen, PlateSeen)
    assert (seen.text, seen.outcome, seen.camera) == ("京A12345", "sure", "east")
    assert seen.picture.startswith(b"\xff\xd8")
    assert seen.captured_mono_s <= seen.read_mono_s <= time.monotonic()
    assert eyes.of(EyesBack) == [EyesBack(down_s=0.0)]
    assert eyes.of(CameraBack) == [CameraBack(camera="east", down_s=0.0)]
    await eyes.until(lambda: len(eyes.of(EyesBeat)) >= 3, "heartbeats")
    stats = eyes.link.stats
    assert stats.up
    assert stats.starts == 1
    assert stats.rss_mb > 10
    await eyes.link.stop()
    assert eyes.link.stats.pid is None
    assert not eyes.of(EyesLost)


@pytest.mark.parametrize(
    ("blow", "cause"), [(signal.SIGKILL, "SIGKILL"), (signal.SIGSEGV, "SIGSEGV"), (signal.SIGSTOP, "heartbeat")]
)
async def test_whatever_ends_them_is_one_lost_and_one_back(
    open_eyes: Callable[..., Watched], blow: signal.Signals, cause: str
) -> None:
    silence_s = 5.0 if blow is signal.SIGSTOP else PATIENCE_S / 2
    eyes = open_eyes(eyes=Eyes(heartbeat_timeout_s=silence_s))
    await eyes.link.start()
    await eyes.until_backs(1)
    first = eyes.pid
    os.kill(first, blow)
    await eyes.until_backs(2)
    assert eyes.pid != first
    await eyes.until(eyes.seen_after_loss, "a plate after the return")
    assert eyes.edges == [EyesBack, EyesLost, EyesBack]
    lost, back = eyes.of(EyesLost)[0], eyes.of(EyesBack)[1]
    assert isinstance(lost, EyesLost)
    assert isinstance(back, EyesBack)
    assert cause in lost.cause
    assert not lost.gave_up
    assert back.down_s < PATIENCE_S
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)


async def test_a_memory_blow_up_is_one_lost_and_one_back(
    open_eyes: Callable[..., Watched], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    eyes = open_eyes("Greedy", eyes=Eyes(memory_max_mb=300))
    (tmp_path / "greedy").touch()
    await eyes.link.start()
    await eyes.until(lambda: EyesLost in eyes.edges, "the loss")
    await eyes.until(lambda: eyes.edges[-1:] == [EyesBack], "the return")
    assert eyes.edges.count(EyesLost) == 1
    await eyes.until(lambda: bool(eyes.of(PlateSeen)), "a plate")
    assert len(eyes.of(EyesLost)) == 1


async def test_a_picture_that_crashes_the_decoder_costs_only_the_eyes(open_eyes: Callable[..., Watched]) -> None:
    white = street(0)
    white[:60, :60] = 255
    served: list[int] = []

    def picture(number: int) -> bytes:
        served.append(number)
        return jpeg(white if len(served) == 30 else street(number))

    with tcp_server(mjpeg(picture)) as port:
        eyes = open_eyes("Crashing", source=f"http://127.0.0.1:{port}/", fps_max=30.0)
        await eyes.link.start()
        await eyes.until_backs(2)
        await eyes.until(eyes.seen_after_loss, "a plate after the crash")
    assert eyes.edges == [EyesBack, EyesLost, EyesBack]


async def test_a_camera_that_dies_is_one_lost_and_one_back_and_the_eyes_stay(open_eyes: Callable[..., Watched]) -> None:
    silent = [False]

    def picture(number: int) -> bytes:
        while silent[0]:
            time.sleep(0.05)
        return jpeg(street(number))

    with tcp_server(mjpeg(picture)) as port:
        eyes = open_eyes(
            source=f"http://user:geheim@127.0.0.1:{port}/",
            open_timeout_s=2.0,
            read_timeout_s=2.0,
            lost_after_s=1.0,
        )
        await eyes.link.start()
        await eyes.until(lambda: bool(eyes.of(PlateSeen)), "a plate")
        silent[0] = True
        await eyes.until(lambda: bool(eyes.of(CameraLost)), "the loss")
        await eyes.until(lambda: bool(eyes.of(VisitEnded)), "the end of the visit")
        await asyncio.sleep(2.0)  # attempts go on, and not another word
        silent[0] = False
        await eyes.until(lambda: len(eyes.of(CameraBack)) == 2, "the return")
    assert [type(item) for item in eyes.of(CameraLost, CameraBack)] == [CameraBack, CameraLost, CameraBack]
    lost = eyes.of(CameraLost)[0]
    assert isinstance(lost, CameraLost)
    assert lost.fault is CameraFault.STALLED
    assert "geheim" not in lost.detail
    assert abs(lost.since_at_s - time.time()) < PATIENCE_S
    assert eyes.edges == [EyesBack]


async def test_without_a_reader_the_duty_is_off_and_the_cameras_go_on(open_eyes: Callable[..., Watched]) -> None:
    eyes = open_eyes("absent", eyes=Eyes(workers=2))
    await eyes.link.start()
    await eyes.until_backs(1)
    await eyes.until(lambda: bool(eyes.of(CameraBack)), "the camera")
    await eyes.until(lambda: len(eyes.of(EyesBeat)) >= 3, "heartbeats")
    assert eyes.of(DutyOff) == [DutyOff(camera="east", duty="plates", reason="RuntimeError: weights are missing")]


async def test_a_reader_that_fails_on_every_frame_is_counted(open_eyes: Callable[..., Watched]) -> None:
    eyes = open_eyes("Clumsy")
    await eyes.link.start()

    def errors() -> int:
        beat = eyes.link.stats.beat
        return sum(camera.read_errors for camera in beat.cameras) if beat else 0

    await eyes.until(lambda: errors() >= 5, "errors")
    assert eyes.edges == [EyesBack]


async def test_a_slow_load_is_no_silence_but_an_endless_one_is_a_loss(open_eyes: Callable[..., Watched]) -> None:
    eyes = open_eyes("slow_to_load")
    await eyes.link.start()
    await eyes.until(lambda: len(eyes.of(EyesBeat)) >= 1, "a heartbeat")
    first = eyes.of(EyesBeat)[0]
    assert isinstance(first, EyesBeat)
    assert not first.ready
    await eyes.until_backs(1)
    hasty = open_eyes("slow_to_load", eyes=Eyes(start_timeout_s=1.01))
    await hasty.link.start()
    await hasty.until(lambda: bool(hasty.of(EyesLost)), "the loss")
    lost = hasty.of(EyesLost)[0]
    assert isinstance(lost, EyesLost)
    assert "not ready" in lost.cause


def test_the_eyes_die_with_the_hub(film: Path) -> None:
    script = f"""
import asyncio
from config.model import Camera, Site
from edge.run.eyes_link import EyesLink
async def main():
    site = Site(cameras={{"east": Camera(source={str(film)!r}, loop_file=True)}})
    link = EyesLink(site, lambda item: None, reader="{READERS}:Blind")
    await link.start()
    while not link.stats.up:
        await asyncio.sleep(0.05)
    print(link.stats.pid, flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""
    hub = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert hub.stdout is not None
        pid = int(hub.stdout.readline())
    finally:
        hub.kill()
        hub.communicate()
    deadline_s = time.monotonic() + PATIENCE_S
    while Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes():
        assert time.monotonic() < deadline_s, "the eyes live on"
        time.sleep(0.05)


async def test_their_words_reach_our_log_without_passwords(
    open_eyes: Callable[..., Watched], caplog: pytest.LogCaptureFixture
) -> None:
    eyes = open_eyes("Clumsy")
    with caplog.at_level(logging.INFO, logger="menwei.eyes"):
        await eyes.link.start()
        await eyes.until(lambda: "no picture that I like" in caplog.text, "their trace in our log")
    assert "geheim" not in caplog.text


@pytest.mark.parametrize(
    ("reader", "cause"), [("Babbling", "what was not agreed"), ("Impostor", "not ours"), ("Flooding", "in a second")]
)
async def test_eyes_that_break_the_protocol_are_ended(
    open_eyes: Callable[..., Watched], reader: str, cause: str
) -> None:
    eyes = open_eyes(reader)
    await eyes.link.start()
    await eyes.until(lambda: bool(eyes.of(EyesLost)), "the loss")
    lost = eyes.of(EyesLost)[0]
    assert isinstance(lost, EyesLost)
    assert cause in lost.cause


async def test_eyes_that_never_recover_are_given_up_with_a_word(open_eyes: Callable[..., Watched]) -> None:
    eyes = open_eyes("stillborn")
    await eyes.link.start()
    await eyes.until(lambda: eyes.link.stats.gave_up, "the ceiling")
    assert [item.gave_up for item in eyes.of(EyesLost) if isinstance(item, EyesLost)] == [False, True]
    assert eyes.link.stats.starts == 1 + STARTS_MAX
    assert not eyes.of(EyesBack)


def test_the_hub_end_imports_no_native_vision() -> None:
    script = (
        "import sys, edge.run.eyes_link; "
        "print([name for name in ('cv2', 'numpy', 'onnxruntime', 'rapidocr') if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


@pytest.fixture(autouse=True)
def no_child_left() -> Iterator[None]:
    """No test may leave a process behind."""
    yield
    mine = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()
    left = [pid for pid in mine if b"vision.eyes" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    assert not left
