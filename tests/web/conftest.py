"""One gateway, one application and one client per test; time is the test's. One browser for all of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright

from edge.users.auth import Auth
from edge.web.app import create_app
from tests.web.desk import Chromium, Desk, open_desk
from tests.web.gateway import SITE, Gateway, open_store
from tests.web.rig import Time, Web


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    with open_store(tmp_path) as store:
        yield Gateway(store)


@pytest.fixture
def web(gateway: Gateway, tmp_path: Path) -> Iterator[Web]:
    time = Time()
    auth = Auth(tmp_path, idle_s=900.0, login_per_minute=5, mono=time, wall=time)
    app = create_app(gateway, auth, SITE)
    yield Web(gateway, auth, app, time, tmp_path)
    auth.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Chromium]:
    async with async_playwright() as playwright:
        chromium = Chromium(playwright)
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="session")
async def desk(web: Web, chromium: Chromium) -> AsyncIterator[Desk]:
    async with open_desk(web, chromium) as desk:
        yield desk
