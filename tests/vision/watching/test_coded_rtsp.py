"""A real RTSP server (GStreamer's) against the source that keeps its packets: same limits, same errors, and a clip."""

from __future__ import annotations

import io
import time
from pathlib import Path

import av
import pytest

from tests.vision.cameras import RtspServer, Serve, rtsp_missing, wait_until
from tests.vision.clips import write_film
from vision.clip_ring import AFTER_S
from vision.errors import SourceError, Stalled, Unreachable
from vision.source_coded import CodedSource, open_coded
from vision.watching.recorder import Recorder

MISSING = rtsp_missing()
pytestmark = pytest.mark.skipif(MISSING is not None, reason=MISSING or "")


def opened(url: str, recorder: Recorder, read_timeout_s: float = 20.0) -> CodedSource:
    return open_coded(url, keep=recorder, open_timeout_s=20.0, read_timeout_s=read_timeout_s)


def test_pictures_and_a_clip_come_from_one_connection(serve: Serve, tmp_path: Path) -> None:
    server = serve(RtspServer.film, write_film(tmp_path / "film.mp4", frames=60))
    recorder = Recorder("east")
    source = opened(server.url, recorder)
    assert source.live
    for _ in range(30):
        source.grab()
        assert source.retrieve().shape == (240, 320, 3)
    now_s = time.monotonic()
    recorder.want("m1", now_s - AFTER_S - 0.5, 1.78e9)
    (clip,) = recorder.due(now_s)
    source.close()
    with av.open(io.BytesIO(clip.data), "r") as played:
        assert sum(1 for _ in played.decode(video=0)) > 0


def test_a_camera_that_hangs_is_bounded_by_the_time_out(serve: Serve) -> None:
    server = serve(RtspServer.moving)
    source = opened(server.url, Recorder("east"), read_timeout_s=3.0)
    source.grab()
    server.pause()
    started_s = time.monotonic()
    with pytest.raises(Stalled):
        while True:
            source.grab()
    assert time.monotonic() - started_s < 20
    source.close()


def test_a_log_in_that_is_wrong_and_a_path_that_is_not_there_are_named(serve: Serve) -> None:
    server = serve(RtspServer.moving, "guard:geheim")
    source = opened(server.url.replace("://", "://guard:geheim@"), Recorder("east"))
    source.grab()
    source.close()
    with pytest.raises(Unreachable, match="log-in") as caught:
        opened(server.url.replace("://", "://guard:verkehrt@"), Recorder("east"))
    assert "verkehrt" not in str(caught.value)


def test_a_camera_that_dies_is_an_error_and_can_be_opened_again(serve: Serve) -> None:
    server = serve(RtspServer.moving)
    recorder = Recorder("east")
    source = opened(server.url, recorder)
    source.grab()
    server.kill()
    with pytest.raises(SourceError):
        while True:
            source.grab()
    source.close()
    server.start()
    frames: list[int] = []

    def works() -> bool:
        try:
            again = opened(server.url, recorder)
            again.grab()
            frames.append(again.retrieve().shape[0])
            again.close()
        except SourceError:
            return False
        return True

    wait_until(works, "the camera's return")
    assert frames == [240]
