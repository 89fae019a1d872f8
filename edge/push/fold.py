"""What was told already, folded back from the log. Core: pure."""

from __future__ import annotations

from collections.abc import Iterable

from sync.event import Event

Told = frozenset[tuple[str, str, str]]
"""(channel, alarm, level)."""


def fold(events: Iterable[Event], open_alarms: Iterable[str]) -> Told:
    """What channels have delivered about alarms that are still open (kinds ``push.delivered``)."""
    open_ = frozenset(open_alarms)
    told: set[tuple[str, str, str]] = set()
    for event in events:
        if event.kind == "push.delivered":
            body = event.data()
            told |= {(str(body["channel"]), alarm, level) for alarm, level in body["alarms"] if alarm in open_}
    return frozenset(told)
