"""Rounds of days past, from their events. Core: pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from edge.alarms.model import Age
from edge.observations import Now
from edge.patrol.fold import changed_by, round_of
from edge.patrol.model import Round
from sync.event import Event

LONGEST_S = 4 * 86_400.0
"""Events of a round may lie so far from its due time: announced before, healed afterwards."""


def rounds_between(events: Iterable[Event], since_s: float, until_s: float) -> tuple[Round, ...]:
    """Rounds due in [since, until) as these events leave them, by due time; their ages count from the due time."""
    rounds: dict[str, Round] = {}
    for event in events:
        if event.kind == "patrol.due":
            body = event.data()
            if since_s <= float(body["due_s"]) < until_s:
                rounds[body["round"]] = round_of(body, _age(float(body["due_s"])))
        elif rounds:
            known = rounds.get(str(event.data().get("round", "")))
            if known is not None:
                rounds[known.id] = changed_by(known, event)
    return tuple(sorted(rounds.values(), key=lambda one: (one.due_s, one.id)))


def day_span(since: date, until: date, zone: ZoneInfo) -> tuple[float, float]:
    """Unix times of the begin of the first day and the end of the last one."""
    after = until + timedelta(days=1)
    begin = datetime(since.year, since.month, since.day, tzinfo=zone)
    return begin.timestamp(), datetime(after.year, after.month, after.day, tzinfo=zone).timestamp()


def due_moment(round_: Round) -> Now:
    """The moment for which times of such a round are told."""
    return Now(mono_s=0.0, wall_s=round_.due_s)


def _age(due_s: float) -> Age:
    return Age(since_wall_s=due_s, base_s=0.0, from_mono_s=0.0)
