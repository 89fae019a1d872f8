"""Relays that only the gateway lets go: sirens on boards without timed pulses, through the whole bus."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from config.check import check
from config.model import Site
from devices.catalog import build
from devices.errors import NoReply, Unsuitable
from devices.messages import CommandDone, CommandFailed, FailReason, InputsRead, LinkBack, LinkLost, PulseOutput
from devices.own_frames import Sent, States
from devices.relay_board import BOARDS
from devices.sim.lcus import SimLcus
from devices.sim.turnstile import SimTurnstile
from devices.switch_off import SwitchOff
from devices.turnstile import Act
from tests.devices.rig import Heard, eventually, open_lane, running

SWITCHING = [name for name, board in BOARDS.items() if board.can_switch]
ANSWERING = [name for name in SWITCHING if BOARDS[name].wiring.answers]


def plan(tmp_path: Path, model: str, relay: int = 1, **more: Any) -> Site:
    """A siren on a relay of the board, and nothing else."""
    return Site.model_validate(
        {
            "buses": {"usb": {"port": tmp_path / "tty", "reply_timeout_ms": 2000}},
            "boards": {"box": {"bus": "usb", "model": model, "poll_ms": 30}},
            "sirens": {"yard": {"output": {"board": "box", "relay": relay}}},
            **more,
        }
    )


def beat(command_id: str, relay: int = 1, pulse_s: float = 0.3, life_s: float = 20.0) -> PulseOutput:
    until = time.monotonic() + life_s
    return PulseOutput(id=command_id, board="box", relay=relay, pulse_s=pulse_s, expires_mono_s=until)


@pytest.mark.parametrize("model", SWITCHING)
def test_each_relay_beats_alone_and_is_let_go(tmp_path: Path, model: str) -> None:
    last = BOARDS[model].relays
    with running(plan(tmp_path, model, last)) as (devices, gate, heard):
        heard.wait_for(LinkBack)
        board, now = gate.far_end("box"), time.monotonic
        devices.submit(beat("1", last))
        done = heard.verdict("1")
        assert isinstance(done, CommandDone)
        assert done.verified is BOARDS[model].wiring.answers
        # a mute board's command is done once its bytes are out; the board hears them a moment later
        eventually(lambda: [n for n, ons in enumerate(board.ons, 1) if ons] == [last], "it beats, and no other does")
        eventually(lambda: not board.relay_on(last, now()), "it is switched off")
        devices.submit(beat("2", last, life_s=0.0))
        assert heard.verdict("2").reason is FailReason.EXPIRED  # type: ignore[union-attr]
        assert sum(board.ons) == 1


def test_beats_that_overlap_are_one_tone(tmp_path: Path) -> None:
    with running(plan(tmp_path, "lcus-2")) as (devices, gate, heard):
        heard.wait_for(LinkBack)
        board = gate.far_end("box")
        devices.submit(beat("1", pulse_s=0.2))
        devices.submit(beat("2", pulse_s=10.0))
        assert isinstance(heard.verdict("2"), CommandDone)
        time.sleep(0.5)
        assert board.relay_on(1, time.monotonic()), "the end of the first beat does not cut the second"
    assert not board.relay_on(1, time.monotonic()), "a gateway that stops lets it go"


@pytest.mark.parametrize("model", SWITCHING)
def test_what_a_dead_gateway_left_on_is_let_go_at_the_next_start(tmp_path: Path, model: str) -> None:
    with running(plan(tmp_path, model), lambda gate: leave_on(gate.far_end("box"))) as (_, gate, heard):
        board = gate.far_end("box")
        assert sum(board.ons) == 1
        heard.wait_for(LinkBack)
        eventually(lambda: not board.relay_on(1, time.monotonic()), "it is off")
        assert isinstance(board, SimLcus) is model.startswith("lcus")


def leave_on(board: Any) -> None:
    if isinstance(board, SimLcus):
        board.on[0], board.ons[0] = True, 1
    else:
        board._latch(0, True)


@pytest.mark.parametrize("model", ["lcus-2", "lcus-4", "lcus-8"])
def test_silence_is_told_once_and_so_is_its_end(tmp_path: Path, model: str) -> None:
    with running(plan(tmp_path, model)) as (devices, gate, heard):
        assert heard.wait_for(LinkBack).levels == ()
        gate.mute("box")
        heard.wait_for(LinkLost)
        devices.submit(beat("1"))
        assert heard.verdict("1").reason is FailReason.LINK_DOWN  # type: ignore[union-attr]
        since = len(heard.reports)
        gate.mute("box", dead=False)
        heard.wait_for(LinkBack, since=since)
        assert len(heard.of(LinkLost)) == 1
        heard.wait_for(InputsRead, since=since)


@pytest.mark.parametrize("model", ["lcus-1", "lcus-4", "turnstile-eb"])
def test_a_port_that_is_pulled_is_lost_though_nothing_answers_behind_it(tmp_path: Path, model: str) -> None:
    with running(lane_plan(tmp_path) if model == "turnstile-eb" else plan(tmp_path, model)) as (_, gate, heard):
        heard.wait_for(LinkBack)
        gate.unplug("usb")
        heard.wait_for(LinkLost)
        since = len(heard.reports)
        gate.replug("usb")
        heard.wait_for(LinkBack, since=since)


@pytest.mark.parametrize("model", ANSWERING)
def test_a_welded_relay_is_told_as_a_lost_board(tmp_path: Path, model: str) -> None:
    with running(plan(tmp_path, model)) as (devices, gate, heard):
        heard.wait_for(LinkBack)
        devices.submit(beat("1"))
        assert isinstance(heard.verdict("1"), CommandDone)
        board: Any = gate.far_end("box")
        (board.stuck_on if isinstance(board, SimLcus) else board.relay_stuck_on).add(1)
        lost = heard.wait_for(LinkLost)
        assert "断不开" in lost.cause
        assert "does not let go" in lost.cause


def test_a_relay_that_never_closes_is_not_verified(tmp_path: Path) -> None:
    with running(plan(tmp_path, "lctech-8")) as (devices, gate, heard):
        heard.wait_for(LinkBack)
        gate.board("box").relay_stuck_off.add(1)
        devices.submit(beat("1"))
        failed = heard.verdict("1")
        assert isinstance(failed, CommandFailed)
        assert failed.reason is FailReason.NOT_VERIFIED


def test_switching_off_is_repeated_ever_more_slowly_until_it_is_seen() -> None:
    off = SwitchOff(board="box", map=BOARDS["lcus-2"], unit=1, relay=2, due_mono_s=0.0)
    waits, now = [], 0.0
    for _ in range(7):
        read_back = off.advance(Sent(), now)
        assert read_back is not None
        again = read_back.advance(NoReply("silence"), now)
        assert again is not None
        waits.append(again.due_mono_s - now)
        off, now = again, again.due_mono_s
    assert waits == [0.25, 0.5, 1.0, 2.0, 3.0, 3.0, 3.0]
    verify = off.advance(Sent(), now)
    assert verify is not None
    assert verify.advance(States((True, True)), now) is not None
    assert verify.advance(States((True, False)), now) is None


def lane_plan(tmp_path: Path, relay: int = 1, **lane: Any) -> Site:
    barrier = {"board": "box", "open_relay": relay}
    return plan(tmp_path, "turnstile-eb", sirens={}, lanes={"hall": {"kind": "person", "barrier": barrier, **lane}})


@pytest.mark.parametrize(("relay", "way"), [(1, Act.OPEN_LEFT), (2, Act.OPEN_RIGHT)])
def test_a_person_lane_opens_a_turnstile_once_and_says_that_nothing_is_verified(
    tmp_path: Path, relay: int, way: Act
) -> None:
    with running(lane_plan(tmp_path, relay)) as (devices, gate, heard):
        heard.wait_for(LinkBack)
        devices.submit(open_lane("1", "hall"))
        done = heard.verdict("1")
        assert isinstance(done, CommandDone)
        assert done.verified is False
        turnstile = gate.far_end("box")
        assert isinstance(turnstile, SimTurnstile)
        eventually(lambda: turnstile.opened == [way], "it opens")


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"kind": "vehicle"}, "lanes.hall.barrier.board"),
        ({"closing": "gateway"}, "lanes.hall.closing"),
    ],
)
def test_a_turnstile_serves_people_and_closes_by_itself(tmp_path: Path, change: dict[str, Any], key: str) -> None:
    site = lane_plan(tmp_path, **change)
    assert key in [p.key for p in check(site) if p.severity == "error" and p.remedy_zh and p.remedy_en]
    with pytest.raises(Unsuitable, match=key.rpartition(".")[0].replace(".", r"\.")):
        build(site, Heard())


@pytest.mark.parametrize(
    ("one", "other"), [("lcus-2", "waveshare-8"), ("lcus-2", "lcus-4"), ("turnstile-eb", "lctech-8")]
)
def test_a_line_has_one_kind_of_frames(tmp_path: Path, one: str, other: str) -> None:
    boards = {n: {"bus": "usb", "model": m, "unit": u} for u, (n, m) in enumerate([("a", one), ("b", other)], 1)}
    site = plan(tmp_path, one, sirens={}, boards=boards)
    assert "boards.a.bus" in [p.key for p in check(site) if p.severity == "error"]
    with pytest.raises(Unsuitable, match=r"boards\.a\.bus: .*不能与 b 共用"):
        build(site, Heard())


@pytest.mark.parametrize("model", SWITCHING)
def test_a_siren_there_is_a_warning_that_says_what_happens(tmp_path: Path, model: str) -> None:
    found = [p for p in check(plan(tmp_path, model)) if p.key == "sirens.yard.output.board"]
    assert [p.severity for p in found] == ["warning"]
    assert "一直响" in found[0].message_zh
    assert ("read back" in found[0].message_en) is (model == "lcus-1")
