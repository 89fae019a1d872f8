"""The page itself: index and hashed bundle, from ``edge/web/static``. Shell: files."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
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
