"""The live feed over a real server: order, resume, gaps, bounds, the end at shutdown."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from config.model import Web as WebSettings
from edge.users.auth import Role
from edge.web import live as live_module
from edge.web.feed import RING, Feed, settled
from edge.web.server import WebServer
from tests.web.gateway import Gateway
from tests.web.rig import Web

PATIENCE_S = 60.0
Message = tuple[str, str, Any]


@pytest.fixture
async def server(web: Web) -> AsyncIterator[WebServer]:
    server = WebServer(web.app, WebSettings(port=0))
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def browser(web: Web, server: WebServer) -> AsyncIterator[httpx.AsyncClient]:
    cookie, _ = web.auth.sessions.start("guard-test", Role.GUARD, by_token=True)
    async with httpx.AsyncClient(base_url=server.url, cookies={"menwei_session": cookie}, timeout=PATIENCE_S) as client:
        yield client


async def messages(reply: httpx.Response) -> AsyncIterator[Message]:
    """Event name, id and data of each message."""
    name = id_ = data = ""
    async for line in reply.aiter_lines():
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "id":
            id_ = value
        elif field == "data":
            data = value
        elif not line and name:
            yield name, id_, json.loads(data)
            name = id_ = data = ""


async def take(found: AsyncIterator[Message], name: str, count: int) -> list[Message]:
    """The next ``count`` messages of a name."""
    taken: list[Message] = []
    async with asyncio.timeout(PATIENCE_S):
        async for message in found:
            if message[0] == name:
                taken.append(message)
            if len(taken) == count:
                return taken
    raise AssertionError(f"the stream ended with {len(taken)} of {count} {name}")


def write(gateway: Gateway, count: int) -> None:
    for number in range(count):
        gateway.record("lane.opened", "lane:east-in", {"n": number})


async def test_it_begins_with_hello_and_the_state_and_goes_on_with_what_happens(
    web: Web, browser: httpx.AsyncClient
) -> None:
    write(web.gateway, 3)
    async with browser.stream("GET", "/v1/stream") as reply:
        assert reply.headers["Content-Type"].startswith("text/event-stream")
        found = messages(reply)
        [(_, _, hello)] = await take(found, "hello", 1)
        assert hello["head"] in {0, 3}  # the pump may have looked just before the three
        [(_, _, state)] = await take(found, "state", 1)
        assert state["site"]["name"] == "翠湖花园"
        seq = web.gateway.record("lane.passed", "lane:east-in", {"plate": "京A12345"})
        async with asyncio.timeout(PATIENCE_S):
            async for name, id_, event in found:
                if name == "log" and event["kind"] == "lane.passed":
                    assert (id_, event["seq"], event["body"]["plate"]) == (str(seq), seq, "京A12345")
                    break


@pytest.mark.parametrize("how", ["header", "query"])
async def test_it_continues_behind_the_last_number_without_loss_or_repeat(
    web: Web, browser: httpx.AsyncClient, how: str
) -> None:
    write(web.gateway, 2 * RING + 30)
    place: dict[str, Any] = {"headers": {"Last-Event-ID": "17"}} if how == "header" else {"params": {"after": 17}}
    async with browser.stream("GET", "/v1/stream", **place) as reply:
        found = messages(reply)
        writing = asyncio.create_task(asyncio.to_thread(write, web.gateway, 50))
        taken = await take(found, "log", 2 * RING + 30 - 17 + 50)
        await writing
    assert [int(id_) for _, id_, _ in taken] == list(range(18, 2 * RING + 81))


@pytest.mark.parametrize(
    ("cursor", "reason"),
    [("999999", "fork"), ("2", "far")],
)
async def test_a_cursor_that_cannot_be_continued_is_told_to_load_anew(
    web: Web, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, cursor: str, reason: str
) -> None:
    monkeypatch.setattr(live_module, "REPLAY_MAX", 20)
    write(web.gateway, 40)
    async with browser.stream("GET", "/v1/stream", headers={"Last-Event-ID": cursor}) as reply:
        found = messages(reply)
        [(_, id_, told)] = await take(found, "resync", 1)
        assert told["reason"] == reason
        assert told["head"] == int(id_) <= 40


async def test_a_pruned_cursor_is_told_to_load_anew(web: Web, browser: httpx.AsyncClient) -> None:
    write(web.gateway, 9)

    def prune(db: Any) -> list[Any]:
        db.conn.execute("DELETE FROM events WHERE seq <= 5")
        return []

    web.gateway.store.transact(prune).result(timeout=30)
    async with browser.stream("GET", "/v1/stream", headers={"Last-Event-ID": "2"}) as reply:
        [(_, _, told)] = await take(messages(reply), "resync", 1)
    assert told["reason"] == "pruned"


async def test_the_state_comes_when_it_changes_and_not_when_only_clocks_move(
    web: Web, browser: httpx.AsyncClient
) -> None:
    async with browser.stream("GET", "/v1/stream") as reply:
        found = messages(reply)
        await take(found, "state", 1)
        web.gateway.lanes["east-in"]["state"] = "open"
        while (await take(found, "state", 1))[0][2]["lanes"][0]["state"] != "open":
            pass
    before, after = web.gateway.snapshot(), web.gateway.snapshot()
    after["now_s"] += 5
    after["cameras"][0]["age_s"] = 0.3
    assert settled(before) == settled(after)
    after["alarms"] = [{"id": "a1"}]
    assert settled(before) != settled(after)


async def test_a_heartbeat_comes_with_the_servers_time(
    web: Web, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "BEAT_S", 0.05)
    async with browser.stream("GET", "/v1/stream") as reply:
        beats = await take(messages(reply), "beat", 3)
    times = [data["now_s"] for _, _, data in beats]
    assert times == sorted(times)


async def test_the_stream_ends_with_the_session(
    web: Web, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "BEAT_S", 0.05)
    async with browser.stream("GET", "/v1/stream") as reply:
        found = messages(reply)
        await take(found, "beat", 1)
        web.time.now_s += 901
        async with asyncio.timeout(PATIENCE_S):
            assert [name async for name, _, _ in found if name == "error"] == []
    assert (await browser.get("/v1/stream")).status_code == 401


async def test_stopping_the_server_ends_open_streams_and_long_polls(
    web: Web, server: WebServer, browser: httpx.AsyncClient
) -> None:
    token = (web.data_dir / "central-token").read_text().strip()
    poll = asyncio.create_task(
        browser.get("/v1/events", params={"wait": 25}, headers={"Authorization": f"Bearer {token}"})
    )
    async with browser.stream("GET", "/v1/stream") as reply:
        found = messages(reply)
        await take(found, "state", 1)
        async with asyncio.timeout(20):  # far below the poll's 25 s
            await server.stop()
            assert {name async for name, _, _ in found} <= {"state", "beat", "log"}
            await asyncio.wait({poll})


async def test_too_many_pages_are_refused_and_a_left_page_makes_room(
    web: Web, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "BROWSERS_MAX", 1)
    async with browser.stream("GET", "/v1/stream") as reply:
        found = messages(reply)  # kept, since a forgotten generator closes its connection
        await take(found, "hello", 1)
        refused = await browser.get("/v1/stream")
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "too_many_pages")
    feed: Feed = web.app.state.feed
    async with asyncio.timeout(PATIENCE_S):
        while feed.browsers:
            await asyncio.sleep(0.01)


async def test_a_browser_that_falls_behind_the_ring_is_closed_and_counted(web: Web) -> None:
    feed: Feed = web.app.state.feed
    await feed.start()
    chunks = live_module._follow(feed, web.auth, web.auth.sessions.start("slow", Role.GUARD, by_token=True)[1], 0)
    feed.sample()
    assert b"event: state" in await anext(chunks)
    await asyncio.to_thread(write, web.gateway, RING + 5)
    async with asyncio.timeout(PATIENCE_S):
        while feed.head < RING + 5:
            await asyncio.sleep(0.01)
    assert len(feed.lines) == RING
    rest = [chunk async for chunk in chunks]
    assert all(b"event: log" not in chunk for chunk in rest)
    assert feed.closed_slow == 1
    feed.close()


async def test_a_log_that_cannot_be_read_for_a_while_costs_no_event(web: Web, browser: httpx.AsyncClient) -> None:
    async with browser.stream("GET", "/v1/stream") as reply:
        found = messages(reply)
        await take(found, "state", 1)
        feed: Feed = web.app.state.feed
        log = web.gateway.store.path
        log.rename(log.with_name("away.db"))
        web.gateway.store.reading().reopen()  # forgets the open files
        await asyncio.to_thread(write, web.gateway, 3)
        async with asyncio.timeout(PATIENCE_S):
            while not feed.read_failures:
                await asyncio.sleep(0.01)
        log.with_name("away.db").rename(log)
        taken = await take(found, "log", 3)
    assert [event["body"]["n"] for _, _, event in taken] == [0, 1, 2]


async def test_a_dead_pump_ends_the_streams_instead_of_beating_on(web: Web, browser: httpx.AsyncClient) -> None:
    async with browser.stream("GET", "/v1/stream") as reply:
        found = messages(reply)
        await take(found, "state", 1)
        web.gateway.lanes["east-in"]["odd"] = object()  # what a bug in a snapshot looks like
        async with asyncio.timeout(PATIENCE_S):
            assert "log" not in {name async for name, _, _ in found}
    assert (await browser.get("/v1/stream")).status_code == 503


async def test_over_tls_the_page_is_https_and_its_cookie_secure(web: Web, tmp_path: Path) -> None:
    cert, key = self_signed(tmp_path)
    server = WebServer(web.app, WebSettings(port=0, tls_cert=cert, tls_key=key))
    await server.start()
    trust = ssl.create_default_context(cafile=str(cert))
    trust.check_hostname = False
    async with httpx.AsyncClient(base_url=server.url, verify=trust, timeout=PATIENCE_S) as client:
        reply = await client.post("/v1/session", json={"token": web.token()})
    await server.stop()
    assert server.url.startswith("https://")
    assert "Secure" in reply.headers["set-cookie"]


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for this test and its key."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gate")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
    plain = serialization.NoEncryption()
    (folder / "key.pem").write_bytes(private.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return folder / "cert.pem", folder / "key.pem"
