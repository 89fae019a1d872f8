"""The newest self-test folded back from the log. Core: pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from edge.selftest.model import SelfTests
from sync.event import Event


def fold(events: Iterable[Event]) -> SelfTests:
    """What is known after these events (``selftest.done`` matters). One that a restart cut short never was."""
    known = SelfTests()
    for event in events:
        if event.kind == "selftest.done":
            body = event.data()
            day = str(body.get("day", "")) or known.last_day
            known = replace(known, last=body, last_at_s=event.wall_us / 1e6, last_day=day)
    return known
