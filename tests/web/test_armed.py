"""Beginning the duty, what is lost of it, the strip's figures, the manifest, and the keyboard."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import Page, expect

from edge.alarms.acts import AcknowledgeAlarm
from edge.web.page_route import STATIC
from tests.web.desk import NEEDS, Desk, until_held
from tests.web.gateway import Gateway
from tests.web.rig import Web

pytestmark = NEEDS

FAKE_LOCK = """
window.locks = [];
Object.defineProperty(navigator, 'wakeLock', { value: { request: async () => {
  const lock = new EventTarget();
  lock.release = async () => lock.dispatchEvent(new Event('release'));
  window.locks.push(lock);
  return lock;
} } });
"""


async def opened(desk: Desk, *scripts: str) -> Page:
    page = await desk.page()
    await page.context.grant_permissions(["notifications"])
    for script in scripts:
        await page.add_init_script(script)
    await page.goto(f"{desk.server.url}#token={desk.web.token()}")
    await expect(page.locator("mw-lanes article")).to_have_count(2)
    return page


async def test_one_tap_arms_and_what_is_lost_is_told_in_red_until_one_tap_brings_it_back(desk: Desk) -> None:
    page = await opened(desk, FAKE_LOCK)
    await expect(page.get_by_role("alert").filter(has_text="已失去")).to_have_count(0)
    await page.get_by_role("button", name="开始值班").click()
    await expect(page.get_by_role("button", name="有声")).to_be_visible()
    assert await page.evaluate("window.locks.length") == 1
    await page.evaluate("window.locks[0].release()")
    bar = page.get_by_role("alert").filter(has_text="已失去")
    await expect(bar).to_contain_text("屏幕常亮")
    await bar.get_by_role("button", name="点按恢复").click()
    await expect(bar).to_have_count(0)
    assert await page.evaluate("window.locks.length") == 2
    assert desk.complaints == []


async def test_the_pin_pads_last_tap_can_begin_the_duty_too(desk: Desk) -> None:
    page = await opened(desk, FAKE_LOCK)
    await page.evaluate("dispatchEvent(new CustomEvent('begin-duty'))")
    await expect(page.get_by_role("button", name="开始值班")).to_have_count(0)
    assert await page.evaluate("window.locks.length") == 1


BOXES = [
    ({"behind": 0, "disk_free_mb": 52_000, "disk_days": None, "https_days": None}, "磁盘 52 GB", "待同步", ""),
    (
        {"behind": 12, "disk_free_mb": 52_000, "disk_days": 120.4, "https_days": 300.2},
        "磁盘 120 天",
        "",
        "HTTPS 300 天",
    ),
    ({"behind": 5000, "disk_free_mb": 900, "disk_days": 2.5, "https_days": 5.0}, "磁盘 2 天", "", "HTTPS 5 天"),
]


@pytest.mark.parametrize(("box", "shown", "hidden", "https"), BOXES)
async def test_the_strip_tells_disk_queue_and_certificate(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, box: dict[str, float | None], shown: str, hidden: str, https: str
) -> None:
    plain = Gateway.snapshot
    monkeypatch.setattr(Gateway, "snapshot", lambda self: plain(self) | {"box": box})
    page = await opened(desk)
    strip = page.locator("mw-strip")
    await expect(strip).to_contain_text(shown)
    if hidden:
        await expect(strip).not_to_contain_text(hidden)
    if https:
        await expect(strip).to_contain_text(https)
    bounds = await strip.bounding_box()
    assert bounds is not None
    assert bounds["height"] <= 96


async def test_the_manifest_and_the_service_worker_are_open_and_name_files_that_exist(web: Web) -> None:
    stranger = web.client()
    reply = await stranger.get("/manifest.webmanifest")
    assert reply.headers["content-type"].startswith("application/manifest+json")
    manifest = reply.json()
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
    for icon in manifest["icons"]:
        found = await stranger.get(icon["src"])
        assert (found.status_code, found.headers["content-type"]) == (200, icon["type"])
    worker = await stranger.get("/sw.js")
    assert worker.headers["content-type"].startswith("text/javascript")
    parts = json.loads(worker.text.split("const PARTS = ", 1)[1].split(";", 1)[0])
    assert all((STATIC / part.removeprefix("/static/")).is_file() for part in parts)
    assert "/v1/" not in worker.text


async def test_an_alarm_is_chosen_and_taken_by_two_keys(desk: Desk) -> None:
    page = await opened(desk)
    desk.web.gateway.raise_alarm("lane.forced", 1, "lane:east-in", place="东门入口", stage="new")
    desk.web.gateway.raise_alarm("camera.lost", 2, "camera:out", place="东门出口相机", stage="new")
    cards = page.locator("mw-alarm-card")
    await expect(cards).to_have_count(2)
    await page.keyboard.press("Space")  # nothing is chosen yet: it only chooses
    await expect(cards.first.locator("article")).to_be_focused()
    assert desk.web.gateway.acted == []
    await page.keyboard.press("2")
    await expect(cards.nth(1).locator("article.chosen")).to_be_focused()
    await page.keyboard.press("f")
    await expect(cards.nth(1).get_by_role("button", name="确认误报")).to_be_visible()
    await page.keyboard.press("1")
    await page.keyboard.press("Space")
    await expect(cards.filter(has_text="东门入口").first).to_contain_text("处理中")
    [act] = desk.web.gateway.acted
    assert isinstance(act, AcknowledgeAlarm)


async def test_keys_lead_to_search_help_and_the_gate_and_never_open_by_themselves(desk: Desk) -> None:
    page = await opened(desk)
    await page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="键盘")
    await expect(dialog).to_contain_text("我来处理所选告警")
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await page.keyboard.press("o")
    chip = page.locator("mw-focus mw-reasons button").first
    await expect(chip).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("o")
    await expect(page.locator("mw-focus mw-hold button")).to_be_focused()
    await page.keyboard.press("Enter")  # a press is not a hold
    await expect(page.locator("mw-focus mw-hold button.holding")).to_have_count(0)
    assert desk.web.gateway.acted == []
    async with until_held(page):
        await page.keyboard.down("Enter")
    await page.keyboard.up("Enter")
    await expect(page.locator("mw-focus").get_by_role("status")).to_contain_text("已执行")
    assert [type(act).__name__ for act in desk.web.gateway.acted] == ["OpenByHand"]
    await page.keyboard.press("/")
    await expect(page.locator("mw-register input[type=search]").first).to_be_focused()
    await page.keyboard.type("f1?")
    assert await page.locator("mw-register input[type=search]").first.input_value() == "f1?"


async def test_a_note_is_written_by_a_key_and_more_alarms_than_anybody_reads_are_counted(desk: Desk) -> None:
    page = await opened(desk)
    for number in range(45):
        desk.web.gateway.raise_alarm("camera.lost", 2, f"camera:c{number}", place=f"相机 {number}", stage="new")
    desk.web.gateway.raise_alarm("smoke.active", 1, "input:shed", place="电动车充电棚", stage="new")
    cards = page.locator("mw-alarm-card")
    await expect(cards).to_have_count(40)
    await expect(cards.first).to_contain_text("电动车充电棚")
    await expect(page.locator("mw-alarms")).to_contain_text("另有 6 条未显示：摄像机失去 ×6")
    await page.keyboard.press("1")
    await page.keyboard.press("n")
    await expect(cards.first.get_by_label("备注")).to_be_focused()
