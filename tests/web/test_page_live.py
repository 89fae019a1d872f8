"""Live pictures in a real Chromium: the wall, one camera large, the alarm's camera, age, and the end of watching."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from playwright.async_api import Locator, Page, expect

from tests.web.desk import NEEDS, TABLET, Desk
from tests.web.live_eyes import live_eyes
from tests.web.pictures import car_jpeg

pytestmark = NEEDS

PAINTED = """async canvas => {
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  return data.some((value, index) => index % 4 !== 3 && value > 60);
}"""


async def go(page: Page, view: str) -> None:
    await page.locator("mw-rail").get_by_role("button", name=view).click()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.02)


async def painted(tile: Locator) -> bool:
    """Whether the tile shows a picture that is not black."""
    await expect(tile.locator("figure:not(.old)")).to_be_visible()
    return bool(await tile.locator("canvas").evaluate(PAINTED))


async def test_the_wall_shows_every_camera_with_its_age_and_asks_for_none_when_it_is_left(desk: Desk) -> None:
    page = await desk.logged_in()
    async with live_eyes(desk.web.gateway.live, car_jpeg()) as eyes:
        await go(page, "画面")
        tiles = page.locator("mw-wall mw-live-tile")
        await expect(tiles).to_have_count(2)
        for index in range(2):
            assert await painted(tiles.nth(index))
            await expect(tiles.nth(index)).to_contain_text("秒前")
        await page.get_by_role("button", name="放大画面：东门入口相机").click()
        await expect(tiles).to_have_count(1)
        assert await painted(tiles.first)
        await until(lambda: eyes.watched == ("east",))
        await page.get_by_role("button", name="东门出口相机").click()
        await until(lambda: eyes.watched == ("out",))
        await page.get_by_role("button", name="返回全部画面").click()
        await expect(tiles).to_have_count(2)
        await go(page, "门岗")
        await until(lambda: eyes.watched == ())
    assert desk.complaints == []


async def test_a_picture_that_stands_still_turns_grey_and_says_so(desk: Desk) -> None:
    page = await desk.logged_in()
    async with live_eyes(desk.web.gateway.live, car_jpeg()) as eyes:
        await go(page, "画面")
        east = page.locator("mw-wall mw-live-tile").first
        assert await painted(east)
        eyes.dead.add("east")
        await expect(east.locator("figure.old")).to_contain_text("画面已停")
        eyes.dead.clear()
        assert await painted(east)


async def test_the_first_alarm_shows_its_camera_and_the_button_hides_it(desk: Desk) -> None:
    page = await desk.logged_in()
    async with live_eyes(desk.web.gateway.live, car_jpeg()) as eyes:
        desk.web.gateway.raise_alarm("lane.forced", 1, "lane:east-in", place="东门入口")
        card = page.locator("mw-alarm-card").first
        assert await painted(card.locator("mw-live-tile"))
        await until(lambda: eyes.watched == ("east",))
        await card.get_by_role("button", name="现场画面").click()
        await expect(card.locator("mw-live-tile")).to_have_count(0)
        await until(lambda: eyes.watched == ())
    assert desk.complaints == []


async def test_pictures_come_back_after_the_link_broke(desk: Desk) -> None:
    page = await desk.logged_in()
    async with live_eyes(desk.web.gateway.live, car_jpeg()) as eyes:
        await go(page, "画面")
        tile = page.locator("mw-wall mw-live-tile").first
        assert await painted(tile)
        await page.context.set_offline(True)
        for viewer in list(desk.web.gateway.live._viewers):
            desk.web.gateway.live.leave(viewer)
        assert eyes.watched == ()
        await page.context.set_offline(False)
        await page.evaluate("dispatchEvent(new Event('online'))")
        await page.reload()
        await go(page, "画面")
        assert await painted(page.locator("mw-wall mw-live-tile").first)


@pytest.mark.parametrize("size", [TABLET, (800, 1280), (1024, 600)])
async def test_the_wall_fits_without_scrolling(desk: Desk, size: tuple[int, int]) -> None:
    page = await desk.logged_in(size)
    async with live_eyes(desk.web.gateway.live, car_jpeg()):
        await go(page, "画面")
        await expect(page.locator("mw-wall mw-live-tile")).to_have_count(2)
        for tile in await page.locator("mw-wall mw-live-tile").all():
            assert await painted(tile)
            box = await tile.bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= size[0]
            assert box["y"] + box["height"] <= size[1]
            assert min(box["width"], box["height"]) >= 120
