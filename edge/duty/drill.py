"""Drills (演练): practice on the real page that nobody can take for the real thing. Core: pure.

What a drill makes has an id of its own kind (``DRILL``) and a source of its own (``drill:PLACE``): it is never the same
condition as a real alarm, can neither be counted on one nor close one, sounds no siren and opens nothing. Real alarms
stand before it. A drill ends by itself at the latest, over restarts too, and what it made closes with it.
"""

from __future__ import annotations

from dataclasses import replace

from edge.alarms.model import DRILL, begun
from edge.alarms.rules import GENERAL, URGENT, raise_alarm, shut
from edge.duty.acts import BeginDrill, EndDrill, MakeDrillAlarm
from edge.duty.model import Drill
from edge.turn import Turn

Verdict = tuple[bool, str]

PRACTISED = {
    "fire.active": URGENT,
    "smoke.active": URGENT,
    "panic.active": URGENT,
    "access.duress": URGENT,
    "door.forced": URGENT,
    "lane.forced": URGENT,
    "lane.arm_on_vehicle": URGENT,
    "flood.active": GENERAL,
    "tamper.active": GENERAL,
    "door.held_open": GENERAL,
    "lane.tailgated": GENERAL,
    "watch.missed": GENERAL,
}
"""What can be practised: kinds of alarms that have an action card, with the priority of the real ones."""
MADE_MAX = 50
"""Alarms of one drill: practice, not a flood."""


def begin(turn: Turn, act: BeginDrill) -> Verdict:
    """Begin a drill with a reason and an end."""
    if turn.state.duty.drill is not None:
        return False, "drill_runs"
    if not act.reason.strip():
        return False, "reason_needed"
    if not 0 < act.for_s <= turn.state.settings.desk.drill_max_s:
        return False, "drill_too_long"
    drill = Drill(by=act.operator.name, reason=act.reason.strip(), for_s=act.for_s, age=begun(turn.now))
    _put(turn, drill)
    body = {"by": drill.by, "reason": drill.reason, "for_s": drill.for_s, "drill": True}
    turn.record("drill.begun", f"operator:{drill.by}", body)
    return True, "drill_begun"


def make(turn: Turn, act: MakeDrillAlarm) -> Verdict:
    """One alarm for practice; the same kind and place again is counted, as a real one would be."""
    drill = turn.state.duty.drill
    if drill is None:
        return False, "no_drill"
    priority = PRACTISED.get(act.kind)
    if priority is None:
        return False, "unknown_kind"
    if drill.made >= MADE_MAX:
        return False, "drill_full"
    _put(turn, replace(drill, made=drill.made + 1))
    place = act.place.strip() or turn.state.settings.site.name
    source = f"drill:{place}"
    body = {"kind": act.kind, "place": place, "by": act.operator.name, "drill": True}
    event_id = turn.record("drill.alarm", source, body)
    raise_alarm(turn, act.kind, priority, source, place=place, event_id=event_id, mark=DRILL)
    return True, "drill_alarm_made"


def end(turn: Turn, act: EndDrill) -> Verdict:
    """The drill is over before its time."""
    if turn.state.duty.drill is None:
        return False, "no_drill"
    _end(turn, act.operator.name)
    return True, "drill_ended"


def on_tick(turn: Turn) -> None:
    """A drill that nobody ended ends by itself."""
    drill = turn.state.duty.drill
    if drill is not None and drill.age.at(turn.now) >= drill.for_s:
        _end(turn, "gateway")


def _end(turn: Turn, by: str) -> None:
    drill = turn.state.duty.drill
    assert drill is not None
    left = [alarm for alarm in turn.state.alarms.values() if alarm.drill]
    for alarm in left:
        shut(turn, alarm, "drill_ended", "", "gateway")
    # A later drill at the same place is a new one, however soon it comes.
    recent = {key: row for key, row in turn.state.recent.items() if not row.alarm.drill}
    turn.state = replace(turn.state, recent=recent)
    _put(turn, None)
    body = {
        "by": by,
        "begun_by": drill.by,
        "reason": drill.reason,
        "ran_s": round(drill.age.at(turn.now), 3),
        "made": drill.made,
        "left_open": len(left),
        "drill": True,
    }
    turn.record("drill.ended", f"operator:{by}" if by != "gateway" else by, body)


def _put(turn: Turn, drill: Drill | None) -> None:
    turn.state = replace(turn.state, duty=replace(turn.state.duty, drill=drill))
