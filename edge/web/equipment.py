"""The equipment ledger: how every device does, and maintenance noted down. Shell: HTTP."""

from __future__ import annotations

import asyncio
import time
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field

from config.model_gate import Equipment
from edge.ledger import CARE, STATES, WORK, Figures, Span, due_on, figures, share_working, warnings_of
from edge.observations import Audited
from edge.users.auth import Session
from edge.web.access import READER, SUPERVISOR, Gateway
from edge.web.acts import Act, Words
from edge.web.asked import site_of, today, zone_of
from edge.web.errors import ApiError
from sync.event import Event
from sync.queries import between
from sync.store import Store

router = APIRouter(prefix="/v1")

DAY_S = 86_400.0
EVENTS_MAX = 100_000


class Maintenance(Act):
    """What was done; ``on`` is today when absent."""

    by: Words
    work: Words
    on: date | None = Field(default=None)


@router.get("/equipment")
async def equipment(
    _who: Annotated[Session, Depends(READER)],
    request: Request,
    gateway: Gateway,
    days: Annotated[int, Query(ge=1, le=400)] = 30,
) -> dict[str, Any]:
    """Every entry with its state now, its uptime over these days, and what should be seen to."""
    site = site_of(request)
    now_s = time.time()
    span = Span(from_s=now_s - days * DAY_S, until_s=now_s)
    events = await asyncio.to_thread(_events, gateway.store, span)
    on = today(zone_of(request))
    found = {name: figures(entry.device, name, events, span) for name, entry in site.equipment.items()}
    rows = [_row(name, entry, found[name], on) for name, entry in site.equipment.items()]
    return {
        "days": days,
        "uptime": share_working([one.uptime for one in found.values()]),
        "equipment": rows,
    }


@router.post("/equipment/{name}/maintenance", status_code=201)
async def maintained(
    name: Annotated[str, Path(max_length=40)],
    given: Maintenance,
    who: Annotated[Session, Depends(SUPERVISOR)],
    request: Request,
    gateway: Gateway,
) -> dict[str, Any]:
    """Note down that it was maintained, so that the next time is due accordingly."""
    site = site_of(request)
    entry = site.equipment.get(name)
    if entry is None:
        raise ApiError(404, "unknown_equipment")
    now = today(zone_of(request))
    on = given.on or now
    if on > now:
        raise ApiError(422, "window")
    body = {"equipment": name, "on": on.isoformat(), "by": given.by, "work": given.work, "role": who.role.value}
    gateway.audit(Audited(kind="equipment.maintained", operator=who.name, body=body))
    due = due_on(entry, on)
    return {"equipment": name, "on": on.isoformat(), "maintenance_due": due.isoformat() if due else None}


def _events(store: Store, span: Span) -> list[Event]:
    until_us = int(span.until_s * 1e6) + 1
    events = between(store, (*STATES, *CARE), 0, until_us, EVENTS_MAX)
    events += between(store, WORK, int(span.from_s * 1e6), until_us, EVENTS_MAX)
    return sorted(events, key=lambda event: event.seq)


def _row(name: str, entry: Equipment, found: Figures, today: date) -> dict[str, Any]:
    due = due_on(entry, found.maintained_on)
    return {
        "name": name,
        "device": entry.device,
        "brand": entry.brand,
        "model": entry.model,
        "serial": entry.serial,
        "installed": entry.installed.isoformat() if entry.installed else None,
        "criticality": entry.criticality,
        "up": found.up,
        "uptime": None if found.uptime is None else round(found.uptime, 6),
        "losses": found.losses,
        "flaps": found.flaps,
        "commands": found.commands,
        "errors": found.errors,
        "stroke_s": found.stroke_s,
        "stroke_before_s": found.stroke_before_s,
        "maintained_on": found.maintained_on.isoformat() if found.maintained_on else None,
        "maintenance_due": due.isoformat() if due else None,
        "overdue": due is not None and today >= due,
        "warnings": [{"kind": w.kind, "zh": w.zh, "en": w.en} for w in warnings_of(entry, found, today)],
    }
