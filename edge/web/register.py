"""Who is inside, and the register of entries and exits: searched, exported, corrected. Shell: HTTP.

It replaces the paper register (出入登记本). Every export leaves ``register.exported`` with who took what.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from config.model import Name
from edge.access.presence import Search, Stay, evacuation, found, overstays, stays
from edge.observations import Audited, CorrectRegister
from edge.sheets import SheetUnavailable, to_csv, to_xlsx
from edge.users.auth import Session
from edge.web.access import EXPORTER, GUARD, GUARD_PASSIVE, READER, Gateway, operator
from edge.web.acts import ActWithReason, carry_out
from edge.web.asked import site_of, zone_of
from edge.web.errors import ApiError
from edge.web.port import GatewayPort
from sync.queries import between
from sync.records import Inside
from sync.store import Store

router = APIRouter(prefix="/v1")

EVENTS_MAX = 200_000
PAGE_MAX = 500
DAY_S = 86_400.0
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KINDS = {"person": "人员 person", "visitor": "访客 visitor", "vehicle": "车辆 vehicle"}
REGISTER_HEAD = (
    "类别 kind",
    "姓名 name",
    "车牌或编号 id",
    "进入 in",
    "进入口 gate in",
    "离开 out",
    "离开口 gate out",
    "备注 note",
)
INSIDE_HEAD = ("类别 kind", "姓名 name", "车牌或编号 id", "进入 in", "进入口 gate in")


class Wanted(BaseModel):
    """What is looked for; without a time the last day."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, populate_by_name=True)
    since: AwareDatetime | None = Field(default=None, alias="from")
    until: AwareDatetime | None = None
    text: str = Field(default="", max_length=80)
    gate: Name | Literal[""] = ""
    kind: Literal["", "vehicle", "person", "visitor"] = ""

    def search(self, now_s: float) -> Search:
        """As the register understands it; raises ApiError 422 for an empty span."""
        until_s = now_s + 1 if self.until is None else self.until.timestamp()
        from_s = until_s - DAY_S if self.since is None else self.since.timestamp()
        if from_s >= until_s:
            raise ApiError(422, "window")
        return Search(from_s=from_s, until_s=until_s, text=self.text, gate=self.gate, kind=self.kind)


class Paged(Wanted):
    """One page of it."""

    offset: int = Field(default=0, ge=0, le=10**7)
    limit: int = Field(default=200, ge=1, le=PAGE_MAX)


class Correction(ActWithReason):
    """Somebody has left although nobody saw it."""

    key: str = Field(min_length=3, max_length=200)


@router.get("/inside")
async def inside(
    _who: Annotated[Session, Depends(GUARD_PASSIVE)], request: Request, gateway: Gateway
) -> dict[str, Any]:
    """Everybody who is inside, people first; the list of an evacuation."""
    policy, now_s = gateway.store.policy(), time.time()
    late = {i.key for i in overstays(policy, site_of(request).rules.overstay_s, now_s, frozenset())}
    rows = [_inside_row(one) | {"overstayed": one.key in late} for one in evacuation(policy)]
    counts = {kind: sum(row["kind"] == kind for row in rows) for kind in KINDS}
    return {"now_s": now_s, "counts": counts, "inside": rows}


@router.get("/inside.csv")
async def inside_csv(who: Annotated[Session, Depends(GUARD)], request: Request, gateway: Gateway) -> Response:
    """The same to print and take along."""
    zone = zone_of(request)
    rows = [
        (KINDS.get(_kind(i.key), ""), i.name, _id(i.key), _when(i.since_s, zone), i.gate)
        for i in evacuation(gateway.store.policy())
    ]
    _audit(gateway, who, list="inside", format="csv", rows=str(len(rows)))
    return _file(to_csv(INSIDE_HEAD, rows), "text/csv; charset=utf-8", "inside.csv")


@router.post("/inside/correct")
async def correct(
    given: Correction, who: Annotated[Session, Depends(GUARD)], gateway: Gateway, response: Response
) -> dict[str, Any]:
    """Note a departure that nobody saw, with a reason."""
    act = CorrectRegister(request_id=given.request_id, key=given.key, reason=given.reason, operator=operator(who))
    return await carry_out(gateway, act, response)


@router.get("/register")
async def register(
    _who: Annotated[Session, Depends(READER)], gateway: Gateway, wanted: Annotated[Paged, Query()]
) -> dict[str, Any]:
    """The register's lines, newest first, a page at a time."""
    lines = await asyncio.to_thread(_lines, gateway.store, wanted.search(time.time()))
    page = lines[wanted.offset : wanted.offset + wanted.limit]
    return {"total": len(lines), "offset": wanted.offset, "stays": [_stay_row(line) for line in page]}


@router.get("/register.csv")
async def register_csv(
    who: Annotated[Session, Depends(EXPORTER)], request: Request, gateway: Gateway, wanted: Annotated[Wanted, Query()]
) -> Response:
    """The lines as CSV for a spreadsheet."""
    rows = await _export(gateway, who, request, wanted, "csv")
    return _file(await asyncio.to_thread(to_csv, REGISTER_HEAD, rows), "text/csv; charset=utf-8", "register.csv")


@router.get("/register.xlsx")
async def register_xlsx(
    who: Annotated[Session, Depends(EXPORTER)], request: Request, gateway: Gateway, wanted: Annotated[Wanted, Query()]
) -> Response:
    """The lines as a spreadsheet; 501 without the extra ``xlsx``."""
    rows = await _export(gateway, who, request, wanted, "xlsx")
    try:
        data = await asyncio.to_thread(to_xlsx, REGISTER_HEAD, rows, "register")
    except SheetUnavailable:
        raise ApiError(501, "xlsx_missing") from None
    return _file(data, XLSX, "register.xlsx")


async def _export(
    gateway: GatewayPort, who: Session, request: Request, wanted: Wanted, form: str
) -> list[tuple[str, ...]]:
    """The rows of an export, and the line in the log that says who took them."""
    search = wanted.search(time.time())
    zone = zone_of(request)
    lines = await asyncio.to_thread(_lines, gateway.store, search)
    span = {"from": _iso(search.from_s), "until": _iso(search.until_s)}
    filters = {"text": search.text, "gate": search.gate, "kind": search.kind}
    _audit(gateway, who, list="register", format=form, rows=str(len(lines)), **span, **filters)
    return [
        (
            KINDS.get(line.kind, ""),
            line.name,
            _id(line.key),
            _when(line.in_s, zone),
            line.gate_in,
            _when(line.out_s, zone),
            line.gate_out,
            line.note,
        )
        for line in lines
    ]


def _lines(store: Store, search: Search) -> list[Stay]:
    """Everything from the span's begin on, so that exits after its end are known; and who was inside before it."""
    events = between(store, ("register.",), int(search.from_s * 1e6), 2**62, EVENTS_MAX)
    lines = stays(events)
    seen = {line.key for line in lines}
    lines += [
        Stay(key=i.key, name=i.name, gate_in=i.gate, in_s=i.since_s, gate_out="", out_s=None)
        for i in store.policy().inside.values()
        if i.since_s < search.from_s and i.key not in seen
    ]
    return found(lines, search)


def _audit(gateway: GatewayPort, who: Session, **body: str) -> None:
    gateway.audit(Audited(kind="register.exported", operator=who.name, body={"role": who.role.value, **body}))


def _file(data: bytes, mime: str, name: str) -> Response:
    return Response(data, media_type=mime, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _kind(key: str) -> str:
    return key.partition(":")[0]


def _id(key: str) -> str:
    return key.partition(":")[2]


def _when(unix_s: float | None, zone: ZoneInfo) -> str:
    return "" if unix_s is None else datetime.fromtimestamp(unix_s, zone).strftime("%Y-%m-%d %H:%M:%S")


def _iso(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).isoformat()


def _inside_row(one: Inside) -> dict[str, Any]:
    return {"key": one.key, "kind": _kind(one.key), "name": one.name, "gate": one.gate, "since_s": one.since_s}


def _stay_row(line: Stay) -> dict[str, Any]:
    return {
        "key": line.key,
        "kind": line.kind,
        "name": line.name,
        "gate_in": line.gate_in,
        "in_s": line.in_s,
        "gate_out": line.gate_out,
        "out_s": line.out_s,
        "note": line.note,
    }
