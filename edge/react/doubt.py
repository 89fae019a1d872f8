"""May a vehicle that was granted entry really be let in now? Core: pure."""

from __future__ import annotations

from dataclasses import replace

from config.model import Lane as LaneSettings
from edge.access.plates import Decision, Reason
from edge.react.lane import hindrance
from edge.state import LaneView, Visitor
from edge.turn import Turn


def hindered(turn: Turn, name: str, decision: Decision, visitor: Visitor) -> Decision:
    """A grant that cannot be carried out now goes to the guard."""
    if not decision.granted:
        return decision
    view = turn.state.lanes[name]
    reason = hindrance(view.machine) or _doubt(turn.state.settings.lanes[name], view, visitor)
    return decision if reason is None else replace(decision, granted=False, reason=reason, changes=())


def _doubt(lane: LaneSettings, view: LaneView, visitor: Visitor) -> Reason | None:
    """A plate can also be a picture on a phone: a vehicle must be there, by the loop or by what moves with it."""
    wired = lane.inputs.approach is not None
    by_loop = wired if lane.require_approach is None else lane.require_approach
    by_motion = not by_loop if lane.require_motion is None else lane.require_motion
    if by_loop and view.approach is not True:
        return Reason.AWAITING_APPROACH
    if by_motion and visitor.carried_by != "vehicle":
        return Reason.NOT_ON_VEHICLE if visitor.carried_by == "no_vehicle" else Reason.AWAITING_VEHICLE
    return Reason.MOVING_AWAY if visitor.direction == "farther" else None
