"""Real eyes that start before a blocked fire lane: what the hub kept of the empty one tells them that it is blocked."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from config.model import Camera, Duty, Eyes, Site, SiteInfo
from edge.observations import Observation
from edge.run.eyes_link import EyesLink
from edge.run.grounds import Grounds
from tests.vision.clips import write_film
from tests.vision.zones.test_ground import PARKED, kept_of
from tests.vision.zones.yard import Yard, zone
from vision.sightings import ZoneBlocked

PATIENCE_S = 90.0


async def test_new_eyes_find_what_stands_there_already(tmp_path: Path) -> None:
    blocked, (ground,) = Yard([PARKED]), kept_of(Yard())
    film = write_film(tmp_path / "yard.mp4", frames=20, fps=5, picture=lambda number: blocked.picture(number / 5))
    lane = zone("lane", dwell_s=6.0)
    site = Site(
        site=SiteInfo(data_dir=tmp_path),
        eyes=Eyes(heartbeat_timeout_s=PATIENCE_S / 3),
        cameras={"yard": Camera(source=str(film), loop_file=True, duties=(Duty.ZONES,), zones={"lane": lane})},
    )
    before = Grounds(site)
    before.keep(ground)
    before.close()
    heard: list[Observation] = []
    link = EyesLink(site, heard.append)
    await link.start()
    try:
        deadline_s = time.monotonic() + PATIENCE_S
        while not any(isinstance(item, ZoneBlocked) for item in heard):
            assert time.monotonic() < deadline_s, f"heard {[type(item).__name__ for item in heard]}"
            await asyncio.sleep(0.05)
    finally:
        await link.stop()
    (told,) = [item for item in heard if isinstance(item, ZoneBlocked)]
    assert (told.camera, told.zone, told.from_start, told.reminder) == ("yard", "lane", True, 0)
