"""Shifts, handing over, night checks. Shell: HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response
from pydantic import Field

from edge.duty.acts import (
    AnswerWatch,
    CancelHandover,
    EndShift,
    OfferHandover,
    SignHandover,
    StartShift,
    TakeItem,
)
from edge.users.auth import Session
from edge.web.access import GUARD, Gateway, operator
from edge.web.acts import Act, ActWithReason, carry_out

router = APIRouter(prefix="/v1/duty")

Guard = Annotated[Session, Depends(GUARD)]
Post = Annotated[str, Path(min_length=1, max_length=64)]


class Offer(Act):
    """To whom the post is handed over: the name of an account."""

    to: str = Field(min_length=1, max_length=64)


class Taken(Act):
    """One open matter, by the key that the state gives it."""

    item: str = Field(min_length=1, max_length=200)
    note: str = Field(default="", max_length=200)


@router.post("/{post}/start")
async def start(post: Post, given: Act, who: Guard, gateway: Gateway, response: Response) -> dict[str, Any]:
    """上岗: man a post that is free."""
    return await carry_out(
        gateway, StartShift(request_id=given.request_id, post=post, operator=operator(who)), response
    )


@router.post("/{post}/end")
async def end(post: Post, given: ActWithReason, who: Guard, gateway: Gateway, response: Response) -> dict[str, Any]:
    """离岗: leave it without a successor, with a reason; a supervisor may end somebody else's shift."""
    act = EndShift(request_id=given.request_id, post=post, reason=given.reason, operator=operator(who))
    return await carry_out(gateway, act, response)


@router.post("/{post}/offer")
async def offer(post: Post, given: Offer, who: Guard, gateway: Gateway, response: Response) -> dict[str, Any]:
    """交班: begin to hand over."""
    act = OfferHandover(request_id=given.request_id, post=post, coming=given.to, operator=operator(who))
    return await carry_out(gateway, act, response)


@router.post("/{post}/take")
async def take(post: Post, given: Taken, who: Guard, gateway: Gateway, response: Response) -> dict[str, Any]:
    """接班: take one open matter over."""
    act = TakeItem(request_id=given.request_id, post=post, item=given.item, note=given.note, operator=operator(who))
    return await carry_out(gateway, act, response)


@router.post("/{post}/sign")
async def sign(post: Post, given: Act, who: Guard, gateway: Gateway, response: Response) -> dict[str, Any]:
    """签字: with both signatures the post changes hands."""
    act = SignHandover(request_id=given.request_id, post=post, operator=operator(who))
    return await carry_out(gateway, act, response)


@router.post("/{post}/keep")
async def keep(post: Post, given: Act, who: Guard, gateway: Gateway, response: Response) -> dict[str, Any]:
    """The guard on duty stays after all."""
    act = CancelHandover(request_id=given.request_id, post=post, operator=operator(who))
    return await carry_out(gateway, act, response)


@router.post("/{post}/here")
async def here(post: Post, given: Act, who: Guard, gateway: Gateway, response: Response) -> dict[str, Any]:
    """我在: somebody is awake at the post."""
    return await carry_out(
        gateway, AnswerWatch(request_id=given.request_id, post=post, operator=operator(who)), response
    )
