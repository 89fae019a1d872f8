"""Alarms as the page sees them: how far somebody has come, what is due and when, what to do. Core: pure."""

from __future__ import annotations

from typing import Any

from edge.alarms.cards import card_of
from edge.alarms.clocks import dues, limits_of
from edge.alarms.model import Alarm, CallBack, Shelf
from edge.observations import Now
from edge.state import State

LEVELS = ("guard", "supervisor", "manager")


def alarm_rows(state: State, now: Now) -> dict[str, Any]:
    """Open alarms (untaken and urgent ones first, the newest of them first), shelves, call-backs and the flood."""
    alarms = sorted(state.alarms.values(), key=_urgency)
    return {
        "alarms": [_alarm(state, alarm, now) for alarm in alarms],
        "shelves": [_shelf(shelf, now) for shelf in state.shelves.values()],
        "call_backs": [_call_back(state, back, now) for back in state.call_backs.values()],
        "flood": {"active": state.flood.active, "alarms": len(state.flood.opened_mono_s)},
    }


def _urgency(alarm: Alarm) -> tuple[bool, bool, int, float]:
    """Practice never stands before what is real."""
    return (bool(alarm.acknowledged_by), alarm.drill, alarm.priority, -alarm.opened_at_s)


def _alarm(state: State, alarm: Alarm, now: Now) -> dict[str, Any]:
    settings = state.settings.alarms
    card = card_of(alarm.kind, settings.cards)
    age_s = alarm.age.at(now)
    shelf = state.shelves.get(alarm.condition)
    return {
        "id": alarm.id,
        "kind": alarm.kind,
        "priority": alarm.priority,
        "source": alarm.source,
        "place": alarm.place,
        "opened_at_s": alarm.opened_at_s,
        "age_s": round(age_s, 1),
        "stale": age_s >= settings.stale_after_s,
        "count": alarm.count,
        "returned_at_s": alarm.returned_at_s,
        "stage": alarm.stage.value,
        "acknowledged_by": alarm.acknowledged_by,
        "acknowledged_at_s": alarm.acknowledged_at_s,
        "level": LEVELS[alarm.level],
        "clocks": [
            {"clock": due.clock.value, "limit_s": due.limit_s, "left_s": round(due.limit_s - age_s, 1)}
            for due in dues(alarm, settings)
            if not due.done
        ],
        "shelved": None if shelf is None else _shelf(shelf, now),
        "card": {"zh": list(card.zh), "en": list(card.en)},
        "event_id": alarm.event_id,
        "detail": alarm.detail,
        "picture": alarm.picture or None,
        "drill": alarm.drill,
        "media": [{"role": role, "sha256": sha256, "mime": mime} for role, sha256, mime in alarm.media],
        "standing": state.watch.stands(alarm.source),
    }


def _shelf(shelf: Shelf, now: Now) -> dict[str, Any]:
    return {
        "kind": shelf.kind,
        "source": shelf.source,
        "by": shelf.by,
        "reason": shelf.reason,
        "left_s": round(shelf.left_s(now), 1),
    }


def _call_back(state: State, back: CallBack, now: Now) -> dict[str, Any]:
    limit_s = limits_of(state.settings.alarms, back.priority).call_back_s
    left_s = None if limit_s is None else round(limit_s - back.age.at(now), 1)
    return {"alarm": back.alarm, "kind": back.kind, "place": back.place, "by": back.closed_by, "left_s": left_s}
