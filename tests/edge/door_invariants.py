"""What must hold on every edge of the walk; written from the table, not from the code."""

from __future__ import annotations

from edge.doors.machine import (
    DoorLinkBack,
    DoorLinkLost,
    DoorNote,
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
from tests.edge.door_walk import Edge, Invariant

ORDINARY, URGENT = PulseUnlock(), PulseUnlock(urgent=True)
RELEASED = (DoorState.FREE, DoorState.FIRE_RELEASED)


def notes(edge: Edge) -> list[DoorNote]:
    return [action.what for action in edge.actions if isinstance(action, Note)]


def pulses(edge: Edge) -> list[PulseUnlock]:
    return [action for action in edge.actions if isinstance(action, PulseUnlock)]


def asked(edge: Edge) -> bool:
    """Somebody may pass, or pressed the exit button."""
    pressed = isinstance(edge.event, DoorSensed) and edge.event.exit_pressed is True
    return isinstance(edge.event, Unlock) or (pressed and edge.before.exit_pressed is False)


def blocked(edge: Edge) -> bool:
    return edge.rules.interlocked and not edge.before.others_clear and not edge.before.fire_latched


def in_fire(edge: Edge) -> bool:
    return edge.after.fire_latched and edge.rules.escape_route


# Commands


def nothing_is_commanded_offline(edge: Edge) -> bool:
    return not pulses(edge) or edge.after.linked


def unlocks_only_when_asked(edge: Edge) -> bool:
    """An ordinary pulse needs a grant, a press or a schedule; an urgent one fire on an escape route."""
    if URGENT in edge.actions and not in_fire(edge):
        return False
    return ORDINARY not in edge.actions or asked(edge) or edge.after.state is DoorState.FREE


def who_may_pass_gets_one_answer(edge: Edge) -> bool:
    if not asked(edge):
        return not {DoorNote.UNLOCKED, DoorNote.REFUSED, DoorNote.INTERLOCK_BLOCKED} & set(notes(edge))
    told = notes(edge)
    if not edge.before.linked:
        return DoorNote.REFUSED in told and not pulses(edge)
    if blocked(edge):
        return DoorNote.INTERLOCK_BLOCKED in told and DoorNote.UNLOCKED not in told
    return DoorNote.UNLOCKED in told and ORDINARY in edge.actions


def interlock_holds(edge: Edge) -> bool:
    """Nobody opens a blocked door of a pair; a schedule and fire are not asked."""
    return not (blocked(edge) and ORDINARY in edge.actions) or edge.after.state is DoorState.FREE


def nothing_unlocks_late(edge: Edge) -> bool:
    """A link that comes back unlocks nothing but what stands released."""
    return not isinstance(edge.event, DoorLinkBack) or not pulses(edge) or edge.after.state in RELEASED


def note_stands_before_its_pulse(edge: Edge) -> bool:
    if ORDINARY not in edge.actions or DoorNote.UNLOCKED not in notes(edge):
        return True
    told = next(n for n, a in enumerate(edge.actions) if isinstance(a, Note) and a.what is DoorNote.UNLOCKED)
    return edge.actions.index(ORDINARY) > told


# Fire and schedule


def fire_releases_an_escape_route(edge: Edge) -> bool:
    return (edge.after.state is DoorState.FIRE_RELEASED) == in_fire(edge)


def release_begins_with_a_pulse(edge: Edge) -> bool:
    begun = edge.after.state in RELEASED and edge.after.linked
    begun = begun and (edge.before.state is not edge.after.state or not edge.before.linked)
    return not begun or (URGENT if in_fire(edge) else ORDINARY) in edge.actions


def release_is_repeated(edge: Edge) -> bool:
    wanted = edge.before.state in RELEASED and "refresh_mono_s" in edge.due
    return not wanted or (URGENT if in_fire(edge) else ORDINARY) in edge.actions


def fire_ends_only_by_a_person(edge: Edge) -> bool:
    ended = edge.before.fire_latched and not edge.after.fire_latched
    return ended == (isinstance(edge.event, FireEnded) and edge.before.fire_latched)


# Contact


def forced_needs_a_door_seen_closed(edge: Edge) -> bool:
    if edge.after.state is not DoorState.FORCED or edge.before.state is DoorState.FORCED:
        return True
    seen = edge.before.open is False and edge.after.open is True
    return seen and edge.before.unlocked_until_mono_s is None and (not asked(edge) or blocked(edge))


def forced_door_is_told(edge: Edge) -> bool:
    """A locked door that opens without anybody let in: forced, whatever else happens."""
    before = edge.before
    opened = before.state is DoorState.LOCKED and before.open is False and edge.after.open is True
    alone = isinstance(edge.event, DoorSensed) and (not asked(edge) or blocked(edge))
    return not (opened and alone) or (edge.after.state is DoorState.FORCED and DoorNote.FORCED in notes(edge))


def held_open_comes_of_time(edge: Edge) -> bool:
    if edge.after.state is not DoorState.HELD_OPEN or edge.before.state is DoorState.HELD_OPEN:
        return edge.before.state is not DoorState.OPEN or "held_at_mono_s" not in edge.due
    return edge.before.state is DoorState.OPEN and "held_at_mono_s" in edge.due and DoorNote.HELD_OPEN in notes(edge)


def broken_contact_ends_no_alarm(edge: Edge) -> bool:
    alarmed = edge.before.state in (DoorState.HELD_OPEN, DoorState.FORCED)
    unknown = isinstance(edge.event, DoorSensed) and edge.event.open is None
    return not (alarmed and unknown) or edge.after.state is edge.before.state or not edge.rules.has_contact


def told_is_known(edge: Edge) -> bool:
    after, event = edge.after, edge.event
    match event:
        case DoorSensed(is_open, pressed) | DoorLinkBack(is_open, pressed):
            known = after.open is (is_open if edge.rules.has_contact else None) and after.exit_pressed is pressed
            return known and after.linked is (edge.before.linked or isinstance(event, DoorLinkBack))
        case DoorLinkLost():
            return not after.linked
        case ScheduleChanged(unlocked):
            return after.free is unlocked
        case OthersChanged(clear):
            return after.others_clear is clear
        case FireStarted():
            return after.fire_latched
    return (after.open, after.linked, after.free) == (edge.before.open, edge.before.linked, edge.before.free)


# Notes


def same_again_is_no_news(edge: Edge) -> bool:
    if isinstance(edge.event, Unlock | UnlockFailed):
        return True
    after, actions = edge.again
    # Who stands at a closed pair and asks a second time presses anew; a button that stays pressed does not.
    return actions == () and after == edge.after


def notes_tell_what_changed(edge: Edge) -> bool:
    before, after, told = edge.before, edge.after, notes(edge)
    opened = after.was_open is True and before.was_open is not True
    unused = "unlocked_until_mono_s" in edge.due and before.waiting is not None and before.open is False
    news = {
        DoorNote.OFFLINE: before.linked and not after.linked,
        DoorNote.ONLINE: after.linked and not before.linked,
        DoorNote.FREE: after.free and not before.free,
        DoorNote.FREE_ENDED: before.free and not after.free,
        DoorNote.FIRE_RELEASED: _entered(edge, DoorState.FIRE_RELEASED),
        DoorNote.FIRE_ENDED: _left(edge, DoorState.FIRE_RELEASED),
        DoorNote.HELD_OPEN: _entered(edge, DoorState.HELD_OPEN),
        DoorNote.HELD_OVER: _left(edge, DoorState.HELD_OPEN),
        DoorNote.FORCED: _entered(edge, DoorState.FORCED),
        DoorNote.OPENED: opened and after.state is not DoorState.FORCED,
        DoorNote.CLOSED: before.was_open is True and after.was_open is False,
        DoorNote.NOT_OPENED: unused,
        DoorNote.CONTACT_UNKNOWN: after.linked and before.open is not None and _unknown_now(edge),
        DoorNote.CONTACT_KNOWN: before.contact_lost and not after.contact_lost,
        DoorNote.UNLOCK_WORKS: before.failing and isinstance(edge.event, UnlockDone),
    }
    return all((what in told) == happened for what, happened in news.items()) and len(told) == len(set(told))


def _unknown_now(edge: Edge) -> bool:
    return edge.after.open is None and isinstance(edge.event, DoorSensed | DoorLinkBack)


def _entered(edge: Edge, state: DoorState) -> bool:
    return edge.after.state is state and edge.before.state is not state


def _left(edge: Edge, state: DoorState) -> bool:
    return edge.before.state is state and edge.after.state is not state


def failure_is_told(edge: Edge) -> bool:
    if not isinstance(edge.event, UnlockFailed):
        return DoorNote.UNLOCK_FAILED not in notes(edge)
    asked_for = bool(edge.event.reference)
    return (DoorNote.UNLOCK_FAILED in notes(edge)) == (asked_for or not edge.before.failing) and edge.after.failing


def opened_names_its_grant(edge: Edge) -> bool:
    named = [a.reference for a in edge.actions if isinstance(a, Note) and a.what is DoorNote.OPENED]
    if not named or edge.before.waiting is None or asked(edge):
        return True
    return named == [edge.before.waiting] and edge.after.waiting is None


# Shapes


def rank(edge: Edge) -> bool:
    """Fire > link lost > schedule, and never the other way round."""
    after = edge.after
    if in_fire(edge):
        return after.state is DoorState.FIRE_RELEASED
    if not after.linked:
        return after.state is DoorState.OFFLINE
    return (after.state is DoorState.FREE) == after.free and after.state is not DoorState.OFFLINE


def timers_run_where_needed(edge: Edge) -> bool:
    after = edge.after
    held = (after.held_at_mono_s is not None) == (after.state is DoorState.OPEN)
    kept = (after.refresh_mono_s is not None) == (after.state in RELEASED and after.linked)
    unlocked = after.state is not DoorState.UNLOCKED or after.unlocked_until_mono_s is not None
    locked = after.state is not DoorState.LOCKED or after.unlocked_until_mono_s is None
    return held and kept and unlocked and locked


def locked_means_closed(edge: Edge) -> bool:
    return edge.after.state is not DoorState.LOCKED or edge.after.open is not True


def time_alone_asks_for_nothing(edge: Edge) -> bool:
    """What only passes time or says the same again unlocks nothing that does not stand released."""
    return not isinstance(edge.event, DoorTimePassed | DoorLinkLost) or not pulses(edge) or edge.after.state in RELEASED


EDGES = tuple(
    Invariant(check.__name__.replace("_", " "), check)
    for check in (
        nothing_is_commanded_offline,
        unlocks_only_when_asked,
        who_may_pass_gets_one_answer,
        interlock_holds,
        nothing_unlocks_late,
        note_stands_before_its_pulse,
        fire_releases_an_escape_route,
        release_begins_with_a_pulse,
        release_is_repeated,
        fire_ends_only_by_a_person,
        forced_needs_a_door_seen_closed,
        forced_door_is_told,
        held_open_comes_of_time,
        broken_contact_ends_no_alarm,
        told_is_known,
        same_again_is_no_news,
        notes_tell_what_changed,
        failure_is_told,
        opened_names_its_grant,
        rank,
        timers_run_where_needed,
        locked_means_closed,
        time_alone_asks_for_nothing,
    )
)
