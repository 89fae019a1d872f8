"""What a guard does to a lane: open, refuse, hold, release, reset; and the fire reset. Shell: HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import Field

from edge.observations import HoldByHand, OpenByHand, RefuseByHand, ReleaseByHand, ResetFire, ResetLane
from edge.users.auth import Session
from edge.web.access import GUARD, Gateway, operator
from edge.web.acts import Act, ActWithReason, carry_out
from edge.web.errors import ApiError

router = APIRouter(prefix="/v1")

HOLD_MAX_S = 4 * 3600.0
"""A barrier that stands open all day is a decision for the site file, not for a button."""

Guard = Annotated[Session, Depends(GUARD)]
Visit = Annotated[str, Field(min_length=1, max_length=120)]


def known_lane(request: Request, lane: Annotated[str, Path(max_length=40)]) -> str:
    """The lane's name, or 404."""
    if lane not in request.app.state.site.lanes:
        raise ApiError(404, "unknown_lane")
    return lane


Lane = Annotated[str, Depends(known_lane)]


class Open(ActWithReason):
    """Open by hand; ``visit`` names the waiting vehicle it is for."""

    visit: Visit | None = None


class Refuse(ActWithReason):
    """Turn a waiting vehicle away."""

    visit: Visit


class Hold(ActWithReason):
    """Hold open for a while."""

    for_s: float = Field(gt=0, le=HOLD_MAX_S, allow_inf_nan=False)


@router.post("/lanes/{lane}/open")
async def open_lane(lane: Lane, given: Open, who: Guard, gateway: Gateway, response: Response) -> dict[str, Any]:
    """Open by hand, with a reason."""
    act = OpenByHand(
        request_id=given.request_id, lane=lane, reason=given.reason, visit=given.visit, operator=operator(who)
    )
    return await carry_out(gateway, act, response)


@router.post("/lanes/{lane}/refuse")
async def refuse(lane: Lane, given: Refuse, who: Guard, gateway: Gateway, response: Response) -> dict[str, Any]:
    """Turn a waiting vehicle away, with a reason."""
    act = RefuseByHand(
        request_id=given.request_id, lane=lane, reason=given.reason, visit=given.visit, operator=operator(who)
    )
    return await carry_out(gateway, act, response)


@router.post("/lanes/{lane}/hold")
async def hold(lane: Lane, given: Hold, who: Guard, gateway: Gateway, response: Response) -> dict[str, Any]:
    """Hold a lane open, with a reason and an end."""
    act = HoldByHand(
        request_id=given.request_id, lane=lane, reason=given.reason, for_s=given.for_s, operator=operator(who)
    )
    return await carry_out(gateway, act, response)


@router.post("/lanes/{lane}/release")
async def release(lane: Lane, given: Act, who: Guard, gateway: Gateway, response: Response) -> dict[str, Any]:
    """End a hold."""
    act = ReleaseByHand(request_id=given.request_id, lane=lane, operator=operator(who))
    return await carry_out(gateway, act, response)


@router.post("/lanes/{lane}/reset")
async def reset(lane: Lane, given: Act, who: Guard, gateway: Gateway, response: Response) -> dict[str, Any]:
    """Clear a latched fault after looking at the lane."""
    act = ResetLane(request_id=given.request_id, lane=lane, operator=operator(who))
    return await carry_out(gateway, act, response)


@router.post("/fire/reset")
async def reset_fire(given: Act, who: Guard, gateway: Gateway, response: Response) -> dict[str, Any]:
    """End the fire state; honoured only when the input is clear."""
    return await carry_out(gateway, ResetFire(request_id=given.request_id, operator=operator(who)), response)
