"""Looking back and figures in a real Chromium, and the pages of those who have no desk: auditor and issuer."""

from __future__ import annotations

import time
from typing import Any

import pytest
from playwright.async_api import Page, expect

from edge.users.auth import Role
from sync.event import STRANGER_ROLE, Attachment, EventDraft
from tests.web.desk import NEEDS, Desk
from tests.web.gateway import Gateway
from tests.web.pictures import car_jpeg

pytestmark = NEEDS

SIZES = [(1280, 800), (800, 1280), (1024, 600)]


async def go(page: Page, view: str) -> None:
    """Another view, by the rail."""
    await page.locator("mw-rail").get_by_role("button", name=view).click()


async def enter(desk: Desk, role: Role, size: tuple[int, int] = (1280, 800)) -> Page:
    """The page of a role that has no desk."""
    page = await desk.page(size)
    await page.goto(f"{desk.server.url}#token={desk.web.token(role)}")
    await expect(page.locator("mw-office mw-rail")).to_be_visible()
    return page


def happened(gateway: Gateway) -> None:
    """A shift with alarms of two sources, an opening by hand, a stranger at a door."""
    record = gateway.record
    record("shift.started", "operator:li", {"post": "gate", "guard": "li", "after": ""})
    for number, outcome in enumerate(("false", "false", "handled", "")):
        alarm(gateway, f"a{number}", "camera:east", outcome)
    alarm(gateway, "b", "lane:east-in", "handled", kind="lane.forced", priority=1)
    picture = {"lane": "east-in", "reason": "courier", "plate": "粤B12345"}
    record("operator.opened", "operator:li", picture, picture=car_jpeg())
    draft = EventDraft(
        kind="access.denied", source="door:unit-3", body={"reason": "unknown_face"}, wall_us=time.time_ns() // 1000,
        mono_ns=1, attachments=(Attachment(STRANGER_ROLE, "image/jpeg", car_jpeg() + b"face"),),
    )  # fmt: skip
    gateway.store.append([draft]).result(timeout=30)


def alarm(gateway: Gateway, id_: str, source: str, outcome: str, kind: str = "camera.lost", priority: int = 2) -> None:
    body: dict[str, Any] = {"alarm": id_, "kind": kind, "alarm_priority": priority, "place": "东门", "event_id": ""}
    gateway.record("alarm.opened", source, body)
    gateway.record("alarm.acknowledged", "operator:li", {"alarm": id_, "kind": kind, "after_s": 42.0})
    if outcome:
        closed = {"alarm": id_, "kind": kind, "outcome": outcome, "note": "", "count": 1, "age_s": 300.0}
        gateway.record("alarm.closed", "operator:li", closed)


async def test_a_day_is_looked_back_on_filtered_and_marked(desk: Desk) -> None:
    happened(desk.web.gateway)
    page = await desk.logged_in()
    await go(page, "回放")
    view = page.locator("mw-review")
    lines = view.locator("li")
    await expect(lines).to_have_count(7)
    await view.get_by_label("告警状态").select_option("false")
    await expect(lines).to_have_count(2)
    await expect(lines.first).to_contain_text("东门入口相机")
    await expect(lines.first).to_contain_text("误报")
    await expect(lines.first).to_contain_text("li · 42 秒后接警 · 5.0 分后办结")
    await view.get_by_role("button", name="本页全部标为已看").click()
    await expect(view.get_by_text("已看过")).to_have_count(2)
    await view.get_by_label("告警状态").select_option("")
    await view.get_by_role("button", name="只看未看").click()
    await expect(lines).to_have_count(5)
    await view.get_by_role("button", name="日历").click()
    await expect(view.locator(".days .dot")).to_have_count(1)
    assert desk.complaints == []


async def test_a_strangers_face_is_seen_only_after_a_tap_that_is_on_record(desk: Desk) -> None:
    happened(desk.web.gateway)
    page = await desk.logged_in()
    await go(page, "回放")
    await expect(page.locator("mw-review li")).to_have_count(7)
    assert "picture.opened" not in desk.web.kinds()
    await page.get_by_role("button", name="查看人脸（记录在案）").last.click()
    image = page.locator("mw-viewer img")
    await expect(image).to_be_visible()
    assert await image.evaluate("e => e.decode().then(() => e.naturalWidth)") > 0
    assert desk.web.kinds().count("picture.opened") == 1
    assert desk.complaints == []


async def test_the_figures_are_those_of_the_day_and_can_be_taken_along(desk: Desk) -> None:
    happened(desk.web.gateway)
    page = await desk.logged_in()
    await go(page, "质量")
    view = page.locator("mw-figures")
    await expect(view.locator(".tile", has_text="误报率")).to_contain_text("50.0%")
    await expect(view.locator("tr", has_text="摄像机失去")).to_contain_text("常误报 66.6%")
    await expect(view.locator("dl", has_text="快递")).to_contain_text("1")
    for form in ("CSV", "XLSX", "PDF"):
        async with page.expect_download() as taken:
            await view.get_by_role("link", name=f"导出 {form}").click()
        assert (await taken.value).suggested_filename.endswith(form.lower())
    await view.get_by_role("button", name="班次").click()
    await expect(view.get_by_role("status")).to_contain_text("gate li")
    assert desk.web.kinds().count("figures.exported") == 3
    assert desk.complaints == []


async def test_the_auditor_has_a_page_that_reads_and_nothing_else(desk: Desk) -> None:
    happened(desk.web.gateway)
    page = await enter(desk, Role.AUDITOR)
    buttons = page.locator("mw-rail button")
    assert await buttons.all_inner_texts() == ["登记", "回放", "质量"]
    await expect(page.get_by_label("登记", exact=True).first).to_be_visible()
    await go(page, "回放")
    await expect(page.locator("mw-review li")).to_have_count(7)
    await expect(page.locator("mw-review")).to_contain_text("东门入口相机")
    async with page.expect_download() as taken:
        await page.get_by_role("link", name="证据包").first.click()
    assert (await taken.value).suggested_filename.startswith("evidence-")
    await page.locator("mw-review").get_by_role("button", name="审计").click()
    await expect(page.locator("mw-review li").first).to_contain_text("证据包已导出")
    await go(page, "质量")
    await expect(page.locator("mw-figures .tile").first).to_contain_text("100.0%")
    await page.get_by_role("button", name="English").click()
    await expect(page.locator("mw-figures")).to_contain_text("Quality of service")
    await page.get_by_role("button", name="Log out").click()
    await expect(page.locator("mw-login")).to_be_visible()
    assert desk.complaints == []


async def test_the_issuer_has_a_page_for_visitors_alone(desk: Desk) -> None:
    page = await enter(desk, Role.ISSUER)
    assert await page.locator("mw-rail button").all_inner_texts() == ["访客"]
    await expect(page.locator("mw-visitors").get_by_role("button", name="东门入口")).to_be_visible()
    await page.reload()
    await expect(page.locator("mw-visitors")).to_be_visible()
    assert desk.complaints == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("view", ["回放", "质量"])
async def test_the_views_fit_the_tablet_both_ways(desk: Desk, size: tuple[int, int], view: str) -> None:
    happened(desk.web.gateway)
    page = await desk.logged_in(size)
    await go(page, view)
    await expect(page.locator("main section.sheet:visible")).to_have_count(1)
    await page.wait_for_timeout(500)
    wide = await page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.scrollHeight, innerWidth, innerHeight]"
    )
    assert wide[0] <= wide[2]
    assert wide[1] <= wide[3]
