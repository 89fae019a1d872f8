"""What must hold for a lane in every context; written from the table, not from the code."""

from __future__ import annotations

from edge.lanes.machine import Lane, LaneRules, LaneState
from tests.edge.lane_walk import Shape

OPEN_STATES = {LaneState.OPEN, LaneState.PASSING, LaneState.CLEARING, LaneState.HELD}
CARRYING = {LaneState.OPENING, LaneState.OPEN, LaneState.PASSING, LaneState.CLEARING, LaneState.CLOSING}
"""States that remember grants and the car under the arm."""
TIMED = {LaneState.OPENING, LaneState.CLEARING, LaneState.CLOSING}
SILENT = {LaneState.OFFLINE, LaneState.MANUAL}
CLOSED = LaneState.CLOSED


def blocked(lane: Lane, rules: LaneRules) -> bool:
    """Something is under the arm, or nobody can tell."""
    return rules.has_safety and lane.sensors.safety is not False


def shape_of_rank(lane: Lane, rules: LaneRules) -> bool:
    """Fire > manual release > link lost > latched fault, and never the other way round."""
    ranked = [
        (lane.fire_latched, LaneState.FIRE_OPEN),
        (lane.manual_seen, LaneState.MANUAL),
        (not lane.linked, LaneState.OFFLINE),
        (bool(lane.fault), LaneState.FAULT),
    ]
    for holds, state in ranked:
        if holds:
            return lane.state is state
    return lane.state not in {state for _, state in ranked}


SHAPES = (
    Shape("rank", shape_of_rank),
    Shape("active fire is latched", lambda lane, rules: lane.fire_latched or lane.fire_active is not True),
    Shape(
        "queue is bounded", lambda lane, rules: len(lane.queue) <= rules.queue_max and lane.lapsed <= len(lane.queue)
    ),
    Shape("grants live in a passage", lambda lane, rules: lane.state in CARRYING or not (lane.queue or lane.passing)),
    Shape("open means safety known", lambda lane, rules: lane.state not in OPEN_STATES or not _unknown(lane, rules)),
    Shape("closing means clear", lambda lane, rules: lane.state is not LaneState.CLOSING or not blocked(lane, rules)),
    Shape(
        "closed means down", lambda lane, rules: lane.state is not LaneState.CLOSED or lane.sensors.down is not False
    ),
    Shape("moves are timed", lambda lane, rules: lane.state not in TIMED or lane.deadline_mono_s is not None),
    Shape("held is refreshed", lambda lane, rules: not _kept(lane) or lane.refresh_mono_s is not None),
    Shape("held is reminded", lambda lane, rules: lane.state is not LaneState.HELD or lane.remind_mono_s is not None),
    Shape("offline knows nothing", lambda lane, rules: lane.linked or lane.sensors.safety is None),
)


def _unknown(lane: Lane, rules: LaneRules) -> bool:
    return rules.has_safety and lane.sensors.safety is None


def _kept(lane: Lane) -> bool:
    return lane.state is LaneState.HELD or (lane.state is LaneState.FIRE_OPEN and lane.linked)
