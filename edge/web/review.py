"""Looking back: a day's timeline, a month's calendar, marks of what was seen. Shell: HTTP."""

from __future__ import annotations

import asyncio
import time
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from config.model import Name
from edge.observations import Audited
from edge.review.items import MARKED, faces_in, filter_of, state_of
from edge.review.look import Day, Found, Page, calendar_of, fresh_marks, hours_of, page_of
from edge.users.auth import Session
from edge.web.access import READER, Gateway
from edge.web.acts import Act
from edge.web.asked import site_of, today, zone_of
from edge.web.feed import event_json
from sync.timeline import timeline_of

router = APIRouter(prefix="/v1/review")

PAGE_MAX = 200
MARKS_MAX = 500
Reader = Annotated[Session, Depends(READER)]
Group = Literal["due", "alarm", "pass", "hand", "duty", "device", "audit"]
Seq = Annotated[int, Field(ge=1, le=2**53)]


class Marks(Act):
    """What of a day was seen, by the numbers of its events."""

    day: date
    seqs: list[Seq] = Field(min_length=1, max_length=MARKS_MAX)


class Asked(BaseModel):
    """What of a day; today when it is absent."""

    model_config = ConfigDict(extra="forbid")
    day: date | None = None
    group: Group = "due"
    camera: Name | Literal[""] = ""
    state: Literal["", "open", "handled", "false", "returned"] = ""
    unreviewed: bool = False
    before: int = Field(default=2**53, ge=1, le=2**53)
    limit: int = Field(default=60, ge=1, le=PAGE_MAX)


@router.get("")
async def review(who: Reader, request: Request, gateway: Gateway, asked: Annotated[Asked, Query()]) -> dict[str, Any]:
    """A day's events of a group, newest first; ``before`` in the answer continues, null at the end."""
    zone = zone_of(request)
    wanted = filter_of(site_of(request), asked.camera, asked.state, unreviewed=asked.unreviewed)
    log, day = timeline_of(gateway.store), asked.day or today(zone)

    def work() -> Page:
        return page_of(log, Day(day, zone), asked.group, wanted, who.name, before=asked.before, limit=asked.limit)

    page = await asyncio.to_thread(work)
    return {"day": day.isoformat(), "items": [_row(found) for found in page.items], "before": page.before}


@router.get("/hours")
async def hours(_who: Reader, request: Request, gateway: Gateway, day: date | None = None) -> dict[str, Any]:
    """How much happened in each hour of a day, by group."""
    zone = zone_of(request)
    on = day or today(zone)
    found = await asyncio.to_thread(hours_of, timeline_of(gateway.store), Day(on, zone))
    return {"day": on.isoformat(), "hours": found}


@router.get("/calendar")
async def calendar(who: Reader, request: Request, gateway: Gateway, day: date | None = None) -> dict[str, Any]:
    """The month of a day: how much there is to see, and how much of it the caller has not seen."""
    zone = zone_of(request)
    on = day or today(zone)
    days = await asyncio.to_thread(calendar_of, timeline_of(gateway.store), Day(on, zone), who.name)
    return {"month": f"{on:%Y-%m}", "today": today(zone).isoformat(), "days": days}


@router.post("/marks", status_code=201)
async def mark(given: Marks, who: Reader, request: Request, gateway: Gateway) -> dict[str, Any]:
    """Seen by the caller; what is marked already is not marked twice."""
    zone, store = zone_of(request), gateway.store
    known = [seq for seq in given.seqs if seq <= store.newest]
    fresh = await asyncio.to_thread(fresh_marks, timeline_of(store), known, Day(given.day, zone), who.name)
    if fresh:
        said = {"role": who.role.value, "day": given.day.isoformat(), "seqs": " ".join(map(str, fresh))}
        gateway.audit(Audited(kind=MARKED, operator=who.name, body=said))
    return {"request_id": given.request_id, "marked": len(fresh), "at_s": time.time()}


def _row(found: Found) -> dict[str, Any]:
    row = event_json(found.event) | {"reviewed": found.reviewed, "faces": faces_in(found.event.data()), "alarm": None}
    if found.life is not None:
        life = found.life
        row["alarm"] = {
            "id": life.id,
            "state": state_of(life),
            "stage": life.stage,
            "by": life.by,
            "count": life.count,
            "taken_s": life.taken_age_s,
            "closed_s": life.closed_age_s,
            "note": life.note,
            "drill": life.drill,
        }
    return row
