"""Live pictures of the real eyes: while somebody watches, also after a crash, and beside plates that are read on."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from config.model import Camera, Eyes, Plates, Site
from edge.live.board import LiveBoard, Viewer
from edge.observations import EyesBack, Observation
from edge.run.eyes_link import EyesLink
from tests.vision.clips import write_film
from vision.live_picture import LivePicture
from vision.observations import EyesBeat, PlateSeen

PATIENCE_S = 60.0


async def until(condition: Callable[[], bool], what: str) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline_s, f"waited for {what}"
        await asyncio.sleep(0.02)


def captured(heard: list[Observation]) -> int:
    """Frames of the camera so far, as the last heartbeat counts them."""
    beats = [item for item in heard if isinstance(item, EyesBeat) and item.cameras]
    return beats[-1].cameras[0].frames_captured


async def painted(viewer: Viewer, count: int) -> list[LivePicture]:
    """The next pictures, as a page that paints each at once."""
    taken: list[LivePicture] = []
    deadline_s = time.monotonic() + PATIENCE_S
    while len(taken) < count:
        assert time.monotonic() < deadline_s, "waited for live pictures"
        item = await viewer.next(1.0)
        if item is not None:
            viewer.seen(item[0])
            taken.append(item[1])
    return taken


async def test_pictures_come_while_somebody_watches_and_again_after_a_crash(tmp_path: Path) -> None:
    site = Site(
        eyes=Eyes(heartbeat_timeout_s=PATIENCE_S / 2),
        plates=Plates(gone_after_s=2.0),
        cameras={"east": Camera(source=str(write_film(tmp_path / "film.mp4", frames=20)), loop_file=True)},
    )
    board, heard = LiveBoard(site.cameras, 4), list[Observation]()
    link = EyesLink(site, heard.append, reader="tests.vision.eyes_readers:Steady", show=board.take)
    board.connect(link.watch)
    await link.start()
    try:
        await until(lambda: any(isinstance(item, PlateSeen) for item in heard), "a plate")
        assert board.pictures == 0, "nobody watches, nothing is made"
        viewer = board.join()
        assert viewer is not None
        viewer.want(frozenset({"east"}))
        pictures = await painted(viewer, 5)
        assert all(item.picture.startswith(b"\xff\xd8") and item.width_px <= 640 for item in pictures)
        ages_s = [time.monotonic() - item.captured_mono_s for item in pictures]
        assert min(ages_s) >= 0
        assert not any(isinstance(item, LivePicture) for item in heard), "they are no observations"
        pid = link.stats.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await until(lambda: sum(isinstance(item, EyesBack) for item in heard) == 2, "the eyes to be back")
        await painted(viewer, 5 + viewer.window.sent)
        board.leave(viewer)
        await asyncio.sleep(1.0)  # what was under way has come by now
        left = board.pictures
        frames = captured(heard)
        await until(lambda: captured(heard) > frames + 10, "more frames to be captured")
        assert board.pictures == left, "the last page has gone, nothing is made"
    finally:
        await link.stop()
