"""Whoever dies, no relay stays on: the board ends every pulse. A child that owns the bus is killed 20 times."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.sim.gate import SimGate
from tests.devices.rig import eventually, site

PULSE_S = 0.6
ROOT = Path(__file__).resolve().parents[2]

# One process imports everything once; each round is a fork of it, while it is still single-threaded.
OWNER = """
import os, sys, time
from pathlib import Path
from devices.catalog import build
from tests.devices.rig import Heard, open_lane, site
from devices.messages import LinkBack

def own(number):
    heard = Heard()
    devices = build(site(Path(sys.argv[1]), pulse_s=float(sys.argv[2])), heard)
    devices.start()
    heard.wait_for(LinkBack)
    count = 0
    while True:
        count += 1
        devices.submit(open_lane(f"{number}-{count}"))
        heard.verdict(f"{number}-{count}")

for number in sys.stdin:
    pid = os.fork()
    if pid == 0:
        own(number.strip())
    print(pid, flush=True)
    os.waitpid(pid, 0)
    print("dead", flush=True)
"""


class Owner:
    """The process under test, one life per round."""

    def __init__(self, tmp_path: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", OWNER, str(tmp_path), str(PULSE_S)],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def begin(self, number: int) -> int:
        """A new life; returns its pid."""
        assert self.process.stdin is not None
        print(number, file=self.process.stdin, flush=True)
        return int(self.line())

    def kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        assert self.line() == "dead"

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.process.wait(30) == 0
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[Owner]:
    process = Owner(tmp_path)
    yield process
    process.close()


def off_for_good(gate: SimGate) -> bool:
    """Nothing is latched, and no running pulse outlasts one pulse length from now."""
    board, now_s = gate.board("gates"), time.monotonic()
    return not any(board.relay_on(relay, now_s + PULSE_S + 0.001) for relay in range(1, 9))


def test_a_killed_owner_leaves_no_relay_on(tmp_path: Path, owner: Owner) -> None:
    chance, gate = random.Random(5), SimGate(site(tmp_path, pulse_s=PULSE_S))
    board = gate.board("gates")
    link = gate.link("main")
    answer, opened = link.machine, threading.Event()

    def listen(data: bytes, now_s: float) -> bytes:
        reply = answer(data, now_s)
        if data[1:2] == b"\x05":
            opened.set()
            time.sleep(0.05)  # the owner dies before it hears the answer
        return reply

    link.machine = listen
    gate.start()
    died_while_on = 0
    for number in range(20):
        opened.clear()
        pid = owner.begin(number)
        assert opened.wait(30), "it opens"
        if number % 2:
            time.sleep(chance.random() * 1.5 * PULSE_S)
        owner.kill(pid)
        died_while_on += board.relay_on(1, time.monotonic())
        eventually(lambda: off_for_good(gate), "no pulse is longer than asked for")
        eventually(lambda: not board.relay_on(1, time.monotonic()), "the relay goes off by itself")
    gate.stop()
    assert sum(board.ons) >= 20
    assert died_while_on >= 5, "the kills hit running pulses"
