"""The bus on a pty, with real far ends: every way a line can be sick, and what comes of it."""

from __future__ import annotations

import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from devices.messages import CommandDone, CommandFailed, FailReason, InputsRead, LinkBack, LinkLost, Priority
from devices.schedule import LOST_AFTER_FAILURES
from devices.sim.gate import SimGate
from tests.devices.rig import Heard, eventually, open_lane, running, site

SLOW_REPLY = {"reply_timeout_ms": 5000}


def relays_closed(gate: Any, board: str = "gates") -> int:
    return sum(gate.board(board).ons)


def test_a_command_raises_the_arm_and_is_read_back(tmp_path: Path) -> None:
    with running(site(tmp_path)) as (devices, gate, heard):
        heard.wait_for(LinkBack)
        before = time.monotonic()
        devices.submit(open_lane("1"))
        done = heard.verdict("1")
        assert isinstance(done, CommandDone)
        assert before <= done.first_byte_mono_s <= done.done_mono_s
        eventually(lambda: gate.barrier("east-in").up_limit, "the arm is up")
        heard.wait_for(InputsRead, lambda r: r.levels[0] and not r.levels[1])
        eventually(lambda: not gate.board("gates").relay_on(1, time.monotonic()), "the board ends the pulse")


@pytest.mark.parametrize(
    "faults",
    [
        {"echo": True},
        {"split_s": 0.002},
        {"delay_s": 0.03},
        {"baud": 9600},
        {"echo": True, "split_s": 0.002, "baud": 19200},
    ],
    ids="+".join,
)
def test_a_sound_but_odd_line_still_opens(tmp_path: Path, faults: dict[str, Any]) -> None:
    plan = site(tmp_path, bus={"reply_timeout_ms": 2000})

    def odd(gate: SimGate) -> None:
        for name, value in faults.items():
            setattr(gate.faults("main"), name, value)

    with running(plan, odd) as (devices, gate, heard):
        heard.wait_for(LinkBack)
        devices.submit(open_lane("1"))
        assert isinstance(heard.verdict("1"), CommandDone)
        assert relays_closed(gate) >= 1


@pytest.mark.parametrize("fault", ["loss", "garbage"])
def test_a_sick_line_gives_each_command_one_verdict_and_never_a_false_one(tmp_path: Path, fault: str) -> None:
    with running(site(tmp_path, bus={"reply_timeout_ms": 60})) as (devices, gate, heard):
        heard.wait_for(LinkBack)
        setattr(gate.faults("main"), fault, 0.4)
        for number in range(30):
            opened = relays_closed(gate)
            devices.submit(open_lane(str(number)))
            if isinstance(heard.verdict(str(number)), CommandDone):
                assert relays_closed(gate) > opened
    verdicts = [r.id for r in heard.of(CommandDone) + heard.of(CommandFailed)]  # type: ignore[operator]
    assert sorted(verdicts) == sorted(map(str, range(30)))


@pytest.mark.parametrize("echo", [False, True])
def test_an_empty_line_is_lost_and_opens_nothing(tmp_path: Path, echo: bool) -> None:
    def empty(gate: SimGate) -> None:
        gate.faults("main").echo = echo
        gate.mute("gates")

    with running(site(tmp_path, bus={"reply_timeout_ms": 40}), empty) as (devices, gate, heard):
        heard.wait_for(LinkLost, lambda r: "board gates" in r.cause)
        devices.submit(open_lane("1"))
        devices.submit(open_lane("2", priority=Priority.FIRE))
        assert heard.verdict("1").reason is FailReason.LINK_DOWN  # type: ignore[union-attr]
        assert heard.verdict("2").reason is FailReason.NO_REPLY, "tried all the same"  # type: ignore[union-attr]
        assert relays_closed(gate) == 0


def test_a_board_that_dies_after_the_poll_gives_no_reply_on_an_echoing_line(tmp_path: Path) -> None:
    def echoing(gate: SimGate) -> None:
        gate.faults("main").echo = True

    plan = site(tmp_path, board={"poll_ms": 60_000}, bus={"reply_timeout_ms": 200})
    with running(plan, echoing) as (devices, gate, heard):
        heard.wait_for(LinkBack)
        gate.mute("gates")
        devices.submit(open_lane("1"))
        failed = heard.verdict("1")
        assert isinstance(failed, CommandFailed)
        assert failed.reason is FailReason.NO_REPLY
        assert "only our own echo" in failed.detail


def test_a_relay_that_acknowledges_but_stays_off_is_not_verified(tmp_path: Path) -> None:
    with running(site(tmp_path, pulse_s=10.0)) as (devices, gate, heard):
        heard.wait_for(LinkBack)
        gate.board("gates").relay_stuck_off.add(1)
        devices.submit(open_lane("1"))
        failed = heard.verdict("1")
        assert isinstance(failed, CommandFailed)
        assert failed.reason is FailReason.NOT_VERIFIED
        assert gate.board("gates").ons[0] == 3, "tried again twice"


def test_a_refusing_board_is_named(tmp_path: Path) -> None:
    with running(site(tmp_path, board={"poll_ms": 60_000})) as (devices, gate, heard):
        heard.wait_for(LinkBack)
        gate.board("gates").refuse_with = 4
        devices.submit(open_lane("1"))
        failed = heard.verdict("1")
        assert isinstance(failed, CommandFailed)
        assert (failed.reason, failed.detail) == (FailReason.REFUSED, "exception code 4")


def test_a_command_past_its_life_is_never_sent(tmp_path: Path) -> None:
    with running(site(tmp_path)) as (devices, gate, heard):
        heard.wait_for(LinkBack)
        devices.submit(open_lane("1", life_s=-0.001))
        failed = heard.verdict("1")
        assert isinstance(failed, CommandFailed)
        assert failed.reason is FailReason.EXPIRED
        assert relays_closed(gate) == 0


def test_commands_that_wait_too_long_behind_others_expire(tmp_path: Path) -> None:
    with running(site(tmp_path, bus=SLOW_REPLY, board={"poll_ms": 60_000})) as (devices, gate, heard):
        heard.wait_for(LinkBack)
        gate.faults("main").delay_s = 2.0
        devices.submit(open_lane("first"))
        devices.submit(open_lane("second", life_s=0.1))
        eventually(lambda: relays_closed(gate) == 1, "the first is under way")
        gate.faults("main").delay_s = 0.0
        failed = heard.verdict("second")
        assert isinstance(failed, CommandFailed)
        assert failed.reason is FailReason.EXPIRED


def test_at_most_eight_wait_and_the_next_is_told_at_once(tmp_path: Path) -> None:
    with running(site(tmp_path, bus=SLOW_REPLY, board={"poll_ms": 60_000})) as (devices, gate, heard):
        heard.wait_for(LinkBack)
        line = gate.faults("main")
        line.delay_s = 2.0
        devices.submit(open_lane("0"))
        eventually(lambda: relays_closed(gate) == 1, "the first is under way")
        for number in range(1, 12):
            devices.submit(open_lane(str(number)))
        full = [r.id for r in heard.of(CommandFailed) if r.reason is FailReason.QUEUE_FULL]
        assert full == ["9", "10", "11"]
        line.delay_s = 0.0
        for number in range(9):
            heard.verdict(str(number))


def test_an_absent_port_is_lost_once_and_found_when_it_comes(tmp_path: Path) -> None:
    with running(site(tmp_path), plugged=False) as (devices, gate, heard):
        lost = heard.wait_for(LinkLost)
        assert "is missing" in lost.cause
        for priority in (Priority.OPEN, Priority.FIRE):
            devices.submit(open_lane(priority.name, priority=priority))
            assert heard.verdict(priority.name).reason is FailReason.LINK_DOWN  # type: ignore[union-attr]
        time.sleep(0.7)  # some attempts to open
        gate.start()
        heard.wait_for(LinkBack)
        assert len(heard.of(LinkLost)) == 1


def test_unplugging_fails_what_waits_and_nothing_opens_late(tmp_path: Path) -> None:
    with running(site(tmp_path, bus=SLOW_REPLY, board={"poll_ms": 60_000})) as (devices, gate, heard):
        heard.wait_for(LinkBack)
        gate.faults("main").delay_s = 60.0  # the first command hangs
        devices.submit(open_lane("0"))
        eventually(lambda: relays_closed(gate) == 1, "the first is under way")
        for number in range(1, 5):
            devices.submit(open_lane(str(number)))
        gate.unplug("main")
        assert heard.verdict("0").reason is FailReason.NO_REPLY, "its bytes were sent"  # type: ignore[union-attr]
        for number in range(1, 5):
            assert heard.verdict(str(number)).reason is FailReason.LINK_DOWN  # type: ignore[union-attr]
        gate.faults("main").delay_s = 0.0
        heard_before = len(heard.reports)
        gate.replug("main")
        heard.wait_for(LinkBack, since=heard_before)
        devices.submit(open_lane("after"))
        heard.verdict("after")
        assert relays_closed(gate) == 2, "only the first and the one asked for after"
    kinds = [type(r) for r in heard.reports if isinstance(r, LinkLost | LinkBack)]
    assert kinds == [LinkBack, LinkLost, LinkBack]


def test_a_command_that_waits_while_its_board_is_found_lost_is_not_sent(tmp_path: Path) -> None:
    with running(site(tmp_path, bus={"reply_timeout_ms": 300})) as (devices, gate, heard):
        heard.wait_for(LinkBack)
        polls: list[bytes] = []

        def silent(data: bytes, now_s: float) -> bytes:
            polls.append(data)
            if len(polls) == LOST_AFTER_FAILURES:
                devices.submit(open_lane("1"))
            return b""

        gate.link("main").machine = silent
        assert heard.verdict("1").reason is FailReason.LINK_DOWN  # type: ignore[union-attr]
        heard.wait_for(LinkLost)
        assert not [data for data in polls if data[1] == 0x05]


def test_plugging_in_and_out_many_times_is_said_in_turns(tmp_path: Path) -> None:
    with running(site(tmp_path)) as (_, gate, heard):
        for _ in range(5):
            heard.wait_for(LinkBack, since=len(heard.reports) if heard.of(LinkLost) else 0)
            gate.unplug("main")
            heard.wait_for(LinkLost, since=_last(heard, LinkBack))
            gate.replug("main")
    kinds = [type(r) for r in heard.reports if isinstance(r, LinkLost | LinkBack)]
    assert all(a is not b for a, b in pairwise(kinds))


def _last(heard: Heard, kind: type) -> int:
    return max(n for n, r in enumerate(heard.reports) if isinstance(r, kind))


def test_stop_is_prompt_fails_what_waits_and_frees_the_port(tmp_path: Path) -> None:
    plan = site(tmp_path, board={"poll_ms": 60_000}, bus={"reply_timeout_ms": 300})
    with running(plan) as (devices, gate, heard):
        heard.wait_for(LinkBack)
        gate.faults("main").delay_s = 10.0
        for number in range(3):
            devices.submit(open_lane(str(number)))
        devices.stop()
        assert {heard.verdict(str(n)).id for n in range(3)} == {"0", "1", "2"}
        assert not [t for t in threading.enumerate() if t.name == "bus-main"]
        devices.submit(open_lane("late"))
        assert heard.verdict("late").reason is FailReason.LINK_DOWN  # type: ignore[union-attr]


def test_an_idle_bus_does_not_spin(tmp_path: Path) -> None:
    with running(site(tmp_path, board={"poll_ms": 1000})) as (devices, _, heard):
        heard.wait_for(LinkBack)
        requests, began_s = devices.counters()["main"]["requests"], time.monotonic()
        process_s = time.process_time()
        time.sleep(1.0)
        used_s, slept_s = time.process_time() - process_s, time.monotonic() - began_s  # a busy machine sleeps longer
        assert devices.counters()["main"]["requests"] - requests <= 1 + slept_s
        assert used_s < 0.5 * slept_s, "bus and simulator together"
