"""Beginning, ending and handing over a shift. Core: pure; each act gives (ok, reason).

A post changes hands only when the coming guard has taken every matter that is open at that moment, one by one, and
both have signed. What opens while they talk is added; nothing can slip between two shifts.
"""

from __future__ import annotations

from dataclasses import replace

from edge.alarms.model import begun
from edge.duty.acts import CancelHandover, EndShift, OfferHandover, SignHandover, StartShift, TakeItem
from edge.duty.items import open_items
from edge.duty.model import Handover, Shift
from edge.turn import Turn

Verdict = tuple[bool, str]
ABOVE = frozenset({"supervisor", "admin"})
"""Roles that may end somebody else's shift."""


def start(turn: Turn, act: StartShift) -> Verdict:
    """Man a post that is free."""
    if act.post not in turn.state.settings.desk.posts:
        return False, "unknown_post"
    there = turn.state.duty.shifts.get(act.post)
    if there is not None:
        return there.guard == act.operator.name, f"on_duty:{there.guard}"
    _begin(turn, act.post, act.operator.name, "")
    return True, "on_duty_now"


def end(turn: Turn, act: EndShift) -> Verdict:
    """Leave a post without a successor: only with a reason, and somebody else's only from above."""
    shift = turn.state.duty.shifts.get(act.post)
    if shift is None:
        return False, "nobody_on_duty"
    if shift.guard != act.operator.name and act.operator.role not in ABOVE:
        return False, "not_yours"
    if not act.reason.strip():
        return False, "reason_needed"
    open_ones = [item.key for item in open_items(turn.state)]
    _drop_handover(turn, act.post)
    _leave(turn, shift, act.operator.name, reason=act.reason.strip(), left_open=open_ones)
    return True, "shift_ended"


def offer(turn: Turn, act: OfferHandover) -> Verdict:
    """Begin to hand over; asking the same guard again changes nothing."""
    shift = turn.state.duty.shifts.get(act.post)
    if shift is None:
        return False, "nobody_on_duty"
    if shift.guard != act.operator.name:
        return False, "not_yours"
    if act.coming == shift.guard or not act.coming.strip():
        return False, "needs_another_guard"
    known = turn.state.duty.handovers.get(act.post)
    if known is not None:
        return known.coming == act.coming, f"handing_over_to:{known.coming}"
    handover = Handover(post=act.post, leaving=shift.guard, coming=act.coming, age=begun(turn.now))
    _put(turn, handover)
    turn.record("shift.offered", f"operator:{shift.guard}", {"post": act.post, "to": act.coming})
    return True, "offered"


def take(turn: Turn, act: TakeItem) -> Verdict:
    """The coming guard takes one matter over."""
    handover = turn.state.duty.handovers.get(act.post)
    if handover is None:
        return False, "no_handover"
    if handover.coming != act.operator.name:
        return False, "not_yours"
    item = next((item for item in open_items(turn.state) if item.key == act.item), None)
    if item is None:
        return False, "unknown_item"
    if act.item in handover.taken:
        return True, "taken_over"
    taken = {**handover.taken, act.item: act.note.strip()}
    # Whoever signed before signed for less: both sign again.
    _put(turn, replace(handover, taken=taken, signed=frozenset()))
    body = {"post": act.post, "item": item.key, "kind": item.kind, "place": item.place, "note": act.note.strip()}
    turn.record("shift.item_taken", f"operator:{act.operator.name}", body)
    return True, "taken_over"


def sign(turn: Turn, act: SignHandover) -> Verdict:
    """Sign; with both signatures, and nothing left open that was not taken over, the post changes hands."""
    handover = turn.state.duty.handovers.get(act.post)
    if handover is None:
        return False, "no_handover"
    if act.operator.name not in (handover.leaving, handover.coming):
        return False, "not_yours"
    missing = [item.key for item in open_items(turn.state) if item.key not in handover.taken]
    if missing:
        return False, f"items_left:{len(missing)}"
    if act.operator.name in handover.signed:
        return True, "signed"
    signed = replace(handover, signed=handover.signed | {act.operator.name})
    _put(turn, signed)
    body = {"post": act.post, "guard": act.operator.name, "items": sorted(signed.taken)}
    turn.record("shift.signed", f"operator:{act.operator.name}", body)
    if signed.signed >= {handover.leaving, handover.coming}:
        _change_hands(turn, signed)
        return True, "handed_over"
    return True, "signed"


def cancel(turn: Turn, act: CancelHandover) -> Verdict:
    """The guard on duty stays."""
    handover = turn.state.duty.handovers.get(act.post)
    if handover is None:
        return False, "no_handover"
    if act.operator.name != handover.leaving and act.operator.role not in ABOVE:
        return False, "not_yours"
    _drop_handover(turn, act.post)
    turn.record("shift.kept", f"operator:{act.operator.name}", {"post": act.post, "to": handover.coming})
    return True, "shift_kept"


def _change_hands(turn: Turn, handover: Handover) -> None:
    shift = turn.state.duty.shifts[handover.post]
    _drop_handover(turn, handover.post)
    body = {
        "post": handover.post,
        "from": handover.leaving,
        "to": handover.coming,
        "items": [{"item": key, "note": note} for key, note in sorted(handover.taken.items())],
        "took_s": round(handover.age.at(turn.now), 3),
    }
    turn.record("shift.handed_over", f"operator:{handover.leaving}", body)
    _leave(turn, shift, handover.leaving, reason="handed_over", left_open=[])
    _begin(turn, handover.post, handover.coming, handover.leaving)


def _begin(turn: Turn, post: str, guard: str, after: str) -> None:
    duty = turn.state.duty
    shift = Shift(post=post, guard=guard, age=begun(turn.now))
    turn.state = replace(turn.state, duty=replace(duty, shifts={**duty.shifts, post: shift}))
    turn.record("shift.started", f"operator:{guard}", {"post": post, "guard": guard, "after": after})


def _leave(turn: Turn, shift: Shift, by: str, *, reason: str, left_open: list[str]) -> None:
    duty = turn.state.duty
    shifts = {post: other for post, other in duty.shifts.items() if post != shift.post}
    turn.state = replace(turn.state, duty=replace(duty, shifts=shifts))
    body = {"post": shift.post, "guard": shift.guard, "reason": reason, "left_open": left_open}
    turn.record("shift.ended", f"operator:{by}", {**body, "for_s": round(shift.age.at(turn.now), 3)})


def _put(turn: Turn, handover: Handover) -> None:
    duty = turn.state.duty
    turn.state = replace(turn.state, duty=replace(duty, handovers={**duty.handovers, handover.post: handover}))


def _drop_handover(turn: Turn, post: str) -> None:
    duty = turn.state.duty
    left = {name: other for name, other in duty.handovers.items() if name != post}
    turn.state = replace(turn.state, duty=replace(duty, handovers=left))
