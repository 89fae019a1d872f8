"""axe-core over every view of the page: no violation of its rules. Its source is fetched for the test alone."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from edge.users.auth import Role
from hatch_build import BuildError, node_programs, run
from tests.web.desk import NEEDS, Desk
from tests.web.pictures import car_jpeg
from tests.web.test_page_review import happened

pytestmark = NEEDS

PINNED = Path(__file__).with_name("axe")


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The pinned axe-core as a script."""
    folder = tmp_path_factory.mktemp("axe")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PINNED / name, folder)
    try:
        node, npm = node_programs()
        run([node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0"], folder, node)
    except (BuildError, subprocess.SubprocessError):
        pytest.skip("axe-core cannot be fetched here (npm ci in tests/web/axe)")
    return (folder / "node_modules/axe-core/axe.min.js").read_text("utf-8")


async def violations(page: Page, axe: str) -> list[str]:
    """What axe objects to, one line each; animations have ended."""
    await page.evaluate(axe)
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(r => r.violations)")
    return [f"{v['id']}: {json.dumps([n['target'] for n in v['nodes']])}" for v in found]


async def test_no_view_has_a_violation(desk: Desk, axe: str) -> None:
    gateway = desk.web.gateway
    page = await desk.page()
    await page.goto(desk.server.url)
    await expect(page.get_by_label("令牌", exact=True)).to_be_visible()
    assert await violations(page, axe) == []
    await page.goto(f"{desk.server.url}#token={desk.web.token()}")
    gateway.arrive("east-in", "粤B12345", car_jpeg())
    gateway.arrive("east-out", "京N8B0O", car_jpeg(), outcome="unsure", confidence=0.5, color="green")
    gateway.raise_alarm("smoke.active", 1, "input:shed", place="电动车充电棚")
    gateway.raise_alarm("camera.lost", 2, "camera:east")
    gateway.doors["garage"]["state"] = "forced"
    gateway.sirens["yard"]["state"] = "sounding"
    gateway.fire = {"active": False, "latched": True}
    for view in ("门岗", "画面", "值班", "巡更", "登记", "访客", "设备", "回放", "质量", "人脸"):
        await page.locator("mw-rail").get_by_role("button", name=view).click()
        await expect(page.locator("mw-bars .life")).to_have_count(2)
        assert await violations(page, axe) == [], view
    await page.locator("mw-rail").get_by_role("button", name="门岗").click()
    await page.locator("mw-doors article").first.get_by_role("button").click()
    await expect(page.locator("mw-door-card")).to_be_visible()
    assert await violations(page, axe) == []


async def test_the_pages_without_a_desk_have_none_either(desk: Desk, axe: str) -> None:
    happened(desk.web.gateway)
    for role, views in ((Role.AUDITOR, ("登记", "回放", "质量")), (Role.ISSUER, ("访客",))):
        page = await desk.page()
        await page.goto(f"{desk.server.url}#token={desk.web.token(role)}")
        for view in views:
            await page.locator("mw-rail").get_by_role("button", name=view).click()
            await expect(page.locator("mw-office main section")).not_to_have_count(0)
            if view == "回放":
                await expect(page.locator("mw-review li")).to_have_count(7)
                await page.get_by_role("button", name="日历").click()
                await expect(page.locator("mw-review .days .dot")).to_have_count(1)
            if view == "质量":
                await expect(page.locator("mw-figures table")).not_to_have_count(0)
            assert await violations(page, axe) == [], view
