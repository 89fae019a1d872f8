"""A line that is pulled, muted and disturbed at random while commands come: the books must balance all the same."""

from __future__ import annotations

import logging
import random
import time
from pathlib import Path
from typing import Any

import pytest

from config.model import Bus
from devices.catalog import build
from devices.messages import CommandDone, CommandFailed, FailReason, InputsRead, LinkBack, LinkLost, Priority
from devices.relay_board import ATTEMPTS_MAX
from devices.sim.gate import SimGate
from devices.wire import SerialWire
from tests.devices.rig import Heard, open_lane, running, site

NOTHING_SENT = {FailReason.EXPIRED, FailReason.LINK_DOWN, FailReason.QUEUE_FULL}


def disturb(gate: SimGate, chance: random.Random) -> None:
    faults = gate.faults("main")
    match chance.randrange(8):
        case 0:
            gate.unplug("main")
        case 1 | 2:
            gate.replug("main")
        case 3:
            gate.mute("gates", dead=chance.random() < 0.4)
        case 4:
            faults.loss, faults.garbage = chance.random() * 0.3, chance.random() * 0.3
        case 5:
            faults.delay_s = chance.choice((0.0, 0.0, 0.03))
        case 6:
            faults.split_s = chance.choice((None, 0.001))
        case 7:
            faults.echo = chance.random() < 0.5


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_command_has_one_verdict_and_every_loss_its_return(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    with running(site(tmp_path, pulse_s=0.4, bus={"reply_timeout_ms": 50})) as (devices, gate, heard):
        for number in range(150):
            disturb(gate, chance)
            priority = chance.choice((Priority.OPEN, Priority.OPEN, Priority.FIRE))
            devices.submit(open_lane(str(number), life_s=chance.choice((0.0, 0.05, 1.0)), priority=priority))
            time.sleep(chance.random() * 0.05)
        for number in range(150):
            heard.verdict(str(number))
        times_opened = gate.board("gates").ons[0]
    verdicts = [r for r in heard.reports if isinstance(r, CommandDone | CommandFailed)]
    assert sorted(int(r.id) for r in verdicts) == list(range(150))
    sent = [r for r in verdicts if isinstance(r, CommandDone) or r.reason not in NOTHING_SENT]
    done = [r for r in verdicts if isinstance(r, CommandDone)]
    assert times_opened <= ATTEMPTS_MAX * len(sent), "what says nothing was sent, sent nothing"
    assert not done or times_opened > 0
    links = [r for r in heard.reports if isinstance(r, LinkBack | LinkLost)]
    assert [type(r) for r in links] == [
        LinkBack if n % 2 == (type(links[0]) is LinkLost) else LinkLost for n in range(len(links))
    ]


def test_inputs_are_told_only_while_the_link_stands(tmp_path: Path) -> None:
    with running(site(tmp_path)) as (_, gate, heard):
        for _ in range(3):
            since = len(heard.reports)
            heard.wait_for(InputsRead, since=since)
            gate.unplug("main")
            heard.wait_for(LinkLost, since=since)
            gate.replug("main")
            heard.wait_for(LinkBack, since=since)
    up = False
    for report in heard.reports:
        if isinstance(report, LinkBack | LinkLost):
            up = isinstance(report, LinkBack)
        assert up or not isinstance(report, InputsRead)


class FaultyWire(SerialWire):
    """A wire with a bug: its first answer to a write raises what nobody expects."""

    broken = True

    def read(self, until_mono_s: float) -> bytes:
        data = super().read(until_mono_s)
        if data[1:2] == b"\x05" and FaultyWire.broken:
            FaultyWire.broken = False
            raise ZeroDivisionError("a bug")
        return data


def test_a_bug_is_said_and_the_bus_begins_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    plan, heard = site(tmp_path), Heard()
    gate, devices = SimGate(plan), build(plan, heard, FaultyWire.open)
    gate.start()
    devices.start()
    try:
        heard.wait_for(LinkBack)
        with caplog.at_level(logging.CRITICAL, logger="devices.bus"):
            devices.submit(open_lane("1"))
            failed = heard.verdict("1")
            lost = heard.wait_for(LinkLost)
        assert isinstance(failed, CommandFailed)
        assert failed.reason is FailReason.NO_REPLY, "its bytes were sent"
        assert "internal error" in lost.cause
        heard.wait_for(LinkBack, since=heard.reports.index(lost))
        devices.submit(open_lane("2"))
        assert isinstance(heard.verdict("2"), CommandDone)
    finally:
        devices.stop()
        gate.stop()


def test_a_port_whose_opening_fails_oddly_is_tried_again(tmp_path: Path) -> None:
    tries: list[int] = []

    def odd(bus: Bus) -> Any:
        tries.append(1)
        if len(tries) == 1:
            raise ArithmeticError("a driver's own error")
        return SerialWire.open(bus)

    plan, heard = site(tmp_path), Heard()
    gate, devices = SimGate(plan), build(plan, heard, odd)
    gate.start()
    devices.start()
    heard.wait_for(LinkBack)
    devices.stop()
    gate.stop()
    assert len(heard.of(LinkLost)) == 1
