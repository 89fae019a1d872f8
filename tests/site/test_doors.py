"""Doors, smoke and a siren on a real gateway process with simulated boards: over HTTP, through fire and power cuts."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.model import InputRef, RelayRef
from tests.site.gateway import Gateway, eventually, running

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
[lanes]
[doors.lobby]
place = "大堂"
lock = { board = "box", relay = 1 }
unlock_s = 1.0
contact = { board = "box", channel = 1 }
exit_button = { board = "box", channel = 2 }
[inputs.shed]
kind = "smoke"
place = "电动车棚"
input = { board = "box", channel = 3, normally = "closed" }
sirens = ["yard"]
[sirens.yard]
place = "电动车棚"
output = { board = "box", relay = 2 }
on_s = 0.6
off_s = 0.6
max_s = 600
[fire]
input = { board = "box", channel = 8, normally = "closed" }
"""
LOCK, SIREN = RelayRef(board="box", relay=1), RelayRef(board="box", relay=2)
CONTACT, BUTTON = InputRef(board="box", channel=1), InputRef(board="box", channel=2)
SMOKE = InputRef(board="box", channel=3, normally="closed")


class Watch:
    """Counts how often a relay went on, looking every few milliseconds."""

    def __init__(self, gateway: Gateway, relay: RelayRef) -> None:
        self.times_on = 0
        self._gateway, self._relay = gateway, relay
        self._leave = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leave.set()
        self._thread.join()

    def _look(self) -> None:
        was = False
        while not self._leave.wait(0.01):
            now = self._gateway.street.output_on(self._relay)
            self.times_on += now and not was
            was = now


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    with running(tmp_path, SITE) as site:
        wait_door(site, "locked")
        yield site


def wait_door(gateway: Gateway, *states: str) -> None:
    eventually(lambda: gateway.state()["doors"][0]["state"] in states, f"the door is {states}")


def is_on(gateway: Gateway, relay: RelayRef) -> bool:
    return gateway.street.output_on(relay)


def unlock(gateway: Gateway) -> tuple[int, dict[str, Any]]:
    return gateway.guard.post("/v1/doors/lobby/unlock", {"reason": "快递"})


def test_a_guard_unlocks_and_the_passage_is_on_record(gateway: Gateway) -> None:
    with Watch(gateway, LOCK) as lock:
        status, verdict = unlock(gateway)
        assert (status, verdict["ok"], verdict["reason"]) == (200, True, "unlocking")
        eventually(lambda: lock.times_on, "the lock's relay closes")
    gateway.street.set_contact(CONTACT, True)
    wait_door(gateway, "open")
    gateway.street.set_contact(CONTACT, False)
    wait_door(gateway, "locked")
    eventually(lambda: {"door.closed", "command.done"} <= set(gateway.kinds()), "the passage is on record")
    by_hand = gateway.events("operator.unlocked")[0]
    assert [e.data()["reference"] for e in gateway.events("door.opened")] == [by_hand.id]
    assert not is_on(gateway, LOCK)
    assert gateway.guard.post("/v1/doors/nowhere/unlock", {"reason": "x"})[0] == 404


def test_the_exit_button_unlocks_and_a_forced_door_alarms(gateway: Gateway) -> None:
    with Watch(gateway, LOCK) as lock:
        gateway.street.set_contact(BUTTON, True)
        eventually(lambda: lock.times_on, "the lock's relay closes")
        gateway.street.set_contact(BUTTON, False)
    wait_door(gateway, "locked")
    gateway.street.set_contact(CONTACT, True)
    wait_door(gateway, "forced")
    assert [a["kind"] for a in gateway.state()["alarms"]] == ["door.forced"]


def test_smoke_sounds_the_siren_until_a_person_resets_it_also_over_a_power_cut(gateway: Gateway) -> None:
    with Watch(gateway, SIREN) as siren:
        gateway.street.set_contact(SMOKE, True)
        eventually(lambda: siren.times_on >= 3, "the siren sounds in beats")
        gateway.kill()
        eventually(lambda: not is_on(gateway, SIREN), "a dead gateway leaves no relay on", 20)
        before = siren.times_on
        gateway.start()
        eventually(lambda: siren.times_on > before, "it sounds on after the restart")
        assert gateway.kinds("smoke.") == ["smoke.active"]
        gateway.street.unplug("main")
        eventually(lambda: not gateway.state()["boards"][0]["up"], "the link is lost")
        before = siren.times_on
        gateway.street.replug("main")
        eventually(lambda: siren.times_on > before, "it sounds on after the link is back")
        assert gateway.guard.post("/v1/sirens/reset", {})[0] == 200
        eventually(lambda: not is_on(gateway, SIREN), "the last beat ends")
        time.sleep(0.7)  # a beat that was already on its way
        before = siren.times_on
        time.sleep(3.0)
        assert siren.times_on == before
    row = gateway.state()["sirens"][0]
    assert (row["state"], row["latched"]) == ("off", False)
    assert "smoke.active" in [a["kind"] for a in gateway.state()["alarms"]]
    assert gateway.guard.post("/v1/sirens/reset", {})[0] == 409


def test_fire_releases_the_door_until_a_person_resets_it_also_over_a_power_cut(gateway: Gateway) -> None:
    with Watch(gateway, LOCK) as lock:
        gateway.street.set_fire(True)
        wait_door(gateway, "fire_released")
        eventually(lambda: lock.times_on, "the lock is released")
        gateway.kill()
        eventually(lambda: not is_on(gateway, LOCK), "a dead gateway leaves no relay on", 20)
        gateway.street.set_fire(False)
        before = lock.times_on
        gateway.start()
        wait_door(gateway, "fire_released")
        eventually(lambda: lock.times_on > before, "released again after the restart")
        assert gateway.guard.post("/v1/fire/reset", {})[0] == 200
        wait_door(gateway, "locked", "unlocked")
        eventually(lambda: not is_on(gateway, LOCK), "the lock falls", 20)
    assert "door.unlock_failed" not in gateway.kinds()
