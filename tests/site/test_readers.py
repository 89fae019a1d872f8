"""A card at an OSDP reader of a real gateway process: decided, written down, answered with light; cable pulled and put
back; the card's number and the reader's key nowhere in the log."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devices.osdp_link import SETTLE_S
from devices.osdp_signal import CMD_BUZZER, CMD_LED, RED
from devices.sim.reader import SimOsdpLine, SimOsdpReader, SimTyped
from tests.site.gateway import Gateway, eventually, running

pytest.importorskip("osdp_sys", reason="the extra osdp is not installed")

SITE = """
version = 1
[site]
id = "test"
data_dir = "data"
[web]
port = 0
[limits]
login_per_minute = 1000
[buses.main]
port = "tty-main"
[boards.box]
bus = "main"
[doors.lobby]
place = "大堂"
lock = { board = "box", relay = 1 }
[readers.lobby]
kind = "osdp"
place = "大堂门口"
port = "tty-osdp"
address = 3
key_file = "lobby.key"
door = "lobby"
[readers.pin]
kind = "keypad"
port = "tty-keys"
door = "lobby"
"""
KEY = bytes(range(0x51, 0x61))
CARD = bytes.fromhex("04A1B2C3D4E5F6")


@pytest.fixture
def wall(tmp_path: Path) -> Iterator[tuple[Gateway, SimOsdpLine, SimOsdpReader, SimTyped]]:
    """The gateway with an OSDP reader and a keypad at one door, all settled."""
    (tmp_path / "lobby.key").write_text(KEY.hex() + "\n")
    (tmp_path / "lobby.key").chmod(0o600)
    reader, keys = SimOsdpReader(address=3, key=KEY), SimTyped(tmp_path / "tty-keys")
    line = SimOsdpLine(tmp_path / "tty-osdp", [reader])
    line.start()
    keys.start()
    try:
        with running(tmp_path, SITE) as gateway:
            eventually(lambda: all(row["up"] for row in rows(gateway).values()), "both readers are up")
            time.sleep(SETTLE_S + 0.5)
            yield gateway, line, reader, keys
            assert gateway.stop() == 0
    finally:
        keys.stop()
        line.stop()


def rows(gateway: Gateway) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in gateway.state()["readers"]}


def test_a_strangers_card_is_refused_written_down_and_answered_in_red(
    wall: tuple[Gateway, SimOsdpLine, SimOsdpReader, SimTyped],
) -> None:
    gateway, line, reader, keys = wall
    line.card(reader, CARD, 56)
    eventually(lambda: gateway.kinds("access.denied"), "the refusal is in the log")
    eventually(lambda: [c for c in reader.commands if c["command"] == CMD_BUZZER], "the reader beeps")
    assert [c["on_color"] for c in reader.commands if c["command"] == CMD_LED] == [RED]
    keys.say(b"1234567#")
    eventually(lambda: len(gateway.kinds("access.denied")) == 2, "the keypad's refusal is in the log")
    written = gateway.database.read_bytes() + gateway.database.with_name("menwei.db-wal").read_bytes()
    for secret in (CARD.hex().upper().encode(), KEY.hex().encode(), b"1234567"):
        assert secret not in written


def test_a_pulled_reader_is_one_event_one_alarm_and_comes_back(
    wall: tuple[Gateway, SimOsdpLine, SimOsdpReader, SimTyped],
) -> None:
    gateway, line, reader, _keys = wall
    line.unplug()
    eventually(lambda: gateway.kinds("reader.lost"), "the loss is in the log")
    assert rows(gateway)["lobby"]["up"] is False
    assert [alarm["kind"] for alarm in gateway.state()["alarms"] if alarm["source"] == "reader:lobby"] == [
        "reader.lost"
    ]
    line.card(reader, CARD, 56)  # shown to a dead line
    line.replug()
    eventually(lambda: rows(gateway)["lobby"]["up"], "the reader is back")
    time.sleep(SETTLE_S + 0.5)
    assert gateway.kinds("reader.lost") == ["reader.lost"]
    assert not gateway.kinds("access.denied"), "what was shown to a dead line is not decided late"
