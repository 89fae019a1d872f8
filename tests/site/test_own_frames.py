"""A turnstile in a person lane and a siren on a USB relay, on a real gateway process: by hand, by fire, by smoke."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.model import InputRef, RelayRef
from devices.sim.turnstile import SimTurnstile
from devices.turnstile import Act
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
[buses.hall]
port = "tty-hall"
[buses.usb]
port = "tty-usb"
[boards.box]
bus = "main"
[boards.turnstile]
bus = "hall"
model = "turnstile-eb"
unit = 7
[boards.relay]
bus = "usb"
model = "lcus-4"
[lanes.hall]
place = "大厅"
kind = "person"
barrier = { board = "turnstile", open_relay = 2 }
hold_refresh_s = 1.0
[inputs.shed]
kind = "smoke"
input = { board = "box", channel = 3, normally = "closed" }
sirens = ["yard"]
[sirens.yard]
output = { board = "relay", relay = 4 }
on_s = 0.6
off_s = 0.6
[fire]
input = { board = "box", channel = 8, normally = "closed" }
"""
SMOKE = InputRef(board="box", channel=3, normally="closed")
SIREN = RelayRef(board="relay", relay=4)


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    with running(tmp_path, SITE) as site:
        eventually(lambda: site.lane("hall")["state"] != "offline", "the lane is online")
        yield site


def turnstile(gateway: Gateway) -> SimTurnstile:
    board = gateway.street.far_end("turnstile")
    assert isinstance(board, SimTurnstile)
    return board


def test_a_guard_lets_somebody_through_and_the_log_says_that_nothing_was_verified(gateway: Gateway) -> None:
    status, verdict = gateway.guard.post("/v1/lanes/hall/open", {"reason": "快递"})
    assert (status, verdict["ok"]) == (200, True)
    eventually(lambda: turnstile(gateway).opened == [Act.OPEN_RIGHT], "it opens to the right, once")
    [done] = eventually(lambda: gateway.events("command.done"), "it is on record")
    assert done.data()["verified"] is False
    assert not gateway.kinds("alarm."), "not knowing is no alarm"


def test_fire_keeps_it_open_and_a_pulled_cable_is_told(gateway: Gateway) -> None:
    gateway.street.set_fire(True)
    eventually(lambda: len(turnstile(gateway).opened) >= 3, "it is opened again and again")
    assert turnstile(gateway).passable(time.monotonic())
    assert not turnstile(gateway).dropped, "nothing that stays as it is was said"
    gateway.street.unplug("hall")
    eventually(lambda: gateway.kinds("link.lost"), "the loss is on record")
    gateway.street.replug("hall")
    before = len(turnstile(gateway).opened)
    eventually(lambda: len(turnstile(gateway).opened) > before, "and after the cable is back")


def test_a_siren_on_a_usb_relay_sounds_in_beats_and_is_silent_after_reset_and_stop(gateway: Gateway) -> None:
    board = gateway.street.far_end("relay")
    gateway.street.set_contact(SMOKE, True)
    eventually(lambda: board.ons[3] >= 2, "it sounds beat by beat")
    eventually(lambda: not gateway.street.output_on(SIREN), "with pauses, each switched off by the gateway")
    assert board.ons[:3] == [0, 0, 0]
    gateway.street.set_contact(SMOKE, False)
    eventually(lambda: gateway.kinds("smoke.clear"), "the smoke is gone")
    eventually(lambda: gateway.guard.post("/v1/sirens/reset", {})[0] == 200, "a person resets it")
    eventually(lambda: not gateway.street.output_on(SIREN), "it is silent")
    gateway.street.set_contact(SMOKE, True)
    eventually(lambda: gateway.street.output_on(SIREN), "it sounds again")
    assert gateway.stop() == 0
    assert not gateway.street.output_on(SIREN), "a gateway that stops lets go"
