"""Passages become entries and exits: rows and events in one transaction. Core: pure."""

from __future__ import annotations

from dataclasses import replace

from edge.access.credentials import direction_of
from edge.access.presence import Expected, Who, entering, overstays
from edge.alarms.rules import GENERAL, raise_alarm, returned
from edge.observations import CorrectRegister
from edge.turn import Turn
from sync.policy import applied
from sync.records import CameIn, Inside, WentOut

EXPECTED_MAX = 256
"""Grants whose passage may still come, over all gates; the oldest goes first."""
CHECK_EVERY_S = 15.0
OVERSTAYED = "register.overstayed"


def expect(turn: Turn, gate: str, reference: str, who: tuple[Who, ...], reader: str = "") -> None:
    """A grant was given: its passage will be this one's. Where no loop or contact sees passages, the grant counts."""
    lane, door = turn.state.settings.lanes.get(gate), turn.state.settings.doors.get(gate)
    sensor = lane.inputs.safety if lane is not None else door.contact if door is not None else None
    if sensor is None:
        for one in who:
            moved(turn, gate, one, reference, reader)
        return
    known = [*turn.state.presence.expected.items(), (reference, Expected(who, reader))]
    turn.state = replace(turn.state, presence=replace(turn.state.presence, expected=dict(known[-EXPECTED_MAX:])))


def passed(turn: Turn, gate: str, reference: str) -> None:
    """A car went through a lane, or a door was opened; without a grant behind it nobody knows who."""
    left = dict(turn.state.presence.expected)
    expected = left.pop(reference, None)
    if expected is None:
        return
    turn.state = replace(turn.state, presence=replace(turn.state.presence, expected=left))
    for one in expected.who:
        moved(turn, gate, one, reference, expected.reader)


def moved(turn: Turn, gate: str, who: Who, reference: str, reader: str = "") -> None:
    """Somebody went through a gate. A door whose reader has no direction pairs nobody."""
    direction = direction_of(turn.state.settings, gate, reader)
    if direction == "both" and gate not in turn.state.settings.lanes:
        return
    if entering(turn.state.policy, who, direction):
        _came_in(turn, gate, who, reference)
    else:
        _went_out(turn, gate, who, reference)


def correct(turn: Turn, act: CorrectRegister) -> tuple[bool, str]:
    """A guard notes that somebody has left although nobody saw it. Returns (ok, reason)."""
    if not act.reason.strip():
        return False, "reason_needed"
    inside = turn.state.policy.inside.get(act.key)
    if inside is None:
        return False, "not_inside"
    body = {
        "key": inside.key,
        "name": inside.name,
        "gate": "",
        "gate_in": inside.gate,
        "since_us": int(inside.since_s * 1e6),
        "reason": act.reason.strip(),
        "role": act.operator.role,
    }
    _leave(turn, inside.key)
    turn.record("register.corrected", f"operator:{act.operator.name}", body, changes=(WentOut(inside.key),))
    return True, "corrected"


def on_tick(turn: Turn) -> None:
    """Look for overstays now and then; not while the clock cannot be trusted."""
    presence, now = turn.state.presence, turn.now
    if now.mono_s < presence.check_mono_s:
        return
    told = presence.told
    rules = turn.state.settings.rules
    late = overstays(turn.state.policy, rules.overstay_s, now.wall_s, told) if turn.state.access.clock_trusted else []
    for inside in late:
        _report(turn, inside)
    here = {inside.event_id for inside in turn.state.policy.inside.values()}
    told = (told | {inside.event_id for inside in late}) & here
    turn.state = replace(turn.state, presence=replace(presence, told=told, check_mono_s=now.mono_s + CHECK_EVERY_S))


def _came_in(turn: Turn, gate: str, who: Who, reference: str) -> None:
    event_id = turn.new_id()
    inside = Inside(key=who.key, name=who.name, gate=gate, since_s=turn.now.wall_s, event_id=event_id)
    again = who.key in turn.state.policy.inside
    changes = (CameIn(inside),)
    turn.state = replace(turn.state, policy=applied(turn.state.policy, changes))
    body = {"key": who.key, "name": who.name, "gate": gate, "reference": reference, "again": again}
    turn.record("register.came_in", _source(turn, gate), body, changes=changes, id_=event_id)


def _went_out(turn: Turn, gate: str, who: Who, reference: str) -> None:
    inside = turn.state.policy.inside.get(who.key)
    body = {
        "key": who.key,
        "name": who.name,
        "gate": gate,
        "reference": reference,
        "gate_in": inside.gate if inside else "",
        "since_us": int(inside.since_s * 1e6) if inside else None,
        "paired": inside is not None,
    }
    _leave(turn, who.key)
    turn.record("register.went_out", _source(turn, gate), body, changes=(WentOut(who.key),) if inside else ())


def _leave(turn: Turn, key: str) -> None:
    if key in turn.state.policy.inside:
        turn.state = replace(turn.state, policy=applied(turn.state.policy, (WentOut(key),)))
    returned(turn, OVERSTAYED, f"register:{key}")


def _report(turn: Turn, inside: Inside) -> None:
    source = f"register:{inside.key}"
    body = {
        "key": inside.key,
        "name": inside.name,
        "gate": inside.gate,
        "since_us": int(inside.since_s * 1e6),
        "entry": inside.event_id,
    }
    event_id = turn.record(OVERSTAYED, source, body)
    raise_alarm(turn, OVERSTAYED, GENERAL, source, place=inside.gate, event_id=event_id, detail=inside.name)


def _source(turn: Turn, gate: str) -> str:
    return f"lane:{gate}" if gate in turn.state.settings.lanes else f"door:{gate}"
