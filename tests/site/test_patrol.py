"""A patrol and a guard's report on a real gateway: through kill -9, missed, healed by late scans, proven by command."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.site.gateway import PATIENCE_S, ROOT, SITE, Gateway, eventually, running
from tests.web.pictures import car_jpeg

ZONE = ZoneInfo("Asia/Shanghai")
HALF_HOURS = ", ".join(f'"{hour:02}:{minute:02}"' for hour in range(24) for minute in (0, 30))
SHED, PUMP, ROOF = "7f3a-shed-x", "c0de-pump-x", "91bc-roof-x"
PATROL = f"""
[desk]
watch_every_s = 0
[patrol.points.shed]
place = "电动车棚"
code = "{SHED}"
[patrol.points.pump]
place = "水泵房"
code = "{PUMP}"
[patrol.routes.all]
title = "夜间全园"
points = [{{ point = "shed" }}, {{ point = "pump" }}]
[patrol.plans.night]
route = "all"
times = [{HALF_HOURS}]
start_early_s = 1800
start_late_s = 1800
"""
BRIEF = f"""
[patrol.points.roof]
place = "3号楼天台"
code = "{ROOF}"
[patrol.routes.brief]
within_s = 1.0
points = [{{ point = "roof" }}]
[patrol.plans.brief]
route = "brief"
start_early_s = 0
start_late_s = 1.0
"""


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    with running(tmp_path, SITE + PATROL) as site:
        yield site


def rounds(gateway: Gateway) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = gateway.state()["patrol"]["rounds"]
    return found


def scan(gateway: Gateway, code: str, **more: Any) -> tuple[int, str]:
    status, verdict = gateway.guard.post("/v1/patrol/scan", {"code": code, "how": "qr", **more})
    return status, verdict["reason"]


def menwei(*words: str) -> dict[str, Any]:
    """A command beside the gateway; what it says as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", "edge", *words], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=True
    )
    said: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return said


def test_a_round_goes_on_after_a_power_cut_and_is_proven_without_names(gateway: Gateway, tmp_path: Path) -> None:
    round_ = eventually(lambda: rounds(gateway), "a round is announced")[0]
    assert scan(gateway, SHED) == (200, "point_visited")
    eventually(lambda: gateway.events("patrol.scanned"), "it is on record")
    gateway.kill()
    gateway.start()
    [kept] = [one for one in rounds(gateway) if one["id"] == round_["id"]]
    assert [bool(point["visit"]) for point in kept["points"]] == [True, False]
    assert scan(gateway, PUMP) == (200, "round_done")
    eventually(lambda: gateway.events("patrol.done"), "the end is on record")
    day, out = round_["id"].partition("@")[2][:10], tmp_path / "proof.json"
    words = ("patrol", "proof", "--from", day, "--to", day, "--out", str(out), "--site", str(gateway.file))
    assert menwei(*words)["rounds"] == "1"
    proof = json.loads(out.read_text("utf-8"))["proof"]
    assert [point["place"] for point in proof["rounds"][0]["points"]] == ["电动车棚", "水泵房"]
    assert "setup" not in out.read_text("utf-8")
    assert menwei("patrol", "verify", str(out), "--key", proof["public_key"])["key_trusted"] is True
    eventually(lambda: gateway.events("patrol.exported"), "the export is on record")
    assert SHED not in "".join(event.body for event in gateway.events())


def test_a_miss_is_an_alarm_and_late_scans_heal_it(tmp_path: Path) -> None:
    now = datetime.now(ZONE)
    soon = ", ".join(f'"{now + timedelta(minutes=minute):%H:%M}"' for minute in range(1, 6))
    with running(tmp_path, SITE + PATROL + BRIEF + f"times = [{soon}]\n") as gateway:
        [missed, *_] = eventually(lambda: gateway.events("patrol.missed"), "nobody walked", timeout_s=150)
        alarm = eventually(
            lambda: next((a for a in gateway.state()["alarms"] if a["kind"] == "patrol.missed"), None), "an alarm"
        )
        assert alarm["detail"] == "3号楼天台"
        [due] = [e for e in gateway.events("patrol.due") if e.data()["round"] == missed.data()["round"]]
        at_s = due.data()["due_s"] + 0.5
        assert scan(gateway, ROOF, at=at_s, device="tab-1", seq=1) == (200, "round_made_good")
        assert scan(gateway, ROOF, at=at_s, device="tab-1", seq=1) == (200, "already_known")


def test_a_report_with_a_photo_is_seen_by_all_and_shared_as_evidence(gateway: Gateway, tmp_path: Path) -> None:
    url = gateway.url.rstrip("/")
    headers = {**gateway.guard.headers, "Content-Type": "image/jpeg"}
    sent = httpx.post(f"{url}/v1/photos", content=car_jpeg(), headers=headers, timeout=PATIENCE_S)
    assert sent.status_code == 201, sent.text
    body = {"what": "damage", "words": "护栏被撞", "place": "东门", "photos": [sent.json()["photo"]]}
    status, verdict = gateway.guard.post("/v1/reports", body)
    assert (status, verdict["reason"]) == (201, "report_made")
    [alarm] = [a for a in gateway.state()["alarms"] if a["kind"] == "report.made"]
    assert (alarm["place"], alarm["picture"]) == ("东门", sent.json()["photo"])
    eventually(lambda: gateway.events("report.made"), "it is on record")
    bundle = httpx.get(f"{url}/v1/reports/{alarm['event_id']}/bundle", headers=gateway.guard.headers, timeout=60)
    (tmp_path / "share.zip").write_bytes(bundle.content)
    assert menwei("evidence", "verify", str(tmp_path / "share.zip"))["signature"] == "holds"
    eventually(lambda: gateway.events("evidence.exported"), "the export is on record")
