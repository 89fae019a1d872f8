"""Every reachable context of the door machine, every event, all wirings: nothing breaks, every way leads home."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.doors.machine import DoorRules, DoorState, step
from tests.edge.door_invariants import EDGES
from tests.edge.door_walk import all_rules, name_of, walk

DOC = Path(__file__).resolve().parents[2] / "docs" / "door.md"
NEEDS_CONTACT = {DoorState.OPEN, DoorState.HELD_OPEN, DoorState.FORCED}


def expected_states(rules: DoorRules) -> set[DoorState]:
    """What a wiring can show."""
    gone = set() if rules.has_contact else set(NEEDS_CONTACT)
    if not rules.escape_route:
        gone.add(DoorState.FIRE_RELEASED)
    return set(DoorState) - gone


@pytest.mark.parametrize("rules", all_rules(), ids=name_of)
def test_no_context_and_no_edge_breaks_an_invariant(rules: DoorRules) -> None:
    found = walk(step, rules, EDGES)
    print(f"{name_of(rules)}: {found.contexts:,} contexts, {found.edges:,} edges")
    assert found.violations == {}
    assert found.stuck == []
    assert found.states == expected_states(rules)
    row = f"| {name_of(rules)} | {found.contexts:,} | {found.edges:,} |"
    assert row in DOC.read_text(encoding="utf-8"), f"docs/door.md should say: {row}"
