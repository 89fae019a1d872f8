"""Driving the door machines: events in, pulses, log lines and alarms out. Core: pure."""

from __future__ import annotations

from dataclasses import replace

from devices.messages import Priority, PulseOutput
from edge import wiring
from edge.access.schedules import holds
from edge.alarms.rules import GENERAL, SYSTEM, URGENT, raise_alarm, returned
from edge.doors.machine import (
    Door,
    DoorEvent,
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
    step,
)
from edge.intents import Send
from edge.observations import UnlockByHand
from edge.react.presence import passed
from edge.state import PendingOpen
from edge.state_gate import DoorView
from edge.turn import Turn

UNLOCK_LIFE_S = 3.0
"""An unlocking that waits longer than this for its bus is not carried out."""
GRANTED_MAX = 8

_ALARMS: dict[DoorNote, int] = {
    DoorNote.FORCED: URGENT,
    DoorNote.HELD_OPEN: GENERAL,
    DoorNote.UNLOCK_FAILED: GENERAL,
    DoorNote.CONTACT_UNKNOWN: SYSTEM,
}
"""Notes that need a person, with their priority."""

_ENDS: dict[DoorNote, DoorNote] = {
    DoorNote.CLOSED: DoorNote.FORCED,
    DoorNote.HELD_OVER: DoorNote.HELD_OPEN,
    DoorNote.UNLOCK_WORKS: DoorNote.UNLOCK_FAILED,
    DoorNote.CONTACT_KNOWN: DoorNote.CONTACT_UNKNOWN,
}
"""Notes that say that an earlier condition is over."""


def open_door(turn: Turn, door: str, reference: str) -> bool:
    """Unlock for a grant; ``reference`` is the id of its event. True when an unlock pulse was asked for."""
    view = turn.state.doors[door]
    _put(turn, door, replace(view, granted=(*view.granted, reference)[-GRANTED_MAX:]))
    unlocked = drive_door(turn, door, Unlock(reference))
    if view.machine.open is True and unlocked:
        _all_passed(turn, door)
    elif not unlocked:
        _put(turn, door, replace(turn.state.doors[door], granted=view.granted))
    return unlocked


def door_hindrance(turn: Turn, door: str) -> str:
    """Why a door cannot be unlocked now; empty when it can."""
    view = turn.state.doors[door]
    if not view.machine.linked:
        return "door_offline"
    blocked = view.rules.interlocked and not view.machine.others_clear and not view.machine.fire_latched
    return "interlock_blocked" if blocked else ""


def unlock_by_hand(turn: Turn, act: UnlockByHand) -> tuple[bool, str]:
    """A guard unlocks a door, with a reason. Returns (ok, reason)."""
    if act.door not in turn.state.doors:
        return False, "unknown_door"
    if not act.reason.strip():
        return False, "reason_needed"
    hindered = door_hindrance(turn, act.door)
    if hindered:
        return False, hindered
    body = {"door": act.door, "reason": act.reason.strip(), "role": act.operator.role}
    reference = turn.record("operator.unlocked", f"operator:{act.operator.name}", body)
    unlocked = open_door(turn, act.door, reference)
    return unlocked, "unlocking" if unlocked else "door_refused"


def on_board_lost(turn: Turn, board: str) -> None:
    """The board of a lock does not answer."""
    for name, door in turn.state.settings.doors.items():
        if door.lock.board == board:
            drive_door(turn, name, DoorLinkLost())


def on_board_inputs(turn: Turn, board: str) -> None:
    """What a board's inputs say of contacts and exit buttons; also that its locks can be reached again."""
    settings, boards = turn.state.settings, turn.state.boards
    for name, door in settings.doors.items():
        read_here = {ref.board for ref in (door.contact, door.exit_button) if ref is not None}
        if board not in read_here | {door.lock.board}:
            continue
        is_open, pressed = wiring.value_of(door.contact, boards), wiring.value_of(door.exit_button, boards)
        back = boards[door.lock.board].up is True and not turn.state.doors[name].machine.linked
        drive_door(turn, name, DoorLinkBack(is_open, pressed) if back else DoorSensed(is_open, pressed))


def on_fire(turn: Turn, latched: bool) -> None:
    """Fire was latched, or a person reset it."""
    for name in turn.state.doors:
        drive_door(turn, name, FireStarted() if latched else FireEnded())


def on_tick(turn: Turn) -> None:
    """Schedules and timers. While the clock cannot be trusted no schedule unlocks."""
    settings = turn.state.settings
    for name, door in settings.doors.items():
        schedule = settings.schedules.get(door.unlocked_during or "")
        if schedule is not None:
            trusted = turn.state.access.clock_trusted
            unlocked = trusted and holds(schedule, turn.now.wall_s, settings.site.timezone)
            if unlocked != turn.state.doors[name].machine.free:
                drive_door(turn, name, ScheduleChanged(unlocked))
        drive_door(turn, name, DoorTimePassed())


def on_unlock_done(turn: Turn, door: str) -> None:
    """A pulse was sent and read back."""
    drive_door(turn, door, UnlockDone())


def on_unlock_failed(turn: Turn, door: str, detail: str, reference: str) -> None:
    """A pulse was not carried out, or not known to be."""
    drive_door(turn, door, UnlockFailed(detail, reference))


def drive_door(turn: Turn, name: str, event: DoorEvent) -> bool:
    """Step one door's machine and carry its actions into the turn. True when it asked for an unlock pulse."""
    view = turn.state.doors[name]
    machine, actions = step(view.machine, event, view.rules, turn.now.mono_s)
    if machine == view.machine and not actions:
        return False
    _put(turn, name, replace(view, machine=machine))
    unlocked = False
    for action in actions:
        match action:
            case PulseUnlock(urgent=urgent):
                unlocked = True
                _send(turn, name, urgent, event)
            case Note(what=what, detail=detail, reference=reference):
                _note(turn, name, what, detail, reference)
    _tell_others(turn, name)
    return unlocked


def _send(turn: Turn, name: str, urgent: bool, event: DoorEvent) -> None:
    lock, rules = turn.state.settings.doors[name], turn.state.doors[name].rules
    reference = event.reference if isinstance(event, Unlock) else ""
    # A repeated pulse that waits until the next one is due would only be sent twice.
    life_s = UNLOCK_LIFE_S if not isinstance(event, DoorTimePassed) else min(UNLOCK_LIFE_S, rules.refresh_s)
    command = PulseOutput(
        id=turn.new_id(),
        board=lock.lock.board,
        relay=lock.lock.relay,
        pulse_s=lock.unlock_s,
        expires_mono_s=turn.now.mono_s + life_s,
        priority=Priority.FIRE if urgent else Priority.OPEN,
    )
    turn.intents.append(Send(command))
    waited = turn.state.uses.get(reference)
    pending = PendingOpen(
        lane="",
        door=name,
        reference=reference,
        expires_mono_s=command.expires_mono_s,
        decided_mono_s=waited.since_mono_s if waited is not None else turn.now.mono_s,
    )
    turn.state = replace(turn.state, commands={**turn.state.commands, command.id: pending})


def _note(turn: Turn, name: str, what: DoorNote, detail: str, reference: str) -> None:
    source, place = f"door:{name}", turn.state.settings.doors[name].place or name
    event_id = turn.record(f"door.{what.value}", source, {"detail": detail, "reference": reference})
    if what in _ALARMS:
        # A fire exit that does not unlock is a matter of life.
        urgent = what is DoorNote.UNLOCK_FAILED and turn.state.doors[name].machine.state is DoorState.FIRE_RELEASED
        priority = URGENT if urgent else _ALARMS[what]
        raise_alarm(turn, f"door.{what.value}", priority, source, place=place, event_id=event_id, detail=detail)
    if what in _ENDS:
        returned(turn, f"door.{_ENDS[what].value}", source)
    if what is DoorNote.OPENED:
        _all_passed(turn, name)
    elif what is DoorNote.NOT_OPENED:
        _put(turn, name, replace(turn.state.doors[name], granted=()))


def _all_passed(turn: Turn, name: str) -> None:
    """Everybody who was let in since the door was last opened goes through now."""
    view = turn.state.doors[name]
    _put(turn, name, replace(view, granted=()))
    for reference in view.granted:
        passed(turn, name, reference)


def _tell_others(turn: Turn, changed: str) -> None:
    """Doors that are interlocked with the one that changed learn whether they may open."""
    doors = turn.state.settings.doors
    for name, door in doors.items():
        if changed not in door.interlock:
            continue
        clear = all(_at_rest(turn.state.doors[other].machine) for other in door.interlock if other in doors)
        if clear != turn.state.doors[name].machine.others_clear:
            drive_door(turn, name, OthersChanged(clear))


def _at_rest(machine: Door) -> bool:
    """Known to be closed, and nobody has just been let in."""
    return machine.open is False and (machine.state is DoorState.FREE or machine.unlocked_until_mono_s is None)


def _put(turn: Turn, name: str, view: DoorView) -> None:
    turn.state = replace(turn.state, doors={**turn.state.doors, name: view})
