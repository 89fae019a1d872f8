"""What devices report: inputs, links, verdicts of commands; and the fire input, which beats every rule. Core: pure."""

from __future__ import annotations

from dataclasses import replace

from devices.messages import CommandDone, CommandFailed, FailReason, InputsRead, LinkBack, LinkLost
from edge import wiring
from edge.alarms.rules import GENERAL, SYSTEM, URGENT, raise_alarm, returned
from edge.lanes.machine import (
    FireChanged,
    FireReset,
    LaneLinkBack,
    LaneLinkLost,
    OpenFailed,
    SensorsChanged,
)
from edge.react import door as doors
from edge.react import input as alarm_inputs
from edge.react import selftest
from edge.react import siren as sirens
from edge.react.lane import drive
from edge.react.vehicle import on_approach, on_loop_left
from edge.react.wrong_way import watch_direction
from edge.state import BoardView
from edge.turn import Turn

FIRE_SOURCE = "fire"


def on_inputs(turn: Turn, report: InputsRead) -> None:
    """Fresh input levels."""
    known = turn.state.boards.get(report.board)
    if known is None:
        return
    changed = known.levels != report.levels
    turn.set_board(report.board, replace(known, up=True, levels=report.levels, at_mono_s=report.at_mono_s))
    if changed:
        _inputs_changed(turn, report.board)


def on_link_lost(turn: Turn, report: LinkLost) -> None:
    """A board does not answer: its inputs are unknown, its lanes are offline."""
    known = turn.state.boards.get(report.board)
    if known is None or known.up is False:
        return
    view = BoardView(up=False, levels=None, at_mono_s=report.at_mono_s, since_s=turn.now.wall_s, cause=report.cause)
    turn.set_board(report.board, view)
    source = f"board:{report.board}"
    event_id = turn.record("link.lost", source, {"cause": report.cause})
    raise_alarm(turn, "link.lost", SYSTEM, source, place=report.board, event_id=event_id, detail=report.cause)
    for name in wiring.lanes_of_board(turn.state.settings, report.board):
        drive(turn, name, LaneLinkLost())
    doors.on_board_lost(turn, report.board)
    _inputs_changed(turn, report.board)


def on_link_back(turn: Turn, report: LinkBack) -> None:
    """A board answers, its inputs read first; a lane's queue was cleared, so nothing opens late."""
    known = turn.state.boards.get(report.board)
    if known is None:
        return
    first = known.up is None
    down_s = 0.0 if first else round(turn.now.wall_s - known.since_s, 3)
    view = BoardView(up=True, levels=report.levels, at_mono_s=report.at_mono_s, since_s=turn.now.wall_s)
    turn.set_board(report.board, view)
    source = f"board:{report.board}"
    turn.record("link.back", source, {"down_s": down_s, "first": first})
    returned(turn, "link.lost", source)
    _fire_changed(turn)
    for name in wiring.lanes_reading(turn.state.settings, report.board):
        # A lane comes back when all its boards were read: a limit that is only not known yet is no fault.
        if not turn.state.lanes[name].machine.linked and wiring.all_read(turn.state.settings, name, turn.state.boards):
            drive(turn, name, LaneLinkBack(wiring.sensors_of(turn.state.settings, name, turn.state.boards)))
    _inputs_changed(turn, report.board)


def on_stale(turn: Turn) -> None:
    """Input levels that were not refreshed in time are unknown, whatever they said."""
    for name, view in turn.state.boards.items():
        stale_s = turn.state.settings.boards[name].stale_s
        if view.levels is not None and turn.now.mono_s - view.at_mono_s > stale_s:
            turn.set_board(name, replace(view, levels=None))
            _inputs_changed(turn, name)


def _inputs_changed(turn: Turn, board: str) -> None:
    _fire_changed(turn)
    settings = turn.state.settings
    for name in wiring.lanes_reading(settings, board):
        view = turn.state.lanes[name]
        approach = wiring.approach_of(settings, name, turn.state.boards)
        arrived = approach is True and view.approach is not True
        seen_s = turn.now.mono_s if approach is True or view.approach is True else view.approached_mono_s
        arrived_s = turn.now.mono_s if arrived else view.arrived_mono_s if approach is True else None
        turn.set_lane(name, replace(view, approach=approach, approached_mono_s=seen_s, arrived_mono_s=arrived_s))
        if view.machine.linked:
            drive(turn, name, SensorsChanged(wiring.sensors_of(settings, name, turn.state.boards)))
            watch_direction(turn, name, view.machine)
        if arrived:
            on_approach(turn, name)
        elif approach is not True:
            on_loop_left(turn, name)
    doors.on_board_inputs(turn, board)
    alarm_inputs.on_board_inputs(turn, board)


def _fire_changed(turn: Turn) -> None:
    """Follow the fire input. An active one latches; only a person ends it."""
    settings = turn.state.settings
    if settings.fire.input is None:
        return
    active = wiring.fire_of(settings, turn.state.boards)
    before = turn.state.fire_active
    if active is before or (active is None and _unread(turn)):
        return
    latched = turn.state.fire_latched or active is True
    turn.state = replace(turn.state, fire_active=active, fire_latched=latched)
    for name in wiring.fire_lanes(settings):
        drive(turn, name, FireChanged(active))
    if latched:
        doors.on_fire(turn, True)
    _tell_fire(turn, active, before)


def _unread(turn: Turn) -> bool:
    """At start, before the board's first word, the input is neither healthy nor broken."""
    ref = turn.state.settings.fire.input
    return ref is not None and turn.state.boards[ref.board].up is None


def _tell_fire(turn: Turn, active: bool | None, before: bool | None) -> None:
    place = turn.state.settings.site.name
    if active is True:
        event_id = turn.record("fire.active", FIRE_SOURCE, {})
        raise_alarm(turn, "fire.active", URGENT, FIRE_SOURCE, place=place, event_id=event_id)
    elif active is False and turn.state.fire_latched:
        turn.record("fire.clear", FIRE_SOURCE, {})
        returned(turn, "fire.active", FIRE_SOURCE)
    if active is None:
        event_id = turn.record("fire.line_broken", FIRE_SOURCE, {})
        raise_alarm(turn, "fire.line_broken", URGENT, FIRE_SOURCE, place=place, event_id=event_id)
    elif before is None:
        turn.record("fire.line_ok", FIRE_SOURCE, {})
        returned(turn, "fire.line_broken", FIRE_SOURCE)


def reset_fire(turn: Turn, by: str) -> tuple[bool, str]:
    """A person ends the fire state; honoured only when the input is clear and known. Returns (ok, reason)."""
    if not turn.state.fire_latched:
        return False, "no_fire"
    if wiring.fire_of(turn.state.settings, turn.state.boards) is not False:
        return False, "fire_input_not_clear"
    turn.state = replace(turn.state, fire_latched=False)
    turn.record("fire.reset", FIRE_SOURCE, {"by": by})
    for name in wiring.fire_lanes(turn.state.settings):
        drive(turn, name, FireReset())
    doors.on_fire(turn, False)
    return True, "reset"


def on_done(turn: Turn, report: CommandDone) -> None:
    """A command was sent, and read back where it can be; measured where it belongs to a passage."""
    pending = turn.state.commands.get(report.id)
    if pending is None:
        return
    _forget(turn, report.id)
    source = f"door:{pending.door}" if pending.door else f"lane:{pending.lane}"
    if pending.siren:
        sirens.on_beat_done(turn, pending.siren)
        selftest.on_siren(turn, pending.siren, ok=True)
    elif pending.door:
        doors.on_unlock_done(turn, pending.door)
    else:
        returned(turn, "command.failed", source)
    if not pending.reference:
        return
    sent = report.first_byte_mono_s
    body: dict[str, object] = {
        "command": report.id,
        "reference": pending.reference,
        "decision_to_bytes_ms": _ms(pending.decided_mono_s, sent),
        "confirmed_ms": _ms(sent, report.done_mono_s),
    }
    if not report.verified:
        body["verified"] = False
    if pending.captured_mono_s is not None and pending.read_mono_s is not None:
        body["frame_to_bytes_ms"] = _ms(pending.captured_mono_s, sent)
        body["reading_ms"] = _ms(pending.captured_mono_s, pending.read_mono_s)
        body["own_ms"] = _ms(pending.read_mono_s, sent)
    turn.record("command.done", source, body)


def on_failed(turn: Turn, report: CommandFailed) -> None:
    """A command was not carried out, or not known to be; lane, door or siren and the guard are told."""
    pending = turn.state.commands.get(report.id)
    if pending is None:
        return
    _forget(turn, report.id)
    source = f"lane:{pending.lane}"
    detail = f"{report.reason.value}: {report.detail}" if report.detail else report.reason.value
    if pending.siren:
        sirens.on_beat_failed(turn, pending.siren, detail)
        selftest.on_siren(turn, pending.siren, ok=False, detail=detail)
        return
    if pending.door:
        doors.on_unlock_failed(turn, pending.door, detail, pending.reference)
        return
    if pending.reference:
        body = {
            "command": report.id,
            "reference": pending.reference,
            "reason": report.reason.value,
            "detail": detail,
        }
        event_id = turn.record("command.failed", source, body)
        place = turn.lane_place(pending.lane)
        raise_alarm(turn, "command.failed", GENERAL, source, place=place, event_id=event_id, detail=detail)
    # A lost link tells the lane by itself; a fault on top would need a person for a cable that is back.
    if report.reason is not FailReason.LINK_DOWN:
        drive(turn, pending.lane, OpenFailed(detail))


def _forget(turn: Turn, command_id: str) -> None:
    left = {k: v for k, v in turn.state.commands.items() if k != command_id}
    turn.state = replace(turn.state, commands=left)


def _ms(start_s: float, end_s: float) -> float:
    return round((end_s - start_s) * 1e3, 3)
