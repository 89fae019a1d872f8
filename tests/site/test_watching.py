"""On the real gateway, with rendered cameras: a fall traced to its window, and a lane from blocked to clear."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import httpx
import pytest
from click.testing import CliRunner

from config.model_watch import Facade, Zone
from edge.cli.main import cli
from edge.evidence.verify import verify_bundle
from tests.site.gateway import SITE, Gateway, eventually, running
from tests.vision.clips import write_film
from vision.sim.watched import Tower, Yard

TOWER = Tower(falls_at_s=7.0)
YARD = Yard(comes_s=5.0, leaves_s=25.0)
DWELL_S = 8.0


def toml_of(tower: Path, yard: Path, facade: Facade, zone: Zone) -> str:
    """Two cameras that play films over and over."""
    lines = ",\n".join(
        f"  {{ floor = {line.floor}, points = {json.dumps(line.points)} }}" for line in facade.floor_lines
    )
    return f"""
[cameras.tower]
source = "{tower}"
loop_file = true
duties = ["throwing"]
[cameras.tower.facade]
building = "3 号楼"
columns = {facade.columns}
width_m = {facade.width_m}
floor_lines = [
{lines}
]
[cameras.yard]
source = "{yard}"
loop_file = true
duties = ["zones"]
[cameras.yard.zones.north]
kind = "lane"
place = "北侧消防通道"
dwell_s = {zone.dwell_s}
clear_s = {zone.clear_s}
remind_s = 6
polygon = {json.dumps(zone.polygon)}
"""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("watching")
    tower = write_film(folder / "tower.mp4", frames=12 * TOWER.fps, fps=TOWER.fps, picture=TOWER.frame)
    yard = write_film(folder / "yard.mp4", frames=40 * YARD.fps, fps=YARD.fps, picture=YARD.frame)
    with running(folder, SITE + toml_of(tower, yard, TOWER.facade(), YARD.zone(DWELL_S))) as site:
        yield site


def alarm(gateway: Gateway, kind: str) -> dict[str, Any]:
    """The open alarm of a kind, on the page."""
    found: dict[str, Any] = next((row for row in gateway.state()["alarms"] if row["kind"] == kind), {})
    return found


def fetched(gateway: Gateway, path: str) -> bytes:
    """A stored file; the disk may be a moment later than the alarm."""

    def got() -> bytes:
        reply = httpx.get(gateway.url.rstrip("/") + path, headers=gateway.guard.headers, timeout=60)
        return reply.content if reply.status_code == 200 else b""

    content: bytes = eventually(got, f"{path} is there")
    return content


def test_a_fall_is_an_alarm_with_floor_window_picture_and_clip(gateway: Gateway, tmp_path: Path) -> None:
    card = eventually(lambda: alarm(gateway, "fall.seen"), "the fall is an alarm", 100)
    assert card["priority"] == 1
    assert f"3 号楼 {TOWER.floor} 层 第 {TOWER.column} 列窗" in card["place"]
    assert fetched(gateway, f"/v1/pictures/{card['picture']}").startswith(b"\xff\xd8")
    card = eventually(lambda: (row := alarm(gateway, "fall.seen"))["media"] and row, "the clip follows", 60)
    clip = next(item for item in card["media"] if item["mime"] == "video/mp4")
    with av.open(io.BytesIO(fetched(gateway, f"/v1/clips/{clip['sha256']}")), "r") as film:
        assert sum(1 for _ in film.decode(video=0)) > 5 * TOWER.fps
    (event, *_) = gateway.events("fall.seen")
    out = tmp_path / "fall.zip"
    words = ["evidence", "export", str(event.seq), "--out", str(out), "--site", str(gateway.file)]
    assert CliRunner().invoke(cli, words).exit_code == 0
    assert verify_bundle(out).ok
    roles = {item["role"] for item in json.loads(_member(out, "manifest.json"))["media"]}
    assert roles >= {"composite", "track", "clip"}


def test_a_lane_is_blocked_told_again_and_cleared(gateway: Gateway) -> None:
    card = eventually(lambda: alarm(gateway, "zone.blocked"), "the lane is blocked", 120)
    assert card["place"] == "北侧消防通道"
    assert gateway.guard.post(f"/v1/alarms/{card['id']}/acknowledge", {})[0] == 200
    if card["standing"]:
        verdict = gateway.guard.post(f"/v1/alarms/{card['id']}/close", {"outcome": "handled", "note": ""})[1]
        assert verdict["ok"] is False
    eventually(lambda: gateway.kinds("zone.still_blocked"), "it is told again", 120)
    eventually(lambda: gateway.kinds("zone.cleared"), "it is clear", 120)
    cleared = gateway.events("zone.cleared")[0].data()
    assert cleared["blocked_s"] == pytest.approx(YARD.leaves_s - YARD.comes_s - YARD.drive_s, abs=8)
    assert cleared["alarm_open_s"] > 0
    eventually(lambda: "alarm.closed" in gateway.kinds("alarm.closed"), "taken and gone, it closes by itself")


def _member(archive: Path, name: str) -> bytes:
    with zipfile.ZipFile(archive) as opened:
        return opened.read(name)
