"""Kills the gateway and the centre's puller at random moments, and counts what was lost, doubled or out of order.

Acknowledged is what the gateway answered as durable to a guard's press (``detail.durable == "yes"``).
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import random
import signal
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from edge.demo.guard import Guard
from sync.central.verify import verify
from sync.export import read_events, verify_file
from tests.site.gateway import ROOT, Gateway, eventually

PRESS_PERIOD_S = 0.05


@dataclass
class Presser:
    """A guard who presses open again and again and remembers what was acknowledged."""

    guard: Guard
    acknowledged: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self.stop.wait(PRESS_PERIOD_S):
            reason = uuid.uuid4().hex
            with contextlib.suppress(OSError, http.client.HTTPException, json.JSONDecodeError):
                status, verdict = self.guard.post("/v1/lanes/east/open", {"reason": reason})
                if status == 200 and verdict["ok"] and verdict["detail"].get("durable") == "yes":
                    self.acknowledged.append(reason)


def kill_again_and_again(folder: Path, cycles: int, seed: int) -> dict[str, int | bool]:
    """Run the cycles; returns the counts, all of which but the first four must be 0."""
    dice = random.Random(seed)
    gateway = Gateway(folder)
    gateway.street.start()
    copy = folder / "central.db"
    acknowledged: list[str] = []
    left_on = puller_kills = 0
    try:
        for _ in range(cycles):
            gateway.start()
            gateway.wait_lane("closed", "open", "opening", "closing", "clearing")
            presser = Presser(gateway.guard)
            pressing = threading.Thread(target=presser.run)
            pressing.start()
            puller = _follow(gateway, copy)
            time.sleep(dice.uniform(0.05, 1.0))
            if dice.random() < 0.5:
                _end(puller)
                puller_kills += 1
                puller = _follow(gateway, copy)
                time.sleep(dice.uniform(0.0, 0.5))
            gateway.kill()
            presser.stop.set()
            pressing.join()
            _end(puller)
            acknowledged += presser.acknowledged
            left_on += not _relay_goes_off(gateway)
        gateway.start()
        gateway.pull(copy)
        gateway.stop()
    finally:
        gateway.street.stop()
    return _count(gateway, copy, acknowledged) | {
        "gateway_kills": cycles,
        "puller_kills": puller_kills,
        "relay_left_on": left_on,
    }


def _follow(gateway: Gateway, copy: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "edge", "central", "pull", "--follow", "--gateway", gateway.url]
    command += ["--store", str(copy), "--token-file", str(gateway.site.site.data_dir / "central-token")]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def _relay_goes_off(gateway: Gateway) -> bool:
    """The board times its pulses itself: the relay falls although nobody commands it any more."""
    board = gateway.street.board("box")
    return bool(eventually(lambda: not board.relay_on(1, time.monotonic()), "the relay goes off", 20))


def _count(gateway: Gateway, copy: Path, acknowledged: list[str]) -> dict[str, int | bool]:
    events = list(read_events(gateway.database))
    reasons = [e.data()["reason"] for e in events if e.kind == "operator.opened"]
    seqs = [e.seq for e in events]
    verdicts = verify(copy)
    copied = sum(v.events for v in verdicts)
    return {
        "acknowledged": len(acknowledged),
        "events": len(events),
        "lost": len(set(acknowledged) - set(reasons)),
        "doubled": len(reasons) - len(set(reasons)),
        "out_of_order": sum(b != a + 1 for a, b in itertools.pairwise(seqs)),
        "chain_broken": not verify_file(gateway.database).ok,
        "copy_broken": not all(v.chain_ok for v in verdicts),
        "copy_lacks": max(0, verdicts[-1].last_seq - copied) if verdicts else len(events),
    }
