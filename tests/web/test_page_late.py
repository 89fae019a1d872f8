"""What comes late on the page: its own parts, answers that overtake each other, events heard of at once."""

from __future__ import annotations


from playwright.async_api import Page, expect

from tests.web.desk import NEEDS, Desk
from tests.web.pictures import car_jpeg

pytestmark = NEEDS


AT_ONCE = """(button, [pauseMs, lateMs]) => {
  const stay = (ms) => { const end = performance.now() + ms; while (performance.now() < end); };
  const [down, up] = ['pointerdown', 'pointerup'];
  let held = 0;
  const hear = () => { held += 1; };
  addEventListener('held', hear);
  button.dispatchEvent(new PointerEvent(down, { bubbles: true, composed: true }));
  stay(pauseMs);
  const release = new PointerEvent(up, { bubbles: true, composed: true });
  stay(lateMs);
  button.dispatchEvent(release);
  removeEventListener('held', hear);
  return held;
}"""


async def with_a_reason(desk: Desk) -> Page:
    page = await desk.logged_in()
    desk.web.gateway.arrive("east-in", "粤B12345", car_jpeg())
    await page.locator("mw-focus").get_by_role("button", name="快递").click()
    await expect(page.locator("mw-hold button")).to_be_enabled()
    return page


async def test_a_busy_page_that_hears_of_press_and_release_at_once_knows_how_long_it_was_held(desk: Desk) -> None:
    page = await with_a_reason(desk)
    button = page.locator("mw-hold button")
    assert await button.evaluate(AT_ONCE, [100, 900]) == 0, "a tap, however late it is heard of"
    assert await button.evaluate(AT_ONCE, [900, 2100]) == 0, "too long ago"
    assert desk.web.gateway.acted == []
    assert await button.evaluate(AT_ONCE, [900, 0]) == 1
    await expect(page.locator("mw-focus").get_by_role("status")).to_contain_text("已执行")
    assert len(desk.web.gateway.acted) == 1


async def test_a_hold_ends_when_what_it_is_for_changes(desk: Desk) -> None:
    page = await desk.page()
    # The button's own clock stands still until the test lets it run out.
    await page.add_init_script(
        "const real = setTimeout; window.setTimeout = (then, ms, ...more) => "
        "(ms === 800 ? ((window.runOut = then), 0) : real(then, ms, ...more));"
    )
    await page.goto(f"{desk.server.url}#token={desk.web.token()}")
    gateway = desk.web.gateway
    gateway.arrive("east-in", "粤B12345", car_jpeg())
    focus = page.locator("mw-focus")
    await focus.get_by_role("button", name="快递").click()
    button = page.locator("mw-hold button")
    await expect(button).to_be_enabled()
    await button.hover()
    await page.evaluate("() => { window.held = 0; addEventListener('held', () => { window.held += 1; }); }")
    await page.mouse.down()
    await expect(page.locator("mw-hold button.holding")).to_have_count(1)
    gateway.lanes["east-in"]["waiting"].clear()
    gateway.arrive("east-out", "京N8B0O", car_jpeg())
    await expect(focus.locator(".plate")).to_have_text("京N8B0O")
    await page.evaluate("window.runOut()")
    assert await page.evaluate("window.held") == 0, "a hold for one car opens for no other"
    await page.mouse.up()
    assert gateway.acted == []
