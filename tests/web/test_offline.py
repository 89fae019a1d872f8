"""The link breaks: acts on alarms are kept with their time and sent in order; the page opens without the gateway."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from playwright.async_api import Page, expect

from config.model import Web as WebSettings
from edge.alarms.acts import AcknowledgeAlarm, AdvanceAlarm, CloseAlarm
from edge.users.auth import Auth, Role
from edge.web.app import create_app
from edge.web.server import WebServer
from tests.web.desk import NEEDS, PATIENCE_MS, Desk
from tests.web.gateway import SITE

pytestmark = NEEDS

AHEAD = "const real = Date.now; window.aheadMs = 0; Date.now = () => real() + window.aheadMs"


async def until(holds: Callable[[], Any]) -> None:
    async with asyncio.timeout(PATIENCE_MS / 1000):
        while not holds():
            await asyncio.sleep(0.02)


async def start_again(desk: Desk) -> Auth:
    """The same gateway on the same port, as after a restart."""
    auth = Auth(desk.web.data_dir, idle_s=900.0, login_per_minute=50, mono=desk.web.time, wall=desk.web.time)
    desk.server = WebServer(create_app(desk.web.gateway, auth, SITE), WebSettings(port=desk.server.port))
    await desk.server.start()
    return auth


async def opened(desk: Desk) -> Page:
    """A page with one urgent and one general alarm."""
    page = await desk.page()
    await page.add_init_script(AHEAD)
    await page.goto(f"{desk.server.url}#token={desk.web.token(Role.GUARD)}")
    desk.web.gateway.raise_alarm("lane.forced", 1, "lane:east-in", place="东门入口", stage="new")
    desk.web.gateway.raise_alarm("camera.lost", 2, "camera:out", place="东门出口相机", stage="new")
    await expect(page.locator("mw-alarm-card")).to_have_count(2)
    await expect(page.locator("mw-strip [role=status]")).to_contain_text("在线")
    return page


async def test_acts_pressed_without_the_link_arrive_once_in_order_and_with_their_time(desk: Desk) -> None:
    page = await opened(desk)
    gateway = desk.web.gateway
    await desk.server.stop()
    await expect(page.locator("mw-strip [role=status]")).to_contain_text("重连中")
    before_s = time.time()
    urgent, general = page.locator("mw-alarm-card").first, page.locator("mw-alarm-card").last
    await urgent.get_by_role("button", name="我来处理").click()
    await expect(urgent).to_contain_text("已记下，连上网关后自动发送")
    await expect(urgent).to_contain_text("一次性令牌 处理中")
    await urgent.get_by_role("button", name="前往").click()
    await general.get_by_role("button", name="已处理").click()
    await expect(page.locator("mw-strip")).to_contain_text("未同步 3")
    assert gateway.acted == []
    after_s = time.time()
    context = page.context
    await page.close()  # what was pressed outlives the page
    auth = await start_again(desk)
    page = await context.new_page()
    await page.goto(desk.server.url)
    await until(lambda: len(gateway.acted) == 3)
    await expect(page.locator("mw-strip")).not_to_contain_text("未同步")
    taken, going, closed = gateway.acted
    assert isinstance(taken, AcknowledgeAlarm)
    assert isinstance(going, AdvanceAlarm)
    assert isinstance(closed, CloseAlarm)
    assert (going.stage, closed.outcome) == ("en_route", "handled")
    times = [act.pressed_at_s for act in (taken, going, closed)]
    assert times == sorted(times)
    assert all(at is not None and before_s - 5 <= at <= after_s + 5 for at in times)
    auth.close()


async def test_an_answer_that_got_lost_does_not_act_twice(desk: Desk) -> None:
    page = await opened(desk)
    gateway = desk.web.gateway

    async def swallow(route: Any) -> None:
        await route.fetch()
        await route.abort()

    await page.route("**/acknowledge", swallow, times=1)
    await page.locator("mw-alarm-card").first.get_by_role("button", name="我来处理").click()
    await expect(page.locator("mw-strip")).not_to_contain_text("未同步")
    await until(lambda: page.locator("mw-alarm-card").first and len(gateway.verdicts) == 1)
    assert len(gateway.acted) == 1


async def test_doors_and_barriers_wait_for_the_link_and_are_never_kept(desk: Desk) -> None:
    page = await opened(desk)
    await desk.server.stop()
    await page.evaluate("window.aheadMs = 13000")
    await expect(page.get_by_role("alert").filter(has_text="断开")).to_contain_text("所示为")
    await expect(page.locator(".right.stale")).to_have_attribute("inert", "")
    await page.locator("mw-alarm-card").first.get_by_role("button", name="我来处理").click()
    await expect(page.locator("mw-strip")).to_contain_text("未同步 1")
    assert "lanes" not in await page.evaluate("localStorage.getItem('mw-outbox')")


async def test_what_the_gateway_refuses_later_is_told_and_not_repeated(desk: Desk) -> None:
    page = await opened(desk)
    await desk.server.stop()
    await expect(page.locator("mw-strip [role=status]")).to_contain_text("重连中")
    await page.locator("mw-alarm-card").first.get_by_role("button", name="我来处理").click()
    await expect(page.locator("mw-strip")).to_contain_text("未同步 1")
    desk.web.gateway.alarms.clear()  # meanwhile somebody else has closed it
    auth = await start_again(desk)
    await expect(page.get_by_role("alert").filter(has_text="未被接受")).to_be_visible()
    await expect(page.locator("mw-strip")).not_to_contain_text("未同步")
    auth.close()


async def test_another_guard_does_not_send_what_this_one_pressed(desk: Desk) -> None:
    page = await opened(desk)
    await desk.server.stop()
    await expect(page.locator("mw-strip [role=status]")).to_contain_text("重连中")
    await page.locator("mw-alarm-card").first.get_by_role("button", name="我来处理").click()
    await expect(page.locator("mw-strip")).to_contain_text("未同步 1")
    kept = await page.evaluate("localStorage.getItem('mw-outbox').replace('\"setup\"', '\"王强\"')")
    await page.evaluate("text => localStorage.setItem('mw-outbox', text)", kept)
    url = desk.server.url
    await page.goto("about:blank")  # the page that pressed it still holds it, and would send it
    auth = await start_again(desk)
    await page.goto(url)
    await expect(page.locator("mw-strip [role=status]")).to_contain_text("在线")
    await page.wait_for_timeout(1500)
    assert desk.web.gateway.acted == []
    assert "王强" in await page.evaluate("localStorage.getItem('mw-outbox')")
    auth.close()


async def test_a_hole_in_the_numbers_makes_the_page_load_anew(desk: Desk) -> None:
    page = await desk.page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    feed = desk.web.app.state.feed
    async with page.expect_response("**/v1/history*"):  # the first greeting loads it
        await page.goto(f"{desk.server.url}#token={desk.web.token()}")
    asked.clear()
    feed.lines.clear()
    desk.web.gateway.record("lane.passed", "lane:east-in", {"plate": "京A00001"})
    await expect(page.locator("mw-events li").first).to_contain_text("京A00001")
    assert not any("/v1/history" in url for url in asked), "no hole, no load"
    await page.evaluate("document.querySelector('mw-app').feed.cursor -= 3")
    desk.web.gateway.record("lane.passed", "lane:east-in", {"plate": "京A00002"})
    await until(lambda: any("/v1/history" in url for url in asked))
    assert await page.evaluate("document.querySelector('mw-app').feed.gaps") == 1


async def test_the_page_opens_without_the_gateway_and_shows_what_it_last_knew(desk: Desk) -> None:
    context = await desk.browser.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN")
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    await page.goto(f"{desk.server.url}#token={desk.web.token(Role.GUARD)}")
    desk.web.gateway.raise_alarm("smoke.active", 1, "input:shed", place="电动车充电棚", stage="new")
    await expect(page.locator("mw-alarm-card")).to_have_count(1)
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    async with asyncio.timeout(PATIENCE_MS / 1000):  # what is remembered is written every five seconds
        while "电动车充电棚" not in await page.evaluate("localStorage.getItem('mw-last') ?? ''"):
            await asyncio.sleep(0.05)
    kept = await page.evaluate(
        "caches.keys().then(n => caches.open(n[0])).then(c => c.keys()).then(k => k.map(r => r.url))"
    )
    assert any(url.endswith("/") for url in kept)
    assert not any("/v1/" in url for url in kept), "never an answer of the gateway"
    await desk.server.stop()
    await page.reload()
    await expect(page.locator("mw-alarm-card").first).to_contain_text("电动车充电棚")
    await expect(page.get_by_role("alert").filter(has_text="断开")).to_be_visible()
    await page.locator("mw-alarm-card").first.get_by_role("button", name="我来处理").click()
    await expect(page.locator("mw-strip")).to_contain_text("未同步 1")
    auth = await start_again(desk)
    await until(lambda: len(desk.web.gateway.acted) == 1)
    await expect(page.locator("mw-strip [role=status]")).to_contain_text("在线")
    await page.get_by_role("button", name="退出").click()
    await expect(page.get_by_label("令牌", exact=True)).to_be_visible()
    assert await page.evaluate("localStorage.getItem('mw-last')") is None
    auth.close()
    await context.close()
