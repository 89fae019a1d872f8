"""The self-test of alarms: begin one, and a page says that it has painted its alarm. Shell: HTTP."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from edge.selftest.acts import BeginSelfTest, SelfTestSeen
from edge.users.auth import Session
from edge.web.access import GUARD, GUARD_PASSIVE, Gateway, operator
from edge.web.acts import Act, carry_out

router = APIRouter(prefix="/v1/selftest")


class Seen(Act):
    """Which test's alarm was painted."""

    test: str = Field(min_length=1, max_length=80)


@router.post("")
async def begin(
    given: Act, who: Annotated[Session, Depends(GUARD)], gateway: Gateway, response: Response
) -> dict[str, Any]:
    """自检: prove the chain from the inbox to siren, page and channels; ``selftest`` of the state tells how it goes."""
    act = BeginSelfTest(request_id=given.request_id, offered_mono_s=time.monotonic(), operator=operator(who))
    return await carry_out(gateway, act, response)


@router.post("/seen")
async def seen(
    given: Seen,
    request: Request,
    who: Annotated[Session, Depends(GUARD_PASSIVE)],
    gateway: Gateway,
    response: Response,
) -> dict[str, Any]:
    """A page says by itself that the test's alarm stands on its screen."""
    page = request.client.host if request.client else "unknown"
    act = SelfTestSeen(request_id=given.request_id, test=given.test, page=page, operator=operator(who))
    return await carry_out(gateway, act, response)
