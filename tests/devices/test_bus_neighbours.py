"""Several boards on one line: a dead one costs its neighbours little, and nobody waits behind a whole opening."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from devices.messages import CommandDone, CommandFailed, LinkBack, LinkLost
from devices.schedule import LOST_AFTER_FAILURES
from tests.devices.rig import eventually, open_lane, running, site

SLOW_REPLY = {"reply_timeout_ms": 5000}


def two_boards(tmp_path: Path, **bus: Any) -> Any:
    """A dead board and a live one on the same line, with a lane each."""
    boards = {name: {"bus": "main", "unit": unit, "poll_ms": 50} for unit, name in enumerate(("dead", "live"), 1)}
    lanes = {name: {"barrier": {"board": name, "open_relay": 1, "pulse_s": 2.0}} for name in boards}
    return site(tmp_path, bus=bus, boards=boards, lanes=lanes)


def test_a_dead_board_is_asked_seldom_and_its_neighbour_is_served(tmp_path: Path) -> None:
    with running(two_boards(tmp_path, reply_timeout_ms=100), lambda g: g.mute("dead")) as (devices, gate, heard):
        heard.wait_for(LinkBack, lambda r: r.board == "live")
        heard.wait_for(LinkLost, lambda r: r.board == "dead")
        silences = devices.counters()["main"]["silences"]
        answers = devices.counters()["main"]["answers"]
        eventually(lambda: devices.counters()["main"]["answers"] > answers + 60, "60 polls of the live board")
        assert devices.counters()["main"]["silences"] - silences < 15
        devices.submit(open_lane("1", "live"))
        assert isinstance(heard.verdict("1"), CommandDone)
        gate.mute("dead", dead=False)
        heard.wait_for(LinkBack, lambda r: r.board == "dead")


def test_commands_for_a_board_that_just_died_do_not_hold_up_its_neighbour(tmp_path: Path) -> None:
    with running(two_boards(tmp_path, reply_timeout_ms=300)) as (devices, gate, heard):
        for name in ("dead", "live"):
            heard.wait_for(LinkBack, lambda r, n=name: r.board == n)  # type: ignore[misc]
        silences = devices.counters()["main"]["silences"]
        gate.mute("dead")
        for number in range(8):
            devices.submit(open_lane(str(number), "dead"))
        devices.submit(open_lane("live", "live"))
        for number in range(8):
            assert isinstance(heard.verdict(str(number)), CommandFailed)
        assert isinstance(heard.verdict("live"), CommandDone)
        assert devices.counters()["main"]["silences"] - silences < 4 * LOST_AFTER_FAILURES, "not 3 for each of 8"
        heard.wait_for(LinkLost, lambda r: r.board == "dead")


def test_an_open_command_waits_for_one_transaction_only(tmp_path: Path) -> None:
    """While a first opening is between write and read-back, a second lane's write goes out before that read-back."""
    order: list[tuple[int, int]] = []
    with running(two_boards(tmp_path, **SLOW_REPLY)) as (devices, gate, heard):
        heard.wait_for(LinkBack, lambda r: r.board == "dead")
        heard.wait_for(LinkBack, lambda r: r.board == "live")
        line = gate.link("main")
        machine = line.machine

        def listen(data: bytes, now_s: float) -> bytes:
            order.append((data[0], data[1]))
            return machine(data, now_s)

        line.machine = listen
        gate.faults("main").delay_s = 0.2
        for name in ("dead", "live"):
            devices.submit(open_lane(name, name))
        assert isinstance(heard.verdict("dead"), CommandDone)
        assert isinstance(heard.verdict("live"), CommandDone)
    writes = [n for n, (_, function) in enumerate(order) if function == 0x05]
    assert writes[1] - writes[0] == 1, order
