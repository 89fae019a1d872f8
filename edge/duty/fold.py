"""Shifts, handings-over and night checks folded back from the log. Core: pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from edge.alarms.fold import age_of
from edge.alarms.model import Age
from edge.duty.model import Drill, DutyView, Handover, Shift, Watch
from edge.observations import Now
from sync.event import Event

Handler = Callable[[DutyView, dict[str, Any], Age], DutyView]


def fold(events: Iterable[Event], boot_id: str = "", booted: Event | None = None) -> DutyView:
    """What stood after these events (kinds ``shift.``, ``watch.`` and ``drill.``); ages as in ``edge.alarms.fold``."""
    start = None if booted is None else Now(mono_s=booted.mono_ns / 1e9, wall_s=booted.wall_us / 1e6)
    duty = DutyView()
    for event in events:
        handler = _HANDLERS.get(event.kind)
        if handler is not None:
            age = age_of(event, boot_id)
            duty = handler(duty, event.data(), age if start is None else age.anchored(start))
    return duty


def _started(duty: DutyView, body: dict[str, Any], age: Age) -> DutyView:
    shift = Shift(post=body["post"], guard=body["guard"], age=age)
    return replace(duty, shifts={**duty.shifts, shift.post: shift})


def _ended(duty: DutyView, body: dict[str, Any], _age: Age) -> DutyView:
    return replace(
        duty,
        shifts={post: shift for post, shift in duty.shifts.items() if post != body["post"]},
        handovers={post: other for post, other in duty.handovers.items() if post != body["post"]},
    )


def _kept(duty: DutyView, body: dict[str, Any], _age: Age) -> DutyView:
    return replace(duty, handovers={post: other for post, other in duty.handovers.items() if post != body["post"]})


def _offered(duty: DutyView, body: dict[str, Any], age: Age) -> DutyView:
    leaving = duty.shifts[body["post"]].guard if body["post"] in duty.shifts else ""
    handover = Handover(post=body["post"], leaving=leaving, coming=body["to"], age=age)
    return replace(duty, handovers={**duty.handovers, handover.post: handover})


def _asked(duty: DutyView, body: dict[str, Any], age: Age) -> DutyView:
    return replace(duty, watches={**duty.watches, body["post"]: Watch(post=body["post"], asked=age, last=age)})


def _answered(duty: DutyView, body: dict[str, Any], _age: Age) -> DutyView:
    known = duty.watches.get(body["post"])
    return duty if known is None else replace(duty, watches={**duty.watches, body["post"]: replace(known, asked=None)})


def _drill_begun(duty: DutyView, body: dict[str, Any], age: Age) -> DutyView:
    return replace(duty, drill=Drill(by=body["by"], reason=body["reason"], for_s=float(body["for_s"]), age=age))


def _drill_alarm(duty: DutyView, _body: dict[str, Any], _age: Age) -> DutyView:
    drill = duty.drill
    return duty if drill is None else replace(duty, drill=replace(drill, made=drill.made + 1))


def _drill_ended(duty: DutyView, _body: dict[str, Any], _age: Age) -> DutyView:
    return replace(duty, drill=None)


def _changed(change: Callable[[Handover, dict[str, Any]], Handover]) -> Handler:
    def handler(duty: DutyView, body: dict[str, Any], _age: Age) -> DutyView:
        known = duty.handovers.get(body["post"])
        if known is None:
            return duty
        return replace(duty, handovers={**duty.handovers, known.post: change(known, body)})

    return handler


def _item(handover: Handover, body: dict[str, Any]) -> Handover:
    return replace(handover, taken={**handover.taken, body["item"]: body["note"]}, signed=frozenset())


def _signed(handover: Handover, body: dict[str, Any]) -> Handover:
    return replace(handover, signed=handover.signed | {body["guard"]})


_HANDLERS: dict[str, Handler] = {
    "shift.started": _started,
    "shift.signed": _changed(_signed),
    "shift.ended": _ended,
    "shift.kept": _kept,
    "shift.offered": _offered,
    "shift.item_taken": _changed(_item),
    "shift.handover_slow": _changed(lambda handover, _body: replace(handover, told=True)),
    "watch.asked": _asked,
    "watch.answered": _answered,
    "watch.missed": _answered,
    "drill.begun": _drill_begun,
    "drill.alarm": _drill_alarm,
    "drill.ended": _drill_ended,
}
