"""A person's act through the gateway's one inbox, and its verdict as HTTP. Shell: HTTP."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from edge.observations import OperatorAct
from edge.web.errors import ApiError, body
from edge.web.port import GatewayPort

VERDICT_WAIT_S = 10.0

RequestId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
"""Idempotency key, made by the page per press: the same one twice acts once."""
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class Act(BaseModel):
    """The body of every act."""

    model_config = ConfigDict(extra="forbid")
    request_id: RequestId


class LateAct(Act):
    """An act that a page may have kept while its link was lost."""

    pressed_at_s: float | None = Field(default=None, ge=0, le=1e11, description="Unix time of the press")


class ActWithReason(Act):
    """An act that must be justified."""

    reason: Words = Field(description="why, in the guard's words or one of the page's keys")


async def carry_out(gateway: GatewayPort, act: OperatorAct, response: Response) -> dict[str, Any]:
    """Wait for the verdict. A refusal is status 409 with its reason, so that no client takes it for success."""
    try:
        async with asyncio.timeout(VERDICT_WAIT_S):
            answer = await gateway.act(act)
    except TimeoutError:
        raise ApiError(504, "no_verdict") from None
    verdict = {"request_id": answer.request_id, "ok": answer.ok, "reason": answer.reason, "detail": answer.detail}
    if answer.ok:
        return verdict
    response.status_code = 409
    return verdict | body(answer.reason)
