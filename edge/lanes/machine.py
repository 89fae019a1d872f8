"""The barrier state machine (道闸). Core: pure functions of (lane, event, rules, now).

Order of rules: fire > manual release > link lost > latched fault > authorisation > operator > normal cycle.
Software is never the safety device: closing belongs to the barrier's own controller unless the site says otherwise,
and Close is only ever asked for when safety is clear and known, the fire input is healthy, nobody has released the
arm by hand, the link is up and no fault is latched. The table as implemented stands in ``docs/lane.md``.
"""

from __future__ import annotations

from edge.lanes.cycle import authorisation, normal, operator
from edge.lanes.moves import Result, Turn
from edge.lanes.rules import fault, fire, hear, link, manual
from edge.lanes.types import (
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
)

__all__ = [
    "Authorised",
    "FaultReset",
    "FireChanged",
    "FireReset",
    "HoldOpen",
    "Lane",
    "LaneAction",
    "LaneEvent",
    "LaneLinkBack",
    "LaneLinkLost",
    "LaneNote",
    "LaneRules",
    "LaneState",
    "Note",
    "OpenFailed",
    "PulseClose",
    "PulseOpen",
    "Release",
    "Sensors",
    "SensorsChanged",
    "TimePassed",
    "step",
]

GROUPS = (fire, manual, link, fault, authorisation, operator)


def step(lane: Lane, event: LaneEvent, rules: LaneRules, now_mono_s: float) -> Result:
    """The lane after one event, and what is to be done, in order; defined for every event in every state."""
    heard, news = hear(lane, event, rules)
    turn = Turn(lane, heard, event, rules, now_mono_s)
    for group in GROUPS:
        answer = group(turn)
        if answer is not None:
            break
    else:
        answer = normal(turn)
    after, actions = answer
    return after, (*news, *actions)
