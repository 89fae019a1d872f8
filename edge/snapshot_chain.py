"""Self-test and push channels as the page sees them. Core: pure."""

from __future__ import annotations

from typing import Any

from edge.state import State


def chain_rows(state: State) -> dict[str, Any]:
    """``selftest``: the one that runs and the newest that ended; ``push``: each channel, and why it is down."""
    tests = state.selftests
    run = tests.run
    running = None
    if run is not None:
        running = {"test": run.id, "by": run.by, "links": [link.row(name) for name, link in run.links.items()]}
    last = {**tests.last, "at_s": tests.last_at_s} if tests.last else None
    return {
        "selftest": {"running": running, "last": last, "at": state.settings.alarms.selftest.at},
        "push": [_channel(state, name) for name in state.settings.push.channels],
    }


def _channel(state: State, name: str) -> dict[str, Any]:
    source = f"push:{name}"
    broken = (a for a in state.alarms.values() if a.condition == ("push.failed", source) and a.returned_at_s is None)
    alarm = next(broken, None)
    return {"name": name, "up": alarm is None, "cause": alarm.detail if alarm is not None else ""}
