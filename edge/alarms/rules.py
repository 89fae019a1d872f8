"""Opening, counting, returning and closing alarms, and folding them back from the log. Core: pure.

One condition (kind and source) is one alarm while it is open; every further occurrence is counted, never dropped.
Return to normal does not close an alarm that nobody has taken.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from edge.alarms.model import Alarm
from edge.intents import Record
from edge.observations import AcknowledgeAlarm, CloseAlarm
from edge.turn import Turn
from sync.event import Event

URGENT, GENERAL, SYSTEM = 1, 2, 3

PERSON_CLOSES = frozenset({"smoke.active", "panic.active", "flood.active", "tamper.active", "input.active"})
"""Alarms that no return to normal closes, taken or not: somebody must have gone and looked."""


def find(turn: Turn, kind: str, source: str) -> Alarm | None:
    """The open alarm of this condition."""
    return next((a for a in turn.state.alarms.values() if a.kind == kind and a.source == source), None)


def raise_alarm(
    turn: Turn, kind: str, priority: int, source: str, *, place: str, event_id: str = "", detail: str = ""
) -> None:
    """Open an alarm, or count one more occurrence on the open one. The event, if recorded in this turn, may show it."""
    open_one = find(turn, kind, source)
    if open_one is not None:
        again = replace(open_one, count=open_one.count + 1, returned_at_s=None, detail=detail or open_one.detail)
        _put(turn, again)
        return
    picture = _picture(turn, event_id)
    alarm = Alarm(
        id=turn.new_id(),
        kind=kind,
        priority=priority,
        source=source,
        place=place,
        opened_at_s=turn.now.wall_s,
        event_id=event_id,
        detail=detail,
        picture=picture,
    )
    _put(turn, alarm)
    body = {
        "alarm": alarm.id,
        "kind": kind,
        "alarm_priority": priority,
        "place": place,
        "event_id": event_id,
        "detail": detail,
        "picture": picture,
    }
    turn.record("alarm.opened", source, body)


def _picture(turn: Turn, event_id: str) -> str:
    """Hash of the picture that an event of this turn names or brings; empty when there is none."""
    for intent in turn.intents:
        if isinstance(intent, Record) and intent.draft.id == event_id:
            images = (file.sha256 for file in intent.draft.attachments if file.mime.startswith("image/"))
            return str(intent.draft.body.get("picture") or next(images, ""))
    return ""


def returned(turn: Turn, kind: str, source: str) -> None:
    """The condition went away by itself. Taken alarms close; others stay until somebody takes them."""
    alarm = find(turn, kind, source)
    if alarm is None or alarm.returned_at_s is not None:
        return
    _put(turn, replace(alarm, returned_at_s=turn.now.wall_s))
    turn.record("alarm.returned", source, {"alarm": alarm.id, "kind": kind, "count": alarm.count})
    if alarm.acknowledged_by and kind not in PERSON_CLOSES:
        _close(turn, alarm, "returned", "", "gateway")


def acknowledge(turn: Turn, act: AcknowledgeAlarm) -> tuple[bool, str]:
    """A guard takes an alarm; the first one has it. Returns (ok, reason)."""
    alarm = turn.state.alarms.get(act.alarm)
    if alarm is None:
        return False, "unknown_alarm"
    if alarm.acknowledged_by:
        return alarm.acknowledged_by == act.operator.name, f"taken_by:{alarm.acknowledged_by}"
    taken = replace(alarm, acknowledged_by=act.operator.name, acknowledged_at_s=turn.now.wall_s)
    _put(turn, taken)
    body = {"alarm": alarm.id, "kind": alarm.kind, "after_s": round(turn.now.wall_s - alarm.opened_at_s, 3)}
    turn.record("alarm.acknowledged", f"operator:{act.operator.name}", body)
    if alarm.returned_at_s is not None and alarm.kind not in PERSON_CLOSES:
        _close(turn, taken, "returned", "", "gateway")
    return True, "acknowledged"


def close(turn: Turn, act: CloseAlarm) -> tuple[bool, str]:
    """A guard closes an alarm: handled, or false with a reason. Returns (ok, reason)."""
    alarm = turn.state.alarms.get(act.alarm)
    if alarm is None:
        return False, "unknown_alarm"
    if act.outcome not in {"handled", "false"}:
        return False, "unknown_outcome"
    if act.outcome == "false" and not act.note.strip():
        return False, "reason_needed"
    if alarm.kind == "fire.active" and turn.state.fire_latched:
        return False, "reset_fire_first"
    _close(turn, alarm, act.outcome, act.note, act.operator.name)
    return True, "closed"


def _put(turn: Turn, alarm: Alarm) -> None:
    turn.state = replace(turn.state, alarms={**turn.state.alarms, alarm.id: alarm})


def _close(turn: Turn, alarm: Alarm, outcome: str, note: str, by: str) -> None:
    body = {"alarm": alarm.id, "kind": alarm.kind, "outcome": outcome, "note": note, "count": alarm.count}
    turn.record("alarm.closed", f"operator:{by}" if by != "gateway" else by, body)
    turn.state = replace(turn.state, alarms={k: a for k, a in turn.state.alarms.items() if k != alarm.id})


def rebuild(events: Iterable[Event]) -> dict[str, Alarm]:
    """The open alarms after these events, oldest first (only ``alarm.*`` kinds matter)."""
    alarms: dict[str, Alarm] = {}
    for event in events:
        body = event.data()
        id_ = str(body.get("alarm", ""))
        known = alarms.get(id_)
        at_s = event.wall_us / 1e6
        if event.kind == "alarm.opened":
            alarms[id_] = Alarm(
                id=id_,
                kind=body["kind"],
                priority=body["alarm_priority"],
                source=event.source,
                place=body["place"],
                opened_at_s=at_s,
                event_id=body["event_id"],
                detail=body["detail"],
                picture=body.get("picture", ""),
            )
        elif known is not None and event.kind == "alarm.returned":
            alarms[id_] = replace(known, returned_at_s=at_s, count=body["count"])
        elif known is not None and event.kind == "alarm.acknowledged":
            by = event.source.removeprefix("operator:")
            alarms[id_] = replace(known, acknowledged_by=by, acknowledged_at_s=at_s)
        elif event.kind == "alarm.closed":
            alarms.pop(id_, None)
    return alarms
