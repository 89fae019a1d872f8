"""Clips of falls and lanes: an MP4 film to be played on the page, or a ZIP of pictures to be kept. Shell: HTTP."""

from __future__ import annotations

import asyncio
import re
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from edge.users.auth import Session
from edge.web.access import GUARD, Gateway
from edge.web.errors import ApiError
from sync.errors import BlobDamaged

router = APIRouter(prefix="/v1")

_RANGE = re.compile(r"bytes=(\d{1,12})?-(\d{1,12})?")


@router.get("/clips/{sha256}")
async def clip(
    sha256: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")],
    request: Request,
    _who: Annotated[Session, Depends(GUARD)],
    gateway: Gateway,
) -> Response:
    """A stored clip by its hash. One range of it is given when asked for: browsers want that to jump in a film."""
    try:
        data = await asyncio.to_thread(gateway.store.media.read, sha256)
    except (OSError, BlobDamaged):
        raise ApiError(404, "unknown_picture") from None
    mime = media_type(data)
    if mime is None:
        raise ApiError(404, "unknown_picture")
    ending = "mp4" if mime == "video/mp4" else "zip"
    headers = {
        "Cache-Control": "private, max-age=86400, immutable",
        "Accept-Ranges": "bytes",
        "Content-Disposition": f'{"inline" if ending == "mp4" else "attachment"}; filename="{sha256[:16]}.{ending}"',
    }
    span = asked(request.headers.get("Range", ""), len(data))
    if span is None:
        return Response(data, media_type=mime, headers=headers)
    first, last = span
    if first > last:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{len(data)}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
    return Response(data[first : last + 1], status_code=206, media_type=mime, headers=headers)


def media_type(data: bytes) -> str | None:
    """``video/mp4`` or ``application/zip`` by the first bytes; None for anything else."""
    if data[4:8] == b"ftyp":
        return "video/mp4"
    return "application/zip" if data[:4] == b"PK\x03\x04" else None


def asked(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a single range (RFC 9110, 14.1.2); None for the whole; first > last: there is none."""
    found = _RANGE.fullmatch(header.strip())
    if found is None or (found[1] is None and found[2] is None):
        return None
    if found[1] is None:
        return max(0, size - int(found[2])), size - 1 if int(found[2]) else -1
    last = size - 1 if found[2] is None else min(int(found[2]), size - 1)
    return int(found[1]), last
