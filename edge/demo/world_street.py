"""The demonstration's street: drivers, the simulated gate and the cameras that look at it. Shell: threads and clock."""

from __future__ import annotations

import time
import tomllib
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from config.model import Site
from devices.sim.gate import SimGate
from edge.demo.site import BUS, DOOR, KEYPAD, OPEN_RELAY, board_name, site_toml, wiring
from edge.demo.world_camera import MjpegCamera
from edge.demo.world_door import Entrance
from edge.demo.world_driver import STOP_M, Driver, Phase
from vision.sim.car import Look
from vision.sim.scene import Image, Scene, SceneState

QUEUE_MAX = 8
_ARM_UP = 0.95
_STEP_MAX_S = 0.1
_CATCH_UP_MAX_S = 5.0
_JPEG = (cv2.IMWRITE_JPEG_QUALITY, 85)
CAMERA_FAULTS = ("none", "freeze", "black", "garbage")

Emit = Callable[..., None]
"""Called as ``emit(event, **fields)``."""


class Lane:
    """One lane: the cars that come along it and what its camera sees."""

    def __init__(self, name: str, index: int, size: tuple[int, int], fps: float, emit: Emit) -> None:
        self.name = name
        self.driver: Driver | None = None
        self.waiting: deque[Driver] = deque()
        self.arm = 0.0
        self.night = False
        self.fault = "none"
        self.camera = MjpegCamera(name, self._encode, fps)
        self._scene = Scene(name, size, mirrored=index % 2 == 1, seed=7 + index)
        self._emit = emit
        self._arm_state = "down"
        self._last = b""

    def plate(self) -> str:
        """Of the car that is here, or empty."""
        return self.driver.look.plate if self.driver is not None else ""

    def step(self, passed_s: float, arm: float) -> float | None:
        """Let driver and arm go on; returns the position of the car's nose, None without a car."""
        self.arm = arm
        self._tell_arm(arm)
        if self.driver is None and self.waiting:
            self.driver = self.waiting.popleft()
            self._say("car_coming")
        if self.driver is None:
            return None
        for event in self.driver.step(passed_s, arm >= _ARM_UP):
            self._say(event)
        if self.driver.phase is Phase.GONE:
            self._say("lane_empty")
            self.driver = None
            return None
        return self.driver.position_m

    def _tell_arm(self, arm: float) -> None:
        state = "up" if arm >= 0.99 else "down" if arm <= 0.01 else self._arm_state
        if state != self._arm_state:
            self._arm_state = state
            self._say(f"arm_{state}")

    def _say(self, event: str) -> None:
        self._emit(event, lane=self.name, plate=self.plate())

    def _encode(self, number: int) -> bytes:
        if self.fault == "garbage":
            return np.random.default_rng(number).bytes(4000)
        if self.fault == "freeze" and self._last:
            return self._last
        frame = self._frame(number)
        if self.fault == "black":
            frame[:] = 0
        self._last = cv2.imencode(".jpg", frame, _JPEG)[1].tobytes()
        return self._last

    def _frame(self, number: int) -> Image:
        driver = self.driver  # read once: the street's thread may replace it
        look = driver.look if driver is not None else None
        position_m = driver.position_m - STOP_M if driver is not None else 0.0
        stamp = time.strftime("%Y-%m-%d %H:%M:%S")
        return self._scene.render(SceneState(look, position_m, self.arm, self.night, stamp, number))


class Street:
    """Everything outside the gateway. ``start``, ``step`` 50 times a second, ``stop``."""

    def __init__(self, folder: Path, lanes: list[str], emit: Emit, *, size: tuple[int, int], fps: float) -> None:
        self._port = folder / BUS
        self._emit = emit
        self.lanes = {name: Lane(name, i, size, fps, emit) for i, name in enumerate(lanes)}
        ports = {BUS: str(self._port), KEYPAD: str(folder / KEYPAD)}
        site = Site.model_validate(tomllib.loads(site_toml({"lanes": lanes, "cameras": {}, "serial": ports}, folder)))
        self._gate = SimGate(site)
        door = site.doors.get(DOOR)
        contact = door.contact if door is not None else None
        self.entrance = Entrance(folder, self._gate, door.lock, contact, emit) if door and contact else None
        self._relays = dict.fromkeys(lanes, False)
        self._last_s = time.monotonic()
        # One thread of OpenCV's own per caller: a gateway shares these cores.
        cv2.setNumThreads(1)

    def start(self) -> dict[str, Any]:
        """Plug in and listen; returns the ready line."""
        self._gate.start(real_time=False)
        for lane in self.lanes.values():
            lane.camera.up()
        serial = {BUS: str(self._port)}
        phone = ""
        if self.entrance is not None:
            phone = self.entrance.start()
            serial[KEYPAD] = str(self.entrance.keypad.path)
        return {
            "ready": True,
            "lanes": list(self.lanes),
            "serial": serial,
            "cameras": {name: lane.camera.url for name, lane in self.lanes.items()},
            "phone": phone,
            "wiring": wiring(self.lanes),
        }

    def stop(self) -> None:
        """Unplug everything."""
        for lane in self.lanes.values():
            lane.camera.down()
        if self.entrance is not None:
            self.entrance.stop()
        self._gate.stop()

    def step(self) -> None:
        """Let the street go on until now; after a stall in small steps, so that no pulse is overlooked."""
        now_s = time.monotonic()
        self._last_s = max(self._last_s, now_s - _CATCH_UP_MAX_S)
        while now_s - self._last_s > _STEP_MAX_S:
            self._step(self._last_s + _STEP_MAX_S)
        self._step(now_s)

    def _step(self, now_s: float) -> None:
        passed_s, self._last_s = now_s - self._last_s, now_s
        for index, (name, lane) in enumerate(self.lanes.items()):
            self._gate.set_car(name, lane.step(passed_s, self._gate.barrier(name).angle))
            on = self._gate.board(board_name(index)).relay_on(OPEN_RELAY, now_s)
            if on != self._relays[name]:
                self._relays[name] = on
                self._emit("relay", relay=OPEN_RELAY, board=board_name(index), lane=name, on=on)
        self._gate.step(now_s)
        if self.entrance is not None:
            self.entrance.step(now_s)

    def add_car(self, lane: str, look: Look, patience_s: float) -> bool:
        """A car turns into the lane as soon as the one before has gone; False: too many wait already."""
        waiting = self.lanes[lane].waiting
        if len(waiting) >= QUEUE_MAX:
            return False
        waiting.append(Driver(look, patience_s))
        return True

    def send_away(self, lane: str) -> None:
        """The driver in the lane gives up."""
        if (driver := self.lanes[lane].driver) is not None:
            driver.give_up()

    def set_serial(self, up: bool) -> None:
        """Plug the serial adapter in or out."""
        (self._gate.replug if up else self._gate.unplug)(BUS)

    def set_fire(self, active: bool) -> None:
        """The fire alarm's contact."""
        self._gate.set_fire(active)
