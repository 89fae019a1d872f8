"""The lane machine's lower rules: authorisation > operator > normal cycle. Core: pure functions.

They run only while no fire, no manual release, no lost link and no fault stands above them. The cycle follows the
sensors that are wired and falls back to timers for those that are not.
"""

from __future__ import annotations

from dataclasses import replace

from edge.lanes.moves import (
    Result,
    Turn,
    due,
    enter,
    forget_hold,
    gateway_closes,
    head,
    hold,
    keep_up,
    latch,
    may_close,
    reopen,
    safety_unknown,
    settle,
    watch_rise,
)
from edge.lanes.types import (
    Authorised,
    HoldOpen,
    Lane,
    LaneLinkBack,
    LaneNote,
    LaneRules,
    LaneState,
    Note,
    PulseClose,
    PulseOpen,
    Release,
    SensorsChanged,
    TimePassed,
)


def authorisation(turn: Turn) -> Result | None:
    """Whoever may pass gets an open pulse in every state; also the second car while the arm is still up."""
    if not isinstance(turn.event, Authorised):
        return None
    lane, reference = turn.lane, turn.event.reference
    if lane.state is LaneState.HELD:
        return lane, (PulseOpen(),)
    lane, full = _enqueue(lane, reference, turn.rules)
    if lane.state in (LaneState.CLOSED, LaneState.FORCED, LaneState.CLOSING):
        opening = enter(lane, LaneState.OPENING, turn.now_mono_s, turn.rules.open_timeout_s)
        return opening, (Note(LaneNote.OPENING, reference=reference), *full, PulseOpen())
    if lane.state is LaneState.OPEN:
        lane = replace(lane, deadline_mono_s=turn.now_mono_s + turn.rules.wait_s)
    return lane, (*full, PulseOpen())


def _enqueue(lane: Lane, reference: str, rules: LaneRules) -> tuple[Lane, tuple[Note, ...]]:
    if len(lane.queue) >= rules.queue_max:
        return lane, (Note(LaneNote.QUEUE_FULL, reference=reference),)
    return replace(lane, queue=(*lane.queue, reference)), ()


def operator(turn: Turn) -> Result | None:
    """A person holds the lane open, or ends the hold."""
    lane, rules, now_mono_s = turn.lane, turn.rules, turn.now_mono_s
    match turn.event:
        case HoldOpen():
            if lane.state is not LaneState.HELD:
                lane = enter(lane, LaneState.HELD, now_mono_s, queue=(), passing=None, lapsed=0)
                lane = watch_rise(lane, rules, now_mono_s)
            lane, actions = hold(lane, turn.event, rules, now_mono_s)
            if safety_unknown(lane, rules):
                lane, alarm = latch(lane, "safety_unknown", now_mono_s)
                return lane, (*actions, *alarm)
            return lane, actions
        case Release() if lane.state is LaneState.HELD:
            lane, actions = settle(forget_hold(lane), rules, now_mono_s, LaneState.OPEN)
            return lane, (Note(LaneNote.RELEASED), *actions)
    return None


def normal(turn: Turn) -> Result:
    """The cycle of a passage, driven by sensors and time."""
    if turn.lane.state is LaneState.HELD:
        return keep_up(turn)
    match turn.event:
        case SensorsChanged() | LaneLinkBack():
            return _on_sensors(turn)
        case TimePassed() if turn.lane.state is LaneState.OPENING and turn.lane.sensors.up:
            # A closing arm that was turned back before it left its upper limit brings no new sensor value.
            return _opened(turn.lane, turn.rules, turn.now_mono_s)
        case TimePassed() if due(turn.lane.deadline_mono_s, turn.now_mono_s):
            return _on_deadline(turn.lane, turn.rules, turn.now_mono_s)
    return turn.lane, ()


def _on_sensors(turn: Turn) -> Result:
    match turn.lane.state:
        case LaneState.CLOSED | LaneState.FORCED:
            return _resting(turn)
        case LaneState.OPENING:
            return _opening(turn)
        case LaneState.CLOSING:
            return _closing(turn)
    return _open(turn)


def _resting(turn: Turn) -> Result:
    lane, now_mono_s = turn.lane, turn.now_mono_s
    if lane.state is LaneState.FORCED:
        return _closed(lane, turn.rules, now_mono_s) if lane.sensors.down else (lane, ())
    if lane.sensors.down is False:
        return enter(lane, LaneState.FORCED, now_mono_s), (Note(LaneNote.FORCED),)
    if lane.sensors.up and not turn.rules.has_down_limit:
        return _opened(lane, turn.rules, now_mono_s, "not_commanded")
    return lane, ()


def _opening(turn: Turn) -> Result:
    lane, before = turn.lane, turn.before
    if lane.sensors.up:
        return _opened(lane, turn.rules, turn.now_mono_s)
    entered = _car_in(lane) and not _car_in(before)
    if entered and not turn.rules.has_up_limit:
        return _opened(lane, turn.rules, turn.now_mono_s)
    return lane, ()


def _car_in(lane: Lane) -> bool:
    return lane.sensors.safety is True and lane.sensors.down is not True


def _opened(lane: Lane, rules: LaneRules, now_mono_s: float, detail: str = "") -> Result:
    """The arm is up, maybe again: the car that was under it counts once."""
    note = Note(LaneNote.OPENED, detail, head(lane))
    if lane.sensors.safety:
        passing, noted = _car_enters(lane, rules, now_mono_s)
        return passing, (note, *noted)
    passed, done = _car_gone(lane)
    if safety_unknown(lane, rules):
        failed, alarm = latch(passed, "safety_unknown", now_mono_s)
        return failed, (note, *done, *alarm)
    return enter(passed, LaneState.OPEN, now_mono_s, rules.wait_s), (note, *done)


def _car_enters(lane: Lane, rules: LaneRules, now_mono_s: float) -> Result:
    passing = enter(lane, LaneState.PASSING, now_mono_s, rules.pass_timeout_s)
    if lane.passing is not None:
        return passing, ()
    if not lane.queue:
        return replace(passing, passing=""), (Note(LaneNote.TAILGATE),)
    reference, *waiting = lane.queue
    passing = replace(passing, passing=reference, queue=tuple(waiting), lapsed=max(0, lane.lapsed - 1))
    return passing, (Note(LaneNote.PASSING, reference=reference),)


def _car_gone(lane: Lane) -> tuple[Lane, tuple[Note, ...]]:
    if lane.passing is None:
        return lane, ()
    return replace(lane, passing=None), (Note(LaneNote.PASSED, reference=lane.passing),)


def _open(turn: Turn) -> Result:
    """OPEN, PASSING and CLEARING: first what the arm does, then what the car does."""
    lane, rules, now_mono_s = turn.lane, turn.rules, turn.now_mono_s
    if lane.sensors.down:
        return _arm_on_vehicle(lane, now_mono_s) if lane.sensors.safety else _closed(lane, rules, now_mono_s)
    if lane.sensors.up is False:
        return _arm_falls(lane, rules, now_mono_s)
    if lane.sensors.safety:
        return _car_under(lane, rules, now_mono_s)
    if lane.state is LaneState.PASSING:
        return enter(lane, LaneState.CLEARING, now_mono_s, rules.clear_s), ()
    return lane, ()


def _arm_on_vehicle(lane: Lane, now_mono_s: float) -> Result:
    note = Note(LaneNote.ARM_ON_VEHICLE, reference=head(lane))
    lane, alarm = latch(lane, "arm_on_vehicle", now_mono_s)
    return lane, (PulseOpen("safety"), note, *alarm)


def _arm_falls(lane: Lane, rules: LaneRules, now_mono_s: float) -> Result:
    """The barrier's own controller closes, or somebody does; with a car below it goes up again."""
    if lane.sensors.safety:
        return reopen(lane, rules, now_mono_s)
    passed, done = _car_gone(lane)
    return enter(passed, LaneState.CLOSING, now_mono_s, rules.close_timeout_s), done


def _car_under(lane: Lane, rules: LaneRules, now_mono_s: float) -> Result:
    if lane.state is LaneState.PASSING:
        return lane, ()
    passed, done = _car_gone(lane)
    entered, noted = _car_enters(passed, rules, now_mono_s)
    return entered, (*done, *noted)


def _closing(turn: Turn) -> Result:
    lane, rules, now_mono_s = turn.lane, turn.rules, turn.now_mono_s
    if lane.sensors.safety or safety_unknown(lane, rules):
        return reopen(lane, rules, now_mono_s)
    if lane.sensors.down:
        return _closed(lane, rules, now_mono_s)
    # After a close command the upper limit is still made for a moment; only its return means a reversal.
    if lane.sensors.up and not turn.before.sensors.up:
        return _opened(lane, rules, now_mono_s, "not_commanded")
    return lane, ()


def _closed(lane: Lane, rules: LaneRules, now_mono_s: float, detail: str = "") -> Result:
    passed, done = _car_gone(lane)
    missed = _no_passage(passed, rules)
    closed = enter(passed, LaneState.CLOSED, now_mono_s, queue=(), lapsed=0)
    return closed, (*done, *missed, Note(LaneNote.CLOSED, detail))


def _no_passage(lane: Lane, rules: LaneRules) -> tuple[Note, ...]:
    """One note for each grant whose car did not come; nobody knows that without a safety sensor."""
    waiting = lane.queue[lane.lapsed :] if rules.has_safety else ()
    return tuple(Note(LaneNote.NO_PASSAGE, reference=reference) for reference in waiting)


def _on_deadline(lane: Lane, rules: LaneRules, now_mono_s: float) -> Result:
    match lane.state:
        case LaneState.OPENING:
            return _opening_over(lane, rules, now_mono_s)
        case LaneState.OPEN:
            return _wait_over(lane, rules, now_mono_s)
        case LaneState.PASSING:
            note = Note(LaneNote.STOPPED_UNDER_ARM, reference=lane.passing or "")
            return replace(lane, deadline_mono_s=None), (note,)
        case LaneState.CLEARING:
            return _clear_over(lane, rules, now_mono_s)
    return _closing_over(lane, rules, now_mono_s)


def _opening_over(lane: Lane, rules: LaneRules, now_mono_s: float) -> Result:
    if rules.has_up_limit or lane.sensors.down:
        return latch(lane, "open_timeout", now_mono_s)
    return _opened(lane, rules, now_mono_s, "assumed")


def _wait_over(lane: Lane, rules: LaneRules, now_mono_s: float) -> Result:
    """Nobody came. Closing waits until it may: the timer stays due and asks again each time."""
    missed = _no_passage(lane, rules)
    lane = replace(lane, lapsed=len(lane.queue))
    if gateway_closes(rules):
        return _close(lane, rules, now_mono_s, missed) if may_close(lane, rules) else (lane, missed)
    if not rules.has_up_limit and not rules.has_down_limit:
        closed, noted = _closed(lane, rules, now_mono_s, "assumed")
        return closed, (*missed, *noted)
    return replace(lane, deadline_mono_s=None), missed


def _close(lane: Lane, rules: LaneRules, now_mono_s: float, notes: tuple[Note, ...] = ()) -> Result:
    closing = enter(lane, LaneState.CLOSING, now_mono_s, rules.close_timeout_s)
    return closing, (*notes, PulseClose())


def _clear_over(lane: Lane, rules: LaneRules, now_mono_s: float) -> Result:
    passed, done = _car_gone(lane)
    if not passed.queue and may_close(passed, rules):
        return _close(passed, rules, now_mono_s, done)
    return enter(passed, LaneState.OPEN, now_mono_s, rules.wait_s), done


def _closing_over(lane: Lane, rules: LaneRules, now_mono_s: float) -> Result:
    if not rules.has_down_limit and not lane.sensors.up:
        return _closed(lane, rules, now_mono_s, "assumed")
    failed, alarm = latch(lane, "close_timeout", now_mono_s)
    return failed, (PulseOpen("safety"), *alarm)
