"""Evidence bundles over HTTP: signed, streamed, and on record. Shell: HTTP, one temporary file.

The file has no name any more when it is sent, so a browser that breaks off leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Depends, Request
from fastapi import Path as InPath
from starlette.responses import StreamingResponse

from edge.evidence.bundle import NoSuchEvent, Written, export, gather
from edge.observations import Audited
from edge.users.auth import Session
from edge.web.access import EXPORTER, Gateway
from edge.web.asked import in_turn, zone_of
from edge.web.errors import ApiError
from edge.web.port import GatewayPort
from sync.store import Store

router = APIRouter(prefix="/v1")

CHUNK = 256 * 1024


@router.get("/evidence/{event}")
async def evidence(
    event: Annotated[str, InPath(pattern=r"^[A-Za-z0-9-]{1,64}$")],
    who: Annotated[Session, Depends(EXPORTER)],
    request: Request,
    gateway: Gateway,
) -> StreamingResponse:
    """The signed bundle of an event, by id or number, and of all that belongs to it."""
    return await send_bundle(event, who, request, gateway)


async def send_bundle(event: str, who: Session, request: Request, gateway: GatewayPort) -> StreamingResponse:
    """Write, put on record, stream. ApiError 404: no such event; 503: others are being served."""
    async with in_turn(request.app.state.bundling):
        offset = datetime.now(zone_of(request)).utcoffset()
        offset_s = int(offset.total_seconds()) if offset else 0
        try:
            handle, written = await asyncio.to_thread(_written, gateway.store, event, offset_s)
        except NoSuchEvent:
            raise ApiError(404, "unknown_event") from None
    gateway.audit(Audited(kind="evidence.exported", operator=who.name, body={**written.note(), "role": who.role.value}))
    headers = {
        "Content-Disposition": f'attachment; filename="evidence-{written.subject.seq}.zip"',
        "Content-Length": str(written.size),
        "X-Content-SHA256": written.sha256,
    }
    return StreamingResponse(_pieces(handle), media_type="application/zip", headers=headers)


def _written(store: Store, event: str, offset_s: int) -> tuple[BinaryIO, Written]:
    matter = gather(store.path, store.media, event)
    with tempfile.TemporaryDirectory(prefix=".evidence-", dir=store.path.parent) as folder:
        out = Path(folder) / "evidence.zip"
        written = export(matter, store.media, store.key, out, offset_s=offset_s, audit="noted")
        return out.open("rb"), written


async def _pieces(handle: BinaryIO) -> AsyncIterator[bytes]:
    with handle:
        while piece := await asyncio.to_thread(handle.read, CHUNK):
            yield piece
