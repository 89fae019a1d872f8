"""A real gateway: a shift, an opening by hand, a look back, a report beside the running program, all on record."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.site.gateway import ROOT, eventually, running


def test_a_shift_is_looked_back_on_and_counted(tmp_path: Path) -> None:
    with running(tmp_path) as gateway:
        guard = gateway.guard
        guard.post("/v1/duty/gate/start", {"request_id": "start-shift"})
        gateway.wait_lane("closed")
        guard.post("/v1/lanes/east/open", {"request_id": "open-by-hand", "reason": "courier"})
        eventually(lambda: "operator.opened" in gateway.kinds("operator."), "the opening is in the log")
        [line] = guard.get("/v1/review?group=hand")["items"]
        assert (line["kind"], line["reviewed"]) == ("operator.opened", False)
        marks = {"request_id": "mark-as-seen", "day": guard.get("/v1/review")["day"], "seqs": [line["seq"]]}
        guard.post("/v1/review/marks", marks)
        eventually(lambda: guard.get("/v1/review?group=hand")["items"][0]["reviewed"], "the mark is kept")
        [shift] = guard.get("/v1/figures/shifts")["shifts"]
        found = guard.get(f"/v1/figures?period=shift&shift={shift['shift']}")
        assert found["openings"]["hand_reasons"] == [{"name": "courier", "n": 1}]
        out = tmp_path / "day.json"
        day = marks["day"]
        words = ["report", "day", "--on", day, "--out", str(out), "--site", str(gateway.file)]
        done = subprocess.run(
            [sys.executable, "-m", "edge", *words], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert json.loads(out.read_text("utf-8"))["openings"]["by_hand"] == 1
        eventually(lambda: gateway.kinds("figures.exported"), "the report is on record")
