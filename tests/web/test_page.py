"""The page in a real Chromium: a guard logs in, sees a car, opens by hand; and what happens when things break."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import expect

from config.model import Web as WebSettings
from edge.users.auth import Auth, Role
from edge.web.app import create_app
from edge.web.server import WebServer
from tests.web.desk import NEEDS, Desk, hold_open
from tests.web.gateway import SITE
from tests.web.pictures import car_jpeg

pytestmark = NEEDS


async def test_a_guard_logs_in_sees_a_car_and_opens_with_a_reason(desk: Desk) -> None:
    gateway = desk.web.gateway
    page = await desk.logged_in()
    assert "token" not in page.url, "the token must not stay in the address bar"
    await expect(page.get_by_text("没有车辆等待")).to_be_visible()
    await expect(page.get_by_text("演示", exact=True)).to_be_visible()

    gateway.arrive("east-in", "粤B12345", car_jpeg())
    focus = page.locator("mw-focus")
    await expect(focus.locator(".plate")).to_have_text("粤B12345")
    await expect(focus.get_by_text("不在名单中，也没有预约")).to_be_visible()
    await expect(focus.get_by_text("读得清楚 97%")).to_be_visible()
    assert await focus.locator("img").evaluate("i => i.decode().then(() => i.naturalWidth)") > 0
    await expect(page.locator("mw-hold button")).to_be_disabled()

    await focus.get_by_role("button", name="快递").click()
    await page.locator("mw-hold button").click()  # a tap is not enough
    assert gateway.acted == []
    await hold_open(page)
    await expect(focus.get_by_role("status")).to_contain_text("网关答复：已执行 · 正在开闸")
    [act] = gateway.acted
    assert (type(act).__name__, getattr(act, "reason", "")) == ("OpenByHand", "courier")
    await expect(page.locator("mw-lanes article").first).to_contain_text("打开，等车")
    await expect(page.locator("mw-events li").first).to_contain_text("东门入口 粤B12345 门卫手动开闸")
    await expect(page.locator("mw-events li").first).to_contain_text("快递 · 一次性令牌")
    assert desk.complaints == []


async def test_a_refusal_by_the_gateway_is_shown_as_one(desk: Desk) -> None:
    gateway = desk.web.gateway
    gateway.lanes["east-in"]["state"] = "offline"
    page = await desk.logged_in()
    await page.locator("mw-lanes article").first.get_by_role("button", name="开闸…").click()
    await page.locator("mw-focus").get_by_role("button", name="应急").click()
    await hold_open(page)
    await expect(page.locator("mw-focus .verdict.no")).to_contain_text("未执行 · 道闸离线")
    assert [c for c in desk.complaints if "409" not in c] == []


async def test_a_car_is_refused_with_a_reason_in_own_words(desk: Desk) -> None:
    gateway = desk.web.gateway
    page = await desk.logged_in()
    gateway.arrive("east-in", "京N8B0O", car_jpeg(), outcome="unsure", confidence=0.55, reason="unsure_read")
    focus = page.locator("mw-focus")
    await expect(focus.get_by_text("看不清 55%")).to_be_visible()
    await focus.get_by_role("button", name="拒绝").click()
    await focus.get_by_role("button", name="其他").click()
    await focus.get_by_label("写下原因").fill("司机说走错了")
    await focus.get_by_role("button", name="确认拒绝").click()
    await expect(focus.get_by_text("没有车辆等待")).to_be_visible()
    assert [getattr(a, "reason", "") for a in gateway.acted] == ["司机说走错了"]
    assert desk.complaints == []


async def test_alarms_are_taken_with_one_tap_and_closed_as_false_with_a_reason(desk: Desk) -> None:
    gateway = desk.web.gateway
    page = await desk.logged_in()
    gateway.raise_alarm("camera.lost", 2, "camera:east", place="东门入口相机", detail="frozen")
    gateway.raise_alarm("lane.forced", 1, "lane:east-out", place="东门出口")
    alarms = page.locator("mw-alarm-card")
    await expect(alarms).to_have_count(2)
    await expect(alarms.first).to_contain_text("紧急 · 道闸被强行打开")
    await alarms.first.get_by_role("button", name="我来处理").click()
    await expect(alarms.first).to_contain_text("一次性令牌 处理中")
    await alarms.last.get_by_role("button", name="误报").click()
    await alarms.last.get_by_role("button", name="测试").click()
    await alarms.last.get_by_role("button", name="确认误报").click()
    await expect(alarms).to_have_count(1)
    assert desk.complaints == []


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Shanghai"])
async def test_times_are_those_of_the_site_wherever_the_browser_stands(desk: Desk, zone: str) -> None:
    seq = desk.web.gateway.record("lane.passed", "lane:east-in", {"plate": "京A00001"})
    [event] = [e for e in desk.web.gateway.store.read_after(0) if e.seq == seq]
    at = datetime.fromtimestamp(event.wall_us / 1e6, ZoneInfo("Asia/Shanghai"))
    page = await desk.page(zone=zone)
    await page.goto(f"{desk.server.url}#token={desk.web.token()}")
    line = page.locator("mw-events li").filter(has_text="京A00001")
    # A date stands before it when the test runs over midnight.
    await expect(line.locator("time")).to_have_text(re.compile(rf"^(\d+-\d+ )?{at:%H:%M:%S}$"))


async def test_english_is_one_tap_away_and_stays(desk: Desk) -> None:
    page = await desk.logged_in()
    await page.get_by_role("button", name="English").click()
    await expect(page.get_by_text("No vehicle is waiting")).to_be_visible()
    await page.reload()
    await expect(page.get_by_text("No vehicle is waiting")).to_be_visible()
    shown = await page.evaluate("document.documentElement.lang")
    text = await page.locator("mw-strip").inner_text()
    assert shown == "en"
    assert not re.search(r"[\u4e00-\u9fff]", text.replace("翠湖花园", "").replace("中文", ""))
    assert desk.complaints == []


async def test_the_page_comes_back_by_itself_after_a_restart_of_the_gateway(desk: Desk) -> None:
    page = await desk.logged_in()
    web, port = desk.web, desk.server.port
    await desk.server.stop()
    await expect(page.locator("mw-strip [role=status]")).to_contain_text("重连中")
    web.gateway.record("lane.passed", "lane:east-in", {"plate": "京A00001"})
    auth = Auth(web.data_dir, idle_s=900.0, login_per_minute=5, mono=web.time, wall=web.time)
    desk.server = WebServer(create_app(web.gateway, auth, SITE), WebSettings(port=port))
    await desk.server.start()
    await expect(page.locator("mw-strip [role=status]")).to_contain_text("在线")
    await expect(page.locator("mw-events li").first).to_contain_text("京A00001 车辆已通过")
    auth.close()


async def test_a_silent_gateway_greys_the_page_and_says_so(desk: Desk) -> None:
    page = await desk.page()
    await page.add_init_script("const real = Date.now; window.aheadMs = 0; Date.now = () => real() + window.aheadMs")
    await page.goto(f"{desk.server.url}#token={desk.web.token()}")
    await expect(page.locator("mw-lanes article")).to_have_count(2)
    await desk.server.stop()
    await page.evaluate("window.aheadMs = 13000")
    await expect(page.get_by_role("alert")).to_contain_text("断开")
    await expect(page.locator("mw-focus.stale")).to_have_attribute("inert", "")
    await expect(page.locator(".right.stale")).to_have_attribute("inert", "")
    await expect(page.locator("mw-alarms")).not_to_have_attribute("inert", "")


async def test_a_session_that_ended_leads_to_the_log_in(desk: Desk) -> None:
    page = await desk.logged_in()
    desk.web.time.now_s += 901
    await page.locator("mw-lanes article").first.get_by_role("button", name="常开").dblclick()
    await expect(page.get_by_text("登录已失效，请重新登录")).to_be_visible()
    await page.get_by_label("令牌").fill(desk.web.token(Role.GUARD))
    await page.get_by_role("button", name="登录", exact=True).click()
    await expect(page.locator("mw-lanes article")).to_have_count(2)


async def test_a_role_without_a_desk_has_a_page_that_ends_with_its_session(desk: Desk) -> None:
    page = await desk.page()
    await page.goto(f"{desk.server.url}#token={desk.web.token(Role.AUDITOR)}")
    await expect(page.locator("mw-office mw-register")).to_be_visible()
    await page.reload()
    await expect(page.locator("mw-office mw-register")).to_be_visible()
    await page.wait_for_load_state("networkidle")
    assert desk.complaints == []
    desk.web.time.now_s += 901
    await page.locator("mw-rail").get_by_role("button", name="回放").click()
    await expect(page.get_by_text("登录已失效，请重新登录")).to_be_visible()
    await expect(page.get_by_label("令牌", exact=True)).to_be_visible()


async def test_the_first_account_is_offered_and_works(desk: Desk) -> None:
    page = await desk.logged_in()
    await page.get_by_role("button", name="建立账户").click()
    await page.get_by_role("textbox", name="姓名").fill("张三")
    await page.get_by_label("密码（至少 12 个字符）").fill("correct horse 电池")
    await page.locator("mw-account form").get_by_role("button", name="建立账户").click()
    await expect(page.get_by_text("已建立账户 张三")).to_be_visible()
    await page.get_by_role("button", name="退出").click()
    await page.get_by_role("button", name="姓名与密码").click()
    await page.get_by_role("textbox", name="姓名").fill("张三")
    await page.get_by_label("密码").fill("wrong password!")
    await page.get_by_role("button", name="登录", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("令牌、姓名或密码不对")
    await page.get_by_label("密码").fill("correct horse 电池")
    await page.get_by_role("button", name="登录", exact=True).click()
    await expect(page.locator("mw-lanes article")).to_have_count(2)


async def test_fire_cannot_be_overlooked_and_is_reset_only_when_the_input_is_clear(desk: Desk) -> None:
    gateway = desk.web.gateway
    page = await desk.logged_in()
    gateway.fire = {"active": True, "latched": True}
    banner = page.locator(".fire")
    await expect(banner).to_contain_text("火警！")
    await expect(banner.get_by_role("button")).to_be_disabled()
    gateway.fire = {"active": False, "latched": True}
    await expect(banner).to_contain_text("等待人工复位")
    await banner.get_by_role("button", name="火警复位").click()
    await expect(banner).to_have_count(0)
    assert desk.complaints == []


@pytest.mark.parametrize("size", [(1280, 800), (800, 1280), (1920, 1080), (1024, 600)])
async def test_everything_fits_and_buttons_are_large_enough_for_a_thumb(
    desk: Desk, size: tuple[int, int], tmp_path: Path
) -> None:
    gateway = desk.web.gateway
    gateway.arrive("east-in", "粤BD12345", car_jpeg(), color="green")
    gateway.arrive("east-out", "京N8B0O", car_jpeg(), outcome="unsure", confidence=0.5, reason="unsure_read")
    for kind in ("camera.lost", "link.lost", "lane.fault"):
        gateway.raise_alarm(kind, 2, "lane:east-in", place="东门入口")
    page = await desk.logged_in(size)
    await expect(page.locator("mw-alarm-card")).to_have_count(3)
    await page.screenshot(path=tmp_path / "page.png")
    scroll, width = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert scroll <= width, "no horizontal scrolling"
    for locator in (page.locator("mw-hold button"), page.get_by_role("button", name="我来处理").first):
        box = await locator.bounding_box()
        assert box is not None
        assert box["height"] >= 64
    overlap = await page.evaluate(
        """() => {
          const focus = document.querySelector('mw-app').renderRoot.querySelector('mw-focus').renderRoot;
          const picture = focus.querySelector('.body').getBoundingClientRect();
          return focus.querySelector('mw-reasons').getBoundingClientRect().top < picture.bottom;
        }"""
    )
    assert overlap is False
    assert desk.complaints == []
