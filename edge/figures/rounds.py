"""Openings by reason, patrols, night checks: what guards did. Core: pure functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from edge.figures.numbers import is_drill, percentile, share
from edge.figures.rates import Count
from sync.event import Event

BY_HAND = ("operator.opened", "operator.unlocked", "operator.held")
"""异常放行: a person opened what no rule would have opened."""
ALLOWED = "access.granted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Openings:
    """What was opened, and why."""

    granted: int
    by_hand: int
    by_hand_share: float | None
    granted_reasons: tuple[Count, ...]
    hand_reasons: tuple[Count, ...]
    hand_places: tuple[Count, ...]
    """``lane:NAME`` or ``door:NAME``."""
    hand_people: tuple[Count, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patrols:
    """Rounds that ended in a span."""

    done: int
    late: int
    """Of those done."""
    missed: int
    """With points missed, or not walked at all."""
    aborted: int
    completion: float | None
    """Share of the rounds that were done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watches:
    """Night checks (查岗) of a span."""

    asked: int
    answered: int
    """In time."""
    missed: int
    """Not answered, or too late."""
    answer_s_p95: float | None
    kept: float | None
    """Share answered in time."""


def openings_of(events: Iterable[Event]) -> Openings:
    """Kinds ``access.granted`` and ``operator.``."""
    granted: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    places: Counter[str] = Counter()
    people: Counter[str] = Counter()
    for event in events:
        if event.kind != ALLOWED and event.kind not in BY_HAND:
            continue
        body = event.data()
        if is_drill(body):
            continue
        if event.kind == ALLOWED:
            granted[str(body.get("reason", ""))] += 1
            continue
        reasons[str(body.get("reason", ""))] += 1
        places[f"door:{body['door']}" if "door" in body else f"lane:{body.get('lane', '')}"] += 1
        people[event.source.removeprefix("operator:")] += 1
    by_hand, allowed = reasons.total(), granted.total()
    return Openings(
        granted=allowed,
        by_hand=by_hand,
        by_hand_share=share(by_hand, by_hand + allowed),
        granted_reasons=counts(granted),
        hand_reasons=counts(reasons),
        hand_places=counts(places),
        hand_people=counts(people),
    )


def patrols_of(events: Iterable[Event]) -> Patrols:
    """Kinds ``patrol.``: the last word on a round counts; scans made without a link may make a missed one good."""
    last: dict[str, tuple[str, bool]] = {}
    for event in events:
        if event.kind in _ENDS:
            body = event.data()
            if not is_drill(body):
                last[str(body.get("round") or event.id)] = (_ENDS[event.kind], body.get("late") is True)
    ends = Counter(end for end, _ in last.values())
    return Patrols(
        done=ends["done"],
        late=sum(late for end, late in last.values() if end == "done"),
        missed=ends["missed"],
        aborted=ends["aborted"],
        completion=share(ends["done"], ends.total()),
    )


def watches_of(events: Iterable[Event]) -> Watches:
    """Kinds ``watch.``."""
    asked = answered = missed = 0
    answers_s: list[float] = []
    for event in events:
        body = event.data()
        if is_drill(body):
            continue
        asked += event.kind == "watch.asked"
        late = event.kind == "watch.answered" and bool(body.get("late"))
        missed += event.kind == "watch.missed" or late
        if event.kind == "watch.answered":
            answered += not late
            answers_s.append(float(body["after_s"]))
    return Watches(
        asked=asked,
        answered=answered,
        missed=missed,
        answer_s_p95=percentile(answers_s, 95),
        kept=share(answered, answered + missed),
    )


def counts(counter: Counter[str]) -> tuple[Count, ...]:
    """Most first, then by name."""
    return tuple(Count(name=name, n=n) for name, n in sorted(counter.items(), key=lambda item: (-item[1], item[0])))


_ENDS = {
    "patrol.done": "done",
    "patrol.made_good": "done",
    "patrol.missed": "missed",
    "patrol.aborted": "aborted",
}
