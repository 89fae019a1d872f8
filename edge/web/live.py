"""``GET /v1/stream``: server-sent events with resume, gap detection and an end at shutdown. Shell: HTTP.

Event names: ``hello`` (once), ``log`` (id = seq), ``state``, ``beat`` (every 5 s, with the server's time) and
``resync`` (the cursor cannot be continued: load the history again).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from edge.users.auth import Auth, Session
from edge.web.access import GUARD_PASSIVE, Gateway, LogIns
from edge.web.errors import ApiError
from edge.web.feed import BEAT_S, BROWSERS_MAX, RING, Feed, event_json, message
from edge.web.port import GatewayPort

router = APIRouter(prefix="/v1")

REPLAY_MAX = 2000
"""A page that missed more than this loads the history anew; it only shows the newest anyway."""
SEND_TIMEOUT_S = 20.0
RETRY_MS = 500


class EventStream(Response):
    """Sends chunks as they come, notices a browser that has gone, gives up on one that does not read."""

    media_type = "text/event-stream"

    def __init__(self, chunks: AsyncIterator[bytes], feed: Feed) -> None:
        super().__init__(headers={"X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._chunks, self._feed = chunks, feed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run until the stream ends or the browser leaves."""
        self._feed.browsers += 1
        writing = asyncio.create_task(self._write(send), name="sse writer")
        leaving = asyncio.create_task(_left(receive), name="sse listener")
        try:
            await asyncio.wait({writing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._feed.browsers -= 1
            for task in (writing, leaving):
                task.cancel()
            results = await asyncio.gather(writing, leaving, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _write(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async for chunk in self._chunks:
            try:
                async with asyncio.timeout(SEND_TIMEOUT_S):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
            except TimeoutError:
                self._feed.closed_slow += 1
                return
        await send({"type": "http.response.body", "body": b""})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


@router.get("/stream")
async def stream(
    request: Request,
    who: Annotated[Session, Depends(GUARD_PASSIVE)],
    gateway: Gateway,
    auth: LogIns,
    after: Annotated[int | None, Query(ge=0, le=2**53)] = None,
) -> Response:
    """The live feed; ``Last-Event-ID`` or ``after`` continues behind a number."""
    feed: Feed = request.app.state.feed
    if not feed.running:
        raise ApiError(503, "unavailable")
    if feed.browsers >= BROWSERS_MAX:
        raise ApiError(503, "too_many_pages", {"Retry-After": "30"})
    last = request.headers.get("Last-Event-ID", "")
    cursor = int(last) if last.isdigit() and len(last) < 17 else after
    return EventStream(_chunks(feed, gateway, auth, who, cursor), feed)


async def _chunks(
    feed: Feed, gateway: GatewayPort, auth: Auth, who: Session, cursor: int | None
) -> AsyncIterator[bytes]:
    yield f"retry: {RETRY_MS}\n\n".encode()
    yield message("hello", {"head": feed.head, "now_s": time.time()})
    at = feed.head if cursor is None else cursor
    gap = await _gap(gateway, at)
    if gap is not None:
        at = feed.head
        yield message("resync", {"reason": gap, "head": at}, at)
    async for seq, chunk in _replay(feed, gateway, at):
        at = seq
        yield chunk
    feed.sample()
    async for chunk in _follow(feed, auth, who, at):
        yield chunk


async def _gap(gateway: GatewayPort, cursor: int) -> str | None:
    """Why a cursor cannot be continued, or None."""
    store = gateway.store
    head = store.newest
    if cursor > head:
        return "fork"  # the log is older than what the page has seen: another log, or a restored one
    if head - cursor > REPLAY_MAX:
        return "far"
    first = await asyncio.to_thread(store.read_after, cursor, 1)
    if first and first[0].seq != cursor + 1:
        return "pruned"
    return None


async def _replay(feed: Feed, gateway: GatewayPort, cursor: int) -> AsyncIterator[tuple[int, bytes]]:
    """Events from the store until the ring takes over."""
    while feed.running and feed.behind(cursor) is None:
        events = await asyncio.to_thread(gateway.store.read_after, cursor, RING)
        if not events:
            return
        for event in events:
            cursor = event.seq
            yield cursor, message("log", event_json(event), cursor)


async def _follow(feed: Feed, auth: Auth, who: Session, cursor: int) -> AsyncIterator[bytes]:
    """News as it comes; ends when the browser is too slow, the session ends or the gateway stops."""
    state_number = -1
    beat_s = 0.0
    while feed.running:
        lines = feed.behind(cursor)
        if lines is None:
            feed.closed_slow += 1
            return
        for line in lines:
            cursor = line.seq
            yield line.data
        if state_number != feed.state_number:
            state_number = feed.state_number
            yield feed.state
        if time.monotonic() - beat_s >= BEAT_S:
            if not auth.lives(who):
                return
            beat_s = time.monotonic()
            yield message("beat", {"now_s": time.time(), "head": feed.head})
        if feed.behind(cursor) == [] and state_number == feed.state_number:
            await feed.changed(max(0.01, beat_s + BEAT_S - time.monotonic()))
