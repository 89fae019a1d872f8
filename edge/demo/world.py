"""The demonstration's outside world as a process of its own: cars, gate, cameras. Shell: process, pipes, clock.

    python -m edge.demo.world --dir DIR --lanes east-in,east-out

JSON lines on standard input are commands, JSON lines on standard output are events; the first one is the ready
line. It ends when standard input closes. ``docs/demo.md`` lists all commands and events.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge.demo.world_door import Entrance
from edge.demo.world_street import CAMERA_FAULTS, Street
from vision.sim.car import Look
from vision.sim.glyphs import table

_STEP_S = 0.02
_LINES_MAX = 256
_EVENTS_MAX = 4096
SEED_BYTES = 32  # of an Ed25519 private key
_BODIES = ((150, 60, 40), (224, 224, 226), (64, 62, 60), (46, 40, 160), (96, 110, 66), (190, 186, 180))
_BADGES = ("rings", "disc", "chevron")


class Mouth:
    """Writes events without ever blocking the street: a reader that does not read loses events, counted."""

    def __init__(self) -> None:
        self.dropped = 0
        self._lines: queue.Queue[str | None] = queue.Queue(_EVENTS_MAX)
        self._thread = threading.Thread(target=self._write, name="events", daemon=True)
        self._thread.start()

    def emit(self, event: str, **fields: Any) -> None:
        """Say an event with the time of now."""
        self.say({"event": event, **fields, "at_mono_s": round(time.monotonic(), 4)})

    def say(self, line: dict[str, Any]) -> None:
        """Say a line as it is."""
        if self.dropped:
            line = {**line, "dropped": self.dropped}
        try:
            self._lines.put_nowait(json.dumps(line, ensure_ascii=False))
        except queue.Full:
            self.dropped += 1

    def close(self) -> None:
        """Write what waits, at most two seconds long."""
        try:
            self._lines.put(None, timeout=1)
        except queue.Full:
            return
        self._thread.join(1)

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            try:
                sys.stdout.write(line + "\n")
                sys.stdout.flush()
            except BrokenPipeError:
                return


class BadCommand(ValueError):
    """A command that cannot be carried out; its text goes into the ``error`` event."""


def _look(command: dict[str, Any]) -> Look:
    plate = str(command["plate"])
    if unknown := [c for c in plate if c not in table()]:
        raise BadCommand(f"车牌含有无笔画的字 {unknown} / no outlines for {unknown} of the plate")
    seed = sum(map(ord, plate))  # the same car looks the same each time it comes
    look = {"kind": "van" if int(command.get("rows", 1)) == 2 else ("sedan", "suv")[seed % 2]}
    return Look(
        plate=plate,
        color=command.get("color", "green" if len(plate) == 8 else "blue"),
        rows=int(command.get("rows", 1)),
        kind=command.get("kind", look["kind"]),
        badge=command.get("badge", _BADGES[seed % len(_BADGES)]),
        body=_BODIES[seed % len(_BODIES)],
    )


def _lane(street: Street, name: str) -> str:
    if name not in street.lanes:
        raise BadCommand(f"没有车道 {name}，有 {list(street.lanes)} / no lane of that name, known: see left")
    return name


def _car(street: Street, command: dict[str, Any]) -> None:
    lane = _lane(street, command["lane"])
    if not street.add_car(lane, _look(command), float(command.get("patience_s", 20))):
        raise BadCommand(f"车道 {lane} 排队已满 / too many cars wait already")


def _camera(street: Street, command: dict[str, Any]) -> None:
    lane = street.lanes[_lane(street, command["name"])]
    fault = command.get("fault", lane.fault)
    if fault not in CAMERA_FAULTS:
        raise BadCommand(f"fault: 可用 {CAMERA_FAULTS} / known: see left")
    lane.fault = fault
    if "up" in command:
        (lane.camera.up if command["up"] else lane.camera.down)()


def _night(street: Street, command: dict[str, Any]) -> None:
    for lane in street.lanes.values():
        lane.night = bool(command["on"])


def _entrance(street: Street) -> Entrance:
    if street.entrance is None:
        raise BadCommand("没有门 / there is no door")
    return street.entrance


def _keys(street: Street, command: dict[str, Any]) -> None:
    keys = str(command["keys"])
    if not keys.isascii():
        raise BadCommand("只有数字、* 和 # / digits, * and # only")
    _entrance(street).type(keys, time.monotonic())


def _phone(street: Street, command: dict[str, Any]) -> None:
    seed = bytes.fromhex(command["seed"])
    if len(seed) != SEED_BYTES:
        raise BadCommand("seed 须为 64 位十六进制 / a seed has 64 hexadecimal digits")
    if not _entrance(street).press(seed, time.monotonic()):
        raise BadCommand("没有手机，或上一部还在 / no phones here, or the last one is not done yet")


_DOINGS: dict[str, Callable[[Street, dict[str, Any]], None]] = {
    "car": _car,
    "leave": lambda street, command: street.send_away(_lane(street, command["lane"])),
    "camera": _camera,
    "serial": lambda street, command: street.set_serial(bool(command["up"])),
    "fire": lambda street, command: street.set_fire(bool(command["active"])),
    "night": _night,
    "keys": _keys,
    "phone": _phone,
}


def obey(street: Street, line: str, emit: Callable[..., None]) -> bool:
    """Carry out one command line, answered by ``done`` or ``error``; False for ``quit``."""
    try:
        command = json.loads(line)
        do = command["do"]
        if do == "quit":
            return False
        if do not in _DOINGS:
            raise BadCommand(f"未知命令 {do}，可用 {[*_DOINGS, 'quit']} / unknown command, known: see left")
        _DOINGS[do](street, command)
        emit("done", do=do)
    except BadCommand as error:
        emit("error", line=line.strip()[:200], reason=str(error))
    except OSError as error:
        reason = f"端口或串口不可用 / port or serial line cannot be had: {error}"
        emit("error", line=line.strip()[:200], reason=reason)
    except (ValueError, KeyError, TypeError) as error:
        reason = f"命令不完整或格式不对 / incomplete or malformed: {type(error).__name__} {error}"
        emit("error", line=line.strip()[:200], reason=reason)
    return True


def _listen(lines: queue.Queue[str | None]) -> None:
    # Not through sys.stdin: a thread that holds its lock makes the interpreter abort at exit.
    rest = b""
    while data := os.read(sys.stdin.fileno(), 65536):
        *whole, rest = (rest + data).split(b"\n")
        for line in whole:
            if line.strip():
                lines.put(line.decode(errors="replace"))
        rest = rest[-65536:]
    lines.put(None)


def run(street: Street, mouth: Mouth) -> None:
    """The loop: commands in, the street goes on; until quit, end of input or SIGTERM."""
    lines: queue.Queue[str | None] = queue.Queue(_LINES_MAX)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    threading.Thread(target=_listen, args=(lines,), name="commands", daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=_STEP_S)
        except queue.Empty:
            street.step()
            continue
        if line is None or not obey(street, line, mouth.emit):
            return
        street.step()


def main(arguments: list[str] | None = None) -> int:
    """Entry point of ``python -m edge.demo.world``."""
    parser = argparse.ArgumentParser(prog="python -m edge.demo.world", description=__doc__.splitlines()[0])
    parser.add_argument("--dir", type=Path, required=True, help="folder for the serial port's link")
    parser.add_argument("--lanes", default="east-in,east-out", help="names, separated by commas")
    parser.add_argument("--size", default="960x540", help="picture size")
    parser.add_argument("--fps", type=float, default=10.0)
    options = parser.parse_args(arguments)
    width, height = (int(side) for side in options.size.split("x"))
    options.dir.mkdir(parents=True, exist_ok=True)
    mouth = Mouth()
    lanes = [name for name in options.lanes.split(",") if name]
    street = Street(options.dir.resolve(), lanes, mouth.emit, size=(width, height), fps=options.fps)
    mouth.say(street.start())
    try:
        run(street, mouth)
    except KeyboardInterrupt:
        mouth.emit("interrupted")
    finally:
        street.stop()
        mouth.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
