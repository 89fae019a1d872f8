"""``/v1/live``: the live pictures of all cameras over one WebSocket. Shell: HTTP.

A browser opens six connections to one address at most; nine pictures on connections of their own would keep an
acknowledgement waiting. The page says ``{"watch": ["east"]}`` and, as it paints, ``{"seen": 17}``; each message to it
is a picture: u16 length of the header, header as JSON, JPEG (docs/http-api.md).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
import time
from typing import Annotated

from fastapi import APIRouter, Depends, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.live.board import LiveBoard, Viewer
from edge.users.auth import Auth, Session
from edge.web.access import WATCHER
from vision.live_picture import LivePicture

router = APIRouter()

LOOK_S = 5.0
"""A session that has ended closes its pictures after this long at the latest."""
SEND_TIMEOUT_S = 20.0
ENDED, NONSENSE, NO_ROOM = 4401, 4400, 4429
"""Close codes: log in again; not our protocol; too many pages watch."""
_LENGTH = struct.Struct(">H")


class Said(BaseModel):
    """What the page says; either or both."""

    model_config = ConfigDict(extra="forbid", strict=True)
    watch: list[Annotated[str, Field(max_length=80)]] | None = Field(default=None, max_length=100)
    seen: int | None = Field(default=None, ge=0, le=2**53)


def packed(number: int, picture: LivePicture, now_mono_s: float) -> bytes:
    """The picture as the page takes it; its age counts from the moment of capture."""
    header = json.dumps(
        {
            "camera": picture.camera,
            "number": number,
            "age_s": round(now_mono_s - picture.captured_mono_s, 3),
            "width_px": picture.width_px,
            "height_px": picture.height_px,
        },
        ensure_ascii=False,
    ).encode()
    return _LENGTH.pack(len(header)) + header + picture.picture


@router.websocket("/v1/live")
async def live_pictures(socket: WebSocket, who: Annotated[Session, Depends(WATCHER)]) -> None:
    """Pictures until the page leaves, its session ends or the gateway stops."""
    board: LiveBoard = socket.app.state.gateway.live
    await socket.accept()
    viewer = board.join()
    if viewer is None:
        await socket.close(NO_ROOM)
        return
    talking = [
        asyncio.create_task(_listen(socket, viewer, board), name="live listener"),
        asyncio.create_task(_show(socket, viewer, socket.app.state.auth, who), name="live pictures"),
    ]
    try:
        done, _ = await asyncio.wait(talking, return_when=asyncio.FIRST_COMPLETED)
        code = next(iter(done)).result()
        with contextlib.suppress(RuntimeError):  # the page was faster
            await socket.close(code)
    except (WebSocketDisconnect, TimeoutError):
        pass  # the page is gone, or does not read
    finally:
        board.leave(viewer)
        for task in talking:
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)


async def _listen(socket: WebSocket, viewer: Viewer, board: LiveBoard) -> int:
    while True:
        try:
            said = Said.model_validate_json(await socket.receive_text())
        except (ValidationError, KeyError):  # KeyError: bytes instead of text
            return NONSENSE
        if said.watch is not None:
            viewer.want(frozenset(said.watch) & board.cameras)
        if said.seen is not None:
            viewer.seen(said.seen)


async def _show(socket: WebSocket, viewer: Viewer, auth: Auth, who: Session) -> int:
    looked_s = time.monotonic()
    while True:
        item = await viewer.next(LOOK_S)
        if time.monotonic() - looked_s >= LOOK_S:
            looked_s = time.monotonic()
            if not auth.lives(who):
                return ENDED
        if item is not None:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await socket.send_bytes(packed(*item, time.monotonic()))
