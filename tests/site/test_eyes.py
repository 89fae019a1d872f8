"""The eyes may die of a picture; lanes, log and page never stop, and the eyes come back."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from edge.demo.world_camera import MjpegCamera
from tests.site.gateway import SITE, Gateway, eventually, running


def grey_picture(number: int) -> bytes:
    """A JPEG that changes from frame to frame."""
    import cv2
    import numpy as np

    picture = np.random.default_rng(number).integers(60, 200, (240, 320, 3), dtype=np.uint8)
    return bytes(cv2.imencode(".jpg", picture)[1])


def eyes_of(gateway: Gateway) -> int:
    """The process id of the eyes: the gateway's child that runs vision.eyes."""
    assert gateway.process is not None
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes()
            parent = int((entry / "stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
        if b"vision.eyes" in command and parent == gateway.process.pid:
            return int(entry.name)
    return 0


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory):
    camera = MjpegCamera("east", grey_picture)
    camera.up()
    # Long enough that eyes on a busy machine are not taken for dead ones.
    text = SITE + f'[eyes]\nheartbeat_timeout_s = 10.0\n[cameras.east]\nsource = "{camera.url}"\nlane = "east"\n'
    try:
        with running(tmp_path_factory.mktemp("eyes"), text) as site:
            site.wait_lane("closed")
            eventually(lambda: "eyes.back" in site.kinds(), "the eyes are ready")
            yield site
    finally:
        camera.down()


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSEGV, signal.SIGSTOP], ids=lambda s: s.name)
def test_the_gate_works_while_the_eyes_are_gone(gateway: Gateway, blow: signal.Signals) -> None:
    eventually(lambda: gateway.state()["cameras"][0]["up"], "the camera is up")
    before = gateway.kinds("eyes.")
    os.kill(eyes_of(gateway), blow)
    eventually(lambda: len(gateway.kinds("eyes.")) > len(before), "the loss is on record")
    opened = gateway.street.board("box").ons[0]
    assert gateway.guard.post("/v1/lanes/east/open", {"reason": blow.name})[0] == 200
    eventually(lambda: gateway.street.board("box").ons[0] > opened, "the relay pulses while the eyes are gone")
    eventually(lambda: gateway.kinds("eyes.")[-1] == "eyes.back", "the eyes are back")
    assert gateway.kinds("eyes.") == [*before, "eyes.lost", "eyes.back"]
    time.sleep(1.5)  # a heartbeat later there is still one loss and one return
    assert gateway.kinds("eyes.") == [*before, "eyes.lost", "eyes.back"]
