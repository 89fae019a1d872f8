"""What is open when a post changes hands. Core: pure functions of the state."""

from __future__ import annotations

from dataclasses import dataclass

from edge.lanes.machine import LaneState
from edge.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One open matter."""

    key: str
    """``alarm:ID``, ``shelf:KIND@SOURCE``, ``call_back:ID``, ``round:ID``, ``lane:NAME``, ``siren:NAME``, ``fire``."""
    kind: str
    """What it is: a kind of alarm, or ``lane.held``, ``siren.latched``, ``fire.latched``."""
    place: str


def open_items(state: State) -> tuple[Item, ...]:
    """Everything that the coming guard must know of, the most urgent first."""
    items = [Item(key="fire", kind="fire.latched", place=state.settings.site.name)] if state.fire_latched else []
    alarms = sorted(
        (a for a in state.alarms.values() if a.genuine), key=lambda alarm: (alarm.priority, alarm.opened_at_s)
    )
    items += [Item(key=f"alarm:{a.id}", kind=a.kind, place=a.place or a.source) for a in alarms]
    items += [Item(key=f"shelf:{s.kind}@{s.source}", kind=s.kind, place=s.source) for s in state.shelves.values()]
    items += [Item(key=f"call_back:{c.alarm}", kind=c.kind, place=c.place) for c in state.call_backs.values()]
    items += [
        Item(key=f"round:{r.id}", kind=f"patrol.{'started' if r.started_age_s is not None else 'due'}", place=r.title)
        for r in state.patrol.open()
    ]
    items += [
        Item(key=f"lane:{name}", kind="lane.held", place=state.settings.lanes[name].place or name)
        for name, view in state.lanes.items()
        if view.machine.state is LaneState.HELD
    ]
    items += [
        Item(key=f"siren:{name}", kind="siren.latched", place=state.settings.sirens[name].place or name)
        for name, view in state.sirens.items()
        if view.latched
    ]
    return tuple(items)
