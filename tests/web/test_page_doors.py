"""The page's doors, sirens and further views in a real Chromium: unlock, silence, register, visitors, equipment."""

from __future__ import annotations

import asyncio
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
from playwright.async_api import Download, Page, expect

from edge.observations import UnlockByHand
from edge.users.auth import Role
from sync.records import CameIn, Inside, PutSlip, Slip
from tests.web.desk import NEEDS, Desk, hold_open
from tests.web.pictures import car_jpeg

pytestmark = NEEDS

VIEWS = ["门岗", "画面", "值班", "巡更", "登记", "访客", "设备", "回放", "质量", "人脸"]


async def go(page: Page, view: str) -> None:
    """Another view, by the rail."""
    await page.locator("mw-rail").get_by_role("button", name=view).click()


async def content(download: Download) -> bytes:
    """What was downloaded."""
    return await asyncio.to_thread((await download.path()).read_bytes)


async def test_a_door_is_unlocked_by_hand_with_a_reason_and_a_hold(desk: Desk) -> None:
    page = await desk.logged_in()
    door = page.get_by_role("article", name="3号楼单元门")
    await expect(door).to_contain_text("已锁")
    await door.get_by_role("button", name="开门…").click()
    card = page.locator("mw-door-card")
    await expect(card.locator("mw-hold button")).to_be_disabled()
    await card.get_by_role("button", name="忘带卡").click()
    await card.locator("mw-hold button").click()  # a tap is not enough
    assert desk.web.gateway.acted == []
    await hold_open(page, "mw-door-card")
    await expect(card.get_by_role("status")).to_contain_text("网关答复：已执行 · 正在开锁")
    [act] = desk.web.gateway.acted
    assert isinstance(act, UnlockByHand)
    assert (act.door, act.reason) == ("unit-3", "forgot_card")
    await expect(door).to_contain_text("已开锁")
    await expect(page.locator("mw-events li").first).to_contain_text("3号楼单元门 门卫手动开门")
    assert desk.complaints == []


async def test_a_door_that_cannot_be_unlocked_says_why(desk: Desk) -> None:
    desk.web.gateway.doors["garage"]["state"] = "offline"
    page = await desk.logged_in()
    await page.get_by_role("article", name="地库人行门").get_by_role("button", name="开门…").click()
    await page.locator("mw-door-card").get_by_role("button", name="应急").click()
    await hold_open(page, "mw-door-card")
    await expect(page.locator("mw-door-card .verdict.no")).to_contain_text("未执行 · 门离线")


@pytest.mark.parametrize(
    ("state", "words"),
    [("forced", "门被强行打开！"), ("held_open", "门久开未关！"), ("fire_released", "火警释放")],
)
async def test_what_is_wrong_with_a_door_comes_first_and_in_red(desk: Desk, state: str, words: str) -> None:
    page = await desk.logged_in()
    desk.web.gateway.doors["garage"]["state"] = state
    first = page.locator("mw-doors article").first
    await expect(first).to_contain_text(f"地库人行门 {words}")
    await expect(first).to_have_class("alarming")
    await expect(page.locator("mw-doors")).to_have_class("first")


async def test_smoke_is_named_by_its_place_and_taken_from_any_view(desk: Desk) -> None:
    gateway = desk.web.gateway
    page = await desk.logged_in()
    await go(page, "登记")
    gateway.raise_alarm("smoke.active", 1, "input:shed", place="电动车充电棚")
    bar = page.locator("mw-bars .life")
    await expect(bar.locator(".where")).to_have_text("电动车充电棚")
    await expect(bar).to_contain_text("烟感报警")
    assert await bar.locator(".where").evaluate("e => parseFloat(getComputedStyle(e).fontSize)") >= 28
    await bar.get_by_role("button", name="我来处理").click()
    await expect(bar).to_contain_text("一次性令牌 处理中")
    next(iter(gateway.alarms.values()))["returned_at_s"] = time.time()
    await expect(bar).to_have_count(0)


async def test_a_siren_is_silenced_by_a_hold_and_not_by_a_tap(desk: Desk) -> None:
    gateway = desk.web.gateway
    page = await desk.logged_in()
    gateway.sirens["yard"] |= {"state": "sounding", "cause": "smoke.active"}
    bar = page.locator("mw-bars .siren")
    await expect(bar).to_contain_text("电动车棚")
    await expect(bar).to_contain_text("正在鸣响 烟感报警")
    await bar.locator("mw-hold button").click()
    assert gateway.acted == []
    await hold_open(page, "mw-bars")
    await expect(page.locator("mw-bars")).to_contain_text("网关答复：已执行 · 已复位")
    await expect(bar).to_have_count(0)
    assert [type(act).__name__ for act in gateway.acted] == ["ResetSirens"]


async def test_readers_and_doors_are_counted_in_the_strip(desk: Desk) -> None:
    gateway = desk.web.gateway
    page = await desk.logged_in()
    strip = page.locator("mw-strip")
    await expect(strip).to_contain_text("读卡器 1/1")
    gateway.readers_up = False
    gateway.doors["garage"]["state"] = "offline"
    await expect(strip.locator(".bad", has_text="读卡器 0/1")).to_have_attribute("title", "3号楼键盘")
    await expect(strip.locator(".bad", has_text="门 1/2")).to_be_visible()


async def test_a_waiting_vehicle_breaks_through_and_a_form_is_kept_meanwhile(desk: Desk) -> None:
    page = await desk.logged_in()
    await go(page, "访客")
    await page.get_by_label("被访人").fill("3-502 王女士")
    desk.web.gateway.arrive("east-in", "粤B12345", car_jpeg())
    bar = page.locator("mw-bars .car")
    await expect(bar).to_contain_text("东门入口 粤B12345")
    await bar.get_by_role("button", name="去处理").click()
    await expect(page.locator("mw-focus .plate")).to_have_text("粤B12345")
    await expect(bar).to_have_count(0)
    await go(page, "访客")
    await expect(page.get_by_label("被访人")).to_have_value("3-502 王女士")


async def test_who_is_inside_and_the_register(desk: Desk) -> None:
    gateway = desk.web.gateway
    inside = Inside(key="vehicle:粤B12345", name="张三", gate="east-in", since_s=time.time() - 60, event_id="e1")
    body = {"key": inside.key, "name": inside.name, "gate": inside.gate, "direction": "in"}
    gateway.record("register.came_in", "lane:east-in", body, changes=(CameIn(inside),))
    page = await desk.logged_in()
    await go(page, "登记")
    register = page.locator("mw-register")
    await expect(register.locator("tbody tr")).to_have_count(1)
    await expect(register.locator("tbody tr")).to_contain_text("张三")
    await expect(register.locator("tbody tr")).to_contain_text("东门入口")
    async with page.expect_download() as taken:
        await register.get_by_role("link", name="导出 CSV").click()
    assert "粤B12345" in (await content(await taken.value)).decode("utf-8-sig")
    await register.get_by_role("button", name="进出记录").click()
    await expect(register.locator("tbody tr")).to_contain_text("还在内")
    await register.get_by_label("车牌、姓名").fill("粤B99999")
    await register.get_by_role("button", name="查找").click()
    await expect(register).to_contain_text("没有符合的记录")
    async with page.expect_download() as taken:
        await register.get_by_role("link", name="导出 Excel").click()
    assert (await taken.value).suggested_filename == "register.xlsx"
    assert desk.complaints == []


async def test_a_visitor_code_is_shown_once_listed_without_it_and_revoked(desk: Desk) -> None:
    desk.web.app.state.pepper = lambda: b"p" * 32
    page = await desk.logged_in()
    await go(page, "访客")
    desk_view = page.locator("mw-visitors")
    await desk_view.get_by_label("被访人").fill("3-502 王女士")
    await desk_view.get_by_role("textbox", name="访客").fill("李明")
    await desk_view.get_by_role("button", name="3号楼单元门").click()
    await desk_view.get_by_role("button", name="2 次").click()
    await desk_view.get_by_role("button", name="签发访客码").click()
    digits = (await desk_view.locator("output").inner_text()).replace(" ", "")
    assert len(digits) == 8
    assert digits.isdigit()
    [code] = desk.web.gateway.store.policy().codes.values()
    assert (code.host, code.gates, code.uses_allowed) == ("3-502 王女士", ("unit-3",), 2)
    if find_spec("zxingcpp") is not None:
        from tests.edge.svg_reader import read_text

        picture = await desk_view.locator("svg.qr").evaluate("one => one.outerHTML")
        assert read_text(picture) == digits
    await desk_view.get_by_role("button", name="复制").click()
    await expect(desk_view.get_by_role("button", name="已复制")).to_be_visible()
    await desk_view.get_by_role("button", name="已告知，收起").click()
    await expect(desk_view.locator("output")).to_have_count(0)
    row = desk_view.locator("tbody tr")
    await expect(row).to_contain_text("0/2")
    assert digits not in await desk_view.inner_text()
    await row.get_by_role("button", name="撤销").dblclick()
    await expect(row).to_contain_text("已撤销")
    assert desk.complaints == []


async def test_a_code_that_is_bound_to_a_phone_has_six_digits_and_no_picture(desk: Desk) -> None:
    desk.web.app.state.pepper = lambda: b"p" * 32
    page = await desk.logged_in()
    await go(page, "访客")
    desk_view = page.locator("mw-visitors")
    await desk_view.get_by_label("被访人").fill("3-502 王女士")
    await desk_view.get_by_role("textbox", name="访客").fill("李明")
    await desk_view.get_by_label("手机号").fill("138 0000 1234")
    await desk_view.get_by_role("button", name="签发访客码").click()
    digits = (await desk_view.locator("output").inner_text()).replace(" ", "")
    assert len(digits) == 6
    await expect(desk_view.locator(".code")).to_contain_text("再输手机后四位")
    await expect(desk_view.locator("svg.qr")).to_have_count(0)
    assert "1234" not in await desk_view.locator(".code").inner_text()
    assert desk.complaints == []


async def test_goods_leave_only_when_every_item_matches(desk: Desk) -> None:
    now_s = time.time()
    slip = Slip(
        id="F-12",
        host="3-502 王女士",
        consent_by="王女士",
        approved_by="刘主任",
        items=(("沙发", 1), ("纸箱", 3)),
        not_before_s=now_s - 60,
        not_after_s=now_s + 3600,
    )
    desk.web.gateway.record("lists.changed", "operator:office", {"change": "slip.put"}, changes=(PutSlip(slip),))
    page = await desk.logged_in()
    await go(page, "访客")
    await page.get_by_role("button", name="物品放行条").click()
    slips = page.locator("mw-slips")
    await slips.get_by_role("button", name="F-12").click()
    await expect(slips.locator("mw-hold button")).to_be_disabled()
    await slips.get_by_role("button", name="沙发 +1").click()
    await slips.get_by_label("纸箱 清点数").fill("2")
    await hold_open(page, "mw-slips")
    await expect(slips.locator(".verdict.no")).to_contain_text("清点与放行条不符")
    await expect(slips.locator(".differs")).to_contain_text("条上 3 · 清点 2，不符")
    photo = {"name": "goods.jpg", "mimeType": "image/jpeg", "buffer": car_jpeg()}
    await slips.locator("input[name=photo]").set_input_files(photo)
    await slips.get_by_role("button", name="纸箱 +1").click()
    await hold_open(page, "mw-slips")
    await expect(slips.locator(".verdict.ok")).to_contain_text("核对一致，放行")
    assert desk.web.gateway.store.policy().slips["F-12"].used
    checked = [e for e in desk.web.gateway.store.read_after(0) if e.kind == "slip.checked"]
    [kept] = checked[-1].data()["media"]
    assert kept["mime"] == "image/jpeg"
    await expect(slips.get_by_role("button", name="F-12")).to_be_disabled()


async def test_the_ledger_puts_first_what_needs_a_hand(desk: Desk) -> None:
    page = await desk.logged_in()
    desk.web.gateway.record("camera.back", "camera:east", {"down_s": 0, "first": True})
    desk.web.gateway.record("lane.offline", "lane:east-in", {})
    await go(page, "设备")
    cards = page.locator("mw-equipment li")
    await expect(cards).to_have_count(2)
    await expect(cards.first).to_contain_text("东门入口 故障")
    await expect(cards.last).to_contain_text("维保已到期 2020-04-10")
    await cards.last.get_by_role("button", name="记维保").click()
    await cards.last.get_by_label("谁做的").fill("维保公司")
    await cards.last.get_by_label("做了什么").fill("清洁镜头")
    await cards.last.get_by_role("button", name="记下").click()
    await expect(cards.last).to_contain_text("下次维保")
    assert desk.complaints == []


async def test_a_guard_takes_the_list_of_those_inside_but_not_the_register(desk: Desk) -> None:
    page = await desk.page()
    await page.goto(f"{desk.server.url}#token={desk.web.token(Role.GUARD)}")
    await go(page, "登记")
    register = page.locator("mw-register")
    await expect(register.get_by_role("link")).to_have_count(1)
    await register.get_by_role("button", name="进出记录").click()
    await expect(register.get_by_role("link")).to_have_count(0)


@pytest.mark.parametrize("size", [(1280, 800), (800, 1280), (1024, 600)])
async def test_every_view_fits_with_buttons_for_a_thumb(desk: Desk, size: tuple[int, int], tmp_path: Path) -> None:
    gateway = desk.web.gateway
    gateway.fire = {"active": False, "latched": True}
    gateway.sirens["yard"]["state"] = "sounding"
    gateway.arrive("east-in", "粤B12345", car_jpeg())
    page = await desk.logged_in(size)
    for number, view in enumerate(VIEWS):
        await go(page, view)
        await page.screenshot(path=tmp_path / f"view-{number}.png")
        scroll, width, high, height = await page.evaluate(
            "[document.documentElement.scrollWidth, innerWidth, document.documentElement.scrollHeight, innerHeight]"
        )
        assert (scroll, high) == (width, height), view
        heights = await page.locator("button.primary:visible, mw-rail button").evaluate_all(
            "all => all.map(button => button.getBoundingClientRect().height)"
        )
        assert min(heights) >= 64, view
    assert desk.complaints == []
