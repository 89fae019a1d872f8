"""Rounds folded back from the log after a restart. Core: pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from edge.alarms.fold import age_of
from edge.alarms.model import Age, anchored
from edge.observations import Now
from edge.patrol.model import Device, Leg, PatrolView, Round, RoundState, Visit
from edge.patrol.rounds import forgotten
from edge.patrol.scans import DEVICES_KEPT
from sync.event import Event


def fold(events: Iterable[Event], boot_id: str = "", booted: Event | None = None) -> PatrolView:
    """What stood after these events (only ``patrol.`` kinds matter); ages as in ``edge.alarms.fold``."""
    rounds: dict[str, Round] = {}
    devices: dict[str, Device] = {}
    looked_s = 0.0
    for event in events:
        if not event.kind.startswith("patrol."):
            continue
        body = event.data()
        looked_s = max(looked_s, event.wall_us / 1e6)
        _device(devices, event, body)
        if event.kind == "patrol.due":
            rounds[body["round"]] = round_of(body, age_of(event, boot_id, float(body["age_s"])))
        elif (known := rounds.get(str(body.get("round", "")))) is not None and event.kind in _HANDLERS:
            changed = _HANDLERS[event.kind](known, event, body)
            rounds[known.id] = replace(changed, age=_proven(changed.age, event, boot_id, float(body["age_s"])))
    rounds = forgotten(rounds)
    if booted is not None:
        start = Now(mono_s=booted.mono_ns / 1e9, wall_s=booted.wall_us / 1e6)
        rounds = anchored(rounds, start)
    return PatrolView(rounds=rounds, looked_s=looked_s, devices=devices)


def round_of(body: dict[str, Any], age: Age) -> Round:
    """A round as ``patrol.due`` announced it."""
    return Round(
        id=body["round"],
        plan=body["plan"],
        route=body["route"],
        title=body["title"],
        order=body["order"],
        legs=tuple(Leg(**leg) for leg in body["legs"]),
        start_early_s=float(body["start_early_s"]),
        start_late_s=float(body["start_late_s"]),
        within_s=float(body["within_s"]),
        due_s=float(body["due_s"]),
        age=age,
    )


def visit_of(event: Event, body: dict[str, Any]) -> Visit:
    """A visit as ``patrol.scanned`` tells it."""
    return Visit(
        point=body["point"],
        age_s=float(body["visit_age_s"]),
        guard=event.source.removeprefix("operator:"),
        proof=body["proof"],
        offline=body["offline"],
        off_s=float(body["off_s"]),
        in_order=body["in_order"],
        doubtful=body["doubtful"],
    )


def changed_by(round_: Round, event: Event) -> Round:
    """A round after one more of its events."""
    handler = _HANDLERS.get(event.kind)
    return round_ if handler is None else handler(round_, event, event.data())


def _proven(age: Age, event: Event, boot_id: str, at_least_s: float) -> Age:
    """At the end of an earlier boot an age is at least what an event says."""
    if age.from_mono_s is not None or event.boot_id == boot_id:
        return age
    return replace(age, base_s=max(age.base_s, at_least_s))


def _started(round_: Round, event: Event, body: dict[str, Any]) -> Round:
    state = RoundState.STARTED if round_.state is RoundState.DUE else round_.state
    guard = event.source.removeprefix("operator:")
    return replace(round_, state=state, guard=guard, started_age_s=float(body["started_age_s"]))


def _scanned(round_: Round, event: Event, body: dict[str, Any]) -> Round:
    visits = (*round_.visits, visit_of(event, body))
    return replace(round_, visits=tuple(sorted(visits, key=lambda one: one.age_s)))


def _late(round_: Round, _event: Event, body: dict[str, Any]) -> Round:
    return replace(round_, warned=round_.warned | {body["what"]})


def _done(round_: Round, _event: Event, body: dict[str, Any]) -> Round:
    return replace(round_, state=RoundState.LATE if body["late"] else RoundState.DONE)


def _made_good(round_: Round, event: Event, body: dict[str, Any]) -> Round:
    return replace(_done(round_, event, body), healed=True)


def _missed(round_: Round, _event: Event, _body: dict[str, Any]) -> Round:
    return replace(round_, state=RoundState.MISSED)


def _aborted(round_: Round, _event: Event, body: dict[str, Any]) -> Round:
    return replace(round_, state=RoundState.ABORTED, reason=body["reason"])


def _device(devices: dict[str, Device], event: Event, body: dict[str, Any]) -> None:
    if event.kind in ("patrol.scanned", "patrol.refused") and body["device"] and body["seq"]:
        devices.pop(body["device"], None)
        devices[body["device"]] = Device(seq=int(body["seq"]), at_s=float(body["at_s"]))
        while len(devices) > DEVICES_KEPT:
            del devices[next(iter(devices))]


_HANDLERS: dict[str, Callable[[Round, Event, dict[str, Any]], Round]] = {
    "patrol.started": _started,
    "patrol.scanned": _scanned,
    "patrol.late": _late,
    "patrol.done": _done,
    "patrol.missed": _missed,
    "patrol.aborted": _aborted,
    "patrol.made_good": _made_good,
}
