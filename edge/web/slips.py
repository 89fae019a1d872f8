"""Goods-release slips (物品放行条): issued by the office, counted and checked at the exit, taken back. Shell: HTTP."""

from __future__ import annotations

import time
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from edge.access.slips import ITEMS_MAX, QUANTITY_MAX, check
from edge.observations import ChangeLists, CheckSlip
from edge.users.auth import Session
from edge.users.roles import Role
from edge.web.access import BOOKER, GUARD, Gateway, Needs, operator
from edge.web.acts import Act, RequestId, Words, carry_out
from edge.web.errors import ApiError
from edge.web.lists import Plate
from edge.web.photos import Photos, body_of
from sync.records import PutSlip, Slip

router = APIRouter(prefix="/v1")

OFFICE = Needs(Role.ISSUER)
"""Guards check slips and do not issue them."""

SlipId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,40}$")]


class Item(BaseModel):
    """One kind of goods and how many of it."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    name: str = Field(min_length=1, max_length=80)
    quantity: int = Field(ge=0, le=QUANTITY_MAX)


Items = Annotated[tuple[Item, ...], Field(min_length=1, max_length=ITEMS_MAX)]


class SlipBody(BaseModel):
    """A slip to be issued."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    request_id: RequestId = Field(default_factory=lambda: uuid.uuid4().hex)
    host: Words
    consent_by: Words
    approved_by: Words
    items: Items
    not_before: AwareDatetime
    not_after: AwareDatetime
    plate: Plate | None = None


class Counted(Act):
    """What the guard counted at the exit."""

    seen: Items
    note: str = Field(default="", max_length=200)
    plate: Plate | None = None
    photo: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    """SHA-256 of a photo of the goods that was sent before."""


@router.get("/slips")
async def slips(_who: Annotated[Session, Depends(BOOKER)], gateway: Gateway) -> dict[str, Any]:
    """All slips, the newest window first."""
    found = sorted(gateway.store.policy().slips.values(), key=lambda slip: (slip.not_before_s, slip.id), reverse=True)
    return {"slips": [_row(slip) for slip in found]}


@router.put("/slips/{slip_id}", status_code=201)
async def put_slip(
    slip_id: SlipId, given: SlipBody, who: Annotated[Session, Depends(OFFICE)], gateway: Gateway, response: Response
) -> dict[str, Any]:
    """Issue or replace a slip; one that was used or taken back stays so."""
    slip = Slip(
        id=slip_id,
        host=given.host,
        consent_by=given.consent_by,
        approved_by=given.approved_by,
        items=_pairs(given.items),
        not_before_s=given.not_before.timestamp(),
        not_after_s=given.not_after.timestamp(),
        plate=given.plate or "",
    )
    act = ChangeLists(request_id=given.request_id, change=PutSlip(slip), operator=operator(who))
    return await carry_out(gateway, act, response)


@router.delete("/slips/{slip_id}")
async def revoke_slip(
    slip_id: SlipId, who: Annotated[Session, Depends(OFFICE)], gateway: Gateway, response: Response
) -> dict[str, Any]:
    """Take a slip back; it stays on record."""
    slip = gateway.store.policy().slips.get(slip_id)
    if slip is None:
        raise ApiError(404, "slip_unknown")
    change = PutSlip(replace(slip, revoked=True))
    act = ChangeLists(request_id=uuid.uuid4().hex, change=change, operator=operator(who))
    return await carry_out(gateway, act, response)


@router.post("/slips/{slip_id}/photo", status_code=201)
async def put_photo(
    slip_id: SlipId, who: Annotated[Session, Depends(GUARD)], gateway: Gateway, request: Request
) -> dict[str, Any]:
    """Send a photo of the goods (the body itself, JPEG or PNG) before their check, which names it by its SHA-256."""
    if slip_id not in gateway.store.policy().slips:
        raise ApiError(404, "slip_unknown")
    photos: Photos = request.app.state.photos
    return {"photo": photos.keep(who.name, await body_of(request))}


@router.post("/slips/{slip_id}/check")
async def check_slip(
    slip_id: SlipId,
    given: Counted,
    who: Annotated[Session, Depends(GUARD)],
    gateway: Gateway,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    """Compare item by item; an exact match lets the goods out and uses the slip up."""
    seen, plate = _pairs(given.seen), given.plate or ""
    photos: Photos = request.app.state.photos
    act = CheckSlip(
        request_id=given.request_id,
        slip=slip_id,
        seen=seen,
        note=given.note,
        operator=operator(who),
        plate=plate,
        photo=photos.of(who.name, given.photo) if given.photo else b"",
    )
    verdict = await carry_out(gateway, act, response)
    if verdict["ok"]:
        return verdict
    named = check(gateway.store.policy(), slip_id, seen, plate, time.time()).differences
    return verdict | {"differences": [{"item": d.item, "listed": d.listed, "seen": d.seen} for d in named]}


def _pairs(items: tuple[Item, ...]) -> tuple[tuple[str, int], ...]:
    return tuple((item.name, item.quantity) for item in items)


def _row(slip: Slip) -> dict[str, Any]:
    return {
        "id": slip.id,
        "host": slip.host,
        "consent_by": slip.consent_by,
        "approved_by": slip.approved_by,
        "items": [{"name": name, "quantity": quantity} for name, quantity in slip.items],
        "not_before": _iso(slip.not_before_s),
        "not_after": _iso(slip.not_after_s),
        "plate": slip.plate,
        "used": slip.used,
        "revoked": slip.revoked,
    }


def _iso(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).isoformat()
