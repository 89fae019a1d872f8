"""Scans: which round a checkpoint counts for, what speaks for and against it. Core: pure; each act gives (ok, reason).

Nothing that was scanned is lost: a scan that fits no round is written down all the same, but for the same point a
moment later, which is ignored. Scans that were made without a link count at their device's time; they also heal a
round that was missed meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from devices.messages import CardRead
from edge.alarms.rules import find, returned
from edge.operators import Operator
from edge.patrol.acts import EndRound, ScanPoint, StartRound
from edge.patrol.model import COMPLETE, OPEN, Device, Leg, Round, RoundState, Visit
from edge.patrol.rounds import MISSED, about, counted, finish, is_late, put
from edge.turn import Turn

Verdict = tuple[bool, str]
PROOFS = ("reader", "nfc", "ble", "qr", "typed")
"""From the strongest to the weakest."""
ABOVE = frozenset({"supervisor", "admin"})
CLOCK_SLACK_S = 60.0
"""A device's clock may be ahead by so much."""
SET_BACK_S = 5.0
DEVICES_KEPT = 64
DUPLICATE: Verdict = (True, "duplicate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A checkpoint that somebody was at."""

    point: str
    guard: str
    proof: str
    ago_s: float = 0.0
    offline: bool = False
    doubtful: str = ""
    device: str = ""
    seq: int = 0


def start(turn: Turn, act: StartRound) -> Verdict:
    """A guard sets out."""
    round_ = turn.state.patrol.rounds.get(act.round)
    if round_ is None:
        return False, "unknown_round"
    if round_.state is RoundState.STARTED:
        return round_.guard == act.operator.name, f"round_taken:{round_.guard}"
    if round_.state is not RoundState.DUE:
        return False, "round_over"
    age_s = round_.age.at(turn.now)
    if age_s < -round_.start_early_s:
        return False, "too_early"
    _started(turn, round_, act.operator.name, age_s, offline=False)
    return True, "round_started"


def end(turn: Turn, act: EndRound) -> Verdict:
    """A guard ends a round: done when everything that must be was visited, else given up for a reason."""
    round_ = turn.state.patrol.rounds.get(act.round)
    if round_ is None:
        return False, "unknown_round"
    if round_.state not in OPEN:
        return False, "round_over"
    if not _may_end(turn, round_, act.operator):
        return False, "not_yours"
    if round_.started_age_s is not None and not round_.left(required=True):
        finish(turn, round_)
        return True, "round_done"
    reason = act.reason.strip()
    if not reason:
        return False, "reason_needed"
    given_up = replace(round_, state=RoundState.ABORTED, reason=reason)
    put(turn, given_up)
    body = {**about(given_up, turn), **counted(given_up), "reason": reason}
    turn.record("patrol.aborted", f"operator:{act.operator.name}", body)
    return True, "round_aborted"


def scan(turn: Turn, act: ScanPoint) -> Verdict:
    """The code of a checkpoint, scanned now or sent later."""
    known = turn.state.patrol.devices.get(act.device)
    if act.seq and known is not None and act.seq <= known.seq:
        return True, "already_known"
    points = turn.state.settings.patrol.points
    code = act.code.strip()
    name = next((n for n, p in points.items() if p.kind != "reader" and p.code == code), "")
    ago_s = 0.0 if act.at_s is None else turn.now.wall_s - act.at_s
    objection = _objection(turn, act, name, ago_s)
    doubtful = "device_clock" if known and act.at_s is not None and act.at_s < known.at_s - SET_BACK_S else ""
    seen = Seen(
        point=name,
        guard=act.operator.name,
        proof=_weaker(act.how, points[name].kind) if name else act.how,
        ago_s=max(0.0, ago_s),
        offline=act.at_s is not None,
        doubtful=doubtful,
        device=act.device,
        seq=act.seq,
    )
    verdict = _refused(turn, seen, objection) if objection else visit(turn, seen)
    if verdict != DUPLICATE:  # of which the log holds nothing
        _learn(turn, seen)
    return verdict


def on_card(turn: Turn, report: CardRead) -> None:
    """A guard's card at a reader that is a checkpoint; everything else about the card is the door's business."""
    patrol = turn.state.settings.patrol
    point = next((n for n, p in patrol.points.items() if p.kind == "reader" and p.reader == report.reader), "")
    key = turn.state.policy.keys.get(("card", report.uid.upper()))
    person = turn.state.policy.people.get(key.person) if key is not None else None
    if not point or key is None or person is None or key.blocked or person.blocked:
        return
    guard = patrol.guards.get(person.id)
    if guard is None:
        return
    seen = Seen(point=point, guard=guard, proof="reader")
    # Guards pass this door all day: only a round that is due counts, and nothing is written otherwise.
    if any(one.age.at(turn.now) >= 0 or one.state is RoundState.STARTED for one, _ in _fitting(turn, seen)):
        visit(turn, seen)


def visit(turn: Turn, seen: Seen) -> Verdict:
    """Somebody was at a point: count it for the round that it belongs to."""
    if _is_duplicate(turn, seen):
        return DUPLICATE
    round_, leg = next(_fitting(turn, seen), (None, None))
    if round_ is None or leg is None:
        return _loose(turn, seen)
    in_order = leg in _next(round_)
    if not in_order and round_.order == "strict":
        return _refused(turn, seen, f"wrong_order:{_next(round_)[-1].place}")
    age_s = round_.age.at(turn.now) - seen.ago_s
    if round_.started_age_s is None:
        round_ = _started(turn, round_, seen.guard, age_s, offline=seen.offline)
    made = Visit(
        point=seen.point,
        age_s=round(age_s, 3),
        guard=seen.guard,
        proof=seen.proof,
        offline=seen.offline,
        off_s=round(_off_s(round_, leg, age_s), 3),
        in_order=in_order or round_.order == "free",
        doubtful=seen.doubtful or _too_quick(round_, leg, seen.guard, age_s),
    )
    round_ = replace(round_, visits=tuple(sorted((*round_.visits, made), key=lambda one: one.age_s)))
    put(turn, round_)
    turn.record("patrol.scanned", f"operator:{seen.guard}", {**about(round_, turn), **_body(turn, seen), **_how(made)})
    return _after(turn, round_)


def _may_end(turn: Turn, round_: Round, operator: Operator) -> bool:
    """Whoever set out, anybody above, or whoever is on duty after the one who set out has gone home."""
    if round_.guard == operator.name or operator.role in ABOVE:
        return True
    on_duty = {shift.guard for shift in turn.state.duty.shifts.values()}
    return bool(round_.guard) and operator.name in on_duty and round_.guard not in on_duty


def _after(turn: Turn, round_: Round) -> Verdict:
    """Whether the visit ended the round, or healed it."""
    if round_.state is RoundState.MISSED and not round_.left(required=True):
        late = is_late(round_)
        healed = replace(round_, state=RoundState.LATE if late else RoundState.DONE, healed=True)
        put(turn, healed)
        body = {**about(healed, turn), "late": late, **counted(healed)}
        turn.record("patrol.made_good", f"patrol:{round_.plan}", body)
        others = (one for one in turn.state.patrol.rounds.values() if one.plan == round_.plan)
        if find(turn, MISSED, f"patrol:{round_.plan}") and not any(o.state is RoundState.MISSED for o in others):
            returned(turn, MISSED, f"patrol:{round_.plan}")
        return True, "round_made_good"
    if round_.state in OPEN and not round_.left():
        finish(turn, round_)
        return True, "round_done"
    return True, "point_visited"


def _fitting(turn: Turn, seen: Seen) -> Iterator[tuple[Round, Leg]]:
    """Rounds that still want this point and were open when it was visited, the likeliest first."""
    found = []
    for round_ in turn.state.patrol.rounds.values():
        leg = next((leg for leg in round_.left() if leg.point == seen.point), None)
        may_heal = seen.offline and round_.state is RoundState.MISSED
        if leg is not None and (round_.state in OPEN or may_heal) and _open_then(turn, round_, seen):
            rank = (round_.state not in OPEN, round_.guard != seen.guard, round_.state is RoundState.DUE, round_.due_s)
            found.append((rank, round_, leg))
    return ((round_, leg) for _, round_, leg in sorted(found, key=lambda one: one[0]))


def _open_then(turn: Turn, round_: Round, seen: Seen) -> bool:
    age_s = round_.age.at(turn.now) - seen.ago_s
    return -round_.start_early_s <= age_s <= round_.deadline_age_s


def _is_duplicate(turn: Turn, seen: Seen) -> bool:
    within_s = turn.state.settings.patrol.duplicate_s
    for round_ in turn.state.patrol.rounds.values():
        before = round_.visited(seen.point)
        if before is not None and round_.state in OPEN | COMPLETE | {RoundState.MISSED}:
            apart_s = round_.age.at(turn.now) - seen.ago_s - before.age_s
            if abs(apart_s) <= within_s:
                return True
    return False


def _next(round_: Round) -> tuple[Leg, ...]:
    """What may come next: up to the first point that must not be left out."""
    left = round_.left()
    must = next((index for index, leg in enumerate(left) if leg.required), len(left) - 1)
    return left[: must + 1]


def _off_s(round_: Round, leg: Leg, age_s: float) -> float:
    if leg.after_s is None or round_.started_age_s is None:
        return 0.0
    off_s = age_s - round_.started_age_s - leg.after_s
    if abs(off_s) <= leg.tolerance_s:
        return 0.0
    return off_s - leg.tolerance_s if off_s > 0 else off_s + leg.tolerance_s


def _too_quick(round_: Round, leg: Leg, guard: str, age_s: float) -> str:
    before = [one.age_s for one in round_.visits if one.guard == guard and one.age_s <= age_s]
    return "too_quick" if before and age_s - max(before) < leg.walk_s else ""


def _started(turn: Turn, round_: Round, guard: str, age_s: float, *, offline: bool) -> Round:
    state = RoundState.STARTED if round_.state is RoundState.DUE else round_.state
    begun = replace(round_, state=state, guard=guard, started_age_s=round(age_s, 3))
    put(turn, begun)
    body = {**about(begun, turn), "started_age_s": begun.started_age_s, "offline": offline}
    turn.record("patrol.started", f"operator:{guard}", body)
    return begun


def _loose(turn: Turn, seen: Seen) -> Verdict:
    """It fits no round; that somebody was there is written down all the same."""
    body = {"round": "", "plan": "", "route": "", **_body(turn, seen)}
    plain = {"proof": seen.proof, "offline": seen.offline, "doubtful": seen.doubtful}
    turn.record("patrol.scanned", f"operator:{seen.guard}", {**body, **plain})
    return True, "scanned_no_round"


def _refused(turn: Turn, seen: Seen, reason: str) -> Verdict:
    body = {**_body(turn, seen), "proof": seen.proof, "offline": seen.offline, "reason": reason}
    turn.record("patrol.refused", f"operator:{seen.guard}", body)
    return False, reason


def _body(turn: Turn, seen: Seen) -> dict[str, Any]:
    point = turn.state.settings.patrol.points.get(seen.point)
    place = (point.place or seen.point) if point is not None else ""
    at_s = round(turn.now.wall_s - seen.ago_s, 3)
    return {"point": seen.point, "place": place, "at_s": at_s, "device": seen.device, "seq": seen.seq}


def _how(made: Visit) -> dict[str, Any]:
    return {
        "visit_age_s": made.age_s,
        "proof": made.proof,
        "offline": made.offline,
        "off_s": made.off_s,
        "in_order": made.in_order,
        "doubtful": made.doubtful,
    }


def _objection(turn: Turn, act: ScanPoint, name: str, ago_s: float) -> str:
    patrol = turn.state.settings.patrol
    if not name:
        return "unknown_code"
    if act.how == "typed" and not patrol.points[name].typed:
        return "typed_not_allowed"
    if ago_s < -CLOCK_SLACK_S:
        return "device_clock_ahead"
    return "scan_too_old" if ago_s > patrol.offline_max_s else ""


def _weaker(how: str, kind: str) -> str:
    """A device cannot claim more than the point offers."""
    return max(how, kind, key=lambda one: PROOFS.index(one) if one in PROOFS else len(PROOFS))


def _learn(turn: Turn, seen: Seen) -> None:
    """How far this device has come."""
    if not seen.device or not seen.seq:
        return
    others = {name: one for name, one in turn.state.patrol.devices.items() if name != seen.device}
    kept = dict(list(others.items())[-(DEVICES_KEPT - 1) :])
    devices = {**kept, seen.device: Device(seq=seen.seq, at_s=round(turn.now.wall_s - seen.ago_s, 3))}
    turn.state = replace(turn.state, patrol=replace(turn.state.patrol, devices=devices))
