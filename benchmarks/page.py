"""The guards' page under load: event to paint, acknowledging, a flood of alarms, memory over a day's events.

    python -m benchmarks.page --events 100 --alarms 30 --flood 5000 --day 6000

The real gateway with its real eyes: nine cameras (films of 640x360) whose live pictures a wall of nine tiles shows at
5 a second in a real Chromium on the same machine, which also draws without a graphics card here. Times are taken from
the moment that the gateway learns of something (its own clock, the same machine) to the second animation frame after
the page's document has changed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.async_api import CDPSession, Page, async_playwright

from config.load import load
from edge.demo.summary import percentile
from edge.observations import Audited, TaskDown
from edge.run.app import App, StartFacts
from tests.vision.clips import Image, street, write_film
from tests.web.desk import FLAGS

CAMERAS = 9
SITE = """version = 1
[site]
id = "bench"
name = "翠湖花园"
data_dir = "data"
[web]
port = 0
[alarms]
chatter_s = 0
"""
CAMERA = '[cameras.c{n}]\nplace = "相机 {n}"\nsource = "{film}"\nduties = []\nfps_max = 5\nloop_file = true\n'

PROBE = Path(__file__).with_name("page_probe.js")


def scene(number: int) -> Image:
    return street(number, 640, 360)


def told(name: str, values: list[float], **more: Any) -> None:
    figures = {f"{name}_ms_p{p}": round(percentile(values, p / 100), 1) for p in (50, 95, 99)} if values else {}
    print(json.dumps({"count": len(values), **figures, "load": round(os.getloadavg()[0], 1), **more}), flush=True)


async def painted(page: Page, key: str, patience_s: float = 20.0) -> float | None:
    """Unix time in ms at which the page had painted it."""
    deadline_s = time.monotonic() + patience_s
    while time.monotonic() < deadline_s:
        at_ms: float = await page.evaluate("key => window.probe.painted(key)", key)
        if at_ms:
            return at_ms
        await asyncio.sleep(0.05)
    return None


async def events(app: App, page: Page, count: int) -> None:
    """Ordinary events, one at a time: from the hub's inbox to the painted line."""
    took: list[float] = []
    for number in range(count):
        began_ms = time.time() * 1e3
        app.hub.audit(Audited(kind="lane.passed", operator="bench", body={"plate": f"P{number:05}"}))
        at_ms = await painted(page, f"P{number:05}")
        took += [at_ms - began_ms] if at_ms else []
        await asyncio.sleep(0.05)
    told("event_to_paint", took, missed=count - len(took), tiles_age_s=await page.evaluate("window.probe.tiles()"))


async def alarms(app: App, page: Page, count: int) -> None:
    """Alarms, one at a time: to the painted card, and its acknowledgement to the gateway's verdict."""
    shown: list[float] = []
    taken: list[float] = []
    for number in range(count):
        began_ms = time.time() * 1e3
        app.hub.inbox.offer(TaskDown(name=f"a{number}", cause="bench"))
        at_ms = await painted(page, f"task:a{number}")
        shown += [at_ms - began_ms] if at_ms else []
        took_ms, ok = await page.evaluate("source => window.probe.take(source)", f"task:a{number}")
        taken += [took_ms] if ok else []
        await asyncio.sleep(0.1)
    told("alarm_to_paint", shown, missed=count - len(shown))
    told("acknowledge", taken, missed=count - len(taken))


async def flood(app: App, page: Page, count: int, sources: int) -> None:
    """An hour's flood in a minute: many sources, each again and again; the page must still take one."""
    began_s = time.monotonic()
    taken: list[float] = []
    for number in range(count):
        app.hub.inbox.offer(TaskDown(name=f"f{number % sources}", cause="flood"))
        if number % (count // 20) == count // 40:
            took_ms, ok = await page.evaluate("source => window.probe.take(source)", f"task:f{number % sources}")
            taken += [took_ms] if ok else []
        await asyncio.sleep(60.0 / count)
    cards = await page.evaluate("window.probe.cards()")
    told("acknowledge_in_flood", taken, alarms=count, sources=sources, cards=cards, took_s=time.monotonic() - began_s)


async def heap_mb(cdp: CDPSession) -> tuple[float, int]:
    """Live JavaScript heap after a collection, and the number of nodes."""
    await cdp.send("HeapProfiler.collectGarbage")
    metrics = {item["name"]: item["value"] for item in (await cdp.send("Performance.getMetrics"))["metrics"]}
    return round(metrics["JSHeapUsedSize"] / 1e6, 2), int(metrics["Nodes"])


async def day(app: App, page: Page, cdp: CDPSession, count: int) -> None:
    """A day's events as fast as the page takes them, with its alarms opened, taken and closed; memory meanwhile."""
    rows: list[tuple[float, int]] = []
    for number in range(count):
        app.hub.audit(Audited(kind="lane.passed", operator="bench", body={"plate": f"D{number:05}"}))
        if number % 50 == 0:
            app.hub.inbox.offer(TaskDown(name="day", cause=f"hour {number}"))
        if number % (count // 10) == count // 20:
            await asyncio.sleep(1.0)
            rows.append(await heap_mb(cdp))
        await asyncio.sleep(0.005)
    heaps = [mb for mb, _ in rows]
    print(
        json.dumps(
            {"day_events": count, "heap_mb": heaps, "nodes": [n for _, n in rows], "pictures": app.hub.live.pictures}
        )
    )


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in (("events", 100), ("alarms", 30), ("flood", 5000), ("sources", 60), ("day", 6000)):
        parser.add_argument(f"--{name}", type=int, default=value)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="menwei-page-") as folder:
        directory = Path(folder)
        film = write_film(directory / "film.mp4", frames=50, fps=5, picture=scene)
        file = directory / "site.toml"
        file.write_text(SITE + "".join(CAMERA.format(n=n, film=film) for n in range(CAMERAS)), encoding="utf-8")
        app = App(load(file, environ={}).site, StartFacts(site_file="benchmark", demo=True))
        await app.start()
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            page = await browser.new_page(viewport={"width": 1280, "height": 800}, locale="zh-CN")
            page.set_default_timeout(120_000)
            await page.goto(f"{app.web.url}#token={app.token}")
            await page.locator("mw-events").wait_for()
            await page.locator("mw-rail").get_by_role("button", name="画面").click()
            await page.locator("mw-wall mw-live-tile").first.wait_for()
            await page.evaluate(PROBE.read_text(encoding="utf-8"))
            while sum(age < 3 for age in await page.evaluate("window.probe.tiles()")) < CAMERAS:
                await asyncio.sleep(0.2)
            cdp = await page.context.new_cdp_session(page)
            await cdp.send("Performance.enable")
            before, began_s = app.hub.live.pictures, time.monotonic()
            if given.events:
                await events(app, page, given.events)
            print(
                json.dumps(
                    {"pictures_per_s": round((app.hub.live.pictures - before) / (time.monotonic() - began_s), 1)}
                )
            )
            if given.alarms:
                await alarms(app, page, given.alarms)
            if given.flood:
                await flood(app, page, given.flood, given.sources)
            if given.day:
                await day(app, page, cdp, given.day)
            await browser.close()
        await app.stop("benchmark")


if __name__ == "__main__":
    asyncio.run(main())
