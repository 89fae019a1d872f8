"""The lane machine's moves, shared by its rule groups. Core: pure helpers, no rule of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from edge.lanes.types import (
    HoldOpen,
    Lane,
    LaneAction,
    LaneEvent,
    LaneLinkBack,
    LaneNote,
    LaneRules,
    LaneState,
    Note,
    PulseOpen,
    Sensors,
    SensorsChanged,
    TimePassed,
)

Result = tuple[Lane, tuple[LaneAction, ...]]


@dataclass(frozen=True, slots=True)
class Turn:
    """One event at one moment; ``lane`` already knows what the event tells, ``before`` does not."""

    before: Lane
    lane: Lane
    event: LaneEvent
    rules: LaneRules
    now_mono_s: float


def enter(lane: Lane, state: LaneState, now_mono_s: float, after_s: float | None = None, **changes: Any) -> Lane:
    """The lane in a new state, with a deadline that many seconds away or none."""
    deadline = None if after_s is None else now_mono_s + after_s
    return replace(lane, state=state, since_mono_s=now_mono_s, deadline_mono_s=deadline, **changes)


def due(moment_mono_s: float | None, now_mono_s: float) -> bool:
    """Whether a timer runs and has run out."""
    return moment_mono_s is not None and now_mono_s >= moment_mono_s


def only_wired(sensors: Sensors, rules: LaneRules) -> Sensors:
    """The sensors without values of those that are not wired."""
    return replace(
        sensors,
        up=sensors.up if rules.has_up_limit else None,
        down=sensors.down if rules.has_down_limit else None,
        safety=sensors.safety if rules.has_safety else None,
    )


def safety_unknown(lane: Lane, rules: LaneRules) -> bool:
    """Safety is wired, and nobody knows what it sees."""
    return rules.has_safety and lane.sensors.safety is None


def limits_conflict(lane: Lane) -> bool:
    """The arm cannot be up and down at once: a limit switch or its wiring is broken."""
    return lane.sensors.up is True and lane.sensors.down is True


def gateway_closes(rules: LaneRules) -> bool:
    """Whether the gateway owns closing; without a safety sensor it never does."""
    return rules.gateway_closes and rules.has_safety


def may_close(lane: Lane, rules: LaneRules) -> bool:
    """Everything that must hold before a close is asked for."""
    return (
        gateway_closes(rules)
        and lane.sensors.safety is False
        and lane.fire_active is False
        and not lane.fire_latched
        and not lane.manual_seen
        and lane.linked
        and not lane.fault
    )


def head(lane: Lane) -> str:
    """Reference of the grant that is served: the car under the arm, else the first that waits."""
    return lane.passing or (lane.queue[0] if lane.queue else "")


def drop(lane: Lane, why: str) -> Result:
    """Forget grants, hold and timers: nothing opens late. A hold that ends so is told."""
    notes = (Note(LaneNote.RELEASED, why),) if lane.hold_until_mono_s is not None else ()
    return forget_hold(replace(lane, queue=(), passing=None, lapsed=0, deadline_mono_s=None)), notes


def forget_hold(lane: Lane) -> Lane:
    """The lane with no hold and no repeated pulses."""
    return replace(lane, hold_until_mono_s=None, refresh_mono_s=None, remind_mono_s=None)


def latch(lane: Lane, detail: str, now_mono_s: float) -> Result:
    """Latch a fault. A hold goes on: opening stays allowed."""
    note = Note(LaneNote.FAULT, detail, head(lane))
    latched = replace(lane, fault=detail, queue=(), passing=None, lapsed=0)
    if overruled(lane) is not None:
        return replace(latched, deadline_mono_s=None), (note,)
    return enter(latched, LaneState.FAULT, now_mono_s), (note,)


def overruled(lane: Lane) -> LaneState | None:
    """The state that outranks a fault, if one does."""
    if lane.fire_latched:
        return LaneState.FIRE_OPEN
    if lane.manual_seen:
        return LaneState.MANUAL
    return None if lane.linked else LaneState.OFFLINE


def settle(lane: Lane, rules: LaneRules, now_mono_s: float, assumed: LaneState) -> Result:
    """The state by read-back, once a higher rule has let go; ``assumed`` where no limit switch can tell."""
    above = overruled(lane)
    if above is not None or lane.fault:
        return enter(lane, above or LaneState.FAULT, now_mono_s), ()
    trouble = trouble_at_rest(lane, rules, assumed)
    if trouble:
        return latch(lane, trouble, now_mono_s)
    if lane.hold_until_mono_s is not None:
        return watch_rise(enter(lane, LaneState.HELD, now_mono_s), rules, now_mono_s), ()
    match position(lane, rules, assumed):
        case LaneState.CLOSED if assumed is LaneState.OPEN:
            # A hold or a fire state that ends pulsed a moment ago: the arm is on its way up, nobody forced it.
            return enter(lane, LaneState.OPENING, now_mono_s, rules.open_timeout_s), ()
        case LaneState.CLOSED:
            return enter(lane, LaneState.CLOSED, now_mono_s), ()
        case LaneState.CLOSING if lane.sensors.safety:
            return reopen(lane, rules, now_mono_s)
        case LaneState.CLOSING:
            return enter(lane, LaneState.CLOSING, now_mono_s, rules.close_timeout_s), ()
    if lane.sensors.safety:
        return enter(lane, LaneState.PASSING, now_mono_s, rules.pass_timeout_s, passing=""), ()
    return enter(lane, LaneState.OPEN, now_mono_s, rules.wait_s), ()


def position(lane: Lane, rules: LaneRules, assumed: LaneState) -> LaneState | None:
    """CLOSED, OPEN or CLOSING (between the limits) by the limit switches; None when they should know and do not."""
    up, down = lane.sensors.up, lane.sensors.down
    if down:
        return LaneState.CLOSED
    if up:
        return LaneState.OPEN
    if down is False:
        return LaneState.CLOSING if up is False else LaneState.OPEN
    if up is False and not rules.has_down_limit:
        return LaneState.CLOSED
    if not rules.has_up_limit and not rules.has_down_limit:
        # Where nobody else closes, an arm that may be up must be closed once more; a closed one does not mind.
        return LaneState.OPEN if gateway_closes(rules) else assumed
    return assumed if assumed is LaneState.OPEN else None


def trouble_at_rest(lane: Lane, rules: LaneRules, assumed: LaneState) -> str:
    """Why a lane cannot go back to work by its read-back; empty when it can."""
    where = position(lane, rules, assumed)
    if limits_conflict(lane):
        return "limits_conflict"
    if where is None:
        return "limits_unknown"
    return "safety_unknown" if where is not LaneState.CLOSED and safety_unknown(lane, rules) else ""


def reopen(lane: Lane, rules: LaneRules, now_mono_s: float) -> Result:
    """Something may be under a falling arm: up again at once, before anything is written down."""
    opening = enter(lane, LaneState.OPENING, now_mono_s, rules.open_timeout_s)
    return opening, (PulseOpen("safety"), Note(LaneNote.REOPENED, reference=head(lane)))


def hold(lane: Lane, event: HoldOpen, rules: LaneRules, now_mono_s: float) -> Result:
    """Start or prolong a hold: a pulse now, repeated ones later; the relay itself is never latched."""
    held = replace(
        lane,
        hold_until_mono_s=event.until_mono_s,
        remind_mono_s=event.until_mono_s,
        refresh_mono_s=now_mono_s + rules.hold_refresh_s,
    )
    return held, (Note(LaneNote.HELD, reference=event.reference), PulseOpen())


def watch_rise(lane: Lane, rules: LaneRules, now_mono_s: float) -> Lane:
    """Give a lane that must stay up its time to rise, where an upper limit can tell."""
    rising = rules.has_up_limit and lane.sensors.up is not True and not lane.fault
    return replace(lane, deadline_mono_s=now_mono_s + rules.open_timeout_s if rising else None)


def keep_up(turn: Turn, urgent: str = "") -> Result:
    """What a lane that must stay up does with new sensor values and with time."""
    lane, now_mono_s = turn.lane, turn.now_mono_s
    if isinstance(turn.event, TimePassed):
        return _repeat(lane, turn.rules, now_mono_s, urgent)
    if isinstance(turn.event, SensorsChanged | LaneLinkBack):
        if lane.sensors.up:
            return replace(lane, deadline_mono_s=None), ()
        if lane.sensors.up is False and turn.before.sensors.up:
            return watch_rise(lane, turn.rules, now_mono_s), (PulseOpen(urgent),)
    return lane, ()


def _repeat(lane: Lane, rules: LaneRules, now_mono_s: float, urgent: str) -> Result:
    actions: list[LaneAction] = []
    if due(lane.refresh_mono_s, now_mono_s):
        lane = replace(lane, refresh_mono_s=now_mono_s + rules.hold_refresh_s)
        actions.append(PulseOpen(urgent))
    if due(lane.remind_mono_s, now_mono_s):
        lane = replace(lane, remind_mono_s=now_mono_s + rules.hold_remind_s)
        actions.append(Note(LaneNote.HOLD_DUE))
    if due(lane.deadline_mono_s, now_mono_s):
        lane, noted = latch(replace(lane, deadline_mono_s=None), "open_timeout", now_mono_s)
        actions.extend(noted)
    return lane, tuple(actions)
