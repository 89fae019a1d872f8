"""Every reachable context of the lane machine, every event, all wirings: nothing breaks, every way leads home."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.lanes.machine import LaneRules, LaneState, step
from tests.edge.lane_invariants import EDGES
from tests.edge.lane_shapes import SHAPES
from tests.edge.lane_walk import all_rules, name_of, walk

DOC = Path(__file__).resolve().parents[2] / "docs" / "lane.md"

NEEDS_SAFETY = {LaneState.PASSING, LaneState.CLEARING}


def expected_states(rules: LaneRules) -> set[LaneState]:
    """What a wiring can show: a passage needs the safety sensor, a forced arm the lower limit."""
    gone = set() if rules.has_safety else set(NEEDS_SAFETY)
    if not rules.has_down_limit:
        gone.add(LaneState.FORCED)
    falling_seen = rules.has_up_limit or (rules.gateway_closes and rules.has_safety)
    if not falling_seen:
        gone.add(LaneState.CLOSING)
    return set(LaneState) - gone


@pytest.mark.parametrize("rules", all_rules(), ids=name_of)
def test_no_context_and_no_edge_breaks_an_invariant(rules: LaneRules) -> None:
    found = walk(step, rules, EDGES, SHAPES)
    print(f"{name_of(rules)}: {found.contexts:,} contexts, {found.edges:,} edges")
    assert found.violations == {}
    assert found.stuck == []
    assert found.states == expected_states(rules)
    row = f"| {name_of(rules)} | {found.contexts:,} | {found.edges:,} |"
    assert row in DOC.read_text(encoding="utf-8"), f"docs/lane.md should say: {row}"
