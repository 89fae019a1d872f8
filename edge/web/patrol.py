"""The patrol: points, plans of the site, scans, rounds of a day, proof for owners. Shell: HTTP, files of the site."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import Field

from config.model import Site
from edge.observations import Audited
from edge.patrol.acts import EndRound, ScanPoint, StartRound
from edge.patrol.history import LONGEST_S, day_span, due_moment, rounds_between
from edge.patrol.model import Round
from edge.patrol.proof import DAYS_MAX, Span, proof_of, signed
from edge.pictures import mime_of
from edge.reports.rules import KINDS, PHOTOS_MAX
from edge.snapshot_patrol import round_row
from edge.users.auth import Session
from edge.web.access import EXPORTER, GUARD, READER, Gateway, operator
from edge.web.acts import Act, carry_out
from edge.web.asked import site_of, today, zone_of
from edge.web.errors import ApiError
from sync.queries import between
from sync.store import Store

router = APIRouter(prefix="/v1/patrol")

Guard = Annotated[Session, Depends(GUARD)]
Reader = Annotated[Session, Depends(READER)]
RoundId = Annotated[str, Path(pattern=r"^[a-z0-9_-]{1,40}@\d{4}-\d\d-\d\dT\d\d:\d\d$")]
EVENTS_MAX = 50_000
PLAN_MAX = 8 * 1024 * 1024


class Scan(Act):
    """A checkpoint's code; ``at`` only where the scan was made without a link."""

    code: str = Field(min_length=1, max_length=400)
    how: str = Field(pattern=r"^(qr|nfc|ble|typed)$")
    at: float | None = Field(default=None, ge=0, le=4e9)
    device: str = Field(default="", pattern=r"^[A-Za-z0-9_-]{0,40}$")
    seq: int = Field(default=0, ge=0, le=2**53)


class End(Act):
    """Why a round ends before its time; empty when everything that must be was visited."""

    reason: str = Field(default="", max_length=200)


@router.get("")
async def patrol(_who: Reader, request: Request) -> dict[str, Any]:
    """Points, routes, plans and the drawings they stand on; never a code."""
    site = site_of(request)
    given = site.patrol
    return {
        "points": [
            {"name": name, "place": p.place or name, "kind": p.kind, "typed": p.typed, "map": p.map, "at": p.at}
            for name, p in given.points.items()
        ],
        "routes": [
            {"name": name, "title": r.title or name, "order": r.order, "points": [leg.point for leg in r.points]}
            for name, r in given.routes.items()
        ],
        "plans": [
            {"name": name, "route": plan.route, "days": plan.days, "times": plan.times}
            for name, plan in given.plans.items()
        ],
        "maps": [{"name": name, "title": one.title or name} for name, one in given.maps.items()],
        "reports": {"kinds": list(KINDS), "photos_max": PHOTOS_MAX, "places": _places(site)},
    }


@router.get("/maps/{name}")
async def plan_picture(name: Annotated[str, Path(max_length=40)], _who: Reader, request: Request) -> Response:
    """The picture of a plan."""
    one = site_of(request).patrol.maps.get(name)
    if one is None:
        raise ApiError(404, "unknown_map")
    try:
        data = await asyncio.to_thread(one.picture.read_bytes)
    except OSError:
        raise ApiError(404, "unknown_map") from None
    mime = mime_of(data)
    if mime is None or len(data) > PLAN_MAX:
        raise ApiError(404, "unknown_map")
    return Response(data, media_type=mime, headers={"Cache-Control": "private, max-age=300"})


@router.post("/scan")
async def scan(given: Scan, who: Guard, gateway: Gateway, response: Response) -> dict[str, Any]:
    """A checkpoint was scanned, just now or while there was no link."""
    act = ScanPoint(
        request_id=given.request_id,
        code=given.code,
        how=given.how,
        at_s=given.at,
        device=given.device,
        seq=given.seq,
        operator=operator(who),
    )
    return await carry_out(gateway, act, response)


@router.post("/rounds/{round_id}/start")
async def start(round_id: RoundId, given: Act, who: Guard, gateway: Gateway, response: Response) -> dict[str, Any]:
    """开始巡更: set out on a round."""
    return await carry_out(
        gateway, StartRound(request_id=given.request_id, round=round_id, operator=operator(who)), response
    )


@router.post("/rounds/{round_id}/end")
async def end(round_id: RoundId, given: End, who: Guard, gateway: Gateway, response: Response) -> dict[str, Any]:
    """End a round before its time: done when nothing is missing, else given up, with a reason."""
    act = EndRound(request_id=given.request_id, round=round_id, reason=given.reason, operator=operator(who))
    return await carry_out(gateway, act, response)


@router.get("/rounds")
async def rounds(_who: Reader, gateway: Gateway, request: Request, day: date | None = None) -> dict[str, Any]:
    """Rounds due on a day of the site's clock, today when none is named."""
    zone = zone_of(request)
    wanted = day or today(zone)
    found = await asyncio.to_thread(rounds_of_days, gateway.store, wanted, wanted, zone)
    return {"day": wanted.isoformat(), "rounds": [round_row(one, due_moment(one)) for one in found]}


@router.get("/proof")
async def proof(
    who: Annotated[Session, Depends(EXPORTER)],
    gateway: Gateway,
    request: Request,
    since: Annotated[date, Query(alias="from")],
    until: Annotated[date, Query(alias="to")],
) -> Response:
    """Rounds of these days for owners: times and points, no names, signed; the export is on record."""
    if not 0 <= (until - since).days < DAYS_MAX:
        raise ApiError(422, "window")
    site, zone, store = site_of(request), zone_of(request), gateway.store
    found = await asyncio.to_thread(rounds_of_days, store, since, until, zone)
    span = Span(since=since.isoformat(), until=until.isoformat(), timezone=site.site.timezone)
    head = await asyncio.to_thread(store.head)
    given = proof_of(found, span, site=site.site.name, gateway=store.gateway_id, head=head, key=store.key)
    data = signed(given, store.key)
    note = {"from": span.since, "to": span.until, "rounds": str(len(given["rounds"])), "key_id": store.key.id}
    gateway.audit(Audited(kind="patrol.exported", operator=who.name, body={**note, "role": who.role.value}))
    name = f"patrol-{span.since}-{span.until}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type="application/json", headers=headers)


def rounds_of_days(store: Store, since: date, until: date, zone: ZoneInfo) -> tuple[Round, ...]:
    """Rounds due from the first to the last of these days."""
    begin_s, end_s = day_span(since, until, zone)
    from_us, to_us = int((begin_s - LONGEST_S) * 1e6), int((end_s + LONGEST_S) * 1e6)
    return rounds_between(between(store, ("patrol.",), from_us, to_us, EVENTS_MAX), begin_s, end_s)


def _places(site: Site) -> list[str]:
    """Places in words that a report can name, without repeats."""
    tables: tuple[Mapping[str, Any], ...] = (site.patrol.points, site.lanes, site.doors, site.cameras, site.inputs)
    return list(dict.fromkeys(one.place for table in tables for one in table.values() if one.place))
