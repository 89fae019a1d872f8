"""Figures for managers: one report as JSON for the page, as CSV, XLSX and PDF. Shell: HTTP.

A report reads the log in a thread, one at a time, so that whoever asks for a quarter slows no gate.
"""

from __future__ import annotations

import asyncio
import time
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from edge.figures.gather import report_from, shift_span, shifts_on
from edge.figures.pdf import PdfUnavailable, to_pdf
from edge.figures.report import Report, kept_overall
from edge.figures.spans import Span, span_of
from edge.figures.tables import LONG_HEAD, long_rows, places_of, tables_of
from edge.figures.words import PERIOD_WORDS
from edge.observations import Audited
from edge.sheets import SheetUnavailable, to_book, to_csv
from edge.users.auth import Session
from edge.web.access import EXPORTER, Gateway
from edge.web.asked import in_turn, site_of, today, zone_of
from edge.web.errors import ApiError
from edge.web.port import GatewayPort
from sync.timeline import timeline_of

router = APIRouter(prefix="/v1")

MIMES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
Manager = Annotated[Session, Depends(EXPORTER)]


class Asked(BaseModel):
    """Of what; without a day of today. ``shift`` is the number of the event that began it."""

    model_config = ConfigDict(extra="forbid")
    period: Literal["day", "month", "quarter", "shift"] = "day"
    day: date | None = None
    shift: int = Field(default=0, ge=0, le=2**53)


@router.get("/figures")
async def figures(
    _who: Manager, request: Request, gateway: Gateway, asked: Annotated[Asked, Query()]
) -> dict[str, Any]:
    """Every figure of a day, a month, a quarter or a shift."""
    report = await _report(request, gateway, asked)
    return {**report.as_dict(), "kept": kept_overall(report.responses)}


@router.get("/figures/shifts")
async def shifts(
    _who: Manager, request: Request, gateway: Gateway, day: date | None = None
) -> dict[str, list[dict[str, Any]]]:
    """The shifts that touch a day."""
    zone = zone_of(request)
    found = await asyncio.to_thread(shifts_on, timeline_of(gateway.store), day or today(zone), zone)
    rows = [{"shift": s.seq, "post": s.post, "guard": s.guard, "from_s": s.from_s, "until_s": s.until_s} for s in found]
    return {"shifts": rows}


@router.get("/figures.csv")
async def figures_csv(who: Manager, request: Request, gateway: Gateway, asked: Annotated[Asked, Query()]) -> Response:
    """Every table, one cell a line."""
    report = await _report(request, gateway, asked)
    data = await asyncio.to_thread(lambda: to_csv(LONG_HEAD, long_rows(report, places_of(site_of(request)))))
    _on_record(gateway, who, asked, report, "csv")
    return _file(report, asked, data, "csv")


@router.get("/figures.xlsx")
async def figures_xlsx(who: Manager, request: Request, gateway: Gateway, asked: Annotated[Asked, Query()]) -> Response:
    """A sheet for each table; 501 without the extra ``xlsx``."""
    report = await _report(request, gateway, asked)
    tables = tables_of(report, places_of(site_of(request)))
    try:
        data = await asyncio.to_thread(to_book, [(table.title, table.head, table.rows) for table in tables])
    except SheetUnavailable:
        raise ApiError(501, "xlsx_missing") from None
    _on_record(gateway, who, asked, report, "xlsx")
    return _file(report, asked, data, "xlsx")


@router.get("/figures.pdf")
async def figures_pdf(who: Manager, request: Request, gateway: Gateway, asked: Annotated[Asked, Query()]) -> Response:
    """To print; 501 without the extra ``pdf``."""
    report = await _report(request, gateway, asked)
    site, title = site_of(request), f"服务质量报告 {PERIOD_WORDS[asked.period]}"
    name = site.site.name or site.site.id
    try:
        data = await asyncio.to_thread(to_pdf, report, places_of(site), title=title, site=name, zone=zone_of(request))
    except PdfUnavailable:
        raise ApiError(501, "pdf_missing") from None
    _on_record(gateway, who, asked, report, "pdf")
    return _file(report, asked, data, "pdf")


async def _report(request: Request, gateway: GatewayPort, asked: Asked) -> Report:
    """Raises ApiError 404 for an unknown shift, 503 when others are being served for too long."""
    site, zone, now_s = site_of(request), zone_of(request), time.time()
    log, day = timeline_of(gateway.store), asked.day or today(zone)

    def work() -> Report | None:
        span: Span | None
        if asked.period == "shift":
            span = shift_span(log, asked.shift, day, zone, now_s)
        else:
            span = span_of(asked.period, day, zone)
        return None if span is None else report_from(log, site, span, now_s)

    async with in_turn(request.app.state.counting):
        report = await asyncio.to_thread(work)
    if report is None:
        raise ApiError(404, "unknown_shift")
    return report


def _file(report: Report, asked: Asked, data: bytes, form: str) -> Response:
    name = f"figures-{asked.period}-{report.span.name[:10].replace(' ', '-')}.{form}"
    if not name.isascii():
        name = f"figures-{asked.period}.{form}"
    return Response(data, media_type=MIMES[form], headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _on_record(gateway: GatewayPort, who: Session, asked: Asked, report: Report, form: str) -> None:
    """The line in the log that says who took it."""
    said = {"role": who.role.value, "format": form, "period": asked.period, "span": report.span.name}
    gateway.audit(Audited(kind="figures.exported", operator=who.name, body=said))
