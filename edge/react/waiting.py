"""Grants that use something up wait for the disk: a crash must not give a use back. Core: pure."""

from __future__ import annotations

from dataclasses import replace

from edge.intents import Confirm
from edge.state import WaitingUse
from edge.turn import Turn


def wait(turn: Turn, reference: str, use: WaitingUse) -> None:
    """Open when the event is on disk, which ``Written`` tells."""
    turn.state = replace(turn.state, uses={**turn.state.uses, reference: use})
    turn.intents.append(Confirm(reference))
