"""Drills: begin, make alarms for practice, end. Shell: HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from edge.alarms.cards import card_of
from edge.duty.acts import BeginDrill, EndDrill, MakeDrillAlarm
from edge.duty.drill import PRACTISED
from edge.events import KINDS
from edge.users.auth import Session
from edge.web.access import GUARD, SUPERVISOR, Gateway, Settings, operator
from edge.web.acts import Act, ActWithReason, carry_out

router = APIRouter(prefix="/v1/drill")

Supervisor = Annotated[Session, Depends(SUPERVISOR)]


class Begin(ActWithReason):
    """How long the drill lasts at most."""

    for_s: float = Field(gt=0, le=86400)


class Practice(Act):
    """What is practised, and where."""

    kind: str = Field(min_length=1, max_length=80)
    place: str = Field(default="", max_length=80)


@router.get("")
async def cards(_who: Annotated[Session, Depends(GUARD)], site: Settings) -> dict[str, Any]:
    """What can be practised, each with its action card; the longest drill."""
    rows = [
        {
            "kind": kind,
            "priority": priority,
            "zh": KINDS[kind].zh,
            "en": KINDS[kind].en,
            "card": {"zh": list(card.zh), "en": list(card.en)},
        }
        for kind, priority in PRACTISED.items()
        for card in (card_of(kind, site.alarms.cards),)
    ]
    return {"kinds": rows, "max_s": site.desk.drill_max_s}


@router.post("/begin")
async def begin(given: Begin, who: Supervisor, gateway: Gateway, response: Response) -> dict[str, Any]:
    """演练开始: with a reason and an end."""
    act = BeginDrill(request_id=given.request_id, reason=given.reason, for_s=given.for_s, operator=operator(who))
    return await carry_out(gateway, act, response)


@router.post("/alarm")
async def alarm(given: Practice, who: Supervisor, gateway: Gateway, response: Response) -> dict[str, Any]:
    """One alarm for practice."""
    act = MakeDrillAlarm(request_id=given.request_id, kind=given.kind, place=given.place, operator=operator(who))
    return await carry_out(gateway, act, response)


@router.post("/end")
async def end(given: Act, who: Supervisor, gateway: Gateway, response: Response) -> dict[str, Any]:
    """演练结束."""
    return await carry_out(gateway, EndDrill(request_id=given.request_id, operator=operator(who)), response)
