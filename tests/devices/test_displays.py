"""Displays on a pty: what is shown and spoken, what is too late, and what a lost port does."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from config.model import Site
from devices.catalog import build
from devices.errors import Unsuitable
from devices.messages import CommandDone, CommandFailed, FailReason, Priority, Show
from devices.sim.gate import SimGate
from tests.devices.rig import Heard, eventually, running


def plan(tmp_path: Path, **displays: Any) -> Site:
    common = {"port": tmp_path / "ttySCREEN", "lane": "east", "voice": True}
    return Site.model_validate({"displays": {name: common | more for name, more in displays.items()}})


def show(command_id: str, *lines: str, voice: str = "", display: str = "east", **more: Any) -> Show:
    until = time.monotonic() + more.pop("life_s", 20.0)
    return Show(id=command_id, display=display, lines=lines, voice=voice, expires_mono_s=until, **more)


def ready(devices: Any, heard: Heard, display: str = "east") -> None:
    """Try until the port is open."""
    tries = iter(range(10_000))

    def shown() -> bool:
        number = f"ready-{display}-{next(tries)}"
        devices.submit(show(number, "-", display=display))
        return isinstance(heard.verdict(number), CommandDone)

    eventually(shown, "the display's port is open")


def reason(verdict: CommandDone | CommandFailed) -> FailReason | None:
    return verdict.reason if isinstance(verdict, CommandFailed) else None


@pytest.mark.parametrize("answers", [False, True])
@pytest.mark.parametrize("family", ["da", "a5"])
def test_a_text_is_shown_and_spoken(tmp_path: Path, family: str, answers: bool) -> None:
    parameters = {"gap_ms": 1, "voice_cmd": 0x31, "reply_ms": 5000 if answers else 0}

    def prepare(gate: SimGate) -> None:
        gate.display("east").answers = answers

    site = plan(tmp_path, east={"family": family, "address": 3, "parameters": parameters})
    with running(site, prepare) as (devices, gate, heard):
        ready(devices, heard)
        devices.submit(show("1", "京A12345", "欢迎回家", voice="欢迎回家"))
        assert isinstance(heard.verdict("1"), CommandDone)
        screen = gate.display("east")
        eventually(lambda: screen.spoken == ["欢迎回家"], "it spoke")
        assert screen.text.split() == ["京A12345", "欢迎回家"]
        assert devices.counters()["display east"]["shown"] >= 2


def test_two_displays_share_a_line(tmp_path: Path) -> None:
    quick = {"gap_ms": 1}
    site = plan(
        tmp_path,
        east={"family": "da", "address": 1, "parameters": quick},
        west={"family": "da", "address": 2, "voice": False, "parameters": quick},
    )
    with running(site) as (devices, gate, heard):
        ready(devices, heard)
        devices.submit(show("e", "东", voice="东"))
        devices.submit(show("w", "西", voice="西", display="west"))
        assert isinstance(heard.verdict("e"), CommandDone)
        assert isinstance(heard.verdict("w"), CommandDone)
        eventually(lambda: (gate.display("east").text, gate.display("west").text) == ("东", "西"), "each its own")
        assert gate.display("west").spoken == [], "it has no voice"


def test_a_display_that_should_answer_and_does_not_is_said(tmp_path: Path) -> None:
    with running(plan(tmp_path, east={"family": "da", "parameters": {"reply_ms": 30}})) as (devices, gate, heard):
        gate.display("east").mute = True
        eventually(lambda: _gives(devices, heard, FailReason.NO_REPLY), "silence is noticed")
        gate.link(f"display {tmp_path / 'ttySCREEN'}").faults.echo = True
        assert _gives(devices, heard, FailReason.NO_REPLY), "our own echo is no answer"


def _gives(devices: Any, heard: Heard, wanted: FailReason) -> bool:
    number = str(time.monotonic_ns())
    devices.submit(show(number, "x"))
    return reason(heard.verdict(number)) is wanted


def test_nothing_is_shown_late(tmp_path: Path) -> None:
    with running(plan(tmp_path, east={"family": "da"})) as (devices, gate, heard):
        ready(devices, heard)
        devices.submit(show("1", "迟到", life_s=-1.0))
        assert reason(heard.verdict("1")) is FailReason.EXPIRED
        assert "迟到" not in gate.display("east").text


def test_a_newer_text_takes_the_place_of_one_that_waits(tmp_path: Path) -> None:
    with running(plan(tmp_path, east={"family": "da", "parameters": {"gap_ms": 200}})) as (devices, _, heard):
        ready(devices, heard)
        for number in range(20):
            devices.submit(show(str(number), str(number)))
        devices.submit(show("fire", "火警", priority=Priority.FIRE))
        devices.submit(show("late", "欢迎"))
        verdicts = [heard.verdict(str(number)) for number in range(20)]
        assert isinstance(heard.verdict("fire"), CommandDone)
        assert {reason(v) for v in verdicts} <= {None, FailReason.QUEUE_FULL}
        assert devices.counters()["display east"]["superseded"] >= 1
        heard.verdict("late")


def test_a_lost_port_fails_what_waits_and_comes_back(tmp_path: Path) -> None:
    site = plan(tmp_path, east={"family": "da", "parameters": {"gap_ms": 1}})
    link = f"display {tmp_path / 'ttySCREEN'}"
    with running(site) as (devices, gate, heard):
        ready(devices, heard)
        gate.unplug(link)
        eventually(lambda: _gives(devices, heard, FailReason.LINK_DOWN), "the loss is noticed")
        gate.replug(link)
        ready(devices, heard)


def test_what_a_display_cannot_express_is_counted(tmp_path: Path) -> None:
    with running(plan(tmp_path, east={"family": "a5", "parameters": {"gap_ms": 1}})) as (devices, _, heard):
        ready(devices, heard)
        devices.submit(show("1", "🚗" + "长" * 90))
        heard.verdict("1")
        counters = devices.counters()["display east"]
        assert (counters["characters_replaced"], counters["characters_cut"]) == (1, 11)


def test_unknown_displays_and_parameters_are_said(tmp_path: Path) -> None:
    heard = Heard()
    build(Site(), heard).submit(show("1", "x"))
    assert reason(heard.verdict("1")) is FailReason.UNKNOWN_LANE
    with pytest.raises(Unsuitable, match=r"displays\.east\.parameters: .*da has no speed"):
        build(plan(tmp_path, east={"family": "da", "parameters": {"speed": 3}}), heard)
