"""Seeded bugs: each is a door machine with one mistake, and the walk must catch it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from edge.doors.machine import (
    Door,
    DoorAction,
    DoorEvent,
    DoorLinkBack,
    DoorLinkLost,
    DoorNote,
    DoorRules,
    DoorSensed,
    DoorState,
    DoorTimePassed,
    FireEnded,
    FireStarted,
    Note,
    PulseUnlock,
    ScheduleChanged,
    Unlock,
    UnlockFailed,
    step,
)
from tests.edge.door_invariants import EDGES
from tests.edge.door_walk import Step, walk

PAIR = DoorRules(has_contact=True, interlocked=True)
Result = tuple[Door, tuple[DoorAction, ...]]
Twist = Callable[[Door, DoorEvent, DoorRules, float, Result], Result]


def after_step(twist: Twist) -> Step:
    """A machine whose result is spoilt afterwards."""
    return lambda door, event, rules, now: twist(door, event, rules, now, step(door, event, rules, now))


def without_pulses(actions: tuple[DoorAction, ...]) -> tuple[DoorAction, ...]:
    return tuple(action for action in actions if not isinstance(action, PulseUnlock))


def without(actions: tuple[DoorAction, ...], what: DoorNote) -> tuple[DoorAction, ...]:
    return tuple(action for action in actions if not (isinstance(action, Note) and action.what is what))


@after_step
def fire_waits_for_the_link(door: Door, event: DoorEvent, rules: DoorRules, now: float, done: Result) -> Result:
    return (door, ()) if event == FireStarted() and not door.linked else done


@after_step
def fire_pulsed_once_only(door: Door, event: DoorEvent, rules: DoorRules, now: float, done: Result) -> Result:
    repeated = door.state is DoorState.FIRE_RELEASED and isinstance(event, DoorTimePassed)
    return (done[0], without_pulses(done[1])) if repeated else done


@after_step
def fire_not_resent_after_link(door: Door, event: DoorEvent, rules: DoorRules, now: float, done: Result) -> Result:
    return (done[0], without_pulses(done[1])) if isinstance(event, DoorLinkBack) else done


@after_step
def fire_pulse_waits_for_the_log(door: Door, event: DoorEvent, rules: DoorRules, now: float, done: Result) -> Result:
    return done[0], tuple(PulseUnlock() if isinstance(a, PulseUnlock) else a for a in done[1])


@after_step
def fire_ends_with_the_schedule(door: Door, event: DoorEvent, rules: DoorRules, now: float, done: Result) -> Result:
    if event == ScheduleChanged(False) and door.fire_latched:
        return step(done[0], FireEnded(), rules, now)
    return done


def interlock_forgotten(door: Door, event: DoorEvent, rules: DoorRules, now: float) -> Result:
    return step(door, event, replace(rules, interlocked=False), now)


def interlock_binds_in_fire(door: Door, event: DoorEvent, rules: DoorRules, now: float) -> Result:
    if isinstance(event, Unlock) and door.linked and not door.others_clear:
        return door, (Note(DoorNote.INTERLOCK_BLOCKED, reference=event.reference),)
    return step(door, event, rules, now)


def exit_button_slips_through_the_interlock(door: Door, event: DoorEvent, rules: DoorRules, now: float) -> Result:
    loose = isinstance(event, DoorSensed)
    return step(door, event, replace(rules, interlocked=rules.interlocked and not loose), now)


def cut_exit_wire_opens(door: Door, event: DoorEvent, rules: DoorRules, now: float) -> Result:
    if isinstance(event, DoorSensed) and event.exit_pressed and door.exit_pressed is None:
        return step(replace(door, exit_pressed=False), event, rules, now)
    return step(door, event, rules, now)


@after_step
def exit_button_only_when_locked(door: Door, event: DoorEvent, rules: DoorRules, now: float, done: Result) -> Result:
    ignored = isinstance(event, DoorSensed) and door.state is DoorState.HELD_OPEN
    return (done[0], without_pulses(done[1])) if ignored else done


@after_step
def unlocks_late_after_link(door: Door, event: DoorEvent, rules: DoorRules, now: float, done: Result) -> Result:
    late = isinstance(event, DoorLinkBack) and door.waiting is not None and not door.linked
    return (done[0], (*done[1], PulseUnlock())) if late else done


@after_step
def commands_offline(door: Door, event: DoorEvent, rules: DoorRules, now: float, done: Result) -> Result:
    return (done[0], (PulseUnlock(),)) if isinstance(event, Unlock) and not door.linked else done


@after_step
def grant_is_forgotten_while_open(door: Door, event: DoorEvent, rules: DoorRules, now: float, done: Result) -> Result:
    return (door, ()) if isinstance(event, Unlock) and door.state is DoorState.OPEN else done


def forced_after_an_unlocking(door: Door, event: DoorEvent, rules: DoorRules, now: float) -> Result:
    opened = isinstance(event, DoorSensed) and event.open and door.state is DoorState.UNLOCKED
    return step(replace(door, unlocked_until_mono_s=None) if opened else door, event, rules, now)


@after_step
def forced_is_taken_for_opened(door: Door, event: DoorEvent, rules: DoorRules, now: float, done: Result) -> Result:
    after, actions = done
    if after.state is not DoorState.FORCED or door.state is DoorState.FORCED:
        return done
    told = without(actions, DoorNote.FORCED)
    return replace(after, state=DoorState.OPEN, held_at_mono_s=now + 1), (*told, Note(DoorNote.OPENED))


def unknown_contact_counts_as_closed(door: Door, event: DoorEvent, rules: DoorRules, now: float) -> Result:
    blind = isinstance(event, DoorSensed) and event.open is None and door.state is DoorState.HELD_OPEN
    after, actions = step(door, event, rules, now)
    return (replace(after, state=DoorState.LOCKED), actions) if blind else (after, actions)


@after_step
def held_open_never_told(door: Door, event: DoorEvent, rules: DoorRules, now: float, done: Result) -> Result:
    return done[0], without(done[1], DoorNote.HELD_OPEN)


@after_step
def held_open_repeats_itself(door: Door, event: DoorEvent, rules: DoorRules, now: float, done: Result) -> Result:
    held = done[0].state is DoorState.HELD_OPEN and isinstance(event, DoorTimePassed)
    return (done[0], (*without(done[1], DoorNote.HELD_OPEN), Note(DoorNote.HELD_OPEN))) if held else done


@after_step
def every_failed_repetition_is_told(door: Door, event: DoorEvent, rules: DoorRules, now: float, done: Result) -> Result:
    return (done[0], (Note(DoorNote.UNLOCK_FAILED),)) if isinstance(event, UnlockFailed) else done


@after_step
def schedule_latches_after_its_end(door: Door, event: DoorEvent, rules: DoorRules, now: float, done: Result) -> Result:
    ended = event == ScheduleChanged(False) and door.state is DoorState.FREE and door.linked
    return (done[0], (*done[1], PulseUnlock())) if ended else done


@after_step
def schedule_beats_a_lost_link(door: Door, event: DoorEvent, rules: DoorRules, now: float, done: Result) -> Result:
    lost = isinstance(event, DoorLinkLost) and door.state is DoorState.FREE
    return (replace(done[0], state=DoorState.FREE), done[1]) if lost else done


@after_step
def opening_loses_its_grant(door: Door, event: DoorEvent, rules: DoorRules, now: float, done: Result) -> Result:
    spoilt = (replace(a, reference="") if isinstance(a, Note) and a.what is DoorNote.OPENED else a for a in done[1])
    return done[0], tuple(spoilt)


MUTANTS: dict[str, Step] = {
    "fire waits for the link": fire_waits_for_the_link,
    "fire pulsed once only": fire_pulsed_once_only,
    "fire not resent after link": fire_not_resent_after_link,
    "fire pulse waits for the log": fire_pulse_waits_for_the_log,
    "fire ends with the schedule": fire_ends_with_the_schedule,
    "interlock forgotten": interlock_forgotten,
    "interlock binds in fire": interlock_binds_in_fire,
    "exit button slips through the interlock": exit_button_slips_through_the_interlock,
    "cut exit wire opens": cut_exit_wire_opens,
    "exit button only when locked": exit_button_only_when_locked,
    "unlocks late after link": unlocks_late_after_link,
    "commands offline": commands_offline,
    "grant is forgotten while open": grant_is_forgotten_while_open,
    "forced after an unlocking": forced_after_an_unlocking,
    "forced is taken for opened": forced_is_taken_for_opened,
    "unknown contact counts as closed": unknown_contact_counts_as_closed,
    "held open never told": held_open_never_told,
    "held open repeats itself": held_open_repeats_itself,
    "every failed repetition is told": every_failed_repetition_is_told,
    "schedule latches after its end": schedule_latches_after_its_end,
    "schedule beats a lost link": schedule_beats_a_lost_link,
    "opening loses its grant": opening_loses_its_grant,
}


@pytest.mark.parametrize("machine", MUTANTS.values(), ids=MUTANTS)
def test_the_walk_catches_a_seeded_bug(machine: Step) -> None:
    assert walk(machine, PAIR, EDGES, to_first=True).violations != {}
