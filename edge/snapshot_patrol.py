"""The patrol as the page sees it. Core: pure."""

from __future__ import annotations

from typing import Any

from edge.observations import Now
from edge.patrol.model import Round
from edge.state import State


def patrol_rows(state: State, now: Now) -> dict[str, Any]:
    """Rounds that are due or under way; the points' codes never leave the gateway."""
    return {"patrol": {"rounds": [round_row(one, now) for one in state.patrol.open()]}}


def round_row(one: Round, now: Now) -> dict[str, Any]:
    """One round with its points, times as Unix seconds."""
    left = {leg.point for leg in one.left()}
    begun_s = one.started_age_s
    return {
        "id": one.id,
        "plan": one.plan,
        "route": one.route,
        "title": one.title,
        "order": one.order,
        "state": one.state.value,
        "late": "start" in one.warned,
        "guard": one.guard,
        "reason": one.reason,
        "made_good": one.healed,
        "due_s": round(one.at_s(0.0, now), 1),
        "may_start_s": round(one.at_s(-one.start_early_s, now), 1),
        "started_s": None if begun_s is None else round(one.at_s(begun_s, now), 1),
        "until_s": round(one.at_s(one.deadline_age_s, now), 1),
        "points": [
            {
                "point": leg.point,
                "place": leg.place,
                "required": leg.required,
                "due_s": None
                if leg.after_s is None or begun_s is None
                else round(one.at_s(begun_s + leg.after_s, now), 1),
                "late": leg.point in one.warned and leg.point in left,
                "visit": _visit(one, leg.point, now),
            }
            for leg in one.legs
        ],
    }


def _visit(one: Round, point: str, now: Now) -> dict[str, Any] | None:
    visit = one.visited(point)
    if visit is None:
        return None
    return {
        "at_s": round(one.at_s(visit.age_s, now), 1),
        "guard": visit.guard,
        "proof": visit.proof,
        "offline": visit.offline,
        "off_s": visit.off_s,
        "in_order": visit.in_order,
        "doubtful": visit.doubtful,
    }
