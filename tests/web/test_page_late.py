"""What comes late on the page: its own parts, answers that overtake each other, events heard of at once."""

from __future__ import annotations

import asyncio
import time

from playwright.async_api import Page, Route, expect

from sync.records import PutSlip, Slip
from tests.web.by_rules import CODES, patrolled
from tests.web.desk import NEEDS, Desk, hold_open
from tests.web.pictures import car_jpeg
from tests.web.test_page_doors import go
from tests.web.test_page_review import happened

pytestmark = NEEDS


class Gate:
    """Holds one request back until it is opened."""

    def __init__(self) -> None:
        self.asked, self.opened, self.answered = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def __call__(self, route: Route) -> None:
        """Answered by the gateway at once, heard by the page when the gate opens."""
        answer = await route.fetch()
        self.asked.set()
        await self.opened.wait()
        await route.fulfill(response=answer)
        self.answered.set()


async def test_a_key_that_comes_before_its_part_is_not_lost(desk: Desk) -> None:
    page, gate = await desk.page(), Gate()
    await page.route("**/keys-*.js", gate)
    await page.goto(f"{desk.server.url}#token={desk.web.token()}")
    await expect(page.locator("mw-lanes article")).to_have_count(2)
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="键盘")).to_have_count(0)
    gate.opened.set()
    await expect(page.get_by_role("dialog", name="键盘")).to_be_visible()
    assert desk.complaints == []


async def test_a_key_whose_part_comes_late_takes_nobody_away_from_another_view(desk: Desk) -> None:
    page, gate = await desk.page(), Gate()
    await page.route("**/keys-*.js", gate)
    await page.goto(f"{desk.server.url}#token={desk.web.token()}")
    await expect(page.locator("mw-lanes article")).to_have_count(2)
    await page.keyboard.press("/")
    await go(page, "访客")
    await expect(page.get_by_label("被访人")).to_be_visible()
    gate.opened.set()
    await gate.answered.wait()
    await page.keyboard.press("?")  # heard after all that waited
    await expect(page.get_by_role("dialog", name="键盘")).to_be_visible()
    await expect(page.locator("mw-register")).to_have_count(0)


async def test_the_search_is_ready_to_type_into_however_late_its_view_comes(desk: Desk) -> None:
    page, gate = await desk.logged_in(), Gate()
    await page.route("**/register-*.js", gate)
    await page.keyboard.press("/")
    await expect(page.locator("mw-rail").get_by_role("button", name="登记")).to_have_attribute("aria-pressed", "true")
    await page.wait_for_timeout(2500)  # the network's time, longer than anybody would look for the field
    gate.opened.set()
    await expect(page.locator("mw-register input[type=search]").first).to_be_focused()


async def test_a_late_view_does_not_take_the_keyboard_from_the_one_in_front(desk: Desk) -> None:
    page, gate = await desk.logged_in(), Gate()
    await page.route("**/register-*.js", gate)
    await page.keyboard.press("/")
    await gate.asked.wait()
    await go(page, "访客")
    host = page.get_by_label("被访人")
    await host.focus()
    gate.opened.set()
    await gate.answered.wait()
    await page.evaluate("customElements.whenDefined('mw-register').then(() => true)")
    await expect(host).to_be_focused()


async def test_an_answer_does_not_overtake_that_to_the_next_question(desk: Desk) -> None:
    happened(desk.web.gateway)
    page, gate = await desk.logged_in(), Gate()
    await go(page, "回放")
    view = page.locator("mw-review")
    await expect(view.locator("li")).to_have_count(7)
    await page.route("**/v1/review?*state=handled*", gate)
    await view.get_by_label("告警状态").select_option("handled")
    await gate.asked.wait()
    await view.get_by_label("告警状态").select_option("false")
    await expect(view.locator("li")).to_have_count(2)
    async with page.expect_event("requestfinished", lambda request: "state=handled" in request.url):
        gate.opened.set()
    await page.evaluate("new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)))")
    await expect(view.get_by_role("button", name="只看未看")).to_be_enabled()
    assert await view.locator("li").count() == 2
    await expect(view.locator("li").first).to_contain_text("误报")


async def test_the_figures_are_those_of_the_period_that_was_chosen_last(desk: Desk) -> None:
    happened(desk.web.gateway)
    page, gate = await desk.logged_in(), Gate()
    await page.route("**/v1/figures?*period=day*", gate)
    await go(page, "质量")
    view = page.locator("mw-figures")
    await gate.asked.wait()
    await view.get_by_role("button", name="班次").click()
    await expect(view.get_by_role("status")).to_contain_text("gate li")
    async with page.expect_event("requestfinished", lambda request: "period=day" in request.url):
        gate.opened.set()
    await page.evaluate("new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)))")
    assert "gate li" in await view.get_by_role("status").inner_text()


async def test_a_scan_that_joins_others_under_way_is_answered_too(desk: Desk) -> None:
    patrolled(desk.web, desk.web.data_dir)
    page, gate = await desk.logged_in(), Gate()
    await page.route("**/v1/patrol/scan", gate, times=1)
    kept = {"code": CODES["shed"], "how": "qr", "me": "setup", "at": 1, "device": "d", "seq": 1, "request_id": "r" * 12}
    await page.evaluate("kept => { localStorage['mw-patrol-queue'] = JSON.stringify([kept]); }", kept)
    await gate.asked.wait()  # the page has begun to send it by itself
    await go(page, "巡更")
    scanner = page.locator("mw-scanner")
    await scanner.get_by_label("巡更点的码").fill("not-a-code")
    await scanner.get_by_role("button", name="手输确认").click()
    gate.opened.set()
    await expect(page.locator("mw-patrol header .verdict.no")).to_contain_text("这不是巡更点的码")


async def test_a_check_waits_for_the_photo_that_is_still_being_made_smaller(desk: Desk) -> None:
    now_s = time.time()
    slip = Slip(id="F-12", host="3-502", consent_by="王女士", approved_by="刘主任", items=(("沙发", 1),),
                not_before_s=now_s - 60, not_after_s=now_s + 3600)  # fmt: skip
    desk.web.gateway.record("lists.changed", "operator:office", {"change": "slip.put"}, changes=(PutSlip(slip),))
    page = await desk.page()
    await page.add_init_script(
        "const real = createImageBitmap; const held = new Promise((go) => { window.letGo = go; });"
        "window.createImageBitmap = async (...given) => { await held; return real(...given); };"
    )
    await page.goto(f"{desk.server.url}#token={desk.web.token()}")
    await go(page, "访客")
    await page.get_by_role("button", name="物品放行条").click()
    slips = page.locator("mw-slips")
    await slips.get_by_role("button", name="F-12").click()
    await slips.get_by_role("button", name="沙发 +1").click()
    await slips.locator("input[name=photo]").set_input_files(
        {"name": "goods.jpg", "mimeType": "image/jpeg", "buffer": car_jpeg()}
    )
    await hold_open(page, "mw-slips")
    await expect(slips.locator("mw-hold button")).to_be_disabled()
    assert desk.web.gateway.acted == []
    await page.evaluate("window.letGo()")
    await expect(slips.locator(".verdict.ok")).to_contain_text("核对一致，放行")
    checked = next(e for e in desk.web.gateway.store.read_after(0) if e.kind == "slip.checked")
    assert [kept["mime"] for kept in checked.data()["media"]] == ["image/jpeg"]


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
