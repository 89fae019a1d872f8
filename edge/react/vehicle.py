"""A vehicle before a lane: plate, decision, opening or the guard. Core: pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from config.model import Lane as LaneSettings
from edge.access.plates import REFERRED, Decision, Reason, decide
from edge.access.presence import Who
from edge.lanes.machine import Authorised
from edge.react.lane import Grant, drive, hindrance
from edge.react.presence import expect
from edge.react.waiting import wait
from edge.state import LaneView, Passage, Visitor, WaitingUse
from edge.turn import Turn
from sync.event import Attachment
from sync.policy import applied
from vision.observations import PlateSeen, VisitEnded

SAME_CAR_S = 10.0
"""A plate that has just been let through is the same car for this long, unless the approach loop says otherwise."""

VISITORS_MAX = 8
"""Vehicles that may wait at one lane; the oldest that has left goes first."""


def on_plate(turn: Turn, seen: PlateSeen) -> None:
    """One visit's read. An unsure read never opens; a sure one is decided once."""
    attachments = (Attachment("frame", "image/jpeg", seen.picture),) if seen.picture else ()
    picture = attachments[0].sha256 if attachments else None
    turn.record("plate.read", f"camera:{seen.camera}", _read_body(seen), attachments=attachments)
    camera = turn.state.settings.cameras.get(seen.camera)
    if camera is None or camera.lane is None:
        return
    lane = turn.state.settings.lanes[camera.lane]
    visitor = _visitor(turn, seen, picture)
    if seen.outcome != "sure":
        refer(turn, camera.lane, visitor, Decision(False, Reason.UNSURE_READ))
        return
    if _same_car(turn, camera.lane, seen.text):
        _drop_visitor(turn, camera.lane, seen.visit)
        return
    decision = decide(turn.state.policy, seen.text, camera.lane, lane, turn.now.wall_s)
    decision = _hindered(turn, camera.lane, lane, decision)
    if decision.granted:
        _grant(turn, camera.lane, visitor, decision)
    else:
        refer(turn, camera.lane, visitor, decision)


def on_visit_ended(turn: Turn, ended: VisitEnded) -> None:
    """The vehicle left the picture; whoever was waiting is marked as gone."""
    turn.record("visit.ended", f"camera:{ended.camera}", {"visit": ended.visit, "text": ended.text})
    for name, view in turn.state.lanes.items():
        if any(v.visit == ended.visit for v in view.visitors):
            gone = tuple(
                replace(v, gone_mono_s=turn.now.mono_s) if v.visit == ended.visit else v for v in view.visitors
            )
            turn.set_lane(name, replace(view, visitors=gone))


def on_approach(turn: Turn, name: str) -> None:
    """The approach loop sees a vehicle: whoever only waited for that is decided again."""
    lane = turn.state.settings.lanes[name]
    for visitor in turn.state.lanes[name].visitors:
        if visitor.reason != Reason.AWAITING_APPROACH or visitor.gone_mono_s is not None:
            continue
        decision = decide(turn.state.policy, visitor.text, name, lane, turn.now.wall_s)
        decision = _hindered(turn, name, lane, decision)
        if decision.granted:
            _grant(turn, name, visitor, decision)


def forget_gone(turn: Turn, after_s: float = 5.0) -> None:
    """Take vehicles off the waiting list that left the picture a while ago."""
    for name, view in turn.state.lanes.items():
        kept = tuple(v for v in view.visitors if v.gone_mono_s is None or turn.now.mono_s - v.gone_mono_s < after_s)
        if len(kept) != len(view.visitors):
            turn.set_lane(name, replace(view, visitors=kept))


def remember(turn: Turn, name: str, passage: Passage, visit: str | None) -> None:
    """Note the last decision of a lane and take its vehicle off the waiting list."""
    view = turn.state.lanes[name]
    visitors = tuple(v for v in view.visitors if v.visit != visit)
    turn.set_lane(name, replace(view, last=passage, visitors=visitors))


def _read_body(seen: PlateSeen) -> dict[str, Any]:
    return {
        "visit": seen.visit,
        "outcome": seen.outcome,
        "text": seen.text,
        "confidence": round(seen.confidence, 4),
        "color": seen.color,
        "rows": seen.rows,
        "box": list(seen.box),
        "frames": seen.frames,
        "candidates": [
            {"text": c.text, "confidence": round(c.confidence, 4), "votes": c.votes} for c in seen.candidates
        ],
        "captured_at_us": int(seen.captured_at_s * 1e6),
    }


def _visitor(turn: Turn, seen: PlateSeen, picture: str | None) -> Visitor:
    return Visitor(
        visit=seen.visit,
        camera=seen.camera,
        text=seen.text,
        confidence=seen.confidence,
        outcome=seen.outcome,
        color=seen.color,
        candidates=seen.candidates,
        reason="",
        subject="",
        place="",
        rule="",
        picture=picture,
        since_s=turn.now.wall_s,
        since_mono_s=turn.now.mono_s,
        captured_mono_s=seen.captured_mono_s,
        read_mono_s=seen.read_mono_s,
    )


def _same_car(turn: Turn, name: str, text: str) -> bool:
    """Whether this is the car that has just been let in: still waiting for its passage, or just through."""
    view = turn.state.lanes[name]
    waiting = (use.visitor for use in turn.state.uses.values() if use.gate == name)
    if text in view.granted.values() or any(one is not None and one.text == text for one in waiting):
        return True
    last = view.last
    if last is None or last.decision != "granted" or last.text != text or view.approach is True:
        return False
    return turn.now.mono_s - last.at_mono_s < SAME_CAR_S


def _hindered(turn: Turn, name: str, lane: LaneSettings, decision: Decision) -> Decision:
    """A grant that cannot be carried out now goes to the guard."""
    if not decision.granted:
        return decision
    view = turn.state.lanes[name]
    reason = hindrance(view.machine)
    if reason is None and lane.require_approach and view.approach is not True:
        reason = Reason.AWAITING_APPROACH
    return decision if reason is None else replace(decision, granted=False, reason=reason, changes=())


def _grant(turn: Turn, name: str, visitor: Visitor, decision: Decision) -> None:
    turn.state = replace(turn.state, policy=applied(turn.state.policy, decision.changes))
    reference = turn.record(
        "access.granted", f"lane:{name}", decision_body(visitor, decision), changes=decision.changes
    )
    if decision.changes:
        _drop_visitor(turn, name, visitor.visit)
        use = WaitingUse(gate=name, decision=decision, since_mono_s=turn.now.mono_s, visitor=visitor)
        wait(turn, reference, use)
    else:
        let_in(turn, reference, name, visitor, decision, turn.now.mono_s)


def let_in(turn: Turn, reference: str, name: str, visitor: Visitor, decision: Decision, decided_mono_s: float) -> None:
    """Open for a grant that is on record; unless the lane cannot be opened by now."""
    still = _hindered(turn, name, turn.state.settings.lanes[name], decision)
    if not still.granted:
        refer(turn, name, visitor, still)
        return
    grant = Grant(
        reference=reference,
        plate=visitor.text,
        captured_mono_s=visitor.captured_mono_s,
        read_mono_s=visitor.read_mono_s,
        decided_mono_s=decided_mono_s,
    )
    drive(turn, name, Authorised(reference), grant)
    expect(turn, name, reference, (Who(f"vehicle:{visitor.text}", decision.subject),))
    remember(turn, name, passage_of(turn, visitor, decision, "granted"), visitor.visit)


def refer(turn: Turn, name: str, visitor: Visitor, decision: Decision) -> None:
    """Put the vehicle before the guard, with the reason why it did not open."""
    kind = "access.referred" if decision.reason in REFERRED else "access.denied"
    turn.record(kind, f"lane:{name}", decision_body(visitor, decision))
    waiting = replace(
        visitor, reason=decision.reason, subject=decision.subject, place=decision.place, rule=decision.rule
    )
    view = turn.state.lanes[name]
    others = tuple(v for v in view.visitors if v.visit != visitor.visit)
    turn.set_lane(name, replace(view, visitors=(*others, waiting)[-VISITORS_MAX:]))
    if decision.reason not in REFERRED:
        turn.set_lane(name, replace(turn.state.lanes[name], last=passage_of(turn, visitor, decision, "denied")))


def _drop_visitor(turn: Turn, name: str, visit: str) -> None:
    view: LaneView = turn.state.lanes[name]
    turn.set_lane(name, replace(view, visitors=tuple(v for v in view.visitors if v.visit != visit)))


def decision_body(visitor: Visitor, decision: Decision) -> dict[str, Any]:
    """What the log says of a decision."""
    return {
        "visit": visitor.visit,
        "camera": visitor.camera,
        "plate": visitor.text,
        "confidence": round(visitor.confidence, 4),
        "reason": decision.reason.value,
        "subject": decision.subject,
        "place": decision.place,
        "rule": decision.rule,
        "picture": visitor.picture,
    }


def passage_of(turn: Turn, visitor: Visitor, decision: Decision, outcome: str) -> Passage:
    """What the page shows of it."""
    return Passage(
        text=visitor.text,
        who=decision.subject,
        place=decision.place,
        decision=outcome,
        reason=decision.reason.value,
        at_s=turn.now.wall_s,
        at_mono_s=turn.now.mono_s,
        picture=visitor.picture,
    )
