"""What stands before every route: security headers, body limit, no requests from other sites. Shell: ASGI."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.web.access import SAFE_METHODS
from edge.web.errors import ApiError, body
from edge.web.photos import PATH as PHOTO_PATH
from edge.web.photos import PHOTO_MAX

BODY_MAX = 64 * 1024
"""No request of the page or the centre is near this size, but for a photo and the picture of a face."""
PICTURE_MAX = 8 * 1024 * 1024 - BODY_MAX
"""What the wire to the eyes takes."""
_PICTURE = re.compile(r"/v1/people/[A-Za-z0-9_-]{1,40}/faces")

CSP = (
    "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)

HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
}


class Shield:
    """Pure ASGI, so that streams pass through without being buffered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on with limits and headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        code = _objection(scope)
        if code is not None:
            status = 413 if code == "too_large" else 403
            await JSONResponse(body(code), status)(scope, receive, send_with_headers)
            return
        await self._app(scope, _limited(receive, _most(scope)), send_with_headers)


def _most(scope: Scope) -> int:
    if scope["method"] != "POST":
        return BODY_MAX
    if _PICTURE.fullmatch(scope["path"]):
        return PICTURE_MAX
    return PHOTO_MAX if PHOTO_PATH.fullmatch(scope["path"]) else BODY_MAX


def _objection(scope: Scope) -> str | None:
    headers = Headers(scope=scope)
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > _most(scope):
        return "too_large"
    origin = headers.get("origin")
    if origin is not None and scope["method"] not in SAFE_METHODS and urlsplit(origin).netloc != headers.get("host"):
        return "foreign_origin"
    return None


def _limited(receive: Receive, most: int) -> Receive:
    """Counts a body that came without a length."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            raise ApiError(413, "too_large")
        return message

    return counted
