"""A vehicle before a lane: plate, decision, opening or the guard. Core: pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from edge.access.plates import REFERRED, Decision, Reason, decide
from edge.access.presence import Who
from edge.lanes.machine import Authorised, LaneState
from edge.react.doubt import hindered
from edge.react.lane import Grant, drive
from edge.react.presence import expect
from edge.react.waiting import wait
from edge.state import LaneView, Passage, Visitor, WaitingUse
from edge.turn import Turn
from sync.event import Attachment
from sync.policy import applied
from vision.observations import PlateSeen, VehicleShown, VisitEnded

SAME_CAR_S = 10.0
"""A plate that has just been let through is the same car for this long, unless the approach loop says otherwise."""

APPROACH_WAIT_S = 120.0
"""A plate that was read this long before the loop answers may be that of a parked car: another stands on the loop."""

_UNREAD = "none"
"""Outcome of a vehicle of which no plate was read: only the approach loop tells of it."""
_WAITS_FOR_VEHICLE = frozenset({Reason.AWAITING_APPROACH, Reason.AWAITING_VEHICLE, Reason.NOT_ON_VEHICLE})
"""Reasons that are over when it turns out that a vehicle stands there."""

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
    _take_off_unread(turn, camera.lane)
    visitor = _visitor(turn, seen, picture)
    if seen.outcome != "sure":
        refer(turn, camera.lane, visitor, Decision(False, Reason.UNSURE_READ))
        return
    if _same_car(turn, camera.lane, seen.text):
        _drop_visitor(turn, camera.lane, seen.visit)
        return
    decision = decide(turn.state.policy, seen.text, camera.lane, lane, turn.now.wall_s)
    decision = hindered(turn, camera.lane, decision, visitor)
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
    for visitor in turn.state.lanes[name].visitors:
        if turn.now.mono_s - visitor.since_mono_s <= APPROACH_WAIT_S:
            _decide_again(turn, name, visitor)


def on_vehicle_shown(turn: Turn, shown: VehicleShown) -> None:
    """The camera has seen a vehicle round a plate that it had told of before."""
    for name, view in turn.state.lanes.items():
        for visitor in [v for v in view.visitors if v.visit == shown.visit]:
            known = replace(visitor, carried_by="vehicle")
            others = tuple(v for v in view.visitors if v is not visitor)
            turn.set_lane(name, replace(view, visitors=(*others, known)))
            _decide_again(turn, name, known)


def _decide_again(turn: Turn, name: str, visitor: Visitor) -> None:
    if visitor.reason not in _WAITS_FOR_VEHICLE or visitor.gone_mono_s is not None:
        return
    lane = turn.state.settings.lanes[name]
    decision = decide(turn.state.policy, visitor.text, name, lane, turn.now.wall_s)
    decision = hindered(turn, name, decision, visitor)
    if decision.granted:
        _grant(turn, name, visitor, decision)
    elif decision.reason != visitor.reason:
        refer(turn, name, visitor, decision)


def on_tick(turn: Turn) -> None:
    """A vehicle stands on a loop, and no plate was read for as long as an unsure one may take: the guard is told."""
    after_s = turn.state.settings.plates.unsure_after_s
    for name, view in turn.state.lanes.items():
        if view.arrived_mono_s is None or turn.now.mono_s - view.arrived_mono_s < after_s:
            continue
        turn.set_lane(name, replace(view, arrived_mono_s=None))
        expected = view.machine.queue or view.machine.passing is not None or view.machine.state != LaneState.CLOSED
        if not expected and all(v.gone_mono_s is not None for v in view.visitors):
            refer(turn, name, _unread(turn, name), Decision(False, Reason.NO_PLATE))


def _unread(turn: Turn, name: str) -> Visitor:
    cameras = (c for c, settings in turn.state.settings.cameras.items() if settings.lane == name)
    now = turn.now
    return Visitor(
        visit=f"{name}-loop-{int(now.mono_s * 1000)}",
        camera=next(cameras, ""),
        text="",
        confidence=0.0,
        outcome=_UNREAD,
        color="unknown",
        candidates=(),
        reason="",
        subject="",
        place="",
        rule="",
        picture=None,
        since_s=now.wall_s,
        since_mono_s=now.mono_s,
        captured_mono_s=now.mono_s,
        read_mono_s=now.mono_s,
    )


def _take_off_unread(turn: Turn, name: str) -> None:
    view = turn.state.lanes[name]
    read = tuple(v for v in view.visitors if v.outcome != _UNREAD)
    turn.set_lane(name, replace(view, visitors=read, arrived_mono_s=None))


def on_loop_left(turn: Turn, name: str) -> None:
    """The approach loop is free or unknown again: the vehicle of which nothing else is known has gone."""
    view, now_s = turn.state.lanes[name], turn.now.mono_s
    if any(v.outcome == _UNREAD and v.gone_mono_s is None for v in view.visitors):
        gone = tuple(replace(v, gone_mono_s=now_s) if v.outcome == _UNREAD else v for v in view.visitors)
        turn.set_lane(name, replace(view, visitors=gone))


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
        "direction": seen.direction,
        "carried_by": seen.carried_by,
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
        direction=seen.direction,
        carried_by=seen.carried_by,
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
    still = hindered(turn, name, decision, visitor)
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
