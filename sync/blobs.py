"""A stored picture as an HTTP answer, whole or one byte range (RFC 9110, section 14). Shell: reads files."""

from __future__ import annotations

import re

from fastapi import Response
from fastapi.responses import JSONResponse

from sync.errors import BlobDamaged
from sync.store import Store

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
_SAFE_MIME = re.compile(r"(image|video|audio)/[a-z0-9.+-]+")


def blob_response(store: Store, sha256: str, asked: str | None) -> Response:
    """The bytes after their hash was checked; 403 a stranger's, 404 unknown, 410 deleted or damaged, 416 outside."""
    row = _row(store, sha256)
    if row is None:
        return _error(404, "无此图片", f"no picture {sha256}")
    mime, stranger = row
    if stranger:
        return _error(403, "陌生人照片不离开网关", f"picture {sha256} shows a stranger and stays in the gateway")
    try:
        data = store.media.read(sha256)
    except FileNotFoundError:
        return _error(410, "图片已删除", f"picture {sha256} was deleted")
    except BlobDamaged as error:
        return _error(410, error.zh, error.en)
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, max-age=31536000, immutable",
        "ETag": f'"{sha256}"',
        "X-Content-Type-Options": "nosniff",
    }
    mime = mime if _SAFE_MIME.fullmatch(mime) and "svg" not in mime else "application/octet-stream"
    match byte_range(asked, len(data)):
        case None:
            return Response(data, media_type=mime, headers=headers)
        case (start, end):
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(data)}"
            return Response(data[start:end], status_code=206, media_type=mime, headers=headers)
        case _:
            answer = _error(416, "范围超出图片", f"range outside of the picture of {len(data)} bytes")
            answer.headers["Content-Range"] = f"bytes */{len(data)}"
            return answer


def byte_range(asked: str | None, size: int) -> tuple[int, int] | tuple[()] | None:
    """``(start, end)`` of a single range, None when the whole is meant, ``()`` when it cannot be satisfied.

    What is not one range of bytes is ignored, as the standard allows.
    """
    found = _RANGE.fullmatch(asked.strip()) if asked else None
    if not found or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        length = min(int(last), size)
        return (size - length, size) if length else ()
    start, end = int(first), min(int(last) + 1, size) if last else size
    if last and int(last) < int(first):
        return None
    return (start, end) if start < size else ()


def _row(store: Store, sha256: str) -> tuple[str, bool] | None:
    """Kind of data, and whether it shows a stranger."""
    with store.reading().lend() as conn:
        row = conn.execute("SELECT mime, stranger FROM media WHERE sha256 = ?", (sha256,)).fetchone()
        return (str(row[0]), bool(row[1])) if row else None


def _error(status: int, zh: str, en: str) -> Response:
    return JSONResponse({"error": "blob", "message": {"zh": zh, "en": en}}, status_code=status)
