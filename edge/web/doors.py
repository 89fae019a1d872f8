"""What a guard does to doors and sirens: unlock, silence. Shell: HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response

from edge.observations import ResetSirens, UnlockByHand
from edge.users.auth import Session
from edge.web.access import GUARD, Gateway, operator
from edge.web.acts import Act, ActWithReason, carry_out
from edge.web.errors import ApiError

router = APIRouter(prefix="/v1")

Guard = Annotated[Session, Depends(GUARD)]


def known_door(request: Request, door: Annotated[str, Path(max_length=40)]) -> str:
    """The door's name, or 404."""
    if door not in request.app.state.site.doors:
        raise ApiError(404, "unknown_door")
    return door


Door = Annotated[str, Depends(known_door)]


@router.post("/doors/{door}/unlock")
async def unlock(door: Door, given: ActWithReason, who: Guard, gateway: Gateway, response: Response) -> dict[str, Any]:
    """Unlock by hand, with a reason."""
    act = UnlockByHand(request_id=given.request_id, door=door, reason=given.reason, operator=operator(who))
    return await carry_out(gateway, act, response)


@router.post("/sirens/reset")
async def reset_sirens(given: Act, who: Guard, gateway: Gateway, response: Response) -> dict[str, Any]:
    """Silence all sirens until a new alarm starts them."""
    return await carry_out(gateway, ResetSirens(request_id=given.request_id, operator=operator(who)), response)
