"""Drill, self-test and PIN on the page, in a real Chromium over the hub's own rules."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, Route, expect

from edge.users.auth import Auth, Role
from edge.web.app import create_app
from tests.web.desk import NEEDS, Chromium, Desk, open_desk
from tests.web.gateway import SITE, open_store
from tests.web.rig import Time, Web
from tests.web.ruled import Ruled
from tests.web.test_page_accessible import axe, violations
from tests.web.test_page_doors import go

__all__ = ["axe"]

pytestmark = NEEDS

TABS = ("岗位", "自检", "演练", "PIN 与平板")
PASSWORD = "walks the yard at three"


@dataclass
class Post:
    """A browser desk over the rules."""

    desk: Desk
    hub: Ruled
    web: Web

    async def page(self, role: Role = Role.SUPERVISOR, size: tuple[int, int] = (1280, 800)) -> Page:
        page = await self.desk.page(size)
        await page.goto(f"{self.desk.server.url}#token={self.web.token(role)}")
        await expect(page.locator("mw-lanes article")).to_have_count(2)
        return page

    def complaints(self) -> list[str]:
        """What the browser objects to, but for refusals and the worker that the rig blocks."""
        quiet = ("401", "409", "Service Worker")
        return [said for said in self.desk.complaints if not any(word in said for word in quiet)]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Ruled]:
    with open_store(tmp_path) as store:
        yield Ruled(store, SITE)


@pytest_asyncio.fixture(loop_scope="session")
async def post(hub: Ruled, chromium: Chromium, tmp_path: Path) -> AsyncIterator[Post]:
    time = Time()
    auth = Auth(tmp_path, idle_s=900.0, login_per_minute=50, mono=time, wall=time)
    web = Web(hub, auth, create_app(hub, auth, SITE), time, tmp_path)  # type: ignore[arg-type]
    async with open_desk(web, chromium) as desk:
        yield Post(desk, hub, web)
    auth.close()


async def tab(page: Page, name: str) -> None:
    await go(page, "值班")
    await page.locator("mw-duty header").get_by_role("button", name=name, exact=True).click()


async def test_a_drill_is_unmistakable_and_what_is_real_breaks_through(post: Post) -> None:
    page, guard = await post.page(), await post.page(Role.GUARD)
    await tab(page, "演练")
    drill = page.locator("mw-drill")
    await drill.get_by_label("演练内容").fill("车棚起火")
    await drill.get_by_role("button", name="开始演练").click()
    for each in (page, guard):
        await expect(each.locator("mw-bars .drill")).to_contain_text("演练进行中 · 并非真实告警 车棚起火")
    await expect(guard.locator("mw-bars .drill button")).to_have_count(0)
    await drill.get_by_label("地点").fill("电动车棚")
    await drill.get_by_role("button", name="烟感报警").click()
    card = guard.locator("mw-alarm-card").first
    await expect(card.locator("article.drill")).to_contain_text("【演练】")
    await expect(guard.locator("mw-bars .life")).to_have_count(0)
    await card.get_by_role("button", name="我来处理").click()
    await expect(card).to_contain_text("处理中")
    post.hub.alarm("door.forced", 1, "door:garage", "地库人行门")
    await expect(guard.locator("mw-alarm-card").first).to_contain_text("地库人行门")
    await expect(guard.locator("mw-bars .drill")).to_contain_text("有 1 条真实告警，请先处理！")
    await page.locator("mw-bars .drill").get_by_role("button", name="结束演练").click()
    await expect(guard.locator("mw-bars .drill")).to_have_count(0)
    await expect(guard.locator("mw-alarm-card")).to_have_count(1)
    await expect(guard.locator("mw-events li", has_text="【演练】").first).to_be_visible()
    assert post.complaints() == []


async def test_an_open_page_proves_itself_in_a_self_test_and_a_hidden_view_does_too(post: Post) -> None:
    page = await post.page(Role.GUARD)
    await tab(page, "自检")
    await page.locator("mw-chain").get_by_role("button", name="立即自检").click()
    await expect(page.locator("mw-chain")).to_contain_text("链路正常")
    done = next(e for e in post.hub.store.read_before(post.hub.store.newest + 1, 50) if e.kind == "selftest.done")
    links = {row["link"]: row["ok"] for row in done.data()["links"]}
    assert links == {"inbox": True, "log": True, "page": True, "siren:yard": True}
    await expect(page.locator("mw-chain li")).to_have_count(4)
    assert post.complaints() == []


async def press(page: Page, pin: str) -> None:
    """Tap a PIN on the pad."""
    pad = page.locator("mw-pin")
    for digit in pin:
        await pad.get_by_role("button", name=digit, exact=True).click()
    await pad.get_by_role("button", name="开始值班").click()


async def test_guards_change_in_two_taps_and_a_pin_and_the_page_stays(post: Post) -> None:
    accounts, pins = post.web.auth.accounts, post.web.auth.pins
    pins.put(accounts.add("王强", PASSWORD, Role.GUARD), "402913")
    page = await post.page(Role.SUPERVISOR)
    await tab(page, "PIN 与平板")
    await page.locator("mw-tablet").get_by_role("button", name="绑定到").click()
    await expect(page.locator("mw-tablet")).to_contain_text("已绑定岗位")
    await page.get_by_role("button", name="退出").click()
    await page.get_by_role("button", name="姓名与密码").click()
    accounts.add("李敏", PASSWORD, Role.GUARD)
    await page.locator("mw-login").get_by_label("姓名", exact=True).fill("李敏")
    await page.locator("mw-login").get_by_label("密码", exact=True).fill(PASSWORD)
    await page.locator("mw-login").get_by_role("button", name="登录", exact=True).click()
    await tab(page, "PIN 与平板")
    await page.get_by_label("新 PIN").fill("775533")
    await page.get_by_label("再输一次").fill("775533")
    await page.get_by_role("button", name="设置 PIN").click()
    await expect(page.locator("mw-tablet [role=status]")).to_contain_text("PIN 已设置")
    await page.get_by_role("button", name="退出").click()
    names = page.locator("mw-pin .names button")
    await expect(names).to_have_count(2)
    await names.filter(has_text="王强").click()
    await press(page, "402913")
    await expect(page.locator("mw-strip").get_by_role("button", name="换人（当前 王强）")).to_be_visible()
    await go(page, "登记")
    await page.locator("mw-strip").get_by_role("button", name="换人（当前 王强）").click()
    await names.filter(has_text="李敏").click()
    await press(page, "775511")
    await expect(page.locator("mw-pin [role=alert]")).to_contain_text("PIN 不对")
    await page.keyboard.type("775533")
    await page.keyboard.press("Enter")
    await expect(page.locator("mw-strip").get_by_role("button", name="换人（当前 李敏）")).to_be_visible()
    await expect(page.locator("mw-pin")).to_have_count(0)
    await expect(page.locator("mw-register")).to_be_visible()
    assert post.complaints() == []


async def test_keys_pressed_while_a_pin_is_checked_do_nothing_at_the_desk(post: Post) -> None:
    accounts, pins = post.web.auth.accounts, post.web.auth.pins
    pins.put(accounts.add("王强", PASSWORD, Role.GUARD), "402913")
    page, answered = await post.page(Role.SUPERVISOR), asyncio.Event()
    await tab(page, "PIN 与平板")
    await page.locator("mw-tablet").get_by_role("button", name="绑定到").click()
    await expect(page.locator("mw-tablet")).to_contain_text("已绑定岗位")
    await page.get_by_role("button", name="退出").click()
    await page.locator("mw-pin .names button").click()
    await press(page, "402913")
    await go(page, "登记")
    post.hub.alarm("door.forced", 1, "door:garage", "地库人行门")
    await page.locator("mw-strip").get_by_role("button", name="换人（当前 王强）").click()
    await page.locator("mw-pin .names button").click()

    async def late(route: Route) -> None:
        await answered.wait()
        await route.continue_()

    await page.route("**/v1/session/pin", late)
    await page.keyboard.type("111222")
    await page.keyboard.press("Enter")
    await expect(page.locator("mw-pin .pad button").first).to_be_disabled()
    await page.keyboard.press("1")  # at the desk it would choose the alarm
    answered.set()
    await expect(page.locator("mw-pin [role=alert]")).to_contain_text("PIN 不对")
    await expect(page.locator("mw-rail").get_by_role("button", name="登记")).to_have_attribute("aria-pressed", "true")
    await expect(page.locator("mw-pin output")).to_have_text("")


TALL = "all => all.map(button => button.getBoundingClientRect().height)"


async def fits(page: Page, name: str) -> None:
    """No scroll bar around the page, and buttons for a thumb."""
    over = await page.evaluate(
        "[document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]"
    )
    assert over == [0, 0], name
    heights = await page.locator("button.primary:visible, mw-duty .scroll button:visible").evaluate_all(TALL)
    assert min(heights) >= 64, name


@pytest.mark.parametrize("size", [(1280, 800), (800, 1280), (1024, 600)])
async def test_every_part_of_the_duty_fits(post: Post, size: tuple[int, int], tmp_path: Path) -> None:
    post.web.auth.pins.put(post.web.auth.accounts.add("王强", PASSWORD, Role.GUARD), "402913")
    page = await post.page(Role.SUPERVISOR, size)
    await tab(page, "演练")
    await page.get_by_label("演练内容").fill("车棚起火")
    await page.get_by_role("button", name="开始演练").click()
    await page.locator("mw-drill").get_by_role("button", name="火警").click()
    for number, name in enumerate(TABS):
        await tab(page, name)
        await page.screenshot(path=tmp_path / f"duty-{number}.png")
        await fits(page, name)
    await page.locator("mw-tablet").get_by_role("button", name="绑定到").click()
    await go(page, "门岗")
    await expect(page.locator("mw-alarm-card article.drill")).to_be_visible()
    await page.screenshot(path=tmp_path / "desk.png")
    await fits(page, "desk in a drill")
    await page.get_by_role("button", name="退出").click()
    await page.locator("mw-pin .names button").click()
    await page.screenshot(path=tmp_path / "pad.png")
    heights = await page.locator("mw-pin .pad button").evaluate_all(TALL)
    assert min(heights) >= 64


async def test_no_part_has_a_violation_in_drill_and_at_the_pad(post: Post, axe: str) -> None:
    post.web.auth.pins.put(post.web.auth.accounts.add("王强", PASSWORD, Role.GUARD), "402913")
    page = await post.page(Role.SUPERVISOR)
    for name in TABS:
        await tab(page, name)
        assert await violations(page, axe) == [], name
    await tab(page, "演练")
    await page.get_by_label("演练内容").fill("车棚起火")
    await page.get_by_role("button", name="开始演练").click()
    await page.locator("mw-drill").get_by_role("button", name="火警").click()
    post.hub.alarm("door.forced", 1, "door:garage", "地库人行门")
    await expect(page.locator("mw-bars .drill")).to_contain_text("真实告警")
    assert await violations(page, axe) == [], "drill"
    await go(page, "门岗")
    await expect(page.locator("mw-alarm-card article.drill")).to_be_visible()
    assert await violations(page, axe) == [], "desk in a drill"
    await tab(page, "PIN 与平板")
    await page.locator("mw-tablet").get_by_role("button", name="绑定到").click()
    await page.get_by_role("button", name="退出").click()
    await page.locator("mw-pin .names button").click()
    assert await violations(page, axe) == [], "pad"


async def test_a_hidden_page_notifies_of_what_somebody_must_act_on(post: Post) -> None:
    page = await post.page(Role.GUARD)
    await page.evaluate(
        """() => {
          window.shown = [];
          window.Notification = class {
            static permission = 'granted';
            constructor(title, about) { window.shown.push([title, about.body]); }
          };
          Object.defineProperty(document, 'hidden', { get: () => window.away });
        }"""
    )
    post.hub.alarm("door.held_open", 2, "door:garage", "地库人行门")
    await expect(page.locator("mw-alarm-card")).to_have_count(1)
    await expect(page.locator("mw-events li", has_text="地库人行门")).not_to_have_count(0)
    await page.evaluate("() => { window.away = true; }")
    post.hub.alarm("camera.impaired", 3, "camera:east", "东门")
    post.hub.alarm("door.forced", 1, "door:unit-3", "3号楼单元门")
    async with asyncio.timeout(30):
        while not (shown := await page.evaluate("window.shown")):  # polling in the page would need unsafe-eval
            await asyncio.sleep(0.05)
    assert shown == [["紧急 · 门被强行打开", "3号楼单元门"]]
