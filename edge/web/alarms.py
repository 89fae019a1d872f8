"""What guards do with alarms. Shell: HTTP."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import Field

from edge.alarms.acts import (
    AcknowledgeAlarm,
    AdvanceAlarm,
    CallBackAlarm,
    CloseAlarm,
    ShelveAlarm,
    UndoAcknowledge,
    UnshelveAlarm,
)
from edge.users.auth import Session
from edge.web.access import GUARD, Gateway, operator
from edge.web.acts import Act, ActWithReason, LateAct, carry_out
from edge.web.photos import Photos, attachments_of

router = APIRouter(prefix="/v1/alarms")

Guard = Annotated[Session, Depends(GUARD)]
AlarmId = Annotated[str, Path(min_length=1, max_length=120)]


class Noted(LateAct):
    """An act with a few words."""

    note: str = Field(default="", max_length=200)


class Close(Noted):
    """``handled``, or ``false`` with a note that says why."""

    outcome: Literal["handled", "false"]


class Advance(Noted):
    """On the way, or there; ``picture`` names one that is stored already."""

    stage: Literal["en_route", "on_site"]
    picture: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    photo: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    """SHA-256 of a photo that was sent before (``POST /v1/photos``)."""


class Shelve(ActWithReason):
    """For how long the condition is set aside."""

    for_s: float = Field(gt=0, le=86400)


class Condition(Act):
    """Kind and source of a shelved condition."""

    kind: str = Field(min_length=1, max_length=80)
    source: str = Field(min_length=1, max_length=120)


@router.post("/unshelve")
async def unshelve(given: Condition, who: Guard, gateway: Gateway, response: Response) -> dict[str, Any]:
    """Take a shelved condition back before its time."""
    act = UnshelveAlarm(request_id=given.request_id, kind=given.kind, source=given.source, operator=operator(who))
    return await carry_out(gateway, act, response)


@router.post("/{alarm}/acknowledge")
async def acknowledge(
    alarm: AlarmId, given: LateAct, who: Guard, gateway: Gateway, response: Response
) -> dict[str, Any]:
    """我来处理: take an alarm; the first one has it."""
    act = AcknowledgeAlarm(
        request_id=given.request_id, alarm=alarm, operator=operator(who), pressed_at_s=given.pressed_at_s
    )
    return await carry_out(gateway, act, response)


@router.post("/{alarm}/undo")
async def undo(alarm: AlarmId, given: Act, who: Guard, gateway: Gateway, response: Response) -> dict[str, Any]:
    """Taken by mistake: give it back within a few seconds."""
    act = UndoAcknowledge(request_id=given.request_id, alarm=alarm, operator=operator(who))
    return await carry_out(gateway, act, response)


@router.post("/{alarm}/advance")
async def advance(
    alarm: AlarmId, given: Advance, who: Guard, gateway: Gateway, request: Request, response: Response
) -> dict[str, Any]:
    """前往 or 到场: say how far one has come, with a photo if there is one."""
    photos: Photos = request.app.state.photos
    taken = attachments_of(photos.of(who.name, given.photo)) if given.photo else ()
    act = AdvanceAlarm(
        request_id=given.request_id,
        alarm=alarm,
        stage=given.stage,
        note=given.note,
        picture=given.photo or given.picture,
        attachments=taken,
        operator=operator(who),
        pressed_at_s=given.pressed_at_s,
    )
    return await carry_out(gateway, act, response)


@router.post("/{alarm}/close")
async def close(alarm: AlarmId, given: Close, who: Guard, gateway: Gateway, response: Response) -> dict[str, Any]:
    """Close an alarm: handled, or false with a reason."""
    act = CloseAlarm(
        request_id=given.request_id,
        alarm=alarm,
        outcome=given.outcome,
        note=given.note,
        operator=operator(who),
        pressed_at_s=given.pressed_at_s,
    )
    return await carry_out(gateway, act, response)


@router.post("/{alarm}/shelve")
async def shelve(alarm: AlarmId, given: Shelve, who: Guard, gateway: Gateway, response: Response) -> dict[str, Any]:
    """搁置: set the condition aside for a while, with a reason; it comes back by itself."""
    act = ShelveAlarm(
        request_id=given.request_id, alarm=alarm, reason=given.reason, for_s=given.for_s, operator=operator(who)
    )
    return await carry_out(gateway, act, response)


@router.post("/{alarm}/call-back")
async def call_back(alarm: AlarmId, given: Noted, who: Guard, gateway: Gateway, response: Response) -> dict[str, Any]:
    """回访: whoever reported it was called back."""
    act = CallBackAlarm(
        request_id=given.request_id,
        alarm=alarm,
        note=given.note,
        operator=operator(who),
        pressed_at_s=given.pressed_at_s,
    )
    return await carry_out(gateway, act, response)
