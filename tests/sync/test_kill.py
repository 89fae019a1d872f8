"""Gateway and puller killed at random moments: nothing acknowledged is lost, doubled or out of order."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.kill_log import run


@pytest.mark.timeout(600)
def test_killing_gateway_and_puller_loses_nothing(tmp_path: Path) -> None:
    outcome = run(tmp_path, int(os.environ.get("MENWEI_KILL_CYCLES", "20")), seed=3, longest_s=0.3)
    assert outcome.ok, outcome
    assert outcome.gateway_kills == 2 * outcome.puller_kills
