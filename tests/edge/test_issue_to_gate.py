"""From the owner's app to the keypad: a code issued over HTTP opens the gate once, over the real hub and store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from devices.messages import KeysTyped, LinkBack, OpenLane
from edge.access.visitors import Secrets
from edge.run.hub import Hub
from edge.state import initial
from edge.users.auth import Auth, Role
from edge.web.app import create_app
from sync.store import Store
from tests.edge.people import RAW

PEPPER = bytes(range(32))


@pytest.fixture
async def gate(tmp_path: Path) -> AsyncIterator[tuple[Hub, httpx.AsyncClient, list[Any]]]:
    from config.model import Site

    readers = {**RAW["readers"], "pad": {"kind": "keypad", "lane": "walk-in", "port": "/dev/null"}}
    site = Site.model_validate({**RAW, "readers": readers})
    sent: list[Any] = []
    with Store.open(tmp_path / "menwei.db", gateway_id="g", ballast_bytes=4096) as store:
        state = replace(initial(site, "t"), secrets=Secrets(pepper=PEPPER))
        hub = Hub(state, store, submit=sent.append)
        tasks = [asyncio.create_task(hub.run()), asyncio.create_task(hub.effects.run())]
        auth = Auth(tmp_path, idle_s=900.0, login_per_minute=5)
        app = create_app(hub, auth, site)
        app.state.pepper = lambda: PEPPER
        cookie, session = auth.sessions.start("app", Role.ISSUER, by_token=True)
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gate")
        client.cookies.set("menwei_session", cookie)
        client.headers["X-Menwei-CSRF"] = session.csrf
        yield hub, client, sent
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        auth.close()


async def test_a_code_from_the_app_opens_once_and_its_use_is_in_the_store(
    gate: tuple[Hub, httpx.AsyncClient, list[Any]],
) -> None:
    hub, app, sent = gate
    hub.inbox.offer(LinkBack(board="box", levels=(False,) * 8, at_mono_s=0.0))
    now = datetime.now(UTC)
    body = {"host": "1号楼101", "visitor": "访客甲", "gates": ["walk-in"], "not_before": now.isoformat()}
    reply = await app.post("/v1/visitors", json={**body, "not_after": (now + timedelta(hours=1)).isoformat()})
    assert reply.status_code == 201, reply.text
    digits = reply.json()["code"]
    for _ in range(2):
        hub.inbox.offer(KeysTyped(reader="pad", keys=digits, at_mono_s=0.0))
        assert await hub.inbox.emptied(20)
        assert await hub.effects.drained(20)
    assert len([c for c in sent if isinstance(c, OpenLane)]) == 1
    await asyncio.wrap_future(hub.store.transact(lambda _db: ()))
    policy = hub.store.policy()
    [code] = policy.codes.values()
    assert code.uses_used == 1
    assert list(policy.inside) == [f"visitor:{code.id}"]
    kinds = [event.kind for event in hub.store.read_after(0)]
    assert kinds.count("access.granted") == kinds.count("access.denied") == kinds.count("register.came_in") == 1
    assert all(digits not in event.body for event in hub.store.read_after(0))
