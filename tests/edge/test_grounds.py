"""Empty lanes on disk: what the eyes said is there at their next start, and what is spoilt is said and forgotten."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from config.model import Site
from edge.run.eyes_feed import EyesFeed
from edge.run.grounds import FOLDER, Grounds
from tests.vision.watching.said import GROUND
from vision.errors import WireError
from vision.lane_ground import GROUND_BYTES_MAX, LaneGround
from vision.wire_commands import CommandDecoder

DAY = replace(GROUND, light="day", data=b"bright \n ground")


def _site(data_dir: Path, *zones: str) -> Site:
    zone = {"kind": "lane", "polygon": [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]}
    tower = {"source": "0", "duties": ["zones"], "zones": dict.fromkeys(zones, zone)}
    return Site.model_validate({"site": {"id": "test", "data_dir": str(data_dir)}, "cameras": {"tower": tower}})


def _kept(site: Site, *grounds: LaneGround) -> Grounds:
    kept = Grounds(site)
    for ground in grounds:
        kept.keep(ground)
    kept.close()
    return kept


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return _site(tmp_path, "north", "south")


def test_the_newest_of_day_and_night_is_there_after_a_restart(site: Site, tmp_path: Path) -> None:
    newer = replace(GROUND, captured_at_s=2e9, data=bytes(range(256)) * 20)
    _kept(site, GROUND, DAY)
    _kept(site, newer)
    assert list(Grounds(site).read()) == [DAY, newer]
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / FOLDER).iterdir()} == {0o600}


def test_nothing_kept_is_nothing_to_tell(site: Site) -> None:
    assert list(Grounds(site).read()) == []


@pytest.mark.parametrize(
    ("odd", "complaint"),
    [
        (replace(GROUND, zone="west"), "zone 'west' of camera 'tower' is not ours"),
        (replace(GROUND, camera="gate"), "of camera 'gate' is not ours"),
        (replace(GROUND, data=b""), "ground of 0 bytes"),
        (replace(GROUND, data=bytes(GROUND_BYTES_MAX + 1)), "ground of 1048577 bytes"),
    ],
)
def test_what_eyes_should_not_say_is_not_kept(site: Site, odd: LaneGround, complaint: str, tmp_path: Path) -> None:
    kept = Grounds(site)
    with pytest.raises(WireError, match=complaint):
        kept.keep(odd)
    kept.close()
    assert not (tmp_path / FOLDER).exists()


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda raw: raw[:-3], id="cut short"),
        pytest.param(lambda raw: b"", id="empty"),
        pytest.param(lambda raw: b"\xff" * 900, id="no text"),
        pytest.param(lambda raw: b"[1]\n" + raw, id="no object"),
        pytest.param(lambda raw: raw.replace(b"ground.1", b"ground.9"), id="another format"),
        pytest.param(lambda raw: raw.replace(b'"unfit": 0', b'"unfit": "0"'), id="a wrong field"),
        pytest.param(lambda raw: raw.replace(b'"north"', b'"south"'), id="another zone"),
    ],
)
def test_a_spoilt_file_is_said_and_removed(
    site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture, spoil: Callable[[bytes], bytes]
) -> None:
    _kept(site, GROUND, DAY)
    path = tmp_path / FOLDER / "tower.north.night.ground"
    path.write_bytes(spoil(path.read_bytes()))
    with caplog.at_level(logging.WARNING):
        assert list(Grounds(site).read()) == [DAY]
    assert "tower.north.night.ground cannot be used" in caplog.text
    assert not path.exists()


def test_zones_that_the_site_no_longer_has_are_forgotten(site: Site, tmp_path: Path) -> None:
    _kept(site, GROUND, replace(GROUND, zone="south"))
    assert [ground.zone for ground in Grounds(_site(tmp_path, "south")).read()] == ["south"]
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == ["tower.south.night.ground"]


def test_lanes_that_no_longer_look_as_kept_are_counted_and_said(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        kept = _kept(site, GROUND, replace(DAY, unfit=2))
    assert kept.unfit == 2
    assert "tower/north no longer looks as kept" in caplog.text


def test_a_disk_that_refuses_is_said_and_costs_nothing_else(
    site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FOLDER).write_text("in the way")
    with caplog.at_level(logging.WARNING):
        _kept(site, GROUND)
    assert "an empty lane cannot be kept" in caplog.text


async def test_new_eyes_are_told_first_of_all(site: Site) -> None:
    _kept(site, GROUND, DAY)
    heard: list[object] = []
    decoder, all_told = CommandDecoder(), asyncio.Event()

    class Ear:
        async def send(self, data: bytes) -> None:
            heard.extend(decoder.feed(data))
            if len(heard) == 2:
                all_told.set()

    feed = EyesFeed(None, off=lambda _: None, cameras=(), grounds=Grounds(site).read)
    running = asyncio.create_task(feed.run(Ear()))
    await asyncio.wait_for(all_told.wait(), 60)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert heard == [DAY, GROUND]
