"""What must hold on every edge of the walk; written from the table, not from the code."""

from __future__ import annotations

from edge.lanes.machine import (
    Authorised,
    FaultReset,
    FireChanged,
    FireReset,
    HoldOpen,
    LaneLinkBack,
    LaneLinkLost,
    LaneNote,
    LaneState,
    Note,
    OpenFailed,
    PulseClose,
    PulseOpen,
    SensorsChanged,
    TimePassed,
)
from tests.edge.lane_shapes import CARRYING, SILENT, blocked
from tests.edge.lane_walk import Edge, Invariant

SAFETY = PulseOpen("safety")
FIRE = PulseOpen("fire")


def notes(edge: Edge) -> list[LaneNote]:
    return [action.what for action in edge.actions if isinstance(action, Note)]


def opened(edge: Edge) -> bool:
    return any(isinstance(action, PulseOpen) for action in edge.actions)


def closed(edge: Edge) -> bool:
    return any(isinstance(action, PulseClose) for action in edge.actions)


# Commands


def close_only_when_safe(edge: Edge) -> bool:
    after, rules = edge.after, edge.rules
    return not closed(edge) or (
        rules.gateway_closes
        and rules.has_safety
        and after.sensors.safety is False
        and after.fire_active is False
        and not after.fire_latched
        and not after.manual_seen
        and after.linked
        and not after.fault
    )


def no_command_offline_or_by_hand(edge: Edge) -> bool:
    return not (opened(edge) or closed(edge)) or (edge.after.linked and edge.after.state not in SILENT)


def opens_only_when_asked(edge: Edge) -> bool:
    """An ordinary pulse needs a grant or a hold; an urgent one fire or something under a falling arm."""
    for action in edge.actions:
        if action == FIRE and not edge.after.fire_latched:
            return False
        if action == PulseOpen() and not (
            isinstance(edge.event, Authorised | HoldOpen) or edge.after.hold_until_mono_s is not None
        ):
            return False
        if action == SAFETY and not _safety_reason(edge):
            return False
    return True


def _safety_reason(edge: Edge) -> bool:
    before, after = edge.before, edge.after
    late = before.state is LaneState.CLOSING and edge.due != ()
    broken = before.state is LaneState.CLOSING and after.fire_active is None and before.fire_active is not None
    return late or broken or blocked(after, edge.rules)


def nothing_opens_late(edge: Edge) -> bool:
    """A link that comes back opens nothing, except for fire and for an obstacle below a half-closed arm."""
    if edge.before.linked or not edge.after.linked:
        return edge.after.linked or edge.after.queue == ()
    half = edge.after.sensors.up is False and edge.after.sensors.down is False and edge.after.sensors.safety is True
    pulses = {action for action in edge.actions if isinstance(action, PulseOpen)}
    return edge.after.queue == () and pulses <= ({FIRE} if edge.after.fire_latched else {SAFETY} if half else set())


# Fire


def fire_starts_with_a_pulse(edge: Edge) -> bool:
    lit = not edge.before.fire_latched and edge.after.fire_latched
    back = edge.after.fire_latched and not edge.before.linked
    return not (edge.after.linked and (lit or back)) or FIRE in edge.actions


def fire_pulse_is_repeated(edge: Edge) -> bool:
    wanted = edge.before.state is LaneState.FIRE_OPEN and "refresh_mono_s" in edge.due
    return not wanted or FIRE in edge.actions


def fire_ends_only_by_reset(edge: Edge) -> bool:
    if edge.before.state is not LaneState.FIRE_OPEN or edge.after.state is LaneState.FIRE_OPEN:
        return True
    return isinstance(edge.event, FireReset) and edge.before.fire_active is False


def fire_reset_is_honoured(edge: Edge) -> bool:
    if edge.before.state is not LaneState.FIRE_OPEN:
        return True
    if edge.before.fire_active is False:
        return edge.after.state is not LaneState.FIRE_OPEN
    return notes(edge) == [LaneNote.REFUSED]


def broken_fire_line_opens_nothing_closed(edge: Edge) -> bool:
    falling = edge.before.state is LaneState.CLOSING and edge.before.fire_active is not None
    return edge.after.fire_active is not None or opened(edge) == falling or edge.before.fire_latched


# Faults


def fault_needs_a_person(edge: Edge) -> bool:
    if not edge.before.fault or edge.after.fault:
        return True
    return isinstance(edge.event, FaultReset) and edge.before.linked and not blocked(edge.before, edge.rules)


def fault_reset_answers(edge: Edge) -> bool:
    if not edge.before.fault:
        return edge.actions == ()
    return (LaneNote.FAULT_CLEARED if not edge.after.fault else LaneNote.REFUSED) in notes(edge)


def overdue_is_a_fault(edge: Edge) -> bool:
    """A limit that is wired and not reached in time latches; closing also opens again."""
    if edge.due != ("deadline_mono_s",):
        return True
    before, rules = edge.before, edge.rules
    if before.state is LaneState.OPENING and rules.has_up_limit and not before.sensors.up:
        return bool(edge.after.fault)
    if before.state is LaneState.CLOSING and rules.has_down_limit:
        return bool(edge.after.fault) and SAFETY in edge.actions
    return True


def failed_opening_is_told(edge: Edge) -> bool:
    return bool(edge.after.fault) and (bool(edge.before.fault) or LaneNote.FAULT in notes(edge))


# Grants


def grant_opens_or_is_refused(edge: Edge) -> bool:
    if edge.before.linked and edge.before.state not in SILENT:
        return opened(edge)
    return notes(edge) == [LaneNote.REFUSED] and len(edge.actions) == 1


def next_car_is_counted(edge: Edge) -> bool:
    if edge.before.state not in CARRYING:
        return True
    if len(edge.before.queue) < edge.rules.queue_max:
        return edge.after.queue == (*edge.before.queue, "car")
    return edge.after.queue == edge.before.queue and LaneNote.QUEUE_FULL in notes(edge)


def passage_takes_one_grant(edge: Edge) -> bool:
    before, after = edge.before, edge.after
    entered = after.state is LaneState.PASSING and LaneNote.PASSING in notes(edge)
    return not entered or (after.queue == before.queue[1:] and after.passing == before.queue[0])


def tailgate_only_without_grant(edge: Edge) -> bool:
    if LaneNote.TAILGATE not in notes(edge):
        return True
    return edge.before.queue == () and edge.after.state is LaneState.PASSING and not closed(edge)


def car_is_counted_once(edge: Edge) -> bool:
    """A car under the arm ends as passed, or a higher rule takes the lane."""
    if edge.before.passing is None or edge.after.state not in CARRYING | {LaneState.CLOSED}:
        return True
    kept = edge.after.passing == edge.before.passing and LaneNote.TAILGATE not in notes(edge)
    return kept or LaneNote.PASSED in notes(edge)


# Sensors


def obstacle_reopens(edge: Edge) -> bool:
    if edge.before.state is not LaneState.CLOSING or not blocked(edge.after, edge.rules):
        return True
    both = edge.after.sensors.up is True and edge.after.sensors.down is True
    if edge.after.manual_seen or both:
        return True
    return SAFETY in edge.actions and edge.after.state is LaneState.OPENING


def arm_on_vehicle_is_lifted(edge: Edge) -> bool:
    sensors = edge.after.sensors
    hit = edge.before.state is LaneState.PASSING and sensors.down is True and sensors.safety is True
    if not hit or sensors.up is True or edge.after.manual_seen:
        return True
    return SAFETY in edge.actions and LaneNote.ARM_ON_VEHICLE in notes(edge) and bool(edge.after.fault)


def forced_needs_a_lost_limit(edge: Edge) -> bool:
    lost = edge.before.state is LaneState.CLOSED and edge.after.sensors.down is False
    return (LaneNote.FORCED in notes(edge)) == (lost and not edge.after.manual_seen)


def told_is_known(edge: Edge) -> bool:
    """What the event says stands in the lane afterwards; a lost link knows nothing more of the sensors."""
    after, event = edge.after, edge.event
    match event:
        case FireChanged(active):
            return after.fire_active is active
        case LaneLinkLost():
            return not after.linked
        case SensorsChanged(sensors) | LaneLinkBack(sensors) if edge.before.linked or isinstance(event, LaneLinkBack):
            by_hand = edge.before.manual_seen if sensors.manual is None else sensors.manual
            return after.linked and after.sensors == sensors and after.manual_seen is by_hand
    return after.sensors == edge.before.sensors and after.linked == edge.before.linked


# Notes


def notes_on_edges_only(edge: Edge) -> bool:
    """Said again, the same thing at the same moment is no news.

    One exception: an arm turned back before it left its upper limit is up at the next look, without a new value.
    """
    if edge.after.state is LaneState.OPENING and edge.after.sensors.up:
        return True
    lane, actions = edge.again
    quiet = not any(isinstance(action, Note) for action in actions)
    return quiet and lane.state is edge.after.state and lane.fault == edge.after.fault


def notes_tell_what_changed(edge: Edge) -> bool:
    before, after, told = edge.before, edge.after, notes(edge)
    news = {
        LaneNote.OFFLINE: before.linked and not after.linked,
        LaneNote.ONLINE: after.linked and not before.linked,
        LaneNote.MANUAL: after.manual_seen and not before.manual_seen,
        LaneNote.MANUAL_ENDED: before.manual_seen and not after.manual_seen,
        LaneNote.FIRE_OPEN: after.fire_latched and not before.fire_latched,
        LaneNote.FIRE_ENDED: before.fire_latched and not after.fire_latched,
        LaneNote.FIRE_LINE_BROKEN: after.fire_active is None and before.fire_active is not None,
        LaneNote.FIRE_LINE_OK: before.fire_active is None and after.fire_active is not None,
        LaneNote.FAULT_CLEARED: bool(before.fault) and not after.fault,
        LaneNote.RELEASED: before.hold_until_mono_s is not None and after.hold_until_mono_s is None,
        LaneNote.HOLD_DUE: "remind_mono_s" in edge.due,
        LaneNote.STOPPED_UNDER_ARM: before.state is LaneState.PASSING and edge.due != (),
    }
    return all((what in told) == happened for what, happened in news.items()) and len(told) == len(set(told)) + (
        max(0, told.count(LaneNote.NO_PASSAGE) - 1)
    )


def fault_note_when_latched(edge: Edge) -> bool:
    latched = bool(edge.after.fault) and not edge.before.fault
    told = LaneNote.FAULT in notes(edge)
    return told == latched or (isinstance(edge.event, OpenFailed) and bool(edge.after.fault))


FACTS = (SensorsChanged, LaneLinkLost, FireChanged, TimePassed)
EDGES = (
    Invariant("close only when safe", close_only_when_safe),
    Invariant("no command offline or by hand", no_command_offline_or_by_hand),
    Invariant("opens only when asked", opens_only_when_asked),
    Invariant("nothing opens late", nothing_opens_late, (LaneLinkBack, LaneLinkLost)),
    Invariant("fire starts with a pulse", fire_starts_with_a_pulse, (FireChanged, LaneLinkBack)),
    Invariant("fire pulse is repeated", fire_pulse_is_repeated, (TimePassed,)),
    Invariant("fire ends only by reset", fire_ends_only_by_reset),
    Invariant("fire reset is honoured", fire_reset_is_honoured, (FireReset,)),
    Invariant("broken fire line opens nothing closed", broken_fire_line_opens_nothing_closed, (FireChanged,)),
    Invariant("fault needs a person", fault_needs_a_person),
    Invariant("fault reset answers", fault_reset_answers, (FaultReset,)),
    Invariant("overdue is a fault", overdue_is_a_fault, (TimePassed,)),
    Invariant("failed opening is told", failed_opening_is_told, (OpenFailed,)),
    Invariant("grant opens or is refused", grant_opens_or_is_refused, (Authorised,)),
    Invariant("next car is counted", next_car_is_counted, (Authorised,)),
    Invariant("passage takes one grant", passage_takes_one_grant, (SensorsChanged, TimePassed)),
    Invariant("tailgate only without grant", tailgate_only_without_grant, (SensorsChanged, TimePassed)),
    Invariant("car is counted once", car_is_counted_once),
    Invariant("obstacle reopens", obstacle_reopens, (SensorsChanged,)),
    Invariant("arm on vehicle is lifted", arm_on_vehicle_is_lifted, (SensorsChanged,)),
    Invariant("forced needs a lost limit", forced_needs_a_lost_limit, (SensorsChanged,)),
    Invariant("told is known", told_is_known),
    Invariant("notes on edges only", notes_on_edges_only, FACTS),
    Invariant("notes tell what changed", notes_tell_what_changed),
    Invariant("fault note when latched", fault_note_when_latched),
)
