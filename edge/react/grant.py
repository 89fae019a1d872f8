"""Carrying a decision out at a gate: event, opening, entry in the register, answer at the reader. Core: pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from devices.messages import SignalReader
from edge.access.credentials import Credential
from edge.access.guess_locks import told
from edge.access.plates import REFERRED, AnyReason, Decision, Reason
from edge.access.presence import Who
from edge.access.visitor_codes import CodeReason
from edge.intents import Send
from edge.lanes.machine import Authorised
from edge.react.door import door_hindrance, open_door
from edge.react.lane import Grant, drive, hindrance
from edge.react.presence import expect
from edge.react.vehicle import remember
from edge.react.waiting import wait
from edge.state import Passage, Visitor, WaitingUse
from edge.turn import Turn
from sync.event import Attachment
from sync.policy import applied

SIGNAL_LIFE_S = 3.0
ANSWERING = frozenset({"osdp", "keypad", "ble"})
"""Kinds of reader that can show a verdict."""

_WORDS = {
    "granted": ("请通行", "Welcome"),
    Reason.AWAITING_PIN: ("请输入密码", "Enter PIN"),
    Reason.AWAITING_SECOND_PERSON: ("请第二人验证", "Second person"),
    CodeReason.LOCKED: ("已锁定，请稍候", "Locked, wait"),
    "denied": ("未授权", "Refused"),
}
"""What a reader shows; why somebody is refused is told to the guard, not to whoever tries."""


def carry_out(turn: Turn, credential: Credential, decision: Decision, who: tuple[Who, ...]) -> None:
    """Open for a grant, unless the gate cannot be opened now; a use is counted, and on disk, before it opens."""
    hindered = _hindered(turn, credential.gate)
    if hindered is not None:
        deny(turn, credential, replace(decision, granted=False, reason=hindered, changes=()))
        return
    turn.state = replace(turn.state, policy=applied(turn.state.policy, decision.changes))
    body = _body(credential, decision)
    source = gate_source(turn, credential.gate)
    reference = turn.record("access.granted", source, body, changes=decision.changes)
    if decision.changes:
        use = WaitingUse(
            gate=credential.gate, decision=decision, since_mono_s=turn.now.mono_s, credential=credential, who=who
        )
        wait(turn, reference, use)
    else:
        let_in(turn, reference, credential, decision, who, turn.now.mono_s)


def let_in(
    turn: Turn, reference: str, credential: Credential, decision: Decision, who: tuple[Who, ...], decided_mono_s: float
) -> None:
    """Open for a grant that is on record; unless the gate cannot be opened by now."""
    hindered = _hindered(turn, credential.gate)
    if hindered is not None:
        deny(turn, credential, replace(decision, granted=False, reason=hindered, changes=()))
        return
    if credential.gate in turn.state.lanes:
        _open_lane(turn, credential.gate, reference, decision, who, decided_mono_s)
    else:
        # Expected first: a door that stands open already is passed at once.
        expect(turn, credential.gate, reference, who, credential.reader)
        open_door(turn, credential.gate, reference)
    answer(turn, credential, True, decision.reason)


def deny(
    turn: Turn,
    credential: Credential,
    decision: Decision,
    detail: str = "",
    *,
    guess: bool = False,
    attachments: tuple[Attachment, ...] = (),
) -> None:
    """Write the refusal down and show it at the reader; a wrong code's event keeps the lock-outs that it left."""
    kind = "access.referred" if decision.reason in REFERRED else "access.denied"
    body = {**_body(credential, decision), "detail": detail}
    if guess:
        typed_at = credential.keypad or credential.reader
        body["guess"] = told(turn.state.access.locks, typed_at, turn.now.mono_s)
    turn.record(kind, gate_source(turn, credential.gate), body, attachments=attachments)
    answer(turn, credential, False, decision.reason)


def answer(turn: Turn, credential: Credential, granted: bool | None, reason: AnyReason) -> None:
    """Show the verdict at a reader that can; None means that more is awaited."""
    reader = turn.state.settings.readers.get(credential.reader)
    if reader is None or reader.kind not in ANSWERING:
        return
    zh, en = _WORDS.get("granted" if granted else reason, _WORDS["denied"])
    signal = SignalReader(
        id=turn.new_id(),
        reader=credential.reader,
        granted=granted,
        text=zh if turn.state.settings.site.language == "zh" else en,
        expires_mono_s=turn.now.mono_s + SIGNAL_LIFE_S,
        connection=credential.connection,
    )
    turn.intents.append(Send(signal))


def gate_source(turn: Turn, gate: str) -> str:
    """The gate as events name it."""
    return f"lane:{gate}" if gate in turn.state.lanes else f"door:{gate}"


def plate_at(turn: Turn, gate: str) -> str:
    """The plate of the vehicle that waits at a lane, read for sure; empty for none."""
    visitor = _waiting(turn, gate)
    return visitor.text if visitor is not None else ""


def _waiting(turn: Turn, gate: str) -> Visitor | None:
    view = turn.state.lanes.get(gate)
    visitors = view.visitors if view is not None else ()
    return next((v for v in reversed(visitors) if v.outcome == "sure" and v.gone_mono_s is None), None)


def _hindered(turn: Turn, gate: str) -> Reason | None:
    """Why a gate cannot be opened now."""
    view = turn.state.lanes.get(gate)
    if view is None:
        return Reason.DOOR_REFUSED if door_hindrance(turn, gate) else None
    reason = hindrance(view.machine)
    if reason is None and turn.state.settings.lanes[gate].require_approach and view.approach is not True:
        return Reason.AWAITING_APPROACH
    return reason


def _open_lane(
    turn: Turn, lane: str, reference: str, decision: Decision, who: tuple[Who, ...], decided_mono_s: float
) -> None:
    """Open a lane; the vehicle that waits there is the one that passes, and off the guard's list."""
    visitor = _waiting(turn, lane)
    plate = visitor.text if visitor else ""
    drive(turn, lane, Authorised(reference), Grant(reference=reference, plate=plate, decided_mono_s=decided_mono_s))
    if visitor is not None:
        who = (Who(f"vehicle:{visitor.text}", decision.subject),)
    expect(turn, lane, reference, who)
    passage = Passage(
        text=visitor.text if visitor else "",
        who=decision.subject,
        place=decision.place,
        decision="granted",
        reason=decision.reason.value,
        at_s=turn.now.wall_s,
        at_mono_s=turn.now.mono_s,
        picture=visitor.picture if visitor else None,
    )
    remember(turn, lane, passage, visitor.visit if visitor else None)


def _body(credential: Credential, decision: Decision) -> dict[str, Any]:
    return {
        "credential": credential.shown,
        "reader": credential.reader,
        "reason": decision.reason.value,
        "subject": decision.subject,
        "place": decision.place,
        "rule": decision.rule,
    }
