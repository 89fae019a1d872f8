"""Driving the lane machines: events in, commands, log lines and alarms out. Core: pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from devices.messages import CloseLane, OpenLane, Priority
from edge.access.plates import Reason
from edge.alarms.rules import GENERAL, SYSTEM, URGENT, raise_alarm, returned
from edge.intents import Send
from edge.lanes.machine import Lane, LaneEvent, LaneNote, LaneState, Note, PulseClose, PulseOpen, step
from edge.react.presence import passed
from edge.state import PendingOpen
from edge.turn import Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Whose opening this is, so that it can be measured and told."""

    reference: str
    plate: str = ""
    captured_mono_s: float | None = None
    read_mono_s: float | None = None
    decided_mono_s: float | None = None
    """When it was decided, where the opening waited for the disk."""


_ALARMS: dict[LaneNote, int] = {
    LaneNote.FORCED: URGENT,
    LaneNote.ARM_ON_VEHICLE: URGENT,
    LaneNote.FAULT: GENERAL,
    LaneNote.TAILGATE: GENERAL,
    LaneNote.STOPPED_UNDER_ARM: GENERAL,
    LaneNote.HOLD_DUE: GENERAL,
    LaneNote.MANUAL: SYSTEM,
    LaneNote.FIRE_LINE_BROKEN: URGENT,
}
"""Notes that need a person, with their priority."""

_ENDS: dict[LaneNote, tuple[LaneNote, ...]] = {
    LaneNote.FAULT_CLEARED: (LaneNote.FAULT, LaneNote.ARM_ON_VEHICLE),
    LaneNote.CLOSED: (LaneNote.FORCED, LaneNote.STOPPED_UNDER_ARM, LaneNote.TAILGATE),
    LaneNote.PASSED: (LaneNote.STOPPED_UNDER_ARM,),
    LaneNote.RELEASED: (LaneNote.HOLD_DUE,),
    LaneNote.HELD: (LaneNote.RELEASED,),
    LaneNote.MANUAL_ENDED: (LaneNote.MANUAL,),
    LaneNote.FIRE_LINE_OK: (LaneNote.FIRE_LINE_BROKEN,),
}
"""Notes that say that an earlier condition is over."""

_HOLD_OVERRULED = "lane.released"
"""A hold that no person ended: whoever wanted the lane open must hear of it."""

_SILENT = frozenset({LaneNote.FIRE_LINE_BROKEN, LaneNote.FIRE_LINE_OK})
"""Said once for the whole site by the fire input itself."""


def drive(turn: Turn, name: str, event: LaneEvent, grant: Grant | None = None) -> bool:
    """Step one lane's machine and carry its actions into the turn. True when it asked the barrier to open."""
    view = turn.state.lanes[name]
    machine, actions = step(view.machine, event, view.rules, turn.now.mono_s)
    granted = dict(view.granted)
    if grant is not None and grant.reference in machine.queue:
        granted[grant.reference] = grant.plate
    waited_for = {*machine.queue, machine.passing}
    granted = {ref: plate for ref, plate in granted.items() if ref in waited_for}
    turn.set_lane(name, replace(view, machine=machine, granted=granted))
    opened = False
    for action in actions:
        match action:
            case PulseOpen(urgent=urgent):
                opened = True
                _send_open(turn, name, urgent, grant)
            case PulseClose():
                life_s = turn.state.settings.lanes[name].command_life_s
                close = CloseLane(id=turn.new_id(), lane=name, expires_mono_s=turn.now.mono_s + life_s)
                turn.intents.append(Send(close))
            case Note(what=what, detail=detail, reference=reference):
                _note(turn, name, what, detail, reference)
    return opened


def _send_open(turn: Turn, name: str, urgent: str, grant: Grant | None) -> None:
    life_s = turn.state.settings.lanes[name].command_life_s
    priority = {"fire": Priority.FIRE, "safety": Priority.SAFETY}.get(urgent, Priority.OPEN)
    command = OpenLane(id=turn.new_id(), lane=name, expires_mono_s=turn.now.mono_s + life_s, priority=priority)
    turn.intents.append(Send(command))
    pending = PendingOpen(
        lane=name,
        reference=grant.reference if grant else "",
        expires_mono_s=command.expires_mono_s,
        decided_mono_s=grant.decided_mono_s if grant and grant.decided_mono_s is not None else turn.now.mono_s,
        captured_mono_s=grant.captured_mono_s if grant else None,
        read_mono_s=grant.read_mono_s if grant else None,
    )
    turn.state = replace(turn.state, commands={**turn.state.commands, command.id: pending})


def _note(turn: Turn, name: str, what: LaneNote, detail: str, reference: str) -> None:
    source = f"lane:{name}"
    event_id = ""
    if what is LaneNote.RELEASED and detail:
        hold_ended(turn, name, detail)
        return
    if what not in _SILENT:
        body = {"detail": detail, "reference": reference}
        event_id = turn.record(f"lane.{_event_name(what)}", source, body)
    if what is LaneNote.PASSED:
        passed(turn, name, reference)
    if what in _ALARMS and what not in _SILENT:
        place = turn.lane_place(name)
        raise_alarm(
            turn,
            f"lane.{_event_name(what)}",
            _ALARMS[what],
            source,
            place=place,
            event_id=event_id,
            detail=detail,
        )
    for ended in _ENDS.get(what, ()):
        returned(turn, f"lane.{_event_name(ended)}", source)


def hold_ended(turn: Turn, name: str, why: str) -> None:
    """A hold ended without a person (restart, link lost, hand crank, fire): it is on record and a person is told."""
    source = f"lane:{name}"
    returned(turn, "lane.hold_due", source)
    event_id = turn.record(_HOLD_OVERRULED, source, {"detail": why, "reference": ""})
    place = turn.lane_place(name)
    raise_alarm(turn, _HOLD_OVERRULED, GENERAL, source, place=place, event_id=event_id, detail=why)


def _event_name(what: LaneNote) -> str:
    return "tailgated" if what is LaneNote.TAILGATE else what.value


def hindrance(machine: Lane) -> Reason | None:
    """Why a lane may not be commanded at all now; None when it may."""
    if not machine.linked:
        return Reason.LANE_OFFLINE
    return Reason.LANE_MANUAL if machine.state is LaneState.MANUAL else None
