"""What becomes of a grant that uses something up: it opens once it is on disk, else the guard decides. Core: pure.

Whoever is let in before the disk has the use could be let in again after a power cut. So where the disk is late, nobody
is let in by the gateway on a counted credential; the use stays counted, and the guard can always open.
"""

from __future__ import annotations

from dataclasses import replace

from edge.access.plates import Reason
from edge.alarms.rules import GENERAL, raise_alarm
from edge.observations import Written
from edge.react import grant, vehicle
from edge.react.grant import gate_source
from edge.state import WaitingUse
from edge.turn import Turn

NOT_WRITTEN = "access.not_written"
FORGOTTEN_S = 10.0
"""Far above the longest wait for the disk: whoever should have told is gone."""


def on_written(turn: Turn, written: Written) -> None:
    """The disk has the use, or did not in time."""
    use = turn.state.uses.get(written.reference)
    if use is None:
        return
    if not written.durable:
        _to_the_guard(turn, written.reference, use)
    elif use.credential is not None:
        grant.let_in(turn, written.reference, use.credential, use.decision, use.who, use.since_mono_s)
    elif use.visitor is not None:
        vehicle.let_in(turn, written.reference, use.gate, use.visitor, use.decision, use.since_mono_s)
    # Only now: the opening is measured from the moment of the decision, which stands here.
    turn.state = replace(turn.state, uses={k: v for k, v in turn.state.uses.items() if k != written.reference})


def on_tick(turn: Turn) -> None:
    """Nothing waits for ever."""
    for reference, use in turn.state.uses.items():
        if turn.now.mono_s - use.since_mono_s > FORGOTTEN_S:
            on_written(turn, Written(reference, durable=False))


def _to_the_guard(turn: Turn, reference: str, use: WaitingUse) -> None:
    decision = replace(use.decision, granted=False, reason=Reason.NOT_WRITTEN, changes=())
    if use.credential is not None:
        grant.deny(turn, use.credential, decision)
    elif use.visitor is not None:
        vehicle.refer(turn, use.gate, use.visitor, decision)
    source = gate_source(turn, use.gate)
    detail = use.decision.subject or use.decision.rule
    body = {"reference": reference, "rule": use.decision.rule, "waited_s": round(turn.now.mono_s - use.since_mono_s, 3)}
    event_id = turn.record(NOT_WRITTEN, source, body)
    raise_alarm(turn, NOT_WRITTEN, GENERAL, source, place=use.gate, event_id=event_id, detail=detail)
