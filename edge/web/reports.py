"""A guard's own reports, what is added to alarms, and the bundle to share. Shell: HTTP."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import Field
from starlette.responses import StreamingResponse

from edge.reports.acts import MakeReport, NoteAlarm
from edge.reports.rules import PHOTOS_MAX
from edge.users.auth import Session
from edge.web.access import GUARD, Gateway, operator
from edge.web.acts import Act, carry_out
from edge.web.alarms import AlarmId
from edge.web.bundles import send_bundle
from edge.web.errors import ApiError
from edge.web.photos import Photos, attachments_of, body_of
from sync.event import Attachment

router = APIRouter(prefix="/v1")

Guard = Annotated[Session, Depends(GUARD)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Digests = Annotated[tuple[Digest, ...], Field(max_length=PHOTOS_MAX)]
Fraction = Annotated[float, Field(ge=0, le=1)]


class Report(Act):
    """What a guard saw, where; ``photos`` were sent before."""

    what: str = Field(min_length=1, max_length=40)
    words: str = Field(default="", max_length=500)
    place: str = Field(default="", max_length=80)
    map: str = Field(default="", max_length=40)
    at: tuple[Fraction, Fraction] | None = None
    urgent: bool = False
    photos: Digests = ()


class Note(Act):
    """Words and photos for an open alarm."""

    note: str = Field(default="", max_length=500)
    photos: Digests = ()


@router.post("/photos", status_code=201)
async def put_photo(who: Guard, request: Request) -> dict[str, Any]:
    """Send a photo (the body itself, JPEG or PNG) before the act that names it by its SHA-256."""
    photos: Photos = request.app.state.photos
    return {"photo": photos.keep(who.name, await body_of(request))}


@router.post("/reports", status_code=201)
async def make_report(
    given: Report, who: Guard, gateway: Gateway, request: Request, response: Response
) -> dict[str, Any]:
    """上报: everybody on duty sees it at once, as an alarm with its photos."""
    act = MakeReport(
        request_id=given.request_id,
        what=given.what,
        words=given.words,
        place=given.place,
        map=given.map,
        at=given.at,
        urgent=given.urgent,
        attachments=attached(request, who, given.photos),
        operator=operator(who),
    )
    return await carry_out(gateway, act, response)


@router.post("/alarms/{alarm}/note")
async def note_alarm(
    alarm: AlarmId, given: Note, who: Guard, gateway: Gateway, request: Request, response: Response
) -> dict[str, Any]:
    """Add words or photos to an open alarm, whoever has it."""
    act = NoteAlarm(
        request_id=given.request_id,
        alarm=alarm,
        note=given.note,
        attachments=attached(request, who, given.photos),
        operator=operator(who),
    )
    return await carry_out(gateway, act, response)


@router.get("/reports/{event}/bundle")
async def bundle(
    event: Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$")], who: Guard, gateway: Gateway, request: Request
) -> StreamingResponse:
    """Everything about a report in one signed file, to be shared; the export is on record."""
    found = await asyncio.to_thread(gateway.store.by_id, event)
    if found is None or found.kind != "report.made":
        raise ApiError(404, "unknown_event")
    return await send_bundle(event, who, request, gateway)


def attached(request: Request, who: Session, photos: tuple[str, ...]) -> tuple[Attachment, ...]:
    """The photos that somebody sent before; ApiError 409: one is no longer here."""
    kept: Photos = request.app.state.photos
    return attachments_of(*(kept.of(who.name, sha256) for sha256 in dict.fromkeys(photos)))
