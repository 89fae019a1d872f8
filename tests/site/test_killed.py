"""kill -9 at any moment: nothing acknowledged is lost, nothing doubled, no relay stays on (benchmarks: 200 cycles)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.site.killing import kill_again_and_again
from tests.site.killing_doors import kill_doors

CYCLES = 4


@pytest.mark.timeout(300)
def test_killed_gateways_and_pullers_lose_nothing(tmp_path: Path) -> None:
    counts = kill_again_and_again(tmp_path, CYCLES, seed=20)
    assert counts["acknowledged"] > 0
    for fault in ("lost", "doubled", "out_of_order", "chain_broken", "copy_broken", "copy_lacks", "relay_left_on"):
        assert counts[fault] == 0, counts


@pytest.mark.timeout(300)
def test_killed_doors_sirens_and_holds_leave_nothing_on_and_give_no_use_back(tmp_path: Path) -> None:
    counts = kill_doors(tmp_path, CYCLES, seed=3)
    assert counts["openings"] > 0
    for fault in ("relay_left_on", "codes_used_twice", "hold_forgotten", "siren_forgotten"):
        assert counts[fault] == 0, counts
