"""The pull feed over HTTP: events after a cursor, pictures by hash. Shell: FastAPI.

``GET /v1/events`` answers 200 (NDJSON and a footer), 409 (fork) or 410 (pruned); ``GET /v1/blobs/{sha256}`` serves
pictures with Range. Waiters hold no thread; ``stop()`` ends them, so that a server can shut down at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from sync.blobs import blob_response
from sync.errors import StoreUnusable
from sync.feed import Cursor, respond
from sync.store import Store
from sync.waiters import Waiters
from sync.wire import NDJSON

WAIT_MAX_S = 30.0
LIMIT_MAX = 1000
_SEQ_MAX = 2**53

Seq = Annotated[int, Query(ge=0, le=_SEQ_MAX, description="last seq that the centre has / 中心已有的最后序号")]
Epoch = Annotated[int | None, Query(ge=1, le=_SEQ_MAX, description="epoch of that event / 该事件的纪元")]
HeadHash = Annotated[str | None, Query(pattern="^[0-9a-f]{64}$", description="hash of that event / 该事件的哈希")]
Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="events at most / 最多条数")]
Wait = Annotated[float, Query(ge=0, le=WAIT_MAX_S, description="seconds to wait for news / 无新事件时等待秒数")]
CentralId = Annotated[
    str | None,
    Query(pattern="^[A-Za-z0-9._-]{1,64}$", description="who pulls; ``after`` acknowledges / 中心名称，after 即确认"),
]
Digest = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="SHA-256 of the picture / 图片的 SHA-256")]


class _Route(APIRoute):
    """Says in both languages which parameter is wrong."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def told(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                return JSONResponse(_wrong_parameter(error), status_code=422)
            except StoreUnusable as error:
                return JSONResponse({"error": "store", "message": {"zh": error.zh, "en": error.en}}, status_code=503)

        return told


class PullRouter(APIRouter):
    """An APIRouter that can end its waiting requests."""

    waiters: Waiters

    def stop(self) -> None:
        """End every long poll now, and let later ones return at once; any thread may call it."""
        self.waiters.stop()


def router(store: Store, *, central: Callable[..., Any]) -> PullRouter:
    """The routes; ``central`` is the dependency that lets only centres in."""
    own = PullRouter(prefix="/v1", tags=["pull"], route_class=_Route, dependencies=[Depends(central)])
    own.waiters = Waiters(store)
    own.add_api_route("/events", _events(store, own.waiters), methods=["GET"], responses=_EVENTS_DOC)
    own.add_api_route("/blobs/{sha256}", _blobs(store), methods=["GET"], responses=_BLOBS_DOC)
    return own


def _events(store: Store, waiters: Waiters) -> Callable[..., Awaitable[Response]]:
    async def events(  # the names are the query parameters
        after: Seq = 0,
        epoch: Epoch = None,
        head: HeadHash = None,
        limit: Limit = 500,
        wait: Wait = 0.0,
        central_id: CentralId = None,
    ) -> Response:
        """Events after a cursor, oldest first, as NDJSON with a footer line."""
        cursor = Cursor(after=after, epoch=epoch, head=head)
        reply = await asyncio.to_thread(respond, store, cursor, limit, central_id)
        if wait and reply.empty:
            await waiters.until_after(after, wait)
            reply = await asyncio.to_thread(respond, store, cursor, limit, central_id)
        return Response(reply.body, reply.status, {"Cache-Control": "no-store"}, reply.media_type)

    return events


def _blobs(store: Store) -> Callable[..., Awaitable[Response]]:
    async def blob(sha256: Digest, range: Annotated[str | None, Header()] = None) -> Response:
        """A picture by its hash; one byte range is honoured."""
        return await asyncio.to_thread(blob_response, store, sha256, range)

    return blob


def _wrong_parameter(error: RequestValidationError) -> dict[str, Any]:
    first = error.errors()[0]
    name = str(first["loc"][-1])
    return {
        "error": "parameter",
        "parameter": name,
        "message": {"zh": f"参数 {name} 无效：{first['msg']}", "en": f"wrong parameter {name}: {first['msg']}"},
    }


_EVENTS_DOC: dict[int | str, dict[str, Any]] = {
    200: {"content": {NDJSON: {}}, "description": "events, then a footer line / 事件，末行为页脚"},
    409: {"description": "fork / 历史分叉"},
    410: {"description": "pruned, with the signed gap record / 已清理，附签名的缺口记录"},
    422: {"description": "wrong parameter / 参数无效"},
    503: {"description": "the log cannot be read now / 日志暂不可读"},
}
_BLOBS_DOC: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {}}, "description": "the picture / 图片"},
    206: {"description": "a part of it / 部分内容"},
    403: {"description": "shows a stranger, stays here / 陌生人照片，不外传"},
    404: {"description": "unknown / 无此图片"},
    410: {"description": "deleted or damaged / 已删除或已损坏"},
    416: {"description": "range outside of it / 范围无效"},
    422: {"description": "not a SHA-256 / 不是 SHA-256"},
}
