"""Live pictures over one WebSocket of a real server: who may watch, what is sent, and when it ends."""

from __future__ import annotations

import asyncio
import json
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import APIRouter, WebSocket
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from config.model import Web as WebSettings
from edge.live.board import LiveBoard
from edge.live.window import UNDER_WAY_MAX
from edge.users.auth import Role
from edge.web import watch as watch_module
from edge.web.access import declare_roles, roles_of
from edge.web.server import WebServer
from tests.web.rig import Web
from vision.live_picture import LivePicture

PATIENCE_S = 60.0


@pytest.fixture
async def server(web: Web) -> AsyncIterator[WebServer]:
    server = WebServer(web.app, WebSettings(port=0))
    await server.start()
    yield server
    await server.stop()


def picture(camera: str = "east", jpeg: bytes = b"\xff\xd8 jpeg") -> LivePicture:
    return LivePicture(camera=camera, width_px=4, height_px=3, captured_mono_s=time.monotonic() - 0.2, picture=jpeg)


@asynccontextmanager
async def watching(
    web: Web, server: WebServer, role: Role | None = Role.GUARD, origin: str | None = "ours"
) -> AsyncIterator[ClientConnection]:
    """A page's socket."""
    headers = {}
    if role is not None:
        cookie, _ = web.auth.sessions.start(f"{role.value}-test", role, by_token=True)
        headers["Cookie"] = f"menwei_session={cookie}"
    if origin is not None:
        headers["Origin"] = server.url.rstrip("/") if origin == "ours" else origin
    url = server.url.replace("http", "ws", 1) + "v1/live"
    async with connect(url, additional_headers=headers, proxy=None) as socket:
        yield socket


async def wants(web: Web, socket: ClientConnection, *cameras: str) -> None:
    """Ask for cameras and wait until the gateway knows it."""
    board: LiveBoard = web.gateway.live
    await socket.send(json.dumps({"watch": cameras}))
    async with asyncio.timeout(PATIENCE_S):
        while not any(viewer.window.wanted == frozenset(cameras) for viewer in board._viewers):
            await asyncio.sleep(0.01)


async def taken(socket: ClientConnection) -> tuple[dict[str, Any], bytes]:
    """The next picture: its header and its JPEG."""
    async with asyncio.timeout(PATIENCE_S):
        message = await socket.recv()
    assert isinstance(message, bytes)
    (length,) = struct.unpack_from(">H", message)
    return json.loads(message[2 : 2 + length]), message[2 + length :]


async def test_a_picture_comes_with_its_camera_its_number_and_its_age(web: Web, server: WebServer) -> None:
    async with watching(web, server) as socket:
        await wants(web, socket, "east")
        web.gateway.live.take(picture("out"))
        web.gateway.live.take(picture("east"))
        header, jpeg = await taken(socket)
    assert (header["camera"], header["number"], jpeg) == ("east", 1, b"\xff\xd8 jpeg")
    assert (header["width_px"], header["height_px"]) == (4, 3)
    assert 0.2 <= header["age_s"] < PATIENCE_S


async def test_every_page_gets_every_picture_and_the_eyes_are_asked_once(web: Web, server: WebServer) -> None:
    told: list[tuple[str, ...]] = []
    web.gateway.live.connect(lambda command: told.append(command.cameras))
    async with watching(web, server) as one, watching(web, server, Role.ADMIN) as two:
        await wants(web, one, "east", "out")
        await wants(web, two, "east")
        web.gateway.live.take(picture("east"))
        assert (await taken(one))[0]["camera"] == (await taken(two))[0]["camera"] == "east"
    async with asyncio.timeout(PATIENCE_S):
        while told[-1]:
            await asyncio.sleep(0.01)
    assert told[0] == ("east", "out")


async def test_a_page_that_does_not_paint_is_not_filled_up(web: Web, server: WebServer) -> None:
    async with watching(web, server) as socket:
        await wants(web, socket, "east")
        for _ in range(UNDER_WAY_MAX):
            web.gateway.live.take(picture())
            header, _ = await taken(socket)
        web.gateway.live.take(picture(jpeg=b"older"))
        web.gateway.live.take(picture(jpeg=b"newest"))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await socket.recv()
        await socket.send(json.dumps({"seen": header["number"]}))
        assert (await taken(socket))[1] == b"newest"


@pytest.mark.parametrize(
    ("role", "origin"),
    [
        (None, "ours"),
        (Role.AUDITOR, "ours"),
        (Role.ISSUER, "ours"),
        (Role.GUARD, "http://evil.example"),
        (Role.ADMIN, "null"),
    ],
)
async def test_nobody_else_may_watch(web: Web, server: WebServer, role: Role | None, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with watching(web, server, role, origin):
            pass
    assert refused.value.response.status_code == 403


async def test_a_program_without_an_origin_may_watch_with_a_session(web: Web, server: WebServer) -> None:
    async with watching(web, server, origin=None) as socket:
        await wants(web, socket, "east")


@pytest.mark.parametrize("said", ["{", '{"watch": "east"}', '{"watch": [1]}', '{"open": true}', '{"seen": -1}', b"\0"])
async def test_nonsense_ends_it(web: Web, server: WebServer, said: str | bytes) -> None:
    async with watching(web, server) as socket:
        await socket.send(said)
        with pytest.raises(ConnectionClosed):
            async with asyncio.timeout(PATIENCE_S):
                await socket.recv()
        assert socket.close_code == 4400
    assert web.gateway.live.join() is not None


async def test_a_page_too_many_is_told_so_and_a_left_one_makes_room(
    web: Web, server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web.gateway, "live", LiveBoard({"east"}, viewers_max=1))
    async with watching(web, server) as first:
        await wants(web, first, "east")
        async with watching(web, server) as second:
            with pytest.raises(ConnectionClosed):
                await second.recv()
            assert second.close_code == 4429
    async with asyncio.timeout(PATIENCE_S):
        while web.gateway.live._viewers:
            await asyncio.sleep(0.01)
    assert web.gateway.live.refused == 1


async def test_pictures_end_with_the_session(web: Web, server: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_module, "LOOK_S", 0.05)
    async with watching(web, server) as socket:
        await wants(web, socket, "east")
        web.time.now_s += 901
        with pytest.raises(ConnectionClosed):
            async with asyncio.timeout(PATIENCE_S):
                await socket.recv()
        assert socket.close_code == 4401


async def test_stopping_the_server_does_not_wait_for_pages_that_watch(web: Web, server: WebServer) -> None:
    async with watching(web, server) as socket:
        await wants(web, socket, "east")
        async with asyncio.timeout(20):
            await server.stop()
        with pytest.raises(ConnectionClosed):
            await socket.recv()


def test_every_socket_has_its_roles_and_one_without_cannot_be_built() -> None:
    assert [roles_of(route) for route in watch_module.router.routes] == [frozenset({Role.GUARD})]
    router = APIRouter()

    @router.websocket("/v1/forgotten")
    async def forgotten(socket: WebSocket) -> None: ...

    with pytest.raises(RuntimeError, match="/v1/forgotten declares no role"):
        declare_roles(router.routes[0])
