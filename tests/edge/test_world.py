"""The demonstration's world as a process: real HTTP streams, real Modbus bytes on a pty, cars between them."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import serial

from config.model import Site
from devices import catalog
from edge.demo.site import site_toml

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 60.0
"""Generous: the machine is shared."""
PULSE = bytes.fromhex("010502000005")
READ_INPUTS = bytes.fromhex("010200000008")


def sealed(frame: bytes) -> bytes:
    """CRC-16/MODBUS, bit by bit: independent of our own table."""
    crc = 0xFFFF
    for byte in frame:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0xA001 if crc & 1 else 0)
    return frame + crc.to_bytes(2, "little")


class World:
    """The child process and what it said so far."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "edge.demo.world", "--dir", str(folder), "--lanes", "east-in,east-out"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._lines: queue.Queue[dict[str, Any]] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.ready = self._lines.get(timeout=DEADLINE_S)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(json.loads(line))

    def do(self, action: str, **details: Any) -> dict[str, Any]:
        """Send a command and wait for its answer."""
        return self.say({"do": action, **details})

    def say(self, command: Any) -> dict[str, Any]:
        """Send any JSON and wait for its answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        return self.wait("done", "error")

    def wait(self, *events: str) -> dict[str, Any]:
        """The next event of these names; others before it are passed over."""
        until_s = time.monotonic() + DEADLINE_S
        while True:
            line = self._lines.get(timeout=max(0.01, until_s - time.monotonic()))
            if line["event"] in events:
                return line

    def stop(self) -> int:
        """Close its input, which ends it."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        status = self.process.wait(DEADLINE_S)
        self._reader.join(DEADLINE_S)
        self.process.stdout.close()
        return status

    def port(self) -> serial.Serial:
        return serial.Serial(self.ready["serial"]["rs485"], 9600, timeout=5)

    def camera(self, lane: str) -> cv2.VideoCapture:
        timeouts = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, 5000, cv2.CAP_PROP_READ_TIMEOUT_MSEC, 5000]
        return cv2.VideoCapture(self.ready["cameras"][lane], cv2.CAP_FFMPEG, timeouts)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    running = World(tmp_path)
    yield running
    assert running.stop() == 0


def eventually(true: Callable[[], bool]) -> bool:
    until_s = time.monotonic() + DEADLINE_S
    while not true():
        if time.monotonic() > until_s:
            return False
        time.sleep(0.05)
    return True


def inputs(port: serial.Serial) -> str:
    """Levels of inputs 1 to 8 of the first board, as printed from left to right."""
    port.write(sealed(READ_INPUTS))
    reply = port.read(6)
    assert reply == sealed(reply[:4])
    return format(reply[3], "08b")[::-1]


def test_a_pulse_of_real_bytes_lets_the_car_pass(world: World) -> None:
    with world.port() as port:
        # down limit; the safety loop and the fire contact are normally closed
        assert inputs(port) == "01100001"
        world.do("car", lane="east-in", plate="粤B12345")
        assert world.wait("car_at_line")["plate"] == "粤B12345"
        assert eventually(lambda: inputs(port) == "01110001")
        port.write(sealed(PULSE))
        assert port.read(8) == sealed(PULSE)
        told = [world.wait("relay", "arm_up", "car_passed", "arm_down") for _ in range(5)]
        assert [t["event"] for t in told] == ["relay", "relay", "arm_up", "car_passed", "arm_down"]
        assert [t["on"] for t in told[:2]] == [True, False]
        assert [t["lane"] for t in told] == ["east-in"] * 5
        assert inputs(port) == "01100001"


def test_a_driver_without_patience_leaves_and_the_next_one_comes(world: World) -> None:
    world.do("car", lane="east-out", plate="沪AD12345", patience_s=0.2)
    world.do("car", lane="east-out", plate="京A88888", patience_s=100)
    assert world.wait("car_refused", "car_passed")["event"] == "car_refused"
    assert world.wait("car_left")["plate"] == "沪AD12345"
    assert world.wait("car_at_line")["plate"] == "京A88888"
    world.do("leave", lane="east-out")
    assert world.wait("car_left")["plate"] == "京A88888"


def test_opencv_opens_the_camera_as_a_network_stream_and_sees_the_car_come(world: World) -> None:
    camera = world.camera("east-in")
    try:
        ok, empty = camera.read()
        assert ok
        assert empty.shape == (540, 960, 3)
        world.do("car", lane="east-in", plate="粤B12345")

        def changed() -> bool:
            ok, frame = camera.read()
            return bool(ok and np.abs(frame.astype(int) - empty).mean() > 10)

        assert eventually(changed)
    finally:
        camera.release()


def test_a_dead_camera_refuses_and_comes_back_at_the_same_address(world: World) -> None:
    camera = world.camera("east-out")
    assert camera.read()[0]
    world.do("camera", name="east-out", up=False)
    assert eventually(lambda: not camera.read()[0])
    camera.release()
    assert not world.camera("east-out").isOpened()
    world.do("camera", name="east-out", up=True)
    camera = world.camera("east-out")
    assert camera.read()[0]
    camera.release()


def test_a_sick_camera_still_streams(world: World) -> None:
    camera = world.camera("east-in")
    try:
        assert camera.read()[1].mean() > 60
        world.do("camera", name="east-in", fault="black")
        assert eventually(lambda: camera.read()[1].mean() < 3)
        world.do("camera", name="east-in", fault="none")
        assert eventually(lambda: camera.read()[1].mean() > 60)
        world.do("camera", name="east-in", fault="freeze")
        assert eventually(lambda: np.array_equal(camera.read()[1], camera.read()[1]))
    finally:
        camera.release()


def test_the_serial_line_goes_away_and_comes_back(world: World) -> None:
    path = Path(world.ready["serial"]["rs485"])
    with world.port() as port:
        assert inputs(port)[1] == "1"
        world.do("serial", up=False)
        assert not path.exists()
    world.do("serial", up=True)
    with world.port() as port:
        assert inputs(port)[1] == "1"
        world.do("fire", active=True)
        assert eventually(lambda: inputs(port)[7] == "0")


WRONG_COMMANDS: list[tuple[Any, str]] = [
    ({"do": "dance"}, "unknown command"),
    ({"do": "car", "lane": "west", "plate": "粤B12345"}, "no lane"),
    ({"do": "car", "lane": "east-in", "plate": "門B12345"}, "no outlines"),
    ({"do": "car", "lane": "east-in"}, "incomplete"),
    ({"do": "camera", "name": "east-in", "fault": "tired"}, "known"),
    ([1], "malformed"),
]


def test_wrong_commands_are_answered_and_nothing_stops(world: World) -> None:
    for command, words in WRONG_COMMANDS:
        answer = world.say(command)
        assert answer["event"] == "error"
        assert words in answer["reason"]
    assert world.do("night", on=True)["event"] == "done"


def test_the_site_file_fits_the_world(world: World, tmp_path: Path) -> None:
    site = Site.model_validate(tomllib.loads(site_toml(world.ready, tmp_path / "data")))
    assert list(site.lanes) == ["east-in", "east-out"]
    assert [lane.direction for lane in site.lanes.values()] == ["in", "out"]
    assert site.cameras["east-in"].source == world.ready["cameras"]["east-in"]
    assert site.fire.input is not None
    assert site.fire.input.normally == "closed"
    assert catalog.problems(site) == ()
