"""Visitor codes for owners' apps and the guard's desk: issued for a host, listed, revoked. Shell: HTTP.

A code's digits follow from the site's pepper, who asks and the request id: a call that is repeated after a lost answer
gives the same digits again, and nobody without the pepper can tell them. They are kept nowhere.
"""

from __future__ import annotations

import asyncio
import hmac
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from config.model import Name, Site
from edge.access.pepper import load_pepper
from edge.access.visitor_codes import CodeReason, Issued, Wish, is_live, issue
from edge.observations import ChangeLists
from edge.users.auth import Session
from edge.web.access import BOOKER, Gateway, operator
from edge.web.acts import RequestId, Words, carry_out
from edge.web.errors import ApiError
from edge.web.lists import Plate
from sync.records import Change, Policy, PutCode, RevokeCode, SpendPass, VisitorCode

router = APIRouter(prefix="/v1")

PASS_ID = re.compile(r"^[0-9a-f]{16}$")
_WIDE = 2**128
_REFUSED = {CodeReason.HOST_LIMIT: 409, CodeReason.SITE_LIMIT: 409}


class VisitorBody(BaseModel):
    """Somebody who is expected; a plate or a phone makes the code six digits."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    request_id: RequestId = Field(default_factory=lambda: uuid.uuid4().hex)
    host: Words
    visitor: Words
    gates: Annotated[tuple[Name, ...], Field(max_length=64)] = ()
    not_before: AwareDatetime
    not_after: AwareDatetime
    uses_allowed: int = Field(default=1, ge=1, le=1000)
    plate: Plate | None = None
    phone: str = Field(default="", max_length=30, repr=False)


@router.get("/visitors")
async def visitors(_who: Annotated[Session, Depends(BOOKER)], gateway: Gateway) -> dict[str, Any]:
    """Codes, the newest window first, and the uses of signed passes here; never digits."""
    policy, now_s = gateway.store.policy(), time.time()
    codes = sorted(policy.codes.values(), key=lambda code: (code.not_before_s, code.id), reverse=True)
    passes = [{"id": id_, "uses": max(uses, 0), "revoked": uses < 0} for id_, uses in policy.spent_passes.items()]
    return {"version": policy.version, "visitors": [_row(code, now_s) for code in codes], "passes": passes}


@router.post("/visitors", status_code=201)
async def issue_code(
    given: VisitorBody, who: Annotated[Session, Depends(BOOKER)], request: Request, gateway: Gateway, response: Response
) -> dict[str, Any]:
    """Issue a code; its digits stand in this answer and nowhere else."""
    site: Site = request.app.state.site
    if any(gate not in site.lanes and gate not in site.doors for gate in given.gates):
        raise ApiError(422, "unknown_gate")
    pepper = await asyncio.to_thread(pepper_of(request))
    lock: asyncio.Lock = request.app.state.issuing
    async with lock:  # so that two calls at once cannot both be the last one that a host may have
        issued = _issued(gateway.store.policy(), pepper, given, who.name, site)
        act = ChangeLists(request_id=given.request_id, change=PutCode(issued.code), operator=operator(who))
        verdict = await carry_out(gateway, act, response)
    if not verdict["ok"]:
        return verdict
    return verdict | {"code": issued.digits, "visitor": _row(issued.code, time.time())}


@router.delete("/visitors/{visitor_id}")
async def revoke(
    visitor_id: Annotated[str, Path(max_length=80)],
    who: Annotated[Session, Depends(BOOKER)],
    gateway: Gateway,
    response: Response,
) -> dict[str, Any]:
    """Revoke a code, or a signed pass by its id; it stays on record."""
    change: Change
    if any(code.id == visitor_id for code in gateway.store.policy().codes.values()):
        change = RevokeCode(visitor_id)
    elif PASS_ID.match(visitor_id):
        change = SpendPass(visitor_id, -1)
    else:
        raise ApiError(404, "unknown_visitor")
    act = ChangeLists(request_id=uuid.uuid4().hex, change=change, operator=operator(who))
    return await carry_out(gateway, act, response)


def draws(pepper: bytes, who: str, request_id: str) -> Callable[[int], int]:
    """Numbers below a bound, in an order that only the pepper, the asker and the request decide."""
    count = 0

    def below(bound: int) -> int:
        nonlocal count
        count += 1
        text = f"menwei issue 1\x00{who}\x00{request_id}\x00{count}".encode()
        # 128 bits over at most 10^8: no digit is likelier than another by more than 10^-30.
        return int.from_bytes(hmac.digest(pepper, text, "sha256")[:16], "big") * bound // _WIDE

    return below


def _issued(policy: Policy, pepper: bytes, given: VisitorBody, who: str, site: Site) -> Issued:
    """The code of this request; raises ApiError with the reason why there is none."""
    wish = Wish(
        host=given.host,
        visitor=given.visitor,
        gates=given.gates,
        not_before_s=given.not_before.timestamp(),
        not_after_s=given.not_after.timestamp(),
        uses_allowed=given.uses_allowed,
        plate=given.plate or "",
        phone=given.phone,
    )
    new_id = f"v-{given.request_id}"
    known = next((code for code in policy.codes.values() if code.id == new_id), None)
    others = replace(policy, codes={k: c for k, c in policy.codes.items() if c.id != new_id})
    issued = issue(
        others,
        pepper,
        wish,
        time.time(),
        new_id=new_id,
        randbelow=draws(pepper, who, given.request_id),
        per_host=site.passes.codes_per_host,
    )
    if isinstance(issued, CodeReason):
        raise ApiError(_REFUSED.get(issued, 422), issued.value)
    if known is not None and replace(known, uses_used=0, revoked=False) != issued.code:
        raise ApiError(409, "request_id_taken")
    return Issued(issued.digits, known) if known is not None else issued


def pepper_of(request: Request) -> Callable[[], bytes]:
    """How to get the pepper; reading its file belongs in a thread."""
    given: Callable[[], bytes] | None = getattr(request.app.state, "pepper", None)
    site: Site = request.app.state.site
    return given or (lambda: load_pepper(site))


def _row(code: VisitorCode, now_s: float) -> dict[str, Any]:
    return {
        "id": code.id,
        "host": code.host,
        "visitor": code.visitor,
        "gates": list(code.gates),
        "not_before": datetime.fromtimestamp(code.not_before_s, UTC).isoformat(),
        "not_after": datetime.fromtimestamp(code.not_after_s, UTC).isoformat(),
        "uses_allowed": code.uses_allowed,
        "uses_used": code.uses_used,
        "plate": code.plate,
        "revoked": code.revoked,
        "live": is_live(code, now_s),
    }
