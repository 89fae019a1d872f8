"""What several routes ask of the application: the site, its day, and one heavy answer at a time. Shell: HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from zoneinfo import ZoneInfo

from fastapi import Request

from config.model import Site
from edge.web.errors import ApiError

TURN_WAIT_S = 20.0


def site_of(request: Request) -> Site:
    """The settings that the gateway runs with."""
    site: Site = request.app.state.site
    return site


def zone_of(request: Request) -> ZoneInfo:
    """The site's time zone."""
    return ZoneInfo(site_of(request).site.timezone)


def today(zone: ZoneInfo) -> date:
    """The day that it is at the site."""
    return datetime.now(zone).date()


@asynccontextmanager
async def in_turn(turn: asyncio.Lock) -> AsyncIterator[None]:
    """Wait for one's turn; ApiError 503 where others take too long."""
    try:
        async with asyncio.timeout(TURN_WAIT_S):
            await turn.acquire()
    except TimeoutError:
        raise ApiError(503, "busy", {"Retry-After": "20"}) from None
    try:
        yield
    finally:
        turn.release()
