"""Kills the gateway at random moments while a door, a siren and a held lane are busy, sometimes with a disk that hangs.

Counts what must not be: a relay left on, a code that opened twice, a hold or a siren that the next start forgot.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import sqlite3
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from config.model import InputRef
from devices.sim.reader import SimTyped
from tests.site.gateway import SITE, Gateway, eventually

LANE, LOCK, SIREN = 1, 2, 3
SMOKE = InputRef(board="box", channel=6, normally="closed")
DOORS = """
[doors.lobby]
lock = { board = "box", relay = 2 }
unlock_s = 0.5
[readers.keys]
kind = "keypad"
port = "tty-keys"
door = "lobby"
[inputs.shed]
kind = "smoke"
input = { board = "box", channel = 6, normally = "closed" }
sirens = ["yard"]
[sirens.yard]
output = { board = "box", relay = 3 }
on_s = 0.5
off_s = 0.3
max_s = 3600
"""
OPENS_S = 2.5
"""Longer than the longest wait for the disk: a code that has not opened by then will not."""


@dataclass
class Series:
    """One site, killed again and again."""

    folder: Path
    dice: random.Random
    opened: Counter[str] = field(default_factory=Counter)
    codes: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    held: bool = False
    sounding: bool = False

    def __post_init__(self) -> None:
        self.gateway = Gateway(self.folder, SITE + DOORS)
        self.keys = SimTyped(self.folder / "tty-keys")

    def run(self, cycles: int) -> dict[str, int]:
        """The cycles; every count from ``relay_left_on`` on must be 0."""
        self.gateway.street.start()
        self.keys.start()
        try:
            for _ in range(cycles):
                self._cycle()
            self._start()
            for code in self.codes:  # nobody gets in again, now that all is quiet
                self._type_and_hear(code)
            self.gateway.stop()
        finally:
            self.keys.stop()
            self.gateway.street.stop()
        faults = ("relay_left_on", "hold_forgotten", "siren_forgotten")
        told = {"kills": cycles, "codes": len(self.codes), "openings": sum(self.opened.values()), **self.counts}
        doubled = sum(times > 1 for times in self.opened.values())
        return {**told, **{fault: self.counts[fault] for fault in faults}, "codes_used_twice": doubled}

    def _cycle(self) -> None:
        self._start()
        self._quiet()
        self.codes += [code for _ in range(2) if (code := self._issue())]
        end_s = time.monotonic() + self.dice.uniform(0.05, 3.0)
        hang = sqlite3.connect(self.gateway.database, isolation_level=None, timeout=0.2)
        try:
            if self.dice.random() < 0.4:
                with contextlib.suppress(sqlite3.OperationalError):
                    hang.execute("BEGIN IMMEDIATE")
                    self.counts["hangs"] += 1
            self._act(end_s)
            before = self._pulses()
            self.gateway.kill()
        finally:
            hang.close()
        self.counts["killed_while_on"] += any(self._on(relay) for relay in (LANE, LOCK, SIREN))
        self._relays_fall(before)

    def _act(self, end_s: float) -> None:
        """Until the end: hold the lane, set smoke off, type codes; what was acknowledged is kept in mind."""
        with contextlib.suppress(OSError, http.client.HTTPException, json.JSONDecodeError):
            if self.dice.random() < 0.5:
                _, verdict = self.gateway.guard.post("/v1/lanes/east/hold", {"reason": "搬家", "for_s": 3600})
                self.held = bool(verdict.get("ok")) and verdict["detail"].get("durable") == "yes"
                self.counts["holds"] += self.held
        if self.dice.random() < 0.5:
            self.gateway.street.set_contact(SMOKE, True)
        while time.monotonic() < end_s and self.codes:
            self._type(self.dice.choice(self.codes), end_s)
        self.sounding = bool(self.gateway.kinds("siren.started")) and self._standing()

    def _standing(self) -> bool:
        last = [event.kind for event in self.gateway.events("siren.") if event.kind in {"siren.started", "siren.reset"}]
        return bool(last) and last[-1] == "siren.started"

    def _type(self, code: str, end_s: float) -> None:
        before = self._pulses()
        self.keys.say(f"{code}#".encode())
        self._wait_for_pulse(before, min(end_s, time.monotonic() + OPENS_S))
        self.opened[code] += self._pulses() > before

    def _wait_for_pulse(self, before: int, until_s: float) -> None:
        while time.monotonic() < until_s and self._pulses() == before:
            time.sleep(0.01)

    def _type_and_hear(self, code: str) -> None:
        """A code and its verdict, however long that takes: a late opening must not be taken for the next code's."""
        told, before = len(self.gateway.events("access.")), self._pulses()
        self.keys.say(f"{code}#".encode())
        eventually(lambda: len(self.gateway.events("access.")) > told, "a verdict on the code")
        if self.gateway.events("access.")[told].kind == "access.granted":
            self._wait_for_pulse(before, time.monotonic() + OPENS_S)  # in vain where the disk was too slow for it
        self.opened[code] += self._pulses() > before

    def _start(self) -> None:
        """The next start tells of the hold that ended, and the siren sounds on."""
        told = len(self.gateway.events("lane.released")) if self.gateway.database.exists() else 0
        self.gateway.start()
        eventually(lambda: self.gateway.state()["doors"][0]["state"] == "locked", "the door is locked")
        if self.held:
            self.counts["hold_forgotten"] += not self._comes(lambda: len(self.gateway.events("lane.released")) > told)
        if self.sounding:
            self.counts["sirens"] += 1
            self.counts["siren_forgotten"] += not self._comes(lambda: self._on(SIREN))
        self.held = self.sounding = False

    def _quiet(self) -> None:
        self.gateway.street.set_contact(SMOKE, False)
        time.sleep(0.3)
        self.gateway.guard.post("/v1/sirens/reset", {})

    def _issue(self) -> str:
        return self.gateway.guard.issue_code("lobby", f"host-{len(self.codes)}", "访客", 3600)

    def _relays_fall(self, before: int) -> None:
        fell = self._comes(lambda: not any(self._on(relay) for relay in (LANE, LOCK, SIREN)))
        self.counts["relay_left_on"] += not fell
        self.counts["pulses_after_death"] += self._pulses() > before + 1

    def _pulses(self) -> int:
        return self.gateway.street.board("box").ons[LOCK - 1]

    def _on(self, relay: int) -> bool:
        return self.gateway.street.board("box").relay_on(relay, time.monotonic())

    @staticmethod
    def _comes(holds: object) -> bool:
        try:
            eventually(holds, "it comes", 20)  # type: ignore[arg-type]
        except AssertionError:
            return False
        return True


def kill_doors(folder: Path, cycles: int, seed: int) -> dict[str, int]:
    """Run the cycles; returns the counts, of which ``relay_left_on`` and all that follow must be 0."""
    return Series(folder, random.Random(seed)).run(cycles)
