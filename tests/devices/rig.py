"""A small site on a pty, its far ends, and a list of what the devices report."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from config.model import Site
from devices.catalog import Devices, build
from devices.messages import CommandDone, CommandFailed, OpenLane, Priority, Report
from devices.sim.gate import SimGate

PATIENCE_S = 30.0  # for a machine that is busy with other things; nothing waits this long when all is well
R = TypeVar("R")


class Heard:
    """Every report, in order, with waiting."""

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self._news = threading.Condition()

    def __call__(self, report: Report) -> None:
        with self._news:
            self.reports.append(report)
            self._news.notify_all()

    def wait_for(self, kind: type[R], fits: Callable[[R], bool] = lambda _: True, since: int = 0) -> R:
        """The first report of a kind that fits, from the ``since``-th on; fails the test when none comes."""

        def found() -> R | None:
            return next((r for r in self.reports[since:] if isinstance(r, kind) and fits(r)), None)

        with self._news:
            if not self._news.wait_for(lambda: found() is not None, PATIENCE_S):
                pytest.fail(f"no {kind.__name__} came; heard {self.reports[since:][-8:]}")
            report = found()
        assert report is not None
        return report

    def verdict(self, command_id: str) -> CommandDone | CommandFailed:
        """How a command ended."""
        return self.wait_for((CommandDone, CommandFailed), lambda r: r.id == command_id)  # type: ignore[arg-type]

    def of(self, kind: type[R]) -> list[R]:
        """All reports of a kind."""
        return [r for r in self.reports if isinstance(r, kind)]


def site(tmp_path: Path, **changes: Any) -> Site:
    """One bus, one board, one lane with both limits, loops and a normally-closed crank contact."""
    lane = {
        "barrier": {"board": "gates", "open_relay": 1, "pulse_s": changes.pop("pulse_s", 2.0)},
        "inputs": {
            name: {"board": "gates", "channel": channel}
            for channel, name in enumerate(("up_limit", "down_limit", "safety", "approach"), start=1)
        }
        | {"manual": {"board": "gates", "channel": 5, "normally": "closed"}},
    }
    plan: dict[str, Any] = {
        "buses": {"main": {"port": str(tmp_path / "ttyGATE"), **changes.pop("bus", {})}},
        "boards": {"gates": {"bus": "main", "poll_ms": 50, **changes.pop("board", {})}},
        "lanes": {"east-in": lane | changes.pop("lane", {})},
    }
    return Site.model_validate(plan | changes)


@contextmanager
def running(
    plan: Site, prepare: Callable[[SimGate], None] = lambda _: None, *, plugged: bool = True
) -> Iterator[tuple[Devices, SimGate, Heard]]:
    """Devices and far ends of a site, started, and stopped at the end whatever happens."""
    heard, gate = Heard(), SimGate(plan)
    devices = build(plan, heard)
    prepare(gate)
    if plugged:
        gate.start()
    devices.start()
    try:
        yield devices, gate, heard
    finally:
        devices.stop()
        gate.stop()


def open_lane(command_id: str, lane: str = "east-in", life_s: float = 20.0, **more: Priority) -> OpenLane:
    """An opening command that lives long enough for a busy machine."""
    return OpenLane(id=command_id, lane=lane, expires_mono_s=time.monotonic() + life_s, **more)


def eventually(holds: Callable[[], bool], what: str) -> None:
    """Wait until something holds; fails the test when it never does."""
    until = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > until:
            pytest.fail(f"never came true: {what}")
        time.sleep(0.01)
