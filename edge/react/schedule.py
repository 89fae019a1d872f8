"""Lanes that stand open by schedule (自动常开). Core: pure.

A schedule holds a lane exactly as a person does: repeated board-timed pulses, beaten by fire, hand crank and a lost
link, and ended by a person until the schedule begins anew. An untrusted clock opens nothing.
"""

from __future__ import annotations

from dataclasses import replace

from edge.access.schedules import holds
from edge.lanes.machine import HoldOpen, Release
from edge.react.lane import drive, hindrance
from edge.turn import Turn

HOLD_S = 24 * 3600.0
"""Longer than any window; the schedule's own end releases the lane."""


def on_tick(turn: Turn) -> None:
    """Begin and end what the site file's schedules ask for."""
    settings = turn.state.settings
    for name, lane in settings.lanes.items():
        schedule = settings.schedules.get(lane.open_during or "")
        if schedule is None:
            continue
        trusted = turn.state.access.clock_trusted
        if trusted and holds(schedule, turn.now.wall_s, settings.site.timezone):
            _hold(turn, name)
        else:
            _end(turn, name)


def _hold(turn: Turn, name: str) -> None:
    view = turn.state.lanes[name]
    machine = view.machine
    free = hindrance(machine) is None and not machine.fault and not machine.fire_latched
    if view.scheduled == "released" or machine.hold_until_mono_s is not None or not free:
        return
    turn.set_lane(name, replace(view, scheduled="held"))
    schedule = turn.state.settings.lanes[name].open_during or ""
    drive(turn, name, HoldOpen(turn.now.mono_s + HOLD_S, f"schedule:{schedule}"))


def _end(turn: Turn, name: str) -> None:
    view = turn.state.lanes[name]
    if not view.scheduled:
        return
    turn.set_lane(name, replace(view, scheduled=""))
    if view.scheduled == "held" and view.machine.hold_until_mono_s is not None:
        drive(turn, name, Release())
