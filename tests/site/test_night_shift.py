"""A whole night at a real gateway, in two real browsers: on duty, asked, alarmed, cut off, killed, handed over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright, expect

from tests.ports import free_port
from tests.site.gateway import PATIENCE_S, Gateway, running
from tests.site.test_doors import CONTACT, SITE, SMOKE, wait_door
from tests.site.test_duty import PASSWORD, add_guard
from tests.web.desk import CHROMIUM, FLAGS, NEEDS, hold_open

pytestmark = [*NEEDS, pytest.mark.timeout(400)]

NIGHT = """
[desk]
night = ["00:00", "23:59"]
watch_every_s = 86400
watch_answer_s = 3600
"""
LANDSCAPE, PORTRAIT = (1280, 800), (800, 1280)
DARK = ("ERR_CONNECTION", "ERR_EMPTY_RESPONSE", "ERR_SOCKET", "ERR_INCOMPLETE_CHUNKED", "Failed to")
"""What a browser says of a gateway that is not there; everything else is a complaint."""


class Cable:
    """What lies between a tablet and the gateway; it can be pulled."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._lines: set[asyncio.StreamWriter] = set()
        self._pulled = False

    async def lay(self) -> str:
        """The address at the tablet's end."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/"

    def pull(self) -> None:
        """Nothing goes through any more."""
        self._pulled = True
        for line in tuple(self._lines):
            line.transport.abort()

    def take_up(self) -> None:
        """The night is over."""
        self.pull()
        self._server.close()

    def plug(self) -> None:
        """As before."""
        self._pulled = False

    async def _carry(self, tablet_in: asyncio.StreamReader, tablet: asyncio.StreamWriter) -> None:
        self._lines.add(tablet)
        try:
            if self._pulled:
                return
            box_in, box = await asyncio.open_connection("127.0.0.1", self._port)
            self._lines.add(box)
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._pump(tablet_in, box))
                ways.create_task(self._pump(box_in, tablet))
        except (OSError, ExceptionGroup):
            pass  # one end is gone, as cables are
        finally:
            tablet.close()

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while piece := await source.read(65536):
            target.write(piece)
            await target.drain()
        target.close()


@dataclass
class Guard:
    """One guard at one tablet."""

    name: str
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)

    def card(self, what: str) -> Locator:
        """The card of an alarm."""
        return self.page.locator("mw-alarm-card").filter(has_text=what)

    async def view(self, name: str) -> None:
        """Open a view."""
        await self.page.locator("mw-rail").get_by_role("button", name=name).click()

    async def sign(self) -> None:
        """Hold the button down as long as it takes."""
        await hold_open(self.page, "mw-duty")


async def arrives(browser: Browser, url: str, name: str, size: tuple[int, int]) -> Guard:
    """Somebody logs in by name and password."""
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]}, locale="zh-CN", timezone_id="Asia/Shanghai", has_touch=True
    )
    context.set_default_timeout(PATIENCE_S * 1000)
    page = await context.new_page()
    guard = Guard(name, context, page)
    page.on("pageerror", lambda error: guard.complaints.append(str(error)))
    page.on(
        "console",
        lambda m: (
            guard.complaints.append(m.text)
            if m.type == "error" and not any(word in m.text for word in (*DARK, "401"))
            else None
        ),
    )
    await page.goto(url)
    await page.get_by_role("button", name="姓名与密码").click()
    await page.locator("input[name=name]").fill(name)
    await page.locator("input[name=password]").fill(PASSWORD)
    await page.get_by_role("button", name="登录", exact=True).click()
    await expect(page.locator("mw-rail")).to_be_visible()
    return guard


@asynccontextmanager
async def night(tmp_path: Path) -> AsyncIterator[tuple[Gateway, Cable, Guard, Guard]]:
    """The gateway, the guard of the night behind a cable, and the one of the morning."""
    port = free_port()
    site = SITE.replace("port = 0", f"port = {port}") + NIGHT
    cable = Cable(port)
    with running(tmp_path, site) as gateway:
        await asyncio.to_thread(wait_door, gateway, "locked")
        for name in ("zhang", "lin"):
            await asyncio.to_thread(add_guard, gateway, name)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            zhang = await arrives(browser, await cable.lay(), "zhang", LANDSCAPE)
            lin = await arrives(browser, gateway.url, "lin", PORTRAIT)
            yield gateway, cable, zhang, lin
            await browser.close()
            cable.take_up()


async def told(gateway: Gateway, kind: str, **body: Any) -> None:
    """Wait until the log says so."""

    def holds() -> bool:
        return any(body.items() <= event.data().items() for event in gateway.events(kind))

    async with asyncio.timeout(PATIENCE_S):
        while not await asyncio.to_thread(holds):
            await asyncio.sleep(0.1)


async def test_a_whole_night(tmp_path: Path) -> None:
    async with night(tmp_path) as (gateway, cable, zhang, lin):
        # On duty, and awake when asked.
        await zhang.view("值班")
        await zhang.page.get_by_role("button", name="我上岗").click()
        await expect(lin.page.get_by_text("查岗：有人在岗吗？")).to_be_visible()
        await zhang.page.get_by_role("button", name="我在").click()
        await expect(lin.page.get_by_text("查岗：有人在岗吗？")).to_have_count(0)
        await told(gateway, "watch.answered", post="gate", late=False)

        # A door is forced: both see it, one takes it, the other sees who.
        await zhang.view("门岗")
        gateway.street.set_contact(CONTACT, True)
        await expect(lin.card("门被强行打开")).to_be_visible()
        await zhang.card("门被强行打开").get_by_role("button", name="我来处理").click()
        await expect(lin.card("门被强行打开")).to_contain_text("zhang 处理中")

        # The link is lost on the way: what is pressed is kept, and arrives once, with its time.
        cable.pull()
        await expect(zhang.page.get_by_role("alert").filter(has_text="断开").first).to_be_visible()
        await zhang.card("门被强行打开").get_by_role("button", name="已到现场").click()
        await expect(zhang.card("门被强行打开")).to_contain_text("未同步")
        cable.plug()
        await told(gateway, "alarm.on_site")
        await expect(lin.card("门被强行打开")).to_contain_text("已到现场")

        # Smoke, and the power is gone in the same minute: after it all is as it was, and both pages come back.
        gateway.street.set_contact(SMOKE, True)
        await expect(lin.page.locator("mw-bars .life")).to_contain_text("电动车棚")
        await asyncio.to_thread(gateway.kill)
        await asyncio.to_thread(gateway.spawn)
        for guard in (zhang, lin):
            await expect(guard.page.locator("mw-strip")).to_contain_text("在线")
            await expect(guard.page.locator("mw-bars .life")).to_contain_text("电动车棚")
            await expect(guard.card("门被强行打开")).to_contain_text("zhang 处理中")
        gateway.street.set_contact(CONTACT, False)
        await zhang.card("门被强行打开").get_by_role("button", name="已处理").click()
        await told(gateway, "alarm.closed", outcome="handled")
        await expect(lin.card("门被强行打开")).to_have_count(0)

        # Morning: matter by matter, and both sign.
        await zhang.view("值班")
        await zhang.page.locator("input[name=to]").fill("lin")
        await zhang.page.get_by_role("button", name="开始交班").click()
        await lin.view("值班")
        take = lin.page.get_by_role("button", name="逐项接收")
        await expect(take.first).to_be_visible()
        while left := await take.count():
            await take.first.click()
            await expect(take).to_have_count(left - 1)
        await zhang.sign()
        await expect(lin.page.locator("mw-duty")).to_contain_text("zhang 已签字")
        await lin.sign()
        await expect(zhang.page.locator("mw-duty .who")).to_have_text("lin")
        await told(gateway, "shift.handed_over", post="gate")

        # English is one tap away, and nothing was complained about.
        await lin.page.get_by_role("button", name="English").click()
        await expect(lin.page.locator("mw-rail")).to_contain_text("Desk")
        assert (zhang.complaints, lin.complaints) == ([], [])
