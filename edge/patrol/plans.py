"""When rounds are due. Core: pure functions of (plan, span of time, time zone)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from config.model_patrol import Patrol, PatrolPlan
from edge.access.schedules import DAYS, local
from edge.patrol.model import Leg


def due_between(plan: PatrolPlan, since_s: float, until_s: float, timezone: str) -> Iterator[tuple[str, float]]:
    """(time on the site's clock, Unix time) of every round due in (since, until], oldest first."""
    zone = ZoneInfo(timezone)
    day = local(since_s, timezone).date() - timedelta(days=1)
    last = local(until_s, timezone).date()
    while day <= last:
        if DAYS[day.weekday()] in plan.days:
            for time in sorted(plan.times):
                moment = datetime(day.year, day.month, day.day, int(time[:2]), int(time[3:]), tzinfo=zone)
                if since_s < moment.timestamp() <= until_s:
                    yield f"{day.isoformat()}T{time}", moment.timestamp()
        day += timedelta(days=1)


def legs_of(patrol: Patrol, route: str) -> tuple[Leg, ...]:
    """The route's points as a round takes them along."""
    return tuple(
        Leg(
            point=leg.point,
            place=patrol.points[leg.point].place or leg.point,
            required=leg.required,
            after_s=leg.after_s,
            tolerance_s=leg.tolerance_s,
            walk_s=leg.walk_s,
        )
        for leg in patrol.routes[route].points
    )


def lead_s(patrol: Patrol, plan: PatrolPlan) -> float:
    """How long before it is due a round is announced: to remind, or because it may begin."""
    return max(patrol.remind_before_s, plan.start_early_s)
