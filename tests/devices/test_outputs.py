"""Relays pulsed by name: locks and sirens on boards of any kind, with and without lanes, through the whole bus."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from config.boards import BoardModel, TimedPulse, model_problem
from config.check import check
from config.model import Site
from devices.catalog import build, problems
from devices.errors import Unsuitable
from devices.messages import CommandDone, CommandFailed, FailReason, InputsRead, LinkBack, Priority, PulseOutput
from tests.devices.rig import Heard, eventually, running

OWN = {
    "relays": 3,
    "relays_base": 0x10,
    "inputs": 2,
    "inputs_base": 0x20,
    "pulse": {"function": 16, "base": 0x30, "step": 4, "command": 7},
}


def plan(tmp_path: Path, model: str = "waveshare-8", **more: Any) -> Site:
    """A board with a lock and a siren, and no lane."""
    return Site.model_validate(
        {
            "buses": {"main": {"port": tmp_path / "tty", "reply_timeout_ms": 2000, **more.pop("bus", {})}},
            "boards": {"box": {"bus": "main", "model": model, "unit": 255, "poll_ms": 30}},
            "doors": {"lobby": {"lock": {"board": "box", "relay": 2}}},
            "sirens": {"yard": {"output": {"board": "box", "relay": 3}}},
            **more,
        }
    )


def pulse(command_id: str, relay: int = 2, pulse_s: float = 3.0, life_s: float = 20.0, **more: Any) -> PulseOutput:
    until = time.monotonic() + life_s
    return PulseOutput(id=command_id, relay=relay, pulse_s=pulse_s, expires_mono_s=until, **{"board": "box", **more})


@pytest.mark.parametrize("parity", ["N", "E"])
@pytest.mark.parametrize("model", ["waveshare-8", "flash-4", "eletechsup-8", "own"])
def test_a_lock_is_pulsed_and_lets_go_by_itself(tmp_path: Path, model: str, parity: str) -> None:
    site = plan(tmp_path, model, board_models={"own": OWN}, bus={"parity": parity})
    with running(site) as (devices, gate, heard):
        heard.wait_for(LinkBack)
        devices.submit(pulse("1"))
        assert isinstance(heard.verdict("1"), CommandDone)
        board = gate.board("box")
        assert [relay for relay, ons in enumerate(board.ons, 1) if ons] == [2]
        eventually(lambda: not board.relay_on(2, time.monotonic()), "the board lets go")


def test_a_described_board_reads_its_inputs_in_their_places(tmp_path: Path) -> None:
    with running(plan(tmp_path, "own", board_models={"own": OWN})) as (_, gate, heard):
        heard.wait_for(LinkBack)
        gate.board("box").set_input(2, True)
        heard.wait_for(InputsRead, lambda r: r.levels == (False, True))


def test_a_board_without_inputs_is_known_to_be_there_all_the_same(tmp_path: Path) -> None:
    with running(plan(tmp_path, "eletechsup-8")) as (_, gate, heard):
        assert heard.wait_for(LinkBack).levels == ()
        gate.mute("box")
        eventually(lambda: devices_lost(heard), "its silence is noticed")


def devices_lost(heard: Heard) -> bool:
    return any(type(report).__name__ == "LinkLost" for report in heard.reports)


def test_contacts_that_no_lane_moves_rest_as_they_are_wired(tmp_path: Path) -> None:
    contact = {"board": "box", "channel": 1, "normally": "closed"}
    door = {"lock": {"board": "box", "relay": 2}, "contact": contact}
    with running(plan(tmp_path, doors={"lobby": door})) as (devices, gate, heard):
        wired = gate._site.doors["lobby"]
        assert heard.wait_for(LinkBack).levels[0] is True, "at rest"
        assert wired.contact is not None
        gate.set_contact(wired.contact, True)
        heard.wait_for(InputsRead, lambda r: r.levels[0] is False)
        devices.submit(pulse("1", pulse_s=10.0))
        assert isinstance(heard.verdict("1"), CommandDone)
        assert gate.output_on(wired.lock)


@pytest.mark.parametrize("wrong", [{"board": "nowhere"}, {"relay": 9}, {"relay": 0}])
def test_an_output_that_is_not_there_is_a_verdict(tmp_path: Path, wrong: dict[str, Any]) -> None:
    heard = Heard()
    build(plan(tmp_path), heard).submit(pulse("1", **wrong))
    failed = heard.verdict("1")
    assert isinstance(failed, CommandFailed)
    assert failed.reason is FailReason.UNKNOWN_LANE


def test_a_board_that_times_nothing_refuses_even_a_command_that_names_it(tmp_path: Path) -> None:
    site = plan(tmp_path, "inputs", doors={}, sirens={}, board_models={"inputs": OWN | {"pulse": None}})
    with running(site) as (devices, gate, heard):
        heard.wait_for(LinkBack)
        devices.submit(pulse("1"))
        assert isinstance(heard.verdict("1"), CommandFailed)
        assert sum(gate.board("box").ons) == 0


@pytest.mark.parametrize("life_s", [-1.0, 0.0])
def test_nothing_is_sent_late(tmp_path: Path, life_s: float) -> None:
    with running(plan(tmp_path)) as (devices, gate, heard):
        heard.wait_for(LinkBack)
        devices.submit(pulse("1", life_s=life_s, priority=Priority.FIRE))
        assert heard.verdict("1").reason is FailReason.EXPIRED  # type: ignore[union-attr]
        assert sum(gate.board("box").ons) == 0


@pytest.mark.parametrize(
    ("model", "use"),
    [("lctech-8", "doors"), ("lcus-4", "doors"), ("turnstile-eb", "doors"), ("turnstile-eb", "sirens")],
)
def test_a_board_that_is_not_fit_for_it_carries_no_lock_and_no_siren(tmp_path: Path, model: str, use: str) -> None:
    site = plan(tmp_path, model, **{"doors": {}, "sirens": {}} | {use: plan(tmp_path).model_dump()[use]})
    with pytest.raises(Unsuitable, match=rf"{use}\..*请换.*; use waveshare-8, "):
        build(site, Heard())
    refused = [p for p in check(site) if p.severity == "error" and p.key.startswith(use)]
    assert refused
    assert refused[0].remedy_zh
    assert "waveshare-8" in refused[0].allowed


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"relays": 0, "inputs": 0, "pulse": None}, "neither relays nor inputs"),
        ({"relays": 0}, "no relays to pulse"),
        ({"inputs_read_count": 1}, "less than inputs"),
        ({"pulse": {"base": 0x10}}, "switches the relay on for good"),
        ({"pulse": {"base": 0x12}}, "switches the relay on for good"),
        ({"pulse": {"base": 0x200, "command": 0xFF00}}, "switches the relay on for good"),
        ({"pulse": {"base": 0x200, "command": 0x5500}}, "switches the relay on for good"),
        ({"pulse": {"function": 6, "base": 1, "command": 0x0600, "units_max": 256}}, "becomes another command"),
        ({"pulse": {"function": 16, "base": 0xFFF0, "step": 256}}, "above 0xFFFF"),
        ({"answers": False}, "always answers"),
        ({"switches": True, "relays_function": 3}, "read with 01"),
        ({"frames": "lcus", "switches": True}, "neither inputs nor a pulse"),
        ({"frames": "lcus", "inputs": 0, "pulse": None}, "needs switches = true"),
        ({"frames": "turnstile", "inputs": 0, "pulse": None}, "relays = 2 (left, right)"),
    ],
)
def test_a_map_that_would_be_dangerous_is_refused_by_both_rooms(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    site = plan(tmp_path, doors={}, sirens={}, board_models={"own": OWN | change})
    assert [text for text in problems(site) if text.startswith("board_models.own: ") and said in text]
    assert [p for p in check(site) if p.key == "board_models.own" and said in p.message_en and p.message_zh]


def test_our_own_maps_are_sound_and_cannot_be_redefined(tmp_path: Path) -> None:
    assert model_problem(BoardModel(relays=1, pulse=TimedPulse(base=0x200))) is None
    site = plan(tmp_path, board_models={"lctech-8": OWN})
    assert [p.key for p in check(site) if p.severity == "error"] == ["board_models.lctech-8"]
