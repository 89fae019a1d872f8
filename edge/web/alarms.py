"""Take and close alarms. Shell: HTTP."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Response
from pydantic import Field

from edge.observations import AcknowledgeAlarm, CloseAlarm
from edge.users.auth import Session
from edge.web.access import GUARD, Gateway, operator
from edge.web.acts import Act, carry_out

router = APIRouter(prefix="/v1/alarms")

Guard = Annotated[Session, Depends(GUARD)]
AlarmId = Annotated[str, Path(min_length=1, max_length=120)]


class Close(Act):
    """``handled``, or ``false`` with a note that says why."""

    outcome: Literal["handled", "false"]
    note: str = Field(default="", max_length=200)


@router.post("/{alarm}/acknowledge")
async def acknowledge(alarm: AlarmId, given: Act, who: Guard, gateway: Gateway, response: Response) -> dict[str, Any]:
    """我来处理: take an alarm; the first one has it."""
    act = AcknowledgeAlarm(request_id=given.request_id, alarm=alarm, operator=operator(who))
    return await carry_out(gateway, act, response)


@router.post("/{alarm}/close")
async def close(alarm: AlarmId, given: Close, who: Guard, gateway: Gateway, response: Response) -> dict[str, Any]:
    """Close an alarm: handled, or false with a reason."""
    act = CloseAlarm(
        request_id=given.request_id, alarm=alarm, outcome=given.outcome, note=given.note, operator=operator(who)
    )
    return await carry_out(gateway, act, response)
