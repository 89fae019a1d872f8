"""What is shown to readers: credential, decision, event, opening, answer at the reader. Core: pure.

Everything goes one path. A refusal is an event with a reason; what waits for a second factor or a second person is an
event only when it waited in vain. The secret itself stands in no event: cards are shown by their last four places.
"""

from __future__ import annotations

from dataclasses import replace

from devices.messages import CardRead, CodeScanned, KeysTyped, PhoneProof
from edge.access.credentials import PIN_DIGITS, SOLO_PIN_DIGITS, Credential, CredentialKind, gate_of, pin_hmac
from edge.access.people import Case, WaitingCard, case_of, decide_person, duress, learnt, passback, swept
from edge.access.phone_keys import PhoneRefusal, verify
from edge.access.plates import Decision, Reason
from edge.access.presence import Who
from edge.access.visitor_codes import TYPED_DIGITS, CodeReason
from edge.access.visitors import VisitorCase, VisitorVerdict, decide_code, decide_pass, guessed, locked_s, right
from edge.alarms.rules import GENERAL, SYSTEM, URGENT, raise_alarm, returned
from edge.observations import Tick
from edge.react.grant import answer, carry_out, deny, gate_source, plate_at
from edge.turn import Turn
from vision.observations import CodeShown

CLOCK_SLACK_S = 60.0
"""The newest event may have been written a moment after its own time."""
PIN_GUESSES = frozenset({Reason.UNKNOWN_PIN, Reason.WRONG_PIN, Reason.CARD_NEEDED, Reason.PIN_NEEDS_CARD})
"""Refusals that count as a wrong code: a PIN that is right and short must not be told apart from a wrong one."""
DEGRADED = "access.degraded"


def on_card(turn: Turn, report: CardRead) -> None:
    """A card: decided at once, or once its PIN is there."""
    credential = _credential(turn, CredentialKind.CARD, report.uid.upper(), report.reader)
    if credential is not None:
        on_person(turn, credential)


def on_keys(turn: Turn, report: KeysTyped) -> None:
    """Digits: the PIN of the card before them, a PIN of its own, or a visitor code."""
    credential = _credential(turn, CredentialKind.CODE, report.keys, report.reader)
    if credential is None:
        return
    wait_s = locked_s(turn.state.access, report.reader, turn.now)
    if wait_s > 0:
        deny(turn, credential, Decision(False, CodeReason.LOCKED), detail=f"{round(wait_s)} s")
        return
    hashed = _hashed(turn, report.keys)
    card = _waiting(turn, report.reader, credential.gate)
    if card is not None:
        on_person(turn, replace(card.credential, pin=hashed or "-", keypad=report.reader))
        return
    known = bool(hashed) and ("pin", hashed) in turn.state.policy.keys
    if known or (len(report.keys) in PIN_DIGITS and len(report.keys) not in TYPED_DIGITS):
        short = len(report.keys) < SOLO_PIN_DIGITS
        on_person(turn, replace(credential, kind=CredentialKind.PIN, value=hashed, short=short))
        return
    _visitor(turn, credential, decide_code(_visitor_case(turn, credential)))


def on_code(turn: Turn, report: CodeScanned) -> None:
    """A QR code at a scanner on the wire."""
    _shown_text(turn, report.reader, report.text)


def on_code_shown(turn: Turn, seen: CodeShown) -> None:
    """A QR code held to a camera; the reader that has this camera is the one it was shown to."""
    for name, reader in turn.state.settings.readers.items():
        if reader.kind == "qr-camera" and reader.camera == seen.camera:
            _shown_text(turn, name, seen.text)
            return


def on_phone(turn: Turn, proof: PhoneProof) -> None:
    """A phone's proof: whose key it is, then what that person may do."""
    key = verify(proof, turn.state.policy.keys, turn.now.mono_s)
    value = proof.key_id if isinstance(key, PhoneRefusal) else key.value
    credential = _credential(turn, CredentialKind.PHONE, value, proof.reader)
    if credential is None:
        return
    credential = replace(credential, connection=proof.connection)
    if isinstance(key, PhoneRefusal):
        deny(turn, credential, Decision(False, key))
    else:
        on_person(turn, credential)


def on_tick(turn: Turn, tick: Tick) -> None:
    """What waited in vain is refused, and whether the clock may be trusted is looked at anew."""
    memory, late = swept(turn.state.access, turn.state.settings, turn.now.mono_s)
    turn.state = replace(turn.state, access=memory)
    for credential in late:
        case = case_of(turn.state.policy, turn.state.settings, credential, turn.now, memory)
        needs_pin = _needs_pin(turn, credential)
        reason = Reason.AWAITING_PIN if needs_pin else Reason.AWAITING_SECOND_PERSON
        name = case.person.name if case.person is not None else ""
        deny(turn, credential, Decision(False, reason, name), detail="timed out")
    _look_at_clock(turn, tick.clock_synced)


def on_person(turn: Turn, credential: Credential) -> None:
    """Whoever carries this credential: decided, carried out or refused, and remembered."""
    state = turn.state
    typed_at = credential.keypad or credential.reader
    case = case_of(state.policy, state.settings, credential, turn.now, state.access)
    decision = decide_person(state.policy, state.settings, credential, credential.gate, turn.now, state.access)
    turn.state = replace(state, access=learnt(case, decision))
    if decision.reason in PIN_GUESSES:
        memory, scope, wait_s = guessed(state.settings, turn.state.access, typed_at, turn.now)
        turn.state = replace(turn.state, access=memory)
        deny(turn, credential, decision, guess=True)
        _tell_lock(turn, credential, scope, wait_s)
    elif decision.reason in (Reason.AWAITING_PIN, Reason.AWAITING_SECOND_PERSON):
        answer(turn, credential, None, decision.reason)
    elif decision.granted and case.person is not None:
        if credential.pin or credential.kind is CredentialKind.PIN:
            turn.state = replace(turn.state, access=right(turn.state.access, typed_at))
        _passback(turn, case)
        carry_out(turn, credential, decision, _both(case))
    else:
        deny(turn, credential, decision)
    if duress(case):
        _duress(turn, credential, decision)


def _waiting(turn: Turn, reader: str, gate: str) -> WaitingCard | None:
    """The card that waits for its PIN at this keypad, or the face that does at this gate: it has no keys."""
    cards = turn.state.access.cards
    faces = (card for card in cards.values() if card.credential.kind is CredentialKind.FACE)
    return cards.get(reader) or next((face for face in faces if face.credential.gate == gate), None)


def _both(case: Case) -> tuple[Who, ...]:
    """Who passes: the person, and under the two-person rule the first of the two as well."""
    first = case.memory.firsts.get(case.credential.gate)
    two = first is not None and case.credential.gate in case.settings.rules.two_person
    ids = [first.person] if two and first is not None else []
    people = [case.policy.people.get(id_) for id_ in ids] + [case.person]
    return tuple(Who(f"person:{p.id}", p.name) for p in people if p is not None)


def _visitor(turn: Turn, credential: Credential, verdict: VisitorVerdict) -> None:
    counted = verdict.memory.locks is not turn.state.access.locks
    turn.state = replace(turn.state, access=verdict.memory)
    if verdict.decision.granted and verdict.who is not None:
        carry_out(turn, credential, verdict.decision, (verdict.who,))
        return
    deny(turn, credential, verdict.decision, guess=counted)
    _tell_lock(turn, credential, verdict.locked, verdict.retry_after_s)


def _shown_text(turn: Turn, reader: str, text: str) -> None:
    """A pass, or the digits of a code as a picture; any other text is refused as a pass that is none."""
    if text.strip().isascii() and text.strip().isdigit():
        credential = _credential(turn, CredentialKind.CODE, text.strip(), reader)
        if credential is not None:
            _visitor(turn, credential, decide_code(_visitor_case(turn, credential)))
        return
    credential = _credential(turn, CredentialKind.PASS, text, reader)
    if credential is not None:
        _visitor(turn, credential, decide_pass(_visitor_case(turn, credential)))


def _credential(turn: Turn, kind: CredentialKind, value: str, reader: str) -> Credential | None:
    """The credential at its gate; None for a reader that is not of this site or opens nothing."""
    gate = gate_of(turn.state.settings, reader)
    return None if gate is None else Credential(kind=kind, value=value, gate=gate, reader=reader)


def _visitor_case(turn: Turn, credential: Credential) -> VisitorCase:
    return VisitorCase(
        policy=turn.state.policy,
        settings=turn.state.settings,
        secrets=turn.state.secrets,
        credential=credential,
        plate=plate_at(turn, credential.gate),
        now=turn.now,
        memory=turn.state.access,
    )


def _hashed(turn: Turn, keys: str) -> str:
    """HMAC of a PIN; empty where no pepper was loaded or it cannot be a PIN."""
    if not turn.state.secrets.pepper or len(keys) not in PIN_DIGITS or not (keys.isascii() and keys.isdigit()):
        return ""
    return pin_hmac(turn.state.secrets.pepper, keys)


def _needs_pin(turn: Turn, credential: Credential) -> bool:
    reader = turn.state.settings.readers.get(credential.reader)
    return reader is not None and reader.second_factor == "pin" and not credential.pin


def _duress(turn: Turn, credential: Credential, decision: Decision) -> None:
    """Somebody is forced: nothing at the gate shows it, the guard is called."""
    source = gate_source(turn, credential.gate)
    body = {"credential": credential.shown, "reader": credential.reader, "subject": decision.subject}
    event_id = turn.record("access.duress", source, {**body, "place": decision.place, "rule": decision.rule})
    raise_alarm(
        turn, "access.duress", URGENT, source, place=credential.gate, event_id=event_id, detail=decision.subject
    )


def _passback(turn: Turn, case: Case) -> None:
    if case.person is None or not passback(case):
        return
    source = gate_source(turn, case.credential.gate)
    body = {"credential": case.credential.shown, "reader": case.credential.reader, "subject": case.person.name}
    event_id = turn.record("access.passback", source, {**body, "rule": f"person:{case.person.id}"})
    place = case.credential.gate
    raise_alarm(turn, "access.passback", GENERAL, source, place=place, event_id=event_id, detail=case.person.name)


def _tell_lock(turn: Turn, credential: Credential, scope: str, wait_s: float) -> None:
    if not scope:
        return
    source = gate_source(turn, credential.gate)
    body = {"scope": scope, "reader": credential.reader, "for_s": round(wait_s, 1)}
    event_id = turn.record("access.locked", source, body)
    raise_alarm(turn, "access.locked", GENERAL, source, place=credential.gate, event_id=event_id, detail=scope)


def _look_at_clock(turn: Turn, synced: bool) -> None:
    """The kernel's word counts; where it does not know, a clock behind the newest event is plainly wrong."""
    state = turn.state
    plausible = state.settings.rules.clock == "any" and turn.now.wall_s >= state.wall_floor_s - CLOCK_SLACK_S
    trusted = synced or plausible
    if trusted is state.access.clock_trusted:
        return
    turn.state = replace(state, access=replace(state.access, clock_trusted=trusted))
    if trusted:
        turn.record("access.restored", "gateway", {})
        returned(turn, DEGRADED, "gateway")
        return
    event_id = turn.record(DEGRADED, "gateway", {"cause": "clock"})
    raise_alarm(turn, DEGRADED, SYSTEM, "gateway", place=state.settings.site.name, event_id=event_id, detail="clock")
