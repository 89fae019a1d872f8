"""The lane table, row by row, and the passages that guards and drivers know."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.lanes.machine import (
    Authorised,
    FaultReset,
    FireChanged,
    FireReset,
    HoldOpen,
    Lane,
    LaneAction,
    LaneEvent,
    LaneLinkBack,
    LaneLinkLost,
    LaneNote,
    LaneRules,
    LaneState,
    Note,
    OpenFailed,
    PulseClose,
    PulseOpen,
    Release,
    Sensors,
    SensorsChanged,
    TimePassed,
    step,
)

BARRIER = LaneRules(has_up_limit=True, has_down_limit=True, has_safety=True)
GATEWAY = replace(BARRIER, gateway_closes=True)
BLIND = LaneRules(has_up_limit=False, has_down_limit=False, has_safety=False)
DOWN = Sensors(up=False, down=True, safety=False, manual=False)
MIDWAY = Sensors(up=False, down=False, safety=False, manual=False)
UP = Sensors(up=True, down=False, safety=False, manual=False)
CAR = replace(UP, safety=True)
CRANK = replace(DOWN, manual=True)
TIMED: float = 1000.0
"""A moment after every deadline except that of the long hold."""

Turn = LaneEvent | Sensors | float
"""In the tables: an event, new sensor values, or a moment at which timers are looked at."""


def play(rules: LaneRules, *turns: Turn) -> tuple[Lane, tuple[LaneAction, ...]]:
    """The lane after all turns, and the actions of the last one."""
    lane, now = Lane(), 0.0
    actions: tuple[LaneAction, ...] = ()
    for turn in turns:
        if isinstance(turn, float):
            now = turn
        event = TimePassed() if isinstance(turn, float) else SensorsChanged(turn) if isinstance(turn, Sensors) else turn
        lane, actions = step(lane, event, rules, now)
    return lane, actions


def note(what: LaneNote, detail: str = "", reference: str = "") -> Note:
    return Note(what, detail, reference)


def of_a(what: LaneNote) -> Note:
    return Note(what, reference="a")


A, B = Authorised("a"), Authorised("b")
BACK = LaneLinkBack(DOWN)
TO_OPENING = (BACK, A)
TO_OPEN = (*TO_OPENING, MIDWAY, UP)
TO_PASSING = (*TO_OPEN, CAR)
TO_CLEARING = (*TO_PASSING, UP)
TO_CLOSING = (*TO_OPEN, MIDWAY)
TO_FAULT = (*TO_OPENING, TIMED)
TO_FIRE = (BACK, FireChanged(True))
TO_HELD = (BACK, HoldOpen(500.0, "h"), UP)
SAFETY, FIRE = PulseOpen("safety"), PulseOpen("fire")
N = LaneNote

TABLE: dict[str, tuple[LaneRules, tuple[Turn, ...], LaneState, tuple[LaneAction, ...]]] = {
    # Fire
    "fire opens": (BARRIER, TO_FIRE, LaneState.FIRE_OPEN, (FIRE, note(N.FIRE_OPEN))),
    "fire takes the grant away": (
        BARRIER, (*TO_OPENING, FireChanged(True)), LaneState.FIRE_OPEN, (FIRE, of_a(N.FIRE_OPEN)),
    ),
    "fire beats manual release": (
        BARRIER, (BACK, CRANK, FireChanged(True)), LaneState.FIRE_OPEN, (FIRE, note(N.FIRE_OPEN)),
    ),
    "fire is latched": (BARRIER, (*TO_FIRE, FireChanged(False)), LaneState.FIRE_OPEN, ()),
    "fire pulses again": (BARRIER, (*TO_FIRE, 2.0), LaneState.FIRE_OPEN, (FIRE,)),
    "fire waits for the link": (BARRIER, (FireChanged(True),), LaneState.FIRE_OPEN, (note(N.FIRE_OPEN),)),
    "fire pulse after link recovery": (
        BARRIER, (*TO_FIRE, LaneLinkLost(), BACK), LaneState.FIRE_OPEN, (note(N.ONLINE), FIRE),
    ),
    "fire reset refused while active": (
        BARRIER, (*TO_FIRE, FireReset()), LaneState.FIRE_OPEN, (note(N.REFUSED, "fire"),),
    ),
    "fire reset": (BARRIER, (*TO_FIRE, UP, FireChanged(False), FireReset()), LaneState.OPEN, (note(N.FIRE_ENDED),)),
    "fire reset with a latched fault": (
        BARRIER, (*TO_FAULT, FireChanged(True), FireChanged(False), FireReset()), LaneState.FAULT,
        (note(N.FIRE_ENDED),),
    ),
    "arm that fire does not lift": (
        BARRIER, (*TO_FIRE, 8.0), LaneState.FIRE_OPEN, (FIRE, note(N.FAULT, "open_timeout")),
    ),
    "broken fire line opens nothing": (
        BARRIER, (BACK, FireChanged(None)), LaneState.CLOSED, (note(N.FIRE_LINE_BROKEN),),
    ),
    "broken fire line turns a falling arm": (
        BARRIER, (*TO_CLOSING, FireChanged(None)), LaneState.OPENING,
        (note(N.FIRE_LINE_BROKEN), SAFETY, of_a(N.REOPENED)),
    ),
    "broken fire line stops closing": (
        GATEWAY, (*TO_CLEARING, FireChanged(None), 2.0), LaneState.OPEN, (of_a(N.PASSED),),
    ),
    # Manual release
    "crank": (BARRIER, (*TO_OPEN, CRANK), LaneState.MANUAL, (note(N.MANUAL),)),
    "crank ends a hold": (BARRIER, (*TO_HELD, CRANK), LaneState.MANUAL, (note(N.MANUAL), note(N.RELEASED, "manual"))),
    "grant while cranked": (BARRIER, (BACK, CRANK, A), LaneState.MANUAL, (note(N.REFUSED, "manual", "a"),)),
    "crank input unknown": (BARRIER, (BACK, CRANK, replace(DOWN, manual=None)), LaneState.MANUAL, ()),
    "crank away": (BARRIER, (BACK, CRANK, UP), LaneState.OPEN, (note(N.MANUAL_ENDED),)),
    "manual survives a lost link": (BARRIER, (BACK, CRANK, LaneLinkLost()), LaneState.MANUAL, (note(N.OFFLINE),)),
    # Link
    "start knows nothing": (BARRIER, (DOWN,), LaneState.OFFLINE, ()),
    "link lost": (BARRIER, (*TO_OPEN, LaneLinkLost()), LaneState.OFFLINE, (of_a(N.OFFLINE),)),
    "grant while offline": (
        BARRIER, (*TO_OPEN, LaneLinkLost(), B), LaneState.OFFLINE, (note(N.REFUSED, "offline", "b"),),
    ),
    "no late opening": (BARRIER, (*TO_OPENING, LaneLinkLost(), BACK), LaneState.CLOSED, (note(N.ONLINE),)),
    "link back, arm up": (BARRIER, (LaneLinkBack(UP),), LaneState.OPEN, (note(N.ONLINE),)),
    "link back, arm up over a car": (BARRIER, (LaneLinkBack(CAR),), LaneState.PASSING, (note(N.ONLINE),)),
    "link back, arm half": (BARRIER, (LaneLinkBack(MIDWAY),), LaneState.CLOSING, (note(N.ONLINE),)),
    "link back, limits unknown": (
        BARRIER, (LaneLinkBack(Sensors(safety=False)),), LaneState.FAULT,
        (note(N.ONLINE), note(N.FAULT, "limits_unknown")),
    ),
    "link back with a latched fault": (BARRIER, (*TO_FAULT, LaneLinkLost(), BACK), LaneState.FAULT, (note(N.ONLINE),)),
    # Faults
    "opening overdue": (BARRIER, TO_FAULT, LaneState.FAULT, (note(N.FAULT, "open_timeout", "a"),)),
    "open failed": (BARRIER, (*TO_OPENING, OpenFailed("no_reply")), LaneState.FAULT, (note(N.FAULT, "no_reply", "a"),)),
    "grant in fault": (BARRIER, (*TO_FAULT, B), LaneState.FAULT, (PulseOpen(),)),
    "hold in fault": (
        BARRIER, (*TO_FAULT, HoldOpen(2000.0, "h")), LaneState.FAULT, (note(N.HELD, "", "h"), PulseOpen()),
    ),
    "fault reset": (BARRIER, (*TO_FAULT, FaultReset()), LaneState.CLOSED, (note(N.FAULT_CLEARED, "open_timeout"),)),
    "fault reset over a car": (BARRIER, (*TO_FAULT, CAR, FaultReset()), LaneState.FAULT, (note(N.REFUSED, "safety"),)),
    "closing overdue": (BARRIER, (*TO_CLOSING, TIMED), LaneState.FAULT, (SAFETY, note(N.FAULT, "close_timeout", "a"))),
    "safety unknown while open": (
        BARRIER, (*TO_OPEN, replace(UP, safety=None)), LaneState.FAULT, (note(N.FAULT, "safety_unknown", "a"),),
    ),
    "both limits at once": (
        BARRIER, (BACK, replace(DOWN, up=True)), LaneState.FAULT, (note(N.FAULT, "limits_conflict"),),
    ),
    "arm on vehicle": (
        BARRIER, (*TO_PASSING, replace(DOWN, safety=True)), LaneState.FAULT,
        (SAFETY, of_a(N.ARM_ON_VEHICLE), note(N.FAULT, "arm_on_vehicle", "a")),
    ),
    # Grants
    "grant": (BARRIER, TO_OPENING, LaneState.OPENING, (of_a(N.OPENING), PulseOpen())),
    "second car while open": (BARRIER, (*TO_OPEN, B), LaneState.OPEN, (PulseOpen(),)),
    "second car while passing": (BARRIER, (*TO_PASSING, B), LaneState.PASSING, (PulseOpen(),)),
    "second car while closing": (BARRIER, (*TO_CLOSING, B), LaneState.OPENING, (note(N.OPENING, "", "b"), PulseOpen())),
    "ninth car": (BARRIER, (*TO_OPEN, *[B] * 8), LaneState.OPEN, (note(N.QUEUE_FULL, "", "b"), PulseOpen())),
    "grant in forced": (BARRIER, (BACK, MIDWAY, A), LaneState.OPENING, (of_a(N.OPENING), PulseOpen())),
    # Operator
    "hold": (BARRIER, (BACK, HoldOpen(500.0, "h")), LaneState.HELD, (note(N.HELD, "", "h"), PulseOpen())),
    "hold pulses again": (BARRIER, (*TO_HELD, 2.0), LaneState.HELD, (PulseOpen(),)),
    "held arm that falls": (BARRIER, (*TO_HELD, MIDWAY), LaneState.HELD, (PulseOpen(),)),
    "hold due": (BARRIER, (*TO_HELD, 500.0), LaneState.HELD, (PulseOpen(), note(N.HOLD_DUE))),
    "hold due, not every tick": (BARRIER, (*TO_HELD, 500.0, 502.0), LaneState.HELD, (PulseOpen(),)),
    "hold due again": (BARRIER, (*TO_HELD, 500.0, 800.0), LaneState.HELD, (PulseOpen(), note(N.HOLD_DUE))),
    "release before the arm has left": (
        BARRIER, (BACK, HoldOpen(500.0, "h"), Release()), LaneState.OPENING, (note(N.RELEASED),),
    ),
    "release": (BARRIER, (*TO_HELD, Release()), LaneState.OPEN, (note(N.RELEASED),)),
    # Cycle
    "forced open": (BARRIER, (BACK, MIDWAY), LaneState.FORCED, (note(N.FORCED),)),
    "forced, closed again": (BARRIER, (BACK, MIDWAY, DOWN), LaneState.CLOSED, (note(N.CLOSED),)),
    "lower limit unknown is not forced": (BARRIER, (BACK, replace(DOWN, down=None)), LaneState.CLOSED, ()),
    "up": (BARRIER, TO_OPEN, LaneState.OPEN, (of_a(N.OPENED),)),
    "up over a car": (
        BARRIER, (*TO_OPENING, CAR), LaneState.PASSING, (of_a(N.OPENED), of_a(N.PASSING)),
    ),
    "car passes": (BARRIER, TO_PASSING, LaneState.PASSING, (of_a(N.PASSING),)),
    "tailgate": (BARRIER, (*TO_CLEARING, CAR), LaneState.PASSING, (of_a(N.PASSED), note(N.TAILGATE))),
    "car stops under the arm": (BARRIER, (*TO_PASSING, TIMED), LaneState.PASSING, (of_a(N.STOPPED_UNDER_ARM),)),
    "it is said once": (BARRIER, (*TO_PASSING, TIMED, TIMED + 1), LaneState.PASSING, ()),
    "car gone, the barrier closes": (BARRIER, (*TO_CLEARING, 1.0), LaneState.OPEN, (of_a(N.PASSED),)),
    "car gone, the gateway closes": (GATEWAY, (*TO_CLEARING, 1.0), LaneState.CLOSING, (of_a(N.PASSED), PulseClose())),
    "car gone, the next waits": (GATEWAY, (*TO_PASSING, B, UP, 1.0), LaneState.OPEN, (of_a(N.PASSED),)),
    "nobody came, the barrier closes": (BARRIER, (*TO_OPEN, 20.0), LaneState.OPEN, (of_a(N.NO_PASSAGE),)),
    "nobody came, the gateway closes": (
        GATEWAY, (*TO_OPEN, 20.0), LaneState.CLOSING, (of_a(N.NO_PASSAGE), PulseClose()),
    ),
    "arm falls by itself": (BARRIER, TO_CLOSING, LaneState.CLOSING, ()),
    "arm falls onto a car": (
        BARRIER, (*TO_PASSING, replace(MIDWAY, safety=True)), LaneState.OPENING, (SAFETY, of_a(N.REOPENED)),
    ),
    "car under a falling arm": (
        BARRIER, (*TO_CLOSING, replace(MIDWAY, safety=True)), LaneState.OPENING, (SAFETY, of_a(N.REOPENED)),
    ),
    "unknown under a falling arm": (
        BARRIER, (*TO_CLOSING, replace(MIDWAY, safety=None)), LaneState.OPENING, (SAFETY, of_a(N.REOPENED)),
    ),
    "down": (BARRIER, (*TO_CLEARING, 1.0, MIDWAY, DOWN), LaneState.CLOSED, (note(N.CLOSED),)),
    "down without a passage": (
        BARRIER, (*TO_CLOSING, DOWN), LaneState.CLOSED, (of_a(N.NO_PASSAGE), note(N.CLOSED)),
    ),
    # No sensors at all
    "blind: open after a time": (
        BLIND, (LaneLinkBack(Sensors()), A, 8.0), LaneState.OPEN, (note(N.OPENED, "assumed", "a"),),
    ),
    "blind: closed after a time": (
        BLIND, (LaneLinkBack(Sensors()), A, 8.0, 28.0), LaneState.CLOSED, (note(N.CLOSED, "assumed"),),
    ),
}  # fmt: skip


@pytest.mark.parametrize("row", TABLE)
def test_row(row: str) -> None:
    rules, turns, state, actions = TABLE[row]
    lane, done = play(rules, *turns)
    assert (lane.state, done) == (state, actions)


def test_a_car_lifted_clear_of_the_arm_is_counted_once() -> None:
    """The arm falls onto a passing car, goes up again, the car leaves: one passage, no tailgate."""
    turns: list[Turn] = [*TO_PASSING, replace(MIDWAY, safety=True), CAR, UP, 2.0]
    told = [what for count in range(1, len(turns) + 1) for what in _notes(BARRIER, turns[:count])]
    assert told.count(LaneNote.PASSED) == 1
    assert LaneNote.TAILGATE not in told


def test_a_late_car_still_uses_its_grant() -> None:
    """After no passage was reported, the barrier is still open and the slow car drives in: not a tailgater."""
    _, actions = play(BARRIER, *TO_OPEN, 20.0, CAR)
    assert actions == (note(LaneNote.PASSING, reference="a"),)
    _, actions = play(BARRIER, *TO_OPEN, 20.0, MIDWAY, DOWN)
    assert actions == (note(LaneNote.CLOSED),)


def test_a_blocked_close_happens_when_the_reason_is_gone() -> None:
    lane, _ = play(GATEWAY, *TO_OPEN, FireChanged(None), 20.0)
    assert lane.state is LaneState.OPEN
    lane, actions = play(GATEWAY, *TO_OPEN, FireChanged(None), 20.0, FireChanged(False), 21.0)
    assert (lane.state, actions) == (LaneState.CLOSING, (PulseClose(),))


def test_a_close_turned_back_before_the_arm_moved() -> None:
    """The upper limit never changed, so time alone must find the arm up again."""
    lane, _ = play(GATEWAY, *TO_CLEARING, 1.0, CAR, 1.25)
    assert lane.state is LaneState.PASSING


@pytest.mark.parametrize("sensors", [UP, DOWN, MIDWAY, CAR])
def test_a_gateway_without_safety_sensor_never_closes(sensors: Sensors) -> None:
    rules = replace(GATEWAY, has_safety=False)
    lane, actions = play(rules, *TO_OPEN, sensors, TIMED)
    assert PulseClose() not in actions
    assert lane.sensors.safety is None


def _notes(rules: LaneRules, turns: list[Turn]) -> list[LaneNote]:
    return [action.what for action in play(rules, *turns)[1] if isinstance(action, Note)]
