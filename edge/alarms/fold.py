"""Alarms, shelves and call-backs folded back from the log after a restart. Core: pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from edge.alarms.model import Age, Alarm, CallBack, Clock, Level, Shelf, Stage, anchored
from edge.observations import Now
from sync.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What stood open when the program ended."""

    boot_id: str = ""
    """Of the machine as it runs now: what happened since it booted is dated by its monotonic clock."""
    alarms: dict[str, Alarm] = field(default_factory=dict)
    """Open ones, oldest first."""
    shelves: dict[tuple[str, str], Shelf] = field(default_factory=dict)
    call_backs: dict[str, CallBack] = field(default_factory=dict)


Handler = Callable[[Standing, Event, dict[str, Any]], None]


def fold(events: Iterable[Event], boot_id: str = "", booted: Event | None = None) -> Standing:
    """What stands after these events (``alarm.*``, and what adds pictures to one).

    ``booted`` is the first event of this boot, if there is one: from there on the ages of what is older go by the
    monotonic clock, so that no later jump of the wall clock moves them.
    """
    standing = Standing(boot_id=boot_id)
    for event in events:
        handler = _HANDLERS.get(event.kind)
        if handler is not None:
            handler(standing, event, event.data())
    if booted is None:
        return standing
    start = Now(mono_s=booted.mono_ns / 1e9, wall_s=booted.wall_us / 1e6)
    return replace(
        standing,
        alarms=anchored(standing.alarms, start),
        shelves=anchored(standing.shelves, start),
        call_backs=anchored(standing.call_backs, start),
    )


def age_of(event: Event, boot_id: str, base_s: float = 0.0) -> Age:
    """The age of what was ``base_s`` old at this event; exact where the machine has not booted since."""
    same_boot = boot_id != "" and event.boot_id == boot_id
    from_mono_s = event.mono_ns / 1e9 if same_boot else None
    return Age(since_wall_s=event.wall_us / 1e6 - base_s, base_s=base_s, from_mono_s=from_mono_s)


def _proven(standing: Standing, event: Event, age: Age, at_least_s: float) -> Age:
    """The age at the end of an earlier boot, where only the wall clock would tell it: at least what an event says."""
    if age.from_mono_s is not None or event.boot_id == standing.boot_id:
        return age
    return replace(age, base_s=max(age.base_s, at_least_s))


def _opened(standing: Standing, event: Event, body: dict[str, Any]) -> None:
    age = age_of(event, standing.boot_id, float(body.get("age_s", 0.0)))
    standing.alarms[body["alarm"]] = Alarm(
        id=body["alarm"],
        kind=body["kind"],
        priority=body["alarm_priority"],
        source=event.source,
        place=body["place"],
        opened_at_s=age.since_wall_s,
        age=age,
        count=int(body.get("count", 1)),
        event_id=body["event_id"],
        detail=body["detail"],
        picture=body.get("picture", ""),
    )


def _reopened(standing: Standing, event: Event, body: dict[str, Any]) -> None:
    _opened(standing, event, body)
    if body["by"]:
        alarm = standing.alarms[body["alarm"]]
        standing.alarms[alarm.id] = replace(
            alarm, stage=Stage.TAKEN, acknowledged_by=body["by"], acknowledged_at_s=event.wall_us / 1e6,
            acknowledged_age_s=float(body["age_s"]),
        )  # fmt: skip


def _change(
    change: Callable[[Alarm, Event, dict[str, Any]], Alarm],
) -> Callable[[Standing, Event, dict[str, Any]], None]:
    def handler(standing: Standing, event: Event, body: dict[str, Any]) -> None:
        known = standing.alarms.get(str(body["alarm"]))
        if known is not None:
            proven_s = float(body.get("after_s", body.get("age_s", 0.0)))
            standing.alarms[known.id] = replace(
                change(known, event, body), age=_proven(standing, event, known.age, proven_s)
            )

    return handler


def _returned(alarm: Alarm, event: Event, body: dict[str, Any]) -> Alarm:
    return replace(alarm, returned_at_s=event.wall_us / 1e6, count=body["count"])


def _acknowledged(alarm: Alarm, event: Event, body: dict[str, Any]) -> Alarm:
    return replace(
        alarm,
        stage=Stage.TAKEN,
        acknowledged_by=event.source.removeprefix("operator:"),
        acknowledged_at_s=event.wall_us / 1e6,
        acknowledged_age_s=float(body["after_s"]),
    )


def _released(alarm: Alarm, _event: Event, _body: dict[str, Any]) -> Alarm:
    return replace(alarm, stage=Stage.NEW, acknowledged_by="", acknowledged_at_s=None, acknowledged_age_s=None)


def _en_route(alarm: Alarm, _event: Event, _body: dict[str, Any]) -> Alarm:
    return replace(alarm, stage=Stage.EN_ROUTE)


def _on_site(alarm: Alarm, _event: Event, body: dict[str, Any]) -> Alarm:
    return replace(alarm, stage=Stage.ON_SITE, on_site_age_s=float(body["age_s"]))


def _overdue(standing: Standing, event: Event, body: dict[str, Any]) -> None:
    told = Clock(body["clock"]), Level(body["level"])
    id_, age_s = body["alarm"], float(body["age_s"])
    alarm, back = standing.alarms.get(id_), standing.call_backs.get(id_)
    if alarm is not None and told[0] is not Clock.CALL_BACK:
        standing.alarms[id_] = replace(
            alarm, overdue=alarm.overdue | {told}, age=_proven(standing, event, alarm.age, age_s)
        )
    elif back is not None:
        standing.call_backs[id_] = replace(
            back, overdue=back.overdue | {told}, age=_proven(standing, event, back.age, age_s)
        )


def _more(standing: Standing, event: Event, body: dict[str, Any]) -> None:
    alarm = standing.alarms.get(str(body.get("alarm", "")))
    if alarm is not None:
        more = tuple((str(e["role"]), str(e["sha256"]), str(e["mime"])) for e in body.get("media", ()))
        standing.alarms[alarm.id] = replace(alarm, media=(*alarm.media, *more))


def _closed(standing: Standing, event: Event, body: dict[str, Any]) -> None:
    alarm = standing.alarms.pop(str(body["alarm"]), None)
    if alarm is None or not alarm.genuine or body["outcome"] != "handled" or event.source == "gateway":
        return
    standing.call_backs[alarm.id] = CallBack(
        alarm=alarm.id,
        kind=alarm.kind,
        priority=alarm.priority,
        source=alarm.source,
        place=alarm.place,
        closed_by=event.source.removeprefix("operator:"),
        age=age_of(event, standing.boot_id),
    )


def _called_back(standing: Standing, _event: Event, body: dict[str, Any]) -> None:
    standing.call_backs.pop(body["alarm"], None)


def _shelved(standing: Standing, event: Event, body: dict[str, Any]) -> None:
    standing.shelves[body["kind"], body["condition"]] = Shelf(
        kind=body["kind"],
        source=body["condition"],
        by=event.source.removeprefix("operator:"),
        reason=body["reason"],
        for_s=float(body["for_s"]),
        age=age_of(event, standing.boot_id),
    )


def _unshelved(standing: Standing, _event: Event, body: dict[str, Any]) -> None:
    standing.shelves.pop((body["kind"], body["condition"]), None)


_HANDLERS: dict[str, Handler] = {
    "alarm.opened": _opened,
    "alarm.reopened": _reopened,
    "alarm.returned": _change(_returned),
    "alarm.acknowledged": _change(_acknowledged),
    "alarm.released": _change(_released),
    "alarm.en_route": _change(_en_route),
    "alarm.on_site": _change(_on_site),
    "alarm.overdue": _overdue,
    "alarm.closed": _closed,
    "alarm.called_back": _called_back,
    "alarm.shelved": _shelved,
    "alarm.unshelved": _unshelved,
    "clip.kept": _more,
    "still.kept": _more,
    "zone.cleared": _more,
}
