"""What guards do with an alarm: take it, go there, be there, set it aside, close it, call back. Core: pure.

Each returns (ok, reason); the same act twice is answered the same and written down once.
"""

from __future__ import annotations

from dataclasses import replace

from edge.access.schedules import within
from edge.alarms.acts import (
    AcknowledgeAlarm,
    AdvanceAlarm,
    CallBackAlarm,
    CloseAlarm,
    ShelveAlarm,
    UndoAcknowledge,
    UnshelveAlarm,
)
from edge.alarms.model import Alarm, Shelf, Stage, begun
from edge.alarms.rules import PERSON_CLOSES, find, put, shut, without
from edge.operators import Operator
from edge.turn import Turn

Verdict = tuple[bool, str]

NEVER_SHELVED = ("fire.", "smoke.", "tamper.", "panic.", "selftest.", "access.duress")
"""Kinds, by their beginning, that nobody may set aside."""
_ORDER = (Stage.NEW, Stage.TAKEN, Stage.EN_ROUTE, Stage.ON_SITE)


def acknowledge(turn: Turn, act: AcknowledgeAlarm) -> Verdict:
    """A guard takes an alarm; the first one has it."""
    alarm = turn.state.alarms.get(act.alarm)
    if alarm is None:
        return False, "unknown_alarm"
    if alarm.acknowledged_by:
        return alarm.acknowledged_by == act.operator.name, f"taken_by:{alarm.acknowledged_by}"
    taken = _taken(turn, alarm, act.operator)
    if alarm.returned_at_s is not None and alarm.kind not in PERSON_CLOSES:
        shut(turn, taken, "returned", "", "gateway")
    return True, "acknowledged"


def undo(turn: Turn, act: UndoAcknowledge) -> Verdict:
    """Whoever took it by mistake gives it back within a few seconds; its clock never stopped."""
    alarm = turn.state.alarms.get(act.alarm)
    if alarm is None:
        return False, "unknown_alarm"
    if alarm.acknowledged_by != act.operator.name or alarm.stage is not Stage.TAKEN:
        return False, "not_yours"
    since_s = alarm.age.at(turn.now) - (alarm.acknowledged_age_s or 0.0)
    if since_s > turn.state.settings.alarms.undo_s:
        return False, "too_late"
    put(
        turn,
        replace(alarm, stage=Stage.NEW, acknowledged_by="", acknowledged_at_s=None, acknowledged_age_s=None),
    )
    turn.record("alarm.released", f"operator:{act.operator.name}", {"alarm": alarm.id, "kind": alarm.kind})
    return True, "released"


def advance(turn: Turn, act: AdvanceAlarm) -> Verdict:
    """Somebody is on the way, or there; whoever does so has taken it."""
    alarm = turn.state.alarms.get(act.alarm)
    if alarm is None:
        return False, "unknown_alarm"
    if act.stage not in (Stage.EN_ROUTE.value, Stage.ON_SITE.value):
        return False, "unknown_stage"
    stage = Stage(act.stage)
    if _ORDER.index(stage) <= _ORDER.index(alarm.stage):
        return alarm.stage is stage, stage.value
    if not alarm.acknowledged_by:
        alarm = _taken(turn, alarm, act.operator)
    age_s = round(alarm.age.at(turn.now), 3)
    there = age_s if stage is Stage.ON_SITE else alarm.on_site_age_s
    put(turn, replace(alarm, stage=stage, on_site_age_s=there))
    body = {"alarm": alarm.id, "kind": alarm.kind, "age_s": age_s, "note": act.note, "picture": act.picture or None}
    turn.record(f"alarm.{stage.value}", f"operator:{act.operator.name}", body, attachments=act.attachments)
    return True, stage.value


def close(turn: Turn, act: CloseAlarm) -> Verdict:
    """A guard closes an alarm: handled, or false with a reason."""
    alarm = turn.state.alarms.get(act.alarm)
    if alarm is None:
        return False, "unknown_alarm"
    if act.outcome not in {"handled", "false"}:
        return False, "unknown_outcome"
    if act.outcome == "false" and not act.note.strip():
        return False, "reason_needed"
    if alarm.kind == "fire.active" and alarm.genuine and turn.state.fire_latched:
        return False, "reset_fire_first"
    if act.outcome == "handled" and alarm.kind == "zone.blocked" and turn.state.watch.stands(alarm.source):
        return False, "still_blocked"
    shut(turn, alarm, act.outcome, act.note, act.operator.name)
    return True, "closed"


def shelve(turn: Turn, act: ShelveAlarm) -> Verdict:
    """Set a condition aside for a while: it stays listed, sounds nothing, and comes back by itself."""
    alarm = turn.state.alarms.get(act.alarm)
    if alarm is None:
        return False, "unknown_alarm"
    if alarm.kind.startswith(NEVER_SHELVED) or not alarm.genuine:
        return False, "never_shelved"
    if not act.reason.strip():
        return False, "reason_needed"
    if not 0 < act.for_s <= longest_shelf_s(turn):
        return False, "shelf_time_out_of_range"
    if alarm.condition in turn.state.shelves:
        return False, "already_shelved"
    shelf = Shelf(
        kind=alarm.kind,
        source=alarm.source,
        by=act.operator.name,
        reason=act.reason.strip(),
        for_s=act.for_s,
        age=begun(turn.now),
    )
    turn.state = replace(turn.state, shelves={**turn.state.shelves, alarm.condition: shelf})
    body = {"alarm": alarm.id, "kind": alarm.kind, "condition": alarm.source, "reason": shelf.reason}
    turn.record("alarm.shelved", f"operator:{act.operator.name}", {**body, "for_s": act.for_s})
    return True, "shelved"


def unshelve(turn: Turn, act: UnshelveAlarm) -> Verdict:
    """Take a condition back before its time."""
    if (act.kind, act.source) not in turn.state.shelves:
        return False, "not_shelved"
    take_back(turn, act.kind, act.source, f"operator:{act.operator.name}")
    return True, "unshelved"


def take_back(turn: Turn, kind: str, source: str, by: str) -> None:
    """The condition counts again; ``by`` is ``gateway`` when its time is over."""
    left = {key: shelf for key, shelf in turn.state.shelves.items() if key != (kind, source)}
    turn.state = replace(turn.state, shelves=left)
    alarm = find(turn, kind, source)
    body = {"kind": kind, "condition": source, "alarm": alarm.id if alarm is not None else ""}
    turn.record("alarm.unshelved", by, body)


def longest_shelf_s(turn: Turn) -> float:
    """The longest time that may be asked for now; shorter at night."""
    settings = turn.state.settings
    night = within(settings.alarms.night, turn.now.wall_s, settings.site.timezone)
    return settings.alarms.shelve_night_max_s if night else settings.alarms.shelve_max_s


def call_back(turn: Turn, act: CallBackAlarm) -> Verdict:
    """Whoever reported it was called back (回访)."""
    back = turn.state.call_backs.get(act.alarm)
    if back is None:
        return False, "unknown_alarm"
    turn.state = replace(turn.state, call_backs=without(turn.state.call_backs, act.alarm))
    body = {"alarm": back.alarm, "kind": back.kind, "note": act.note, "age_s": round(back.age.at(turn.now), 3)}
    turn.record("alarm.called_back", f"operator:{act.operator.name}", body)
    return True, "called_back"


def _taken(turn: Turn, alarm: Alarm, operator: Operator) -> Alarm:
    age_s = round(alarm.age.at(turn.now), 3)
    taken = replace(
        alarm,
        stage=Stage.TAKEN,
        acknowledged_by=operator.name,
        acknowledged_at_s=turn.now.wall_s,
        acknowledged_age_s=age_s,
    )
    put(turn, taken)
    turn.record(
        "alarm.acknowledged", f"operator:{operator.name}", {"alarm": alarm.id, "kind": alarm.kind, "after_s": age_s}
    )
    return taken
