"""The life of each alarm, folded from the log: when it was taken, reached, closed, and how it ended. Core: pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from edge.figures.numbers import is_drill
from sync.event import Event

TESTS = frozenset({"selftest.alarm"})
"""Alarms that the gateway makes to try itself out; like drills they are in no figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One alarm from its opening on; ages in seconds since then."""

    id: str
    seq: int
    kind: str
    source: str
    place: str
    priority: int
    """1 urgent, 2 general, 3 system."""
    opened_s: float
    """Unix seconds."""
    count: int = 1
    drill: bool = False
    by: str = ""
    """Who took or closed it last."""
    taken_age_s: float | None = None
    on_site_age_s: float | None = None
    closed_age_s: float | None = None
    outcome: str = ""
    """``handled``, ``false``, ``returned``; empty while it is open."""
    called_back_age_s: float | None = None
    """Since it was closed."""
    stage: str = "new"
    note: str = ""

    @property
    def exercise(self) -> bool:
        """Whether it was a drill or a self-test: in no figure."""
        return self.drill or self.kind in TESTS

    @property
    def by_person(self) -> bool:
        """Whether a person closed it."""
        return self.outcome in ("handled", "false")

    @property
    def responded_age_s(self) -> float | None:
        """When somebody first saw to it; closing it without taking it first is also that."""
        if self.taken_age_s is not None:
            return self.taken_age_s
        return self.closed_age_s if self.by_person else None


Change = Callable[[Life, dict[str, Any], str], Life]


def lives_of(events: Iterable[Event], *, drills: bool = False) -> list[Life]:
    """The alarms that opened in these events (kinds ``alarm.``), in that order; what opened before is not among them.

    Drills and the gateway's own test alarms are left out unless asked for.
    """
    lives: dict[str, Life] = {}
    for event in events:
        body = event.data()
        if event.kind == "alarm.opened":
            lives[body["alarm"]] = _born(event, body)
        elif event.kind in _CHANGES:
            known = lives.get(str(body.get("alarm", "")))
            if known is not None:
                who = event.source.removeprefix("operator:") if event.source.startswith("operator:") else ""
                lives[known.id] = _CHANGES[event.kind](known, body, who)
    return [life for life in lives.values() if drills or not life.exercise]


def _born(event: Event, body: dict[str, Any]) -> Life:
    return Life(
        id=str(body["alarm"]),
        seq=event.seq,
        kind=str(body["kind"]),
        source=event.source,
        place=str(body.get("place", "")),
        priority=int(body.get("alarm_priority", 3)),
        opened_s=event.wall_us / 1e6,
        drill=is_drill(body),
    )


def _taken(life: Life, body: dict[str, Any], who: str) -> Life:
    return replace(life, taken_age_s=float(body["after_s"]), by=who, stage="taken")


def _released(life: Life, _body: dict[str, Any], _who: str) -> Life:
    return replace(life, taken_age_s=None, by="", stage="new")


def _on_site(life: Life, body: dict[str, Any], who: str) -> Life:
    return replace(life, on_site_age_s=float(body["age_s"]), by=who, stage="on_site")


def _closed(life: Life, body: dict[str, Any], who: str) -> Life:
    return replace(
        life,
        closed_age_s=float(body.get("age_s", 0.0)),
        outcome=str(body["outcome"]),
        count=int(body.get("count", life.count)),
        by=who or life.by,
        stage="closed",
        note=str(body.get("note", "")),
    )


def _reopened(life: Life, body: dict[str, Any], _who: str) -> Life:
    stage = "taken" if life.taken_age_s is not None else "new"
    return replace(life, closed_age_s=None, outcome="", count=int(body.get("count", life.count)), stage=stage)


_CHANGES: dict[str, Change] = {
    "alarm.acknowledged": _taken,
    "alarm.released": _released,
    "alarm.en_route": lambda life, _body, who: replace(life, by=who, stage="en_route"),
    "alarm.on_site": _on_site,
    "alarm.closed": _closed,
    "alarm.reopened": _reopened,
    "alarm.called_back": lambda life, body, _who: replace(life, called_back_age_s=float(body["age_s"])),
    "alarm.returned": lambda life, body, _who: replace(life, count=int(body.get("count", life.count))),
}
