"""The patrol and guards' reports on the page, in a real Chromium: walk, lose the link, report with a photo."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from edge.observations import AcknowledgeAlarm, Operator
from edge.patrol.acts import ScanPoint
from edge.patrol.proof import check_proof
from tests.web.by_rules import CODES, patrolled
from tests.web.desk import CHROMIUM, FLAGS, NEEDS, PATIENCE_MS, Chromium, Desk, open_desk
from tests.web.pictures import car_jpeg
from tests.web.rig import Web
from tests.web.test_page_accessible import axe, violations
from tests.web.test_page_doors import go

__all__ = ["axe"]

pytestmark = NEEDS

TABS = ("当前巡更", "上报", "巡更记录")


@pytest_asyncio.fixture(loop_scope="session")
async def walk(web: Web, chromium: Chromium, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(patrolled(web, tmp_path), chromium) as desk:
        yield desk


def complaints(desk: Desk) -> list[str]:
    """What the browser objects to, but for refusals (409) and the worker that the rig blocks."""
    return [said for said in desk.complaints if "409" not in said and "Service Worker" not in said]


async def typed(page: Page, code: str) -> None:
    """Enter a checkpoint's code by hand."""
    scanner = page.locator("mw-scanner")
    await scanner.get_by_label("巡更点的码").fill(code)
    await scanner.get_by_role("button", name="手输确认").click()


async def emptied(page: Page) -> None:
    """Nothing waits on the tablet any more; the page's policy forbids to wait for it inside the page."""
    async with asyncio.timeout(PATIENCE_MS / 1000):
        while await page.evaluate("() => localStorage['mw-patrol-queue']") != "[]":
            await page.wait_for_timeout(100)


async def test_a_round_is_reminded_of_walked_and_its_track_drawn(walk: Desk) -> None:
    page = await walk.logged_in()
    assert walk.web.gateway.rules is not None
    day = walk.web.gateway.rules.day()
    bar = page.locator("mw-bars .banner", has_text="夜间全园").first
    await bar.get_by_role("button", name="去巡更").click()
    round_ = page.locator("mw-patrol article").first
    await expect(round_).to_contain_text("夜间全园")
    await round_.get_by_role("button", name="开始巡更").click()
    await expect(round_).to_contain_text("一次性令牌 巡更中")
    await typed(page, CODES["shed"])
    await expect(round_.locator("li").first).to_contain_text("手输")
    await expect(page.locator("mw-plan circle.ok")).to_have_count(1)
    await typed(page, "not-a-code")
    await expect(page.locator("mw-patrol header .verdict.no")).to_contain_text("这不是巡更点的码")
    await typed(page, CODES["pump"])
    await expect(page.locator("mw-patrol header .verdict.ok")).to_contain_text("这一轮已完成")
    await page.get_by_role("button", name="巡更记录").click()
    await page.get_by_label("日期").fill(day)
    row = page.locator("mw-patrol .rows button", has_text="2/2")
    await row.click()
    await expect(page.locator("mw-plan polyline")).to_have_count(1)
    async with page.expect_download() as taken:
        await page.get_by_role("link", name="导出证明").click()
    data = await asyncio.to_thread((await (await taken.value).path()).read_bytes)
    assert check_proof(data).ok
    assert "setup" not in data.decode()
    assert complaints(walk) == []


async def test_scans_are_kept_while_the_link_is_lost_and_sent_once(walk: Desk) -> None:
    page = await walk.logged_in()
    await go(page, "巡更")
    await expect(page.locator("mw-patrol article").first).to_be_visible()
    await page.route("**/v1/patrol/scan", lambda route: route.abort())
    await typed(page, CODES["shed"])
    await expect(page.locator("mw-patrol header")).to_contain_text("未同步 1")
    await page.evaluate(  # two minutes pass without a link
        "() => { const q = JSON.parse(localStorage['mw-patrol-queue']); q[0].at -= 120; "
        "localStorage['mw-patrol-queue'] = JSON.stringify(q); }"
    )
    await page.unroute("**/v1/patrol/scan")
    await page.reload()
    await emptied(page)  # whatever view is in front
    await go(page, "巡更")
    await expect(page.locator("mw-patrol article li").first).to_contain_text("离线补传")
    await expect(page.locator("mw-patrol header")).not_to_contain_text("未同步")
    [event] = [e for e in walk.web.gateway.store.read_after(0) if e.kind == "patrol.scanned"]
    assert event.data()["offline"] is True


async def test_a_code_is_read_by_the_tablets_camera(walk: Desk) -> None:
    flags = [*FLAGS, "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    browser = await walk.browser.browser_type.launch(executable_path=CHROMIUM, args=flags)
    page = await (await browser.new_context(locale="zh-CN")).new_page()
    page.set_default_timeout(PATIENCE_MS)
    # The camera is the browser's own; only Chromium on Linux has no reader of codes, so the test brings one.
    await page.add_init_script(
        "globalThis.BarcodeDetector = class { detect(video) { return Promise.resolve(video.videoWidth ? "
        f"[{{ rawValue: '{CODES['shed']}' }}] : []); }} }};"
    )
    await page.goto(f"{walk.server.url}#token={walk.web.token()}")
    await go(page, "巡更")
    await page.locator("mw-scanner").get_by_role("button", name="扫二维码").click()
    await expect(page.locator("mw-patrol article li").first).to_contain_text("扫码")
    await expect(page.locator("mw-scanner video")).to_have_count(0)
    [act] = walk.web.gateway.acted
    assert isinstance(act, ScanPoint)
    assert act.how == "qr"
    await browser.close()


async def test_another_guards_scans_wait_for_that_guard(walk: Desk) -> None:
    page = await walk.logged_in()
    kept = [{"code": CODES["shed"], "how": "qr", "me": "lin", "at": 1, "device": "d", "seq": 1, "request_id": "r" * 12}]
    await page.evaluate("kept => { localStorage['mw-patrol-queue'] = JSON.stringify(kept); }", kept)
    await go(page, "巡更")
    await expect(page.locator("mw-patrol header")).to_contain_text("未同步 1")
    await typed(page, CODES["pump"])
    await expect(page.locator("mw-patrol header .verdict.ok")).to_be_visible()
    assert [act.operator.name for act in walk.web.gateway.acted] == ["setup"]
    assert json.loads(await page.evaluate("localStorage['mw-patrol-queue']")) == kept


async def test_giving_a_round_up_needs_a_reason(walk: Desk) -> None:
    page = await walk.logged_in()
    await go(page, "巡更")
    round_ = page.locator("mw-patrol article").first
    await round_.get_by_role("button", name="开始巡更").click()
    await round_.get_by_role("button", name="中止…").click()
    await expect(round_.get_by_role("button", name="中止这一轮")).to_be_disabled()
    await round_.get_by_role("button", name="天气").click()
    await round_.get_by_role("button", name="中止这一轮").click()
    await expect(page.locator("mw-patrol header .verdict.ok")).to_contain_text("这一轮已中止")


async def test_a_report_goes_out_with_photo_and_place_and_comes_back_as_an_alarm(walk: Desk) -> None:
    page = await walk.logged_in()
    await go(page, "巡更")
    await page.get_by_role("button", name="上报", exact=True).first.click()
    report = page.locator("mw-report")
    await report.get_by_role("button", name="设施损坏").click()
    photo = {"name": "fence.jpg", "mimeType": "image/jpeg", "buffer": car_jpeg()}
    await report.locator("input[name=photos]").set_input_files(photo)
    await expect(report).to_contain_text("已拍 1 张")
    plan = report.locator("mw-plan svg")
    box = await plan.bounding_box()
    assert box is not None
    await plan.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    await expect(report.locator("circle.spot")).to_have_count(1)
    await report.get_by_label("说明").fill("护栏被撞")
    await report.get_by_label("位置", exact=True).fill("东门")
    await report.locator("form button.primary").click()
    await expect(report.locator(".verdict.ok")).to_contain_text("已上报")
    row = report.locator("li")
    await expect(row).to_contain_text("设施损坏：护栏被撞")
    await row.get_by_role("button", name="补充…").click()
    await row.get_by_label("说明").fill("已拉警戒线")
    await row.get_by_role("button", name="补充", exact=True).click()
    await expect(row.locator(".verdict.ok")).to_contain_text("已补充")
    async with page.expect_download() as taken:
        await row.get_by_role("link", name="导出证据包").click()
    assert (await taken.value).suggested_filename.endswith(".zip")
    await expect(report.locator("form textarea")).to_have_value("")
    await expect(report.locator("circle.spot")).to_have_count(0)
    [made] = [e for e in walk.web.gateway.store.read_after(0) if e.kind == "report.made"]
    assert made.data()["at"] == [pytest.approx(0.5, abs=0.02), pytest.approx(0.5, abs=0.02)]
    await go(page, "门岗")
    card = page.locator("mw-alarm-card")
    await expect(card).to_contain_text("门卫上报")
    await expect(card).to_contain_text("东门")
    assert complaints(walk) == []


async def test_a_photo_is_taken_on_site(walk: Desk) -> None:
    page = await walk.logged_in()
    await go(page, "巡更")
    await page.get_by_role("button", name="上报", exact=True).first.click()
    report = page.locator("mw-report")
    await report.get_by_role("button", name="堵塞占道").click()
    await report.get_by_label("位置", exact=True).fill("消防通道")
    await report.get_by_label("说明").fill("两辆车")
    await report.locator("form button.primary").click()
    await go(page, "门岗")
    card = page.locator("mw-alarm-card")
    await expect(card).to_contain_text("消防通道")
    rules = walk.web.gateway.rules
    assert rules is not None
    [alarm] = rules.alarms()
    rules.say(AcknowledgeAlarm(request_id="t", alarm=alarm, operator=Operator(name="setup", role="admin")))
    shot = {"name": "cars.jpg", "mimeType": "image/jpeg", "buffer": car_jpeg()}
    await card.locator("label.shot input").set_input_files(shot)
    await expect(card.locator(".verdict.ok")).to_be_visible()
    [there] = [e for e in walk.web.gateway.store.read_after(0) if e.kind == "alarm.on_site"]
    assert there.data()["picture"]


@pytest.mark.parametrize("size", [(1280, 800), (800, 1280), (1024, 600)])
async def test_every_tab_fits_with_buttons_for_a_thumb(walk: Desk, size: tuple[int, int], tmp_path: Path) -> None:
    page = await walk.logged_in(size)
    await go(page, "巡更")
    await typed(page, CODES["shed"])
    for number, tab in enumerate(TABS):
        await page.locator("mw-patrol .tabs").get_by_role("button", name=tab).click()
        await page.wait_for_timeout(500)
        await page.screenshot(path=tmp_path / f"tab-{number}.png")
        scroll, width, high, height = await page.evaluate(
            "[document.documentElement.scrollWidth, innerWidth, document.documentElement.scrollHeight, innerHeight]"
        )
        assert (scroll, high) == (width, height), tab
        heights = await page.locator("mw-patrol button.primary:visible, mw-patrol .tabs button").evaluate_all(
            "all => all.map(button => button.getBoundingClientRect().height)"
        )
        assert min(heights) >= 64, tab
    assert complaints(walk) == []


async def test_no_tab_has_a_violation(walk: Desk, axe: str) -> None:
    page = await walk.logged_in()
    await go(page, "巡更")
    await typed(page, CODES["shed"])
    for tab in TABS:
        await page.locator("mw-patrol .tabs").get_by_role("button", name=tab).click()
        await page.wait_for_timeout(300)
        assert await violations(page, axe) == [], tab
