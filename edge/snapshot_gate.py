"""Doors, alarm inputs and sirens as the page sees them (docs/http-api.md). Core: pure."""

from __future__ import annotations

from typing import Any

from edge.alarms.model import Alarm
from edge.observations import Now
from edge.state import State
from edge.state_gate import DoorView, SirenView


def gate_rows(state: State, now: Now) -> dict[str, list[dict[str, Any]]]:
    """What the snapshot has beside lanes and cameras."""
    return {
        "doors": [_door(state, name, view, now) for name, view in state.doors.items()],
        "inputs": [
            {"name": name, "kind": site.kind, "place": site.place or name, "active": state.inputs[name].active}
            for name, site in state.settings.inputs.items()
        ],
        "sirens": [_siren(state, name, view) for name, view in state.sirens.items()],
    }


def _door(state: State, name: str, view: DoorView, now: Now) -> dict[str, Any]:
    settings, machine = state.settings.doors[name], view.machine
    until_s = machine.unlocked_until_mono_s
    alarm = _alarm_of(state, f"door:{name}", {"door.forced", "door.held_open"})
    return {
        "name": name,
        "place": settings.place or name,
        "state": machine.state.value,
        "contact": machine.open,
        "unlocked_until_s": None if until_s is None else now.wall_s + until_s - now.mono_s,
        "interlocked": view.rules.interlocked and not machine.others_clear and not machine.fire_latched,
        "escape_route": settings.escape_route,
        "fault": "unlock_failed" if machine.failing else "contact_unknown" if machine.contact_lost else "",
        "since_s": alarm.opened_at_s if alarm is not None else None,
    }


def _siren(state: State, name: str, view: SirenView) -> dict[str, Any]:
    sounds = view.until_mono_s is not None
    return {
        "name": name,
        "place": state.settings.sirens[name].place or name,
        "state": "sounding" if sounds else "spent" if view.latched else "off",
        "latched": view.latched,
        "sounding": sounds,
        "cause": view.cause,
        "failing": view.failing,
    }


def _alarm_of(state: State, source: str, kinds: set[str]) -> Alarm | None:
    found = (a for a in state.alarms.values() if a.source == source and a.kind in kinds and a.returned_at_s is None)
    return next(found, None)
