"""Opening, counting, returning and reopening alarms. Core: pure.

One condition (kind and source) is one alarm while it is open; every further occurrence is counted, never dropped.
Return to normal does not close an alarm that nobody has taken. What comes back within ``alarms.chatter_s`` after it
closed by itself is the same alarm again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from edge.alarms.clocks import limits_of
from edge.alarms.model import Alarm, CallBack, Closed, Shelf, Stage, begun
from edge.intents import Record
from edge.turn import Turn
from sync.event import STRANGER_ROLE

URGENT, GENERAL, SYSTEM = 1, 2, 3

PERSON_CLOSES = frozenset({"smoke.active", "panic.active", "flood.active", "tamper.active", "input.active"})
"""Alarms that no return to normal closes, taken or not: somebody must have gone and looked."""

FLOOD_KEPT = 200
"""Times of openings that are remembered; a flood is far less."""

Value = TypeVar("Value")


def find(turn: Turn, kind: str, source: str) -> Alarm | None:
    """The open alarm of this condition."""
    return next((a for a in turn.state.alarms.values() if a.condition == (kind, source)), None)


def shelf_of(turn: Turn, alarm: Alarm) -> Shelf | None:
    """The shelf on which this alarm's condition lies."""
    return turn.state.shelves.get(alarm.condition)


def raise_alarm(
    turn: Turn,
    kind: str,
    priority: int,
    source: str,
    *,
    place: str,
    event_id: str = "",
    detail: str = "",
    mark: str = "",
) -> None:
    """Open an alarm, or count one more occurrence on the open one. The event, if recorded in this turn, may show it.

    ``mark``: ``DRILL`` or ``SELF_TEST``, for what is not real.
    """
    open_one = find(turn, kind, source)
    if open_one is not None:
        put(turn, replace(open_one, count=open_one.count + 1, returned_at_s=None, detail=detail or open_one.detail))
        return
    before = turn.state.recent.get((kind, source))
    if before is not None and turn.now.mono_s - before.closed_mono_s <= turn.state.settings.alarms.chatter_s:
        _reopen(turn, before.alarm, detail)
        return
    picture = _picture(turn, event_id)
    _open(
        turn,
        Alarm(
            id=mark + turn.new_id(),
            kind=kind,
            priority=priority,
            source=source,
            place=place,
            opened_at_s=turn.now.wall_s,
            age=begun(turn.now),
            event_id=event_id,
            detail=detail,
            picture=picture,
        ),
    )


def returned(turn: Turn, kind: str, source: str) -> None:
    """The condition went away by itself. Taken alarms close; others stay until somebody takes them."""
    alarm = find(turn, kind, source)
    if alarm is None or alarm.returned_at_s is not None:
        return
    put(turn, replace(alarm, returned_at_s=turn.now.wall_s))
    turn.record("alarm.returned", source, {"alarm": alarm.id, "kind": kind, "count": alarm.count})
    if alarm.acknowledged_by and kind not in PERSON_CLOSES:
        shut(turn, alarm, "returned", "", "gateway")


def put(turn: Turn, alarm: Alarm) -> None:
    """Keep the alarm as it now is."""
    turn.state = replace(turn.state, alarms={**turn.state.alarms, alarm.id: alarm})


def shut(turn: Turn, alarm: Alarm, outcome: str, note: str, by: str) -> None:
    """Close an alarm: by a person, or by ``gateway`` when it was taken and went away."""
    age_s = round(alarm.age.at(turn.now), 3)
    body = {
        "alarm": alarm.id,
        "kind": alarm.kind,
        "outcome": outcome,
        "note": note,
        "count": alarm.count,
        "age_s": age_s,
        "place": alarm.place,
        "alarm_priority": alarm.priority,
        "condition": alarm.source,
    }
    turn.record("alarm.closed", f"operator:{by}" if by != "gateway" else by, body)
    state = turn.state
    if by == "gateway":
        closed = Closed(alarm=alarm, closed_mono_s=turn.now.mono_s)
        state = replace(state, recent={**state.recent, alarm.condition: closed})
    elif (
        alarm.genuine
        and outcome == "handled"
        and limits_of(state.settings.alarms, alarm.priority).call_back_s is not None
    ):
        back = call_back_of(alarm, by, turn)
        state = replace(state, call_backs={**state.call_backs, alarm.id: back})
    turn.state = replace(state, alarms=without(state.alarms, alarm.id))


def call_back_of(alarm: Alarm, by: str, turn: Turn) -> CallBack:
    """Somebody must still be called back about it."""
    return CallBack(
        alarm=alarm.id,
        kind=alarm.kind,
        priority=alarm.priority,
        source=alarm.source,
        place=alarm.place,
        closed_by=by,
        age=begun(turn.now),
    )


def without(rows: Mapping[str, Value], key: str) -> dict[str, Value]:
    """The rows but for one."""
    return {id_: row for id_, row in rows.items() if id_ != key}


def _open(turn: Turn, alarm: Alarm) -> None:
    put(turn, alarm)
    if alarm.genuine:
        _count_for_flood(turn)
    body = {
        "alarm": alarm.id,
        "kind": alarm.kind,
        "alarm_priority": alarm.priority,
        "place": alarm.place,
        "event_id": alarm.event_id,
        "detail": alarm.detail,
        "picture": alarm.picture,
    }
    turn.record("alarm.opened", alarm.source, body)


def _count_for_flood(turn: Turn) -> None:
    opened = (*turn.state.flood.opened_mono_s[-FLOOD_KEPT:], turn.now.mono_s)
    turn.state = replace(turn.state, flood=replace(turn.state.flood, opened_mono_s=opened))


def _reopen(turn: Turn, alarm: Alarm, detail: str) -> None:
    """It was closed a moment ago because it had gone away; whoever had it has it again."""
    stage = alarm.stage if alarm.acknowledged_by else Stage.NEW
    again = replace(alarm, count=alarm.count + 1, returned_at_s=None, stage=stage, detail=detail or alarm.detail)
    put(turn, again)
    turn.state = replace(turn.state, recent={k: v for k, v in turn.state.recent.items() if k != alarm.condition})
    body = {
        "alarm": alarm.id,
        "kind": alarm.kind,
        "count": again.count,
        "alarm_priority": alarm.priority,
        "place": alarm.place,
        "event_id": alarm.event_id,
        "detail": again.detail,
        "picture": alarm.picture,
        "by": alarm.acknowledged_by,
        "age_s": round(alarm.age.at(turn.now), 3),
    }
    turn.record("alarm.reopened", alarm.source, body)


def _picture(turn: Turn, event_id: str) -> str:
    """Hash of the picture that an event of this turn names or brings, but no stranger's face; empty without one."""
    for intent in turn.intents:
        if isinstance(intent, Record) and intent.draft.id == event_id:
            files = (file for file in intent.draft.attachments if file.role != STRANGER_ROLE)
            images = (file.sha256 for file in files if file.mime.startswith("image/"))
            return str(intent.draft.body.get("picture") or next(images, ""))
    return ""
