"""Photos that a guard takes, of goods or on the spot: kept in memory until the act they belong to. Shell: HTTP bodies.

The hub never decodes one: it looks at the first bytes, and the store keeps them by their hash.
"""

from __future__ import annotations

import hashlib
import re
import time
from dataclasses import dataclass, field

from fastapi import Request

from edge.pictures import mime_of
from edge.web.errors import ApiError
from sync.event import Attachment

PHOTO_MAX = 1024 * 1024
KEPT_MAX = 24
"""Photos that wait for their act; the oldest goes first."""
KEPT_S = 600.0
PATH = re.compile(r"/v1/slips/[A-Za-z0-9_-]{1,40}/photo|/v1/photos")


@dataclass(slots=True)
class Photos:
    """What was uploaded and not used yet, by who sent it and its SHA-256."""

    _kept: dict[tuple[str, str], tuple[float, bytes]] = field(default_factory=dict)

    def keep(self, who: str, data: bytes) -> str:
        """Keep one for a while; its hash. ApiError 415: neither JPEG nor PNG."""
        if mime_of(data) is None:
            raise ApiError(415, "photo_kind")
        sha256 = hashlib.sha256(data).hexdigest()
        self._sweep()
        self._kept.pop((who, sha256), None)
        while len(self._kept) >= KEPT_MAX:
            del self._kept[next(iter(self._kept))]
        self._kept[who, sha256] = (time.monotonic(), data)
        return sha256

    def of(self, who: str, sha256: str) -> bytes:
        """The bytes; ApiError 409: it is no longer here and must be sent again."""
        self._sweep()
        if (kept := self._kept.get((who, sha256))) is None:
            raise ApiError(409, "photo_gone")
        return kept[1]

    def _sweep(self) -> None:
        since = time.monotonic() - KEPT_S
        self._kept = {key: kept for key, kept in self._kept.items() if kept[0] >= since}


def attachments_of(*photos: bytes) -> tuple[Attachment, ...]:
    """Photos as what belongs to an event."""
    return tuple(Attachment("site", mime_of(data) or "image/jpeg", data) for data in photos)


async def body_of(request: Request) -> bytes:
    """The bytes of a photo, read only now that the caller is known. ApiError 413: too many."""
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > PHOTO_MAX:
            raise ApiError(413, "too_large")
    return bytes(data)
