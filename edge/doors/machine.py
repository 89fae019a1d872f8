"""The door state machine (门). Core: pure functions of (door, event, rules, now).

Order of rules: fire > link lost > schedule > whoever may pass, exit button > normal course. The machine only ever
unlocks or does nothing: no action locks a door or holds it shut, and each unlocking is a pulse that its board ends.
Where a door stands follows from what is remembered of it; ``docs/door.md`` has the table.
"""

from __future__ import annotations

from dataclasses import replace

from edge.doors.types import (
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
    OthersChanged,
    PulseUnlock,
    ScheduleChanged,
    Unlock,
    UnlockDone,
    UnlockFailed,
)

__all__ = [
    "Door",
    "DoorAction",
    "DoorEvent",
    "DoorLinkBack",
    "DoorLinkLost",
    "DoorNote",
    "DoorRules",
    "DoorSensed",
    "DoorState",
    "DoorTimePassed",
    "FireEnded",
    "FireStarted",
    "Note",
    "OthersChanged",
    "PulseUnlock",
    "ScheduleChanged",
    "Unlock",
    "UnlockDone",
    "UnlockFailed",
    "step",
]

Result = tuple[Door, tuple[DoorAction, ...]]

OPENED = frozenset({DoorState.OPEN, DoorState.HELD_OPEN, DoorState.FORCED})
RELEASED = frozenset({DoorState.FREE, DoorState.FIRE_RELEASED})


def step(door: Door, event: DoorEvent, rules: DoorRules, now_mono_s: float) -> Result:
    """The door after one event, and what is to be done, in order; defined for every event in every state."""
    lapsed, given_up = _expire(door, rules, now_mono_s)
    heard, news = _hear(lapsed, event, rules)
    asked, asking = _ask(lapsed, heard, event, rules, now_mono_s)
    placed, moved = _place(door, asked, rules, now_mono_s)
    after, pulses = _keep_released(door, placed, now_mono_s, rules)
    # An urgent pulse goes ahead of the sentences about it; an ordinary one follows the note that explains it.
    urgent = tuple(pulse for pulse in pulses if pulse.urgent)
    ordinary = tuple(pulse for pulse in pulses if not pulse.urgent)
    return after, (*urgent, *given_up, *news, *asking, *moved, *ordinary)


def _expire(door: Door, rules: DoorRules, now_mono_s: float) -> tuple[Door, tuple[Note, ...]]:
    """The time in which opening is no surprise is over."""
    if door.unlocked_until_mono_s is None or now_mono_s < door.unlocked_until_mono_s:
        return door, ()
    over = replace(door, unlocked_until_mono_s=None, waiting=None)
    unused = door.waiting is not None and rules.has_contact and door.open is False
    return over, (Note(DoorNote.NOT_OPENED, reference=door.waiting or ""),) if unused else ()


def _hear(door: Door, event: DoorEvent, rules: DoorRules) -> tuple[Door, tuple[Note, ...]]:
    """The door with what the event tells, and a note for each thing that is news."""
    match event:
        case DoorLinkLost():
            lost = (Note(DoorNote.OFFLINE),) if door.linked else ()
            return replace(door, linked=False), lost
        case DoorLinkBack(open=is_open, exit_pressed=pressed):
            back = () if door.linked else (Note(DoorNote.ONLINE),)
            seen, notes = _see(replace(door, linked=True), is_open, pressed, rules)
            return seen, (*back, *notes)
        case DoorSensed(open=is_open, exit_pressed=pressed):
            return _see(door, is_open, pressed, rules)
        case FireStarted():
            return replace(door, fire_latched=True), ()
        case FireEnded():
            return replace(door, fire_latched=False), ()
        case ScheduleChanged(unlocked):
            return replace(door, free=unlocked), _free_news(door.free, unlocked)
        case OthersChanged(clear):
            return replace(door, others_clear=clear), ()
        case UnlockFailed(detail, reference):
            return _failed(door, detail, reference)
        case UnlockDone():
            works = (Note(DoorNote.UNLOCK_WORKS),) if door.failing else ()
            return replace(door, failing=False), works
    return door, ()


def _free_news(before: bool, after: bool) -> tuple[Note, ...]:
    if before == after:
        return ()
    return (Note(DoorNote.FREE if after else DoorNote.FREE_ENDED),)


def _failed(door: Door, detail: str, reference: str) -> tuple[Door, tuple[Note, ...]]:
    # Repeated pulses may fail every other second; a single unlocking that fails is news to whoever asked for it.
    told = door.failing and not reference
    notes = () if told else (Note(DoorNote.UNLOCK_FAILED, detail or "unlock_failed", reference),)
    return replace(door, failing=True), notes


def _see(door: Door, is_open: bool | None, pressed: bool | None, rules: DoorRules) -> tuple[Door, tuple[Note, ...]]:
    is_open = is_open if rules.has_contact else None
    notes: list[Note] = []
    lost = door.contact_lost
    if is_open is None and door.open is not None and door.linked:
        lost = True
        notes.append(Note(DoorNote.CONTACT_UNKNOWN))
    elif is_open is not None and lost:
        lost = False
        notes.append(Note(DoorNote.CONTACT_KNOWN))
    was_open = door.was_open if is_open is None else is_open
    seen = replace(door, open=is_open, was_open=was_open, contact_lost=lost, exit_pressed=pressed)
    return seen, tuple(notes)


def _ask(before: Door, door: Door, event: DoorEvent, rules: DoorRules, now_mono_s: float) -> Result:
    """Whoever may pass, or the exit button: a pulse, or the reason why there is none."""
    match event:
        case Unlock(reference):
            return _unlock(door, reference, "", rules, now_mono_s)
        # Only a press that was seen to begin counts: a cut wire that comes back with the link must open nothing.
        case DoorSensed(exit_pressed=True) if before.exit_pressed is False:
            return _unlock(door, "", "exit", rules, now_mono_s)
    return door, ()


def _unlock(door: Door, reference: str, detail: str, rules: DoorRules, now_mono_s: float) -> Result:
    if not door.linked:
        return door, (Note(DoorNote.REFUSED, "offline", reference),)
    if rules.interlocked and not door.others_clear and not door.fire_latched:
        return door, (Note(DoorNote.INTERLOCK_BLOCKED, detail, reference),)
    until_s = now_mono_s + rules.unlock_s + rules.grace_s
    waiting = None if door.open is True else reference
    held_s = None if door.held_at_mono_s is None else now_mono_s + rules.held_open_s
    unlocked = replace(door, unlocked_until_mono_s=until_s, waiting=waiting, held_at_mono_s=held_s)
    return unlocked, (Note(DoorNote.UNLOCKED, detail, reference), PulseUnlock())


def _place(before: Door, door: Door, rules: DoorRules, now_mono_s: float) -> Result:
    """The state that follows from what is known, and a note for every change of it."""
    state = _state_of(before, door, rules, now_mono_s)
    notes = [*_contact_news(before, door, state), *_state_news(before.state, state)]
    opened = door.was_open is True and before.was_open is not True
    held_s = None
    if state is DoorState.OPEN:
        held_s = door.held_at_mono_s or now_mono_s + rules.held_open_s
    waiting = None if opened else door.waiting
    return replace(door, state=state, held_at_mono_s=held_s, waiting=waiting), tuple(notes)


def _state_of(before: Door, door: Door, rules: DoorRules, now_mono_s: float) -> DoorState:
    if door.fire_latched and rules.escape_route:
        return DoorState.FIRE_RELEASED
    if not door.linked:
        return DoorState.OFFLINE
    if door.free:
        return DoorState.FREE
    # An unknown contact leaves an open door open: the alarm of a held door must not end because a wire broke.
    if door.was_open if door.open is None else door.open:
        return _open_state(before, door, now_mono_s)
    return DoorState.LOCKED if door.unlocked_until_mono_s is None else DoorState.UNLOCKED


def _open_state(before: Door, door: Door, now_mono_s: float) -> DoorState:
    if before.state is DoorState.OPEN:
        held = door.held_at_mono_s is not None and now_mono_s >= door.held_at_mono_s
        return DoorState.HELD_OPEN if held else DoorState.OPEN
    if before.state in OPENED:
        return before.state
    # Only a door that was seen closed and then open, with nobody let in, was forced.
    forced = before.state in {DoorState.LOCKED, DoorState.UNLOCKED} and before.open is False
    return DoorState.FORCED if forced and door.unlocked_until_mono_s is None else DoorState.OPEN


def _contact_news(before: Door, door: Door, state: DoorState) -> tuple[Note, ...]:
    detail = "assumed" if before.open is None else ""
    if door.was_open is True and before.was_open is not True and state is not DoorState.FORCED:
        return (Note(DoorNote.OPENED, detail, door.waiting or ""),)
    if door.was_open is False and before.was_open is True:
        return (Note(DoorNote.CLOSED, detail),)
    return ()


def _state_news(before: DoorState, after: DoorState) -> tuple[Note, ...]:
    if before is after:
        return ()
    left = {DoorState.HELD_OPEN: DoorNote.HELD_OVER, DoorState.FIRE_RELEASED: DoorNote.FIRE_ENDED}
    entered = {
        DoorState.HELD_OPEN: DoorNote.HELD_OPEN,
        DoorState.FORCED: DoorNote.FORCED,
        DoorState.FIRE_RELEASED: DoorNote.FIRE_RELEASED,
    }
    notes = (left.get(before), entered.get(after))
    return tuple(Note(what) for what in notes if what is not None)


def _keep_released(
    before: Door, door: Door, now_mono_s: float, rules: DoorRules
) -> tuple[Door, tuple[PulseUnlock, ...]]:
    """A standing release repeats its pulse; nothing is ever latched on."""
    if door.state not in RELEASED or not door.linked:
        return replace(door, refresh_mono_s=None), ()
    begun = before.state is not door.state or not before.linked
    if not begun and door.refresh_mono_s is not None and now_mono_s < door.refresh_mono_s:
        return door, ()
    kept = replace(
        door,
        refresh_mono_s=now_mono_s + rules.refresh_s,
        unlocked_until_mono_s=now_mono_s + rules.unlock_s + rules.grace_s,
    )
    return kept, (PulseUnlock(urgent=door.state is DoorState.FIRE_RELEASED),)
