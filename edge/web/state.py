"""The state now, the history, and stored pictures. Shell: HTTP."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from config.model import Site
from edge.events import KINDS
from edge.figures.tables import named_places
from edge.observations import Audited
from edge.pictures import mime_of
from edge.users.auth import Session
from edge.web.access import ANY_ROLE_PASSIVE, GUARD, READER, READER_PASSIVE, Gateway
from edge.web.errors import ApiError
from edge.web.feed import event_json
from sync.errors import BlobDamaged
from sync.event import Event
from sync.queries import shows_stranger
from sync.store import Store

router = APIRouter(prefix="/v1")

HISTORY_MAX = 200
SCAN_PAGE = 500
SCAN_PAGES = 20
"""A search for a rare kind looks at this many pages per request, and says where to go on."""
PICTURE_WAITS_S = (0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 0.0)
KIND = r"^[a-z]+(\.[a-z_]+)?$"


@router.get("/state")
async def state(_who: Annotated[Session, Depends(GUARD)], gateway: Gateway) -> JSONResponse:
    """The snapshot that the page draws."""
    return JSONResponse(gateway.snapshot())


@router.get("/kinds")
async def kinds(_who: Annotated[Session, Depends(READER)]) -> dict[str, dict[str, str]]:
    """Every kind of event with its sentence in both languages."""
    return {name: {"zh": kind.zh, "en": kind.en} for name, kind in KINDS.items()}


@router.get("/history")
async def history(
    _who: Annotated[Session, Depends(READER)],
    gateway: Gateway,
    before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
    limit: Annotated[int, Query(ge=1, le=HISTORY_MAX)] = 100,
    kind: Annotated[str | None, Query(pattern=KIND, max_length=60)] = None,
) -> dict[str, Any]:
    """Events before a number, newest first; ``kind`` is a whole kind or its first word.

    ``before`` in the answer continues; it is null at the end of the log.
    """
    start = gateway.store.newest + 1 if before is None else before
    events, next_before = await asyncio.to_thread(_history, gateway.store, start, limit, kind or "")
    return {"events": [event_json(event) for event in events], "before": next_before}


def _history(store: Store, before: int, limit: int, kind: str) -> tuple[list[Event], int | None]:
    """Matching events before a seq, newest first, and where to go on; None when the log ends here."""
    found: list[Event] = []
    for _ in range(SCAN_PAGES):
        page = store.read_before(before, SCAN_PAGE if kind else limit)
        for event in page:
            before = event.seq
            if not kind or event.kind == kind or event.kind.startswith(f"{kind}."):
                found.append(event)
                if len(found) == limit:
                    return found, before
        if not page or not kind:
            return found, before if page else None
    return found, before


async def _stored(store: Store, sha256: str) -> bytes:
    """The picture's bytes. One that was just taken is stored right after the gate's command: wait for it a moment."""
    for wait_s in PICTURE_WAITS_S:
        try:
            return await asyncio.to_thread(store.media.read, sha256)
        except FileNotFoundError:
            await asyncio.sleep(wait_s)
        except (OSError, BlobDamaged):
            break
    raise ApiError(404, "unknown_picture")


@router.get("/site")
async def site_facts(
    _who: Annotated[Session, Depends(ANY_ROLE_PASSIVE)], request: Request, gateway: Gateway
) -> dict[str, Any]:
    """The site's name, language and time, and what its places are called: all that a page without a desk needs."""
    site: Site = request.app.state.site
    return {"site": gateway.snapshot()["site"], "now_s": time.time(), **named_places(site)}


@router.get("/pictures/{sha256}")
async def picture(
    sha256: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")],
    request: Request,
    who: Annotated[Session, Depends(READER_PASSIVE)],
    gateway: Gateway,
    opened: bool = False,
) -> Response:
    """A stored picture by its hash; it never changes, so the browser may keep it.

    A stranger's face is covered until somebody opens it on purpose; each time goes on record, and nobody keeps it.
    """
    store = gateway.store
    covered = await asyncio.to_thread(shows_stranger, store, sha256)
    if covered and not opened:
        raise ApiError(403, "face_covered")
    etag = f'"{sha256}"'
    headers = {"Cache-Control": "private, max-age=86400, immutable", "ETag": etag}
    if not covered and request.headers.get("If-None-Match") == etag:
        return Response(status_code=304, headers=headers)
    data = await _stored(store, sha256)
    mime = mime_of(data)
    if mime is None:
        raise ApiError(404, "unknown_picture")
    if covered:
        headers = {"Cache-Control": "no-store"}
        body = {"role": who.role.value, "sha256": sha256}
        gateway.audit(Audited(kind="picture.opened", operator=who.name, body=body))
    return Response(data, media_type=mime, headers=headers)
