"""A guard's browser: Chromium on the application under test, and everything it complained about."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from playwright.async_api import Browser, BrowserContext, Error, Page, Playwright, Route, expect

from config.model import Web as WebSettings
from edge.web.page_route import STATIC
from edge.web.server import WebServer
from tests.ports import free_port
from tests.web.rig import Web

CHROMIUM = next(filter(None, (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
PATIENCE_MS = 45_000
LATE_S = float(os.environ.get("LATE_PAGE_S", "0"))
"""``LATE_PAGE_S=0.5 python -m pytest tests/web``: each part of the page comes so late, each answer a fifth of it; what
is pressed or looked at too early shows itself."""
TABLET = (1280, 800)

NEEDS = [
    pytest.mark.asyncio(loop_scope="session"),  # that of the browser
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
    pytest.mark.skipif(not (STATIC / "index.html").exists(), reason="page not bundled: python hatch_build.py"),
]
"""The marks of every test that opens the page."""

expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Desk:
    """A guard's browser and everything it complained about."""

    web: Web
    browser: Browser
    server: WebServer
    complaints: list[str] = field(default_factory=list)

    def complain(self, text: str) -> None:
        """Note a complaint of the browser; that this rig keeps service workers out is none."""
        if text != "Service Worker registration blocked by Playwright":
            self.complaints.append(text)

    async def page(self, size: tuple[int, int] = TABLET, locale: str = "zh-CN", zone: str = "Asia/Shanghai") -> Page:
        """A fresh browser window."""
        context = await self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale=locale,
            timezone_id=zone,
            has_touch=True,
            service_workers="block",
        )
        context.set_default_timeout(PATIENCE_MS)
        if LATE_S:
            await come_late(context)
        page = await context.new_page()
        page.on("console", lambda m: self.complain(m.text) if m.type in {"error", "warning"} else None)
        page.on("pageerror", lambda e: self.complaints.append(str(e)))
        await page.add_init_script(
            "addEventListener('securitypolicyviolation', e => console.error('CSP ' + e.violatedDirective))"
        )
        return page

    async def logged_in(self, size: tuple[int, int] = TABLET) -> Page:
        """A window behind the log-in."""
        page = await self.page(size)
        async with page.expect_response("**/v1/history*"):  # the last that it asks for by itself
            await page.goto(f"{self.server.url}#token={self.web.token()}")
        await expect(page.locator("mw-lanes article")).to_have_count(2)
        return page


async def come_late(context: BrowserContext) -> None:
    """A slow network; a test's own routes go before it."""

    async def late(route: Route) -> None:
        with contextlib.suppress(Error):  # the page is gone
            await asyncio.sleep(LATE_S if "/static/" in route.request.url else LATE_S / 5)
            await route.continue_()

    await context.route("**/*", late)


class Chromium:
    """One browser for all tests: each has windows of its own, with their own storage, cookies and cache."""

    def __init__(self, playwright: Playwright) -> None:
        self._playwright = playwright
        self._browser: Browser | None = None

    async def running(self) -> Browser:
        """The browser; a new one where the last one has crashed."""
        if self._browser is None or not self._browser.is_connected():
            self._browser = await self._playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        return self._browser

    async def close(self) -> None:
        """The last test is over."""
        if self._browser is not None:
            await self._browser.close()


@asynccontextmanager
async def open_desk(web: Web, chromium: Chromium) -> AsyncIterator[Desk]:
    """Serve the application on a port that it can have again after a restart, before a browser without windows."""
    server = WebServer(web.app, WebSettings(port=free_port()))
    await server.start()
    browser = await chromium.running()
    desk = Desk(web, browser, server)
    yield desk
    for context in browser.contexts:
        await context.close()
    await desk.server.stop()


async def hold_open(page: Page, within: str = "") -> None:
    """Press and hold the acting button, the one within a part of the page where there are several."""
    button = page.locator(f"{within} mw-hold button")
    await expect(button).to_be_enabled()
    await button.hover()  # waits until it stands still
    async with until_held(page):
        await page.mouse.down()
    await page.mouse.up()


@asynccontextmanager
async def until_held(page: Page) -> AsyncIterator[None]:
    """What is pressed in the block stays pressed until the button says that this was long enough."""
    await page.evaluate(
        "() => { window.held = false; addEventListener('held', () => { window.held = true; }, { once: true }); }"
    )
    yield
    async with asyncio.timeout(PATIENCE_MS / 1000):
        while not await page.evaluate("window.held"):  # the page's policy forbids to wait for it inside the page
            await asyncio.sleep(0.05)
