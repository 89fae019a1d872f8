"""A real RTSP server (GStreamer's) against `open_source` and `Capture`."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from config.model import Camera
from tests.vision.cameras import RtspServer, Serve, rtsp_missing, wait_until
from tests.vision.clips import write_film
from vision.capture import Capture
from vision.errors import Stalled, Unreachable
from vision.frame import Frame
from vision.observations import CameraBack, CameraFault, CameraLost, Observation
from vision.source import Source, open_source, read

MISSING = rtsp_missing()
pytestmark = pytest.mark.skipif(MISSING is not None, reason=MISSING or "")


def opened(url: str, read_timeout_s: float = 20.0) -> Source:
    return open_source(url, open_timeout_s=20.0, read_timeout_s=read_timeout_s)


def test_h264_pictures_come_through(serve: Serve, tmp_path: Path) -> None:
    server = serve(RtspServer.film, write_film(tmp_path / "film.mp4", frames=60))
    source = opened(server.url)
    for _ in range(20):
        assert read(source).shape == (240, 320, 3)
    assert source.live
    source.close()


def test_the_log_in_is_used_and_its_lack_is_named(serve: Serve) -> None:
    server = serve(RtspServer.moving, "guard:geheim")
    source = opened(server.url.replace("://", "://guard:geheim@"))
    assert read(source).shape == (240, 320, 3)
    source.close()
    with pytest.raises(Unreachable, match="log-in") as caught:
        opened(server.url.replace("://", "://guard:verkehrt@"))
    assert "verkehrt" not in str(caught.value)


def test_a_wrong_path_is_named(serve: Serve) -> None:
    server = serve(RtspServer.moving)
    with pytest.raises(Unreachable, match="path"):
        opened(server.url + "/other")


def test_a_camera_that_hangs_is_bounded_by_the_time_out(serve: Serve) -> None:
    server = serve(RtspServer.moving)
    source = opened(server.url, read_timeout_s=3.0)
    read(source)
    server.pause()
    started_s = time.monotonic()
    with pytest.raises(Stalled):
        while True:
            read(source)
    assert time.monotonic() - started_s < 20
    source.close()


def test_a_camera_killed_and_back_is_one_lost_and_one_back(serve: Serve) -> None:
    server = serve(RtspServer.moving)
    frames: list[Frame] = []
    said: list[Observation] = []
    camera = Camera(source=server.url, open_timeout_s=5, read_timeout_s=10, lost_after_s=1, fps_max=5)
    capture = Capture("east", camera, deliver=frames.append, say=said.append)
    capture.start()
    try:
        wait_until(lambda: len(frames) >= 5, "first frames")
        server.kill()
        wait_until(lambda: any(isinstance(item, CameraLost) for item in said), "the loss")
        time.sleep(2.0)  # several attempts, and not another word
        seen = len(frames)
        server.start()
        wait_until(lambda: len(frames) >= seen + 5, "frames after the return")
    finally:
        capture.stop()
        assert capture.join()
    assert [type(item) for item in said] == [CameraBack, CameraLost, CameraBack]
    lost, back = said[1], said[2]
    assert isinstance(lost, CameraLost)
    assert isinstance(back, CameraBack)
    assert lost.fault in (CameraFault.UNREACHABLE, CameraFault.STALLED)
    assert back.down_s >= 1.0
    numbers = [frame.number for frame in frames]
    assert numbers == sorted(set(numbers))
