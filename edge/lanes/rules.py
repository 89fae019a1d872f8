"""The lane machine's upper rules: fire > manual release > link lost > latched fault. Core: pure functions.

``hear`` folds what an event tells into the lane and notes what became known; then each group either answers
the turn or passes it down with None. Whatever is latched here survives everything but the act that ends it.
"""

from __future__ import annotations

from dataclasses import replace

from edge.lanes.moves import (
    Result,
    Turn,
    drop,
    enter,
    forget_hold,
    head,
    hold,
    keep_up,
    latch,
    limits_conflict,
    only_wired,
    overruled,
    reopen,
    safety_unknown,
    settle,
    trouble_at_rest,
    watch_rise,
)
from edge.lanes.types import (
    Authorised,
    FaultReset,
    FireChanged,
    FireReset,
    HoldOpen,
    Lane,
    LaneEvent,
    LaneLinkBack,
    LaneLinkLost,
    LaneNote,
    LaneRules,
    LaneState,
    Note,
    OpenFailed,
    PulseOpen,
    Release,
    Sensors,
    SensorsChanged,
)


def hear(lane: Lane, event: LaneEvent, rules: LaneRules) -> tuple[Lane, tuple[Note, ...]]:
    """The lane with what the event tells, and a note for each thing that is news."""
    match event:
        case FireChanged(active):
            return replace(lane, fire_active=active), _fire_line_news(lane.fire_active, active)
        case LaneLinkLost():
            lost = (Note(LaneNote.OFFLINE, reference=head(lane)),) if lane.linked else ()
            return replace(lane, linked=False, sensors=Sensors()), lost
        case LaneLinkBack(sensors):
            seen, notes = _see(lane, only_wired(sensors, rules))
            online = () if lane.linked else (Note(LaneNote.ONLINE),)
            return replace(seen, linked=True), (*online, *notes)
        case SensorsChanged(sensors) if lane.linked:
            return _see(lane, only_wired(sensors, rules))
    return lane, ()


def _fire_line_news(before: bool | None, after: bool | None) -> tuple[Note, ...]:
    if (before is None) == (after is None):
        return ()
    return (Note(LaneNote.FIRE_LINE_BROKEN if after is None else LaneNote.FIRE_LINE_OK),)


def _see(lane: Lane, sensors: Sensors) -> tuple[Lane, tuple[Note, ...]]:
    manual = lane.manual_seen if sensors.manual is None else sensors.manual
    seen = replace(lane, sensors=sensors, manual_seen=manual)
    if manual == lane.manual_seen:
        return seen, ()
    return seen, (Note(LaneNote.MANUAL if manual else LaneNote.MANUAL_ENDED),)


def fire(turn: Turn) -> Result | None:
    """Fire beats every rule and is ended only by a person while the input is clear."""
    lane = turn.lane
    if lane.fire_active and not lane.fire_latched:
        return _fire_starts(turn)
    if not lane.fire_latched:
        broken = lane.fire_active is None and turn.before.fire_active is not None
        broken = broken and lane.state is LaneState.CLOSING
        return reopen(lane, turn.rules, turn.now_mono_s) if broken else None
    match turn.event:
        case FireReset() if lane.fire_active is False:
            ended, actions = settle(
                forget_hold(replace(lane, fire_latched=False)), turn.rules, turn.now_mono_s, LaneState.OPEN
            )
            return ended, (Note(LaneNote.FIRE_ENDED), *actions)
        case FireReset():
            return lane, (Note(LaneNote.REFUSED, "fire_line_broken" if lane.fire_active is None else "fire"),)
        case FaultReset() | OpenFailed():
            return fault(turn)
    return _in_fire(turn)


def _fire_starts(turn: Turn) -> Result:
    lane, released = drop(turn.lane, "fire")
    lane = enter(lane, LaneState.FIRE_OPEN, turn.now_mono_s, fire_latched=True)
    note = Note(LaneNote.FIRE_OPEN, reference=head(turn.lane))
    lane, pulses = _fire_pulse(lane, turn)
    return lane, (*pulses, note, *released)


def _fire_pulse(lane: Lane, turn: Turn) -> Result:
    if not lane.linked:
        return replace(lane, refresh_mono_s=None, deadline_mono_s=None), ()
    lane = replace(lane, refresh_mono_s=turn.now_mono_s + turn.rules.hold_refresh_s)
    return watch_rise(lane, turn.rules, turn.now_mono_s), (PulseOpen("fire"),)


def _in_fire(turn: Turn) -> Result:
    lane = turn.lane
    match turn.event:
        case LaneLinkLost() | LaneLinkBack():
            return _fire_pulse(lane, turn)
        case FireChanged(True) if not turn.before.fire_active:
            return _fire_pulse(lane, turn)
        case Authorised() if lane.linked:
            return lane, (PulseOpen(),)
        case Authorised(reference):
            return lane, (Note(LaneNote.REFUSED, "offline", reference),)
        case HoldOpen(_, reference):
            return lane, (Note(LaneNote.REFUSED, "fire", reference),)
    return keep_up(turn, "fire")


def manual(turn: Turn) -> Result | None:
    """While the hand crank or the cabinet is open, no motor is commanded."""
    if not turn.lane.manual_seen:
        ended = turn.lane.state is LaneState.MANUAL
        return settle(turn.lane, turn.rules, turn.now_mono_s, LaneState.CLOSED) if ended else None
    return _only_watch(turn, LaneState.MANUAL)


def link(turn: Turn) -> Result | None:
    """Without a link nothing is commanded; the barrier's own controller and loop go on."""
    if turn.lane.linked:
        back = turn.lane.state is LaneState.OFFLINE
        return settle(turn.lane, turn.rules, turn.now_mono_s, LaneState.CLOSED) if back else None
    return _only_watch(turn, LaneState.OFFLINE)


def _only_watch(turn: Turn, state: LaneState) -> Result | None:
    """A state that commands nothing: who asks for an opening is told so."""
    lane = turn.lane
    if lane.state is not state:
        lane, released = drop(lane, state.value)
        return enter(lane, state, turn.now_mono_s), released
    match turn.event:
        case Authorised(reference) | HoldOpen(_, reference):
            return lane, (Note(LaneNote.REFUSED, state.value, reference),)
        case FaultReset() | OpenFailed():
            return fault(turn)
    return lane, ()


_OPEN = (LaneState.OPEN, LaneState.PASSING, LaneState.CLEARING, LaneState.HELD)


def fault(turn: Turn) -> Result | None:
    """A latched fault stays until a person resets it; opening stays allowed meanwhile.

    The rules above ask here too, since a fault is latched and reset in every state.
    """
    lane = turn.lane
    match turn.event:
        case FaultReset():
            return _reset(turn)
        case OpenFailed(detail):
            return _open_failed(lane, detail or "open_failed", turn.now_mono_s)
        case SensorsChanged() | LaneLinkBack() if not lane.fault:
            return _sensor_fault(turn)
    return _in_fault(turn) if lane.fault else None


def _open_failed(lane: Lane, detail: str, now_mono_s: float) -> Result:
    if not lane.fault:
        return latch(lane, detail, now_mono_s)
    # Repeated pulses may fail every two seconds; a single opening that fails is news to whoever asked for it.
    repeating = lane.refresh_mono_s is not None or overruled(lane) is not None
    return lane, () if repeating else (Note(LaneNote.FAULT, detail),)


def _sensor_fault(turn: Turn) -> Result | None:
    lane = turn.lane
    if limits_conflict(lane):
        return latch(lane, "limits_conflict", turn.now_mono_s)
    if lane.state in _OPEN and safety_unknown(lane, turn.rules):
        return latch(lane, "safety_unknown", turn.now_mono_s)
    return None


def _reset(turn: Turn) -> Result:
    lane, rules = turn.lane, turn.rules
    if not lane.fault:
        return lane, ()
    refusal = _reset_refusal(lane, rules)
    if refusal:
        return lane, (Note(LaneNote.REFUSED, refusal),)
    cleared = replace(lane, fault="")
    note = Note(LaneNote.FAULT_CLEARED, lane.fault)
    if overruled(lane) is not None:
        return cleared, (note,)
    settled, actions = settle(cleared, rules, turn.now_mono_s, LaneState.CLOSED)
    return settled, (note, *actions)


def _reset_refusal(lane: Lane, rules: LaneRules) -> str:
    if not lane.linked:
        return "offline"
    if rules.has_safety and lane.sensors.safety is not False:
        return "safety"
    return trouble_at_rest(lane, rules, LaneState.CLOSED) if lane.state is LaneState.FAULT else ""


def _in_fault(turn: Turn) -> Result:
    lane = turn.lane
    match turn.event:
        case Authorised():
            return lane, (PulseOpen(),)
        case HoldOpen():
            return hold(lane, turn.event, turn.rules, turn.now_mono_s)
        case Release() if lane.hold_until_mono_s is not None:
            return forget_hold(lane), (Note(LaneNote.RELEASED),)
    return keep_up(turn) if lane.hold_until_mono_s is not None else (lane, ())
