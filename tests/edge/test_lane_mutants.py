"""Seeded bugs: each is a lane machine with one mistake, and the walk must catch it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from edge.lanes.machine import (
    Authorised,
    FaultReset,
    FireChanged,
    FireReset,
    Lane,
    LaneAction,
    LaneEvent,
    LaneLinkBack,
    LaneLinkLost,
    LaneNote,
    LaneRules,
    LaneState,
    Note,
    PulseClose,
    PulseOpen,
    Sensors,
    SensorsChanged,
    TimePassed,
    step,
)
from tests.edge.lane_invariants import EDGES
from tests.edge.lane_shapes import SHAPES
from tests.edge.lane_walk import Step, walk

FULL = LaneRules(has_up_limit=True, has_down_limit=True, has_safety=True, queue_max=2)
SMALL = LaneRules(has_up_limit=False, has_down_limit=False, has_safety=True, queue_max=2)
"""Enough for bugs that only a whole walk, or a late part of it, finds."""
Result = tuple[Lane, tuple[LaneAction, ...]]
Twist = Callable[[Lane, LaneEvent, LaneRules, float, Result], Result]


def after_step(twist: Twist) -> Step:
    """A machine whose result is spoilt afterwards."""
    return lambda lane, event, rules, now: twist(lane, event, rules, now, step(lane, event, rules, now))


def opens(actions: tuple[LaneAction, ...]) -> bool:
    return any(isinstance(action, PulseOpen) for action in actions)


def without(actions: tuple[LaneAction, ...], kind: type) -> tuple[LaneAction, ...]:
    return tuple(action for action in actions if not isinstance(action, kind))


@after_step
def manual_beats_fire(lane: Lane, event: LaneEvent, rules: LaneRules, now: float, done: Result) -> Result:
    return done if lane.state is not LaneState.MANUAL or event != FireChanged(True) else (lane, ())


@after_step
def fire_waits_for_the_link(lane: Lane, event: LaneEvent, rules: LaneRules, now: float, done: Result) -> Result:
    late = not lane.linked and event == FireChanged(True)
    return (replace(lane, fire_active=True, fire_latched=True), ()) if late else done


@after_step
def fire_ends_with_its_input(lane: Lane, event: LaneEvent, rules: LaneRules, now: float, done: Result) -> Result:
    if event == FireChanged(False) and lane.fire_latched:
        return step(done[0], FireReset(), rules, now)
    return done


@after_step
def fire_not_resent_after_link(lane: Lane, event: LaneEvent, rules: LaneRules, now: float, done: Result) -> Result:
    return (done[0], without(done[1], PulseOpen)) if isinstance(event, LaneLinkBack) else done


@after_step
def fire_pulsed_once_only(lane: Lane, event: LaneEvent, rules: LaneRules, now: float, done: Result) -> Result:
    if lane.fire_latched and isinstance(event, TimePassed):
        return done[0], without(done[1], PulseOpen)
    return done


@after_step
def broken_fire_line_opens(lane: Lane, event: LaneEvent, rules: LaneRules, now: float, done: Result) -> Result:
    if event == FireChanged(None) and lane.state is LaneState.CLOSED:
        return done[0], (*done[1], PulseOpen("safety"))
    return done


@after_step
def opens_late_after_link(lane: Lane, event: LaneEvent, rules: LaneRules, now: float, done: Result) -> Result:
    after, actions = done
    if isinstance(event, LaneLinkLost):
        return replace(after, queue=lane.queue), actions
    if isinstance(event, LaneLinkBack) and lane.queue and after.state is LaneState.CLOSED:
        return after, (*actions, PulseOpen())
    return done


def _forgets_fault_when(forgets: Callable[[Lane, LaneEvent, Lane], bool]) -> Step:
    def spoilt(lane: Lane, event: LaneEvent, rules: LaneRules, now: float, done: Result) -> Result:
        if not lane.fault or not forgets(lane, event, done[0]):
            return done
        return step(replace(lane, fault=""), event, rules, now)

    return after_step(spoilt)


forgets_fault_on_link_loss = _forgets_fault_when(lambda lane, event, after: isinstance(event, LaneLinkLost))
forgets_fault_after_fire = _forgets_fault_when(lambda lane, event, after: isinstance(event, FireReset))
forgets_fault_after_manual = _forgets_fault_when(lambda lane, event, after: lane.manual_seen and not after.manual_seen)


@after_step
def resets_fault_with_unknown_safety(
    lane: Lane, event: LaneEvent, rules: LaneRules, now: float, done: Result
) -> Result:
    if isinstance(event, FaultReset) and lane.state is LaneState.FAULT and lane.sensors.safety is None:
        return replace(lane, fault="", state=LaneState.CLOSED), (Note(LaneNote.FAULT_CLEARED),)
    return done


@after_step
def no_pulse_for_second_car(lane: Lane, event: LaneEvent, rules: LaneRules, now: float, done: Result) -> Result:
    if isinstance(event, Authorised) and lane.state in (LaneState.OPEN, LaneState.PASSING):
        return done[0], without(done[1], PulseOpen)
    return done


@after_step
def second_car_is_not_counted(lane: Lane, event: LaneEvent, rules: LaneRules, now: float, done: Result) -> Result:
    return (lane, done[1]) if isinstance(event, Authorised) and lane.state is LaneState.PASSING else done


@after_step
def fault_forbids_opening(lane: Lane, event: LaneEvent, rules: LaneRules, now: float, done: Result) -> Result:
    refused = isinstance(event, Authorised) and lane.state is LaneState.FAULT
    return (lane, (Note(LaneNote.REFUSED),)) if refused else done


@after_step
def commands_while_cranked(lane: Lane, event: LaneEvent, rules: LaneRules, now: float, done: Result) -> Result:
    commanded = isinstance(event, Authorised) and lane.state is LaneState.MANUAL
    return (done[0], (PulseOpen(),)) if commanded else done


@after_step
def drops_arm_on_tailgate(lane: Lane, event: LaneEvent, rules: LaneRules, now: float, done: Result) -> Result:
    tailgate = Note(LaneNote.TAILGATE) in done[1]
    return (done[0], (*done[1], PulseClose())) if tailgate else done


@after_step
def repeats_its_note(lane: Lane, event: LaneEvent, rules: LaneRules, now: float, done: Result) -> Result:
    stopped = any(isinstance(a, Note) and a.what is LaneNote.STOPPED_UNDER_ARM for a in done[1])
    return (replace(done[0], deadline_mono_s=lane.deadline_mono_s), done[1]) if stopped else done


@after_step
def hold_ends_by_itself(lane: Lane, event: LaneEvent, rules: LaneRules, now: float, done: Result) -> Result:
    if Note(LaneNote.HOLD_DUE) in done[1]:
        return replace(done[0], state=LaneState.OPEN, hold_until_mono_s=None, refresh_mono_s=None), done[1]
    return done


@after_step
def manual_never_ends(lane: Lane, event: LaneEvent, rules: LaneRules, now: float, done: Result) -> Result:
    ended = lane.state is LaneState.MANUAL and done[0].state is not LaneState.MANUAL and not done[0].fire_latched
    return (lane, ()) if ended else done


@after_step
def fault_reset_always_refused(lane: Lane, event: LaneEvent, rules: LaneRules, now: float, done: Result) -> Result:
    return (lane, (Note(LaneNote.REFUSED),)) if isinstance(event, FaultReset) and lane.fault else done


def _misread(change: Callable[[Sensors], Sensors]) -> Step:
    """A machine that takes some sensor values for others, while the world keeps the true ones."""

    def spoilt(lane: Lane, event: LaneEvent, rules: LaneRules, now: float) -> Result:
        true = event.sensors if isinstance(event, SensorsChanged | LaneLinkBack) else lane.sensors
        wrong = replace(event, sensors=change(true)) if isinstance(event, SensorsChanged | LaneLinkBack) else event
        after, actions = step(replace(lane, sensors=change(lane.sensors)), wrong, rules, now)
        return replace(after, sensors=true if after.linked else Sensors()), actions

    return spoilt


unknown_safety_is_clear = _misread(lambda s: replace(s, safety=bool(s.safety)))
obstacle_is_not_seen = _misread(lambda s: replace(s, safety=s.safety if s.up else False))


@after_step
def unknown_limit_is_lost(lane: Lane, event: LaneEvent, rules: LaneRules, now: float, done: Result) -> Result:
    unknown = lane.state is LaneState.CLOSED and done[0].state is LaneState.CLOSED and done[0].sensors.down is None
    return (replace(done[0], state=LaneState.FORCED), (Note(LaneNote.FORCED),)) if unknown else done


def closes_although_barrier_does(lane: Lane, event: LaneEvent, rules: LaneRules, now: float) -> Result:
    return step(lane, event, replace(rules, gateway_closes=True), now)


def queue_without_bound(lane: Lane, event: LaneEvent, rules: LaneRules, now: float) -> Result:
    return step(lane, event, replace(rules, queue_max=5), now)


def closes_with_broken_fire_line(lane: Lane, event: LaneEvent, rules: LaneRules, now: float) -> Result:
    if lane.fire_active is not None or not isinstance(event, TimePassed):
        return step(lane, event, rules, now)
    after, actions = step(replace(lane, fire_active=False), event, rules, now)
    return replace(after, fire_active=None), actions


MUTANTS: tuple[tuple[Step, str], ...] = (
    (manual_beats_fire, "told is known"),
    (fire_waits_for_the_link, "rank"),
    (fire_ends_with_its_input, "fire ends only by reset"),
    (fire_not_resent_after_link, "fire starts with a pulse"),
    (fire_pulsed_once_only, "fire pulse is repeated"),
    (broken_fire_line_opens, "broken fire line opens nothing closed"),
    (opens_late_after_link, "nothing opens late"),
    (forgets_fault_on_link_loss, "fault needs a person"),
    (forgets_fault_after_fire, "fault needs a person"),
    (forgets_fault_after_manual, "fault needs a person"),
    (resets_fault_with_unknown_safety, "fault needs a person"),
    (no_pulse_for_second_car, "grant opens or is refused"),
    (second_car_is_not_counted, "next car is counted"),
    (fault_forbids_opening, "grant opens or is refused"),
    (commands_while_cranked, "no command offline or by hand"),
    (drops_arm_on_tailgate, "close only when safe"),
    (repeats_its_note, "notes on edges only"),
    (hold_ends_by_itself, "notes tell what changed"),
    (manual_never_ends, "told is known"),
    (fault_reset_always_refused, "stuck"),
    (unknown_safety_is_clear, "open means safety known"),
    (unknown_limit_is_lost, "forced needs a lost limit"),
    (obstacle_is_not_seen, "closing means clear"),
    (closes_although_barrier_does, "close only when safe"),
    (queue_without_bound, "queue is bounded"),
    (closes_with_broken_fire_line, "close only when safe"),
)
NAMES = [name for name, value in list(globals().items()) if any(value is mutant for mutant, _ in MUTANTS)]


@pytest.mark.parametrize(("mutant", "broken"), MUTANTS, ids=NAMES)
def test_the_walk_catches_a_seeded_bug(mutant: Step, broken: str) -> None:
    gateway = mutant in (closes_with_broken_fire_line, drops_arm_on_tailgate)
    wiring = SMALL if mutant in (fault_reset_always_refused, queue_without_bound) else FULL
    found = walk(mutant, replace(wiring, gateway_closes=gateway), EDGES, SHAPES, to_first=True)
    assert broken in {*found.violations, *(["stuck"] if found.stuck else [])}
