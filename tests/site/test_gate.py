"""The whole gateway as its users have it: a process, a serial line, a page's API, a centre that pulls."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.site.gateway import ROOT, Gateway, eventually, running


@pytest.fixture
def gateway(tmp_path: Path):
    with running(tmp_path) as site:
        site.wait_lane("closed")
        yield site


def open_by_hand(gateway: Gateway, reason: str = "快递") -> tuple[int, dict]:
    return gateway.guard.post("/v1/lanes/east/open", {"reason": reason})


def drive_through(gateway: Gateway) -> None:
    """A car passes under the arm, and the barrier's own controller closes behind it."""
    eventually(lambda: gateway.street.barrier("east").up_limit, "the arm is up")
    gateway.wait_lane("open")
    gateway.street.set_car("east", 1.0)
    gateway.wait_lane("passing")
    gateway.street.set_car("east", None)
    gateway.wait_lane("closed")


def test_a_guard_opens_a_car_passes_and_the_centre_has_it_all(gateway: Gateway, tmp_path: Path) -> None:
    status, verdict = open_by_hand(gateway)
    assert (status, verdict["ok"]) == (200, True)
    drive_through(gateway)
    expected = ["operator.opened", "command.done", "lane.opened", "lane.passed"]
    eventually(lambda: set(expected) <= set(gateway.kinds()), "the passage is on record")
    opened = gateway.events("operator.opened")[0]
    assert opened.data()["reason"] == "快递"
    assert all(e.data()["reference"] in {opened.id, ""} for e in gateway.events("lane."))
    copy = tmp_path / "central.db"
    assert gateway.pull(copy)["chain_ok"]
    again = gateway.pull(copy)
    assert again["last_seq"] >= len(gateway.kinds()) - 5
    assert again["chain_ok"]


def test_the_log_is_verified_tailed_and_exported_beside_the_running_gateway(gateway: Gateway, tmp_path: Path) -> None:
    def menwei(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "edge", *words, "--site", str(gateway.file)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)

    assert json.loads(menwei("events", "verify").stdout)["ok"]
    assert "system.started" in menwei("events", "tail").stdout
    out = tmp_path / "log.ndjson"
    menwei("events", "export", str(out))
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert lines[0]["kind"] == "system.started"


def test_fire_opens_and_stays_until_a_person_resets_it_also_over_a_power_cut(gateway: Gateway) -> None:
    gateway.street.set_fire(True)
    gateway.wait_lane("fire_open")
    eventually(lambda: gateway.street.barrier("east").up_limit, "the arm is up")
    gateway.street.set_fire(False)
    eventually(lambda: "fire.clear" in gateway.kinds(), "the input is clear again")
    gateway.kill()
    gateway.start()
    gateway.wait_lane("fire_open")
    assert gateway.state()["fire"]["latched"]
    status, _ = gateway.guard.post("/v1/fire/reset", {})
    assert status == 200
    gateway.wait_lane("open", "closing", "closed", "clearing")


def test_a_power_cut_during_a_hold_is_told_and_nothing_stays_on(gateway: Gateway) -> None:
    status, _ = gateway.guard.post("/v1/lanes/east/hold", {"reason": "搬家", "for_s": 600})
    assert status == 200
    eventually(lambda: "lane.held" in gateway.kinds(), "the hold is on record")
    gateway.kill()
    eventually(lambda: not gateway.street.board("box").relay_on(1, time.monotonic()), "the relay goes off by itself")
    gateway.start()
    eventually(lambda: "lane.released" in [a["kind"] for a in gateway.state()["alarms"]], "the guard is told")


def test_an_unplugged_line_is_told_once_and_nothing_opens_late(gateway: Gateway) -> None:
    gateway.street.unplug("main")
    gateway.wait_lane("offline")
    status, verdict = open_by_hand(gateway)
    assert (status, verdict["reason"]) == (409, "lane_offline")
    gateway.street.replug("main")
    gateway.wait_lane("closed")
    told = ["link.back", "link.lost", "link.back"]
    eventually(lambda: gateway.kinds("link.") == told, "each edge is told once")
    assert not gateway.street.barrier("east").up_limit
    assert open_by_hand(gateway)[0] == 200


def test_it_stops_when_asked_and_says_why(gateway: Gateway) -> None:
    assert gateway.stop() == 0
    assert gateway.kinds()[-1] == "system.stopped"


def test_stopped_while_an_arm_moves_it_still_ends_with_saying_so(gateway: Gateway) -> None:
    assert open_by_hand(gateway)[0] == 200
    gateway.wait_lane("opening", "open")
    assert gateway.stop() == 0
    kinds = gateway.kinds()
    assert kinds.count("command.done") == 1
    assert "lane.fault" not in kinds
    assert kinds[-1] == "system.stopped"


def test_the_hub_process_holds_no_picture_code(gateway: Gateway) -> None:
    assert gateway.process is not None
    maps = Path(f"/proc/{gateway.process.pid}/maps").read_text(encoding="utf-8")
    assert "cv2" not in maps
    assert "onnxruntime" not in maps
