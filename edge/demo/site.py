"""The demonstration's site file, and how its boards are wired. Core: text in, text out.

One ``waveshare-8`` board per lane, unit 1 for the first lane, all on the bus ``rs485``. On every board:
relay 1 opens; input 1 upper limit, 2 lower limit, 3 safety loop (normally closed), 4 approach loop.
Input 8 of the first board is the fire contact (normally closed, so that a cut wire alarms). Where the world has a
keypad, the first board carries a person door too: relay 2 its lock, input 5 its contact, input 6 its exit button.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

BUS = "rs485"
OPEN_RELAY = 1
UP, DOWN, SAFETY, APPROACH, FIRE = 1, 2, 3, 4, 8
DOOR, KEYPAD = "lobby", "keypad"
LOCK_RELAY, CONTACT, EXIT_BUTTON = 2, 5, 6
_DIRECTIONS = {"in": ("in", "入口"), "out": ("out", "出口")}
_GATES = {"east": "东门", "south": "南门", "west": "西门", "north": "北门"}


def board_name(index: int) -> str:
    """The board of the lane with that index (from 0)."""
    return f"board-{index + 1}"


def wiring(lanes: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Per lane what hangs where, as the world's ready line prints it."""
    inputs = {"up_limit": UP, "down_limit": DOWN, "safety": SAFETY, "approach": APPROACH}
    return {
        lane: {"board": board_name(i), "unit": i + 1, "open_relay": OPEN_RELAY, "inputs": inputs}
        for i, lane in enumerate(lanes)
    }


def site_toml(ready: Mapping[str, Any], data_dir: Path) -> str:
    """The site file for a world that printed this ready line.

    ``lanes``, ``cameras``, ``serial`` and ``phone`` (the radio's adapter, empty without one) are used.
    """
    lanes: list[str] = list(ready["lanes"])
    parts = [
        "version = 1",
        _table("site", id="demo", name="演示小区", data_dir=str(data_dir)),
        _table("web", host="127.0.0.1", port=0),
        _table(f"buses.{BUS}", port=ready["serial"][BUS], baud=9600),
    ]
    for index, lane in enumerate(lanes):
        parts += _lane_tables(index, lane, ready["cameras"].get(lane))
    if lanes:
        parts.append(_table("fire.input", board=board_name(0), channel=FIRE, normally="closed"))
    if lanes and KEYPAD in ready["serial"]:
        parts += _door_tables(ready["serial"][KEYPAD], ready.get("phone", ""))
    return "\n".join(parts)


def _lane_tables(index: int, lane: str, camera: str | None) -> list[str]:
    board = board_name(index)
    gate, _, way = lane.rpartition("-")
    direction, word = _DIRECTIONS.get(way, ("both", "车道"))
    place = f"{_GATES.get(gate, gate)}{word}"
    tables = [
        _table(f"boards.{board}", bus=BUS, model="waveshare-8", unit=index + 1),
        _table(f"lanes.{lane}", place=place, direction=direction),
        _table(f"lanes.{lane}.barrier", board=board, open_relay=OPEN_RELAY, pulse_s=0.5),
        _table(f"lanes.{lane}.inputs.up_limit", board=board, channel=UP),
        _table(f"lanes.{lane}.inputs.down_limit", board=board, channel=DOWN),
        _table(f"lanes.{lane}.inputs.safety", board=board, channel=SAFETY, normally="closed"),
        _table(f"lanes.{lane}.inputs.approach", board=board, channel=APPROACH),
    ]
    if camera is not None:
        timeouts = {"open_timeout_s": 2.0, "read_timeout_s": 2.0, "lost_after_s": 2.0}
        tables.append(_table(f"cameras.{lane}", source=camera, place=place, lane=lane, **timeouts))
    return tables


def _door_tables(keypad: str, adapter: str) -> list[str]:
    board, place = board_name(0), "1号楼大堂"
    tables = [
        _table(f"doors.{DOOR}", place=place, unlock_s=3.0),
        _table(f"doors.{DOOR}.lock", board=board, relay=LOCK_RELAY),
        _table(f"doors.{DOOR}.contact", board=board, channel=CONTACT),
        _table(f"doors.{DOOR}.exit_button", board=board, channel=EXIT_BUTTON),
        _table(f"readers.{DOOR}-keys", kind="keypad", place=place, door=DOOR, port=keypad, direction="in"),
    ]
    if adapter:
        tables.append(
            _table(f"readers.{DOOR}-phone", kind="ble", place=place, door=DOOR, adapter=adapter, direction="in")
        )
    return tables


def _table(name: str, /, **values: str | float) -> str:
    # A JSON string is a TOML basic string.
    lines = (f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items())
    return "\n".join((f"[{name}]", *lines, ""))
