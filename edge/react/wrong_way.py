"""Somebody comes through a one-way lane from behind. Core: pure.

Seen where approach and safety are both wired: the safety sensor answers, nobody was let in, and the approach sensor
has been silent for a while. It is recorded and told, never answered by moving the arm.
"""

from __future__ import annotations

from edge.alarms.rules import GENERAL, raise_alarm, returned
from edge.lanes.machine import Lane, LaneState
from edge.turn import Turn

SILENT_S = 5.0
"""Whoever came the right way was on the approach sensor this shortly before the safety sensor."""
ALARM = "lane.wrong_way"

_NOBODY_EXPECTED = frozenset({LaneState.HELD, LaneState.FIRE_OPEN, LaneState.MANUAL, LaneState.OFFLINE})
"""States in which people pass as they like, or nothing is known."""


def watch_direction(turn: Turn, name: str, before: Lane) -> None:
    """Called after the sensors of a lane changed; ``before`` is its machine as it was."""
    view, lane = turn.state.lanes[name], turn.state.settings.lanes[name]
    source, now = f"lane:{name}", view.machine.sensors.safety
    if before.sensors.safety is True and now is False:
        returned(turn, ALARM, source)
    if lane.direction == "both" or not (before.sensors.safety is False and now is True):
        return
    if before.queue or before.passing is not None or before.state in _NOBODY_EXPECTED or view.approach is not False:
        return
    if view.approached_mono_s is not None and turn.now.mono_s - view.approached_mono_s < SILENT_S:
        return
    event_id = turn.record(ALARM, source, {"direction": lane.direction})
    raise_alarm(turn, ALARM, GENERAL, source, place=turn.lane_place(name), event_id=event_id)
