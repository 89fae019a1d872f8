"""The page itself: index and hashed bundle, from ``edge/web/static``. Shell: files."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from edge.web.errors import ApiError

STATIC = Path(__file__).with_name("static")

router = APIRouter()


class HashedFiles(StaticFiles):
    """Files whose names carry their hash; a browser may keep them for good."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, marked as immutable."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def bundle() -> HashedFiles:
    """The mount for ``/static``; an absent folder answers 404 instead of stopping the gateway."""
    return HashedFiles(directory=STATIC, check_dir=False)


@router.get("/", response_class=HTMLResponse, include_in_schema=False)
async def page(request: Request) -> HTMLResponse:
    """The guards' page; it holds no data before the log-in."""
    try:
        text = (STATIC / "index.html").read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ApiError(503, "page_missing") from None
    language = request.app.state.site.site.language
    return HTMLResponse(text.replace('lang="zh"', f'lang="{language}"', 1), headers={"Cache-Control": "no-cache"})


@router.get("/sw.js", include_in_schema=False)
async def service_worker() -> FileResponse:
    """The service worker; at the root, since it may only answer for what lies below it."""
    return _file("sw.js", "text/javascript")


@router.get("/manifest.webmanifest", include_in_schema=False)
async def manifest() -> FileResponse:
    """What a tablet needs to put the page on its home screen."""
    return _file("manifest.webmanifest", "application/manifest+json")


def _file(name: str, media_type: str) -> FileResponse:
    if not (STATIC / name).is_file():
        raise ApiError(404, "not_found")
    return FileResponse(STATIC / name, media_type=media_type, headers={"Cache-Control": "no-cache"})
