"""One turn of ``react``: the state being built and what shall be done. Core: no clock, no I/O.

Mutable only inside one call of ``react``; callers see (state, observation, now) -> (state, intents).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from edge.alarms.model import DRILL
from edge.events import draft
from edge.intents import Intent, Record
from edge.observations import Now
from edge.state import BoardView, CameraView, LaneView, State
from sync.event import Attachment
from sync.records import Change


class Turn:
    """Collects a new state and intents while one observation is handled."""

    def __init__(self, state: State, now: Now) -> None:
        self.state = state
        self.now = now
        self.intents: list[Intent] = []
        self.pressed_at_s: float | None = None
        """When the act of this turn was pressed, as a page says that had lost its link meanwhile."""

    def new_id(self) -> str:
        """An id that is unique over restarts, and the same when the turn is replayed."""
        self.state = replace(self.state, counter=self.state.counter + 1)
        return f"{self.state.run_id}{self.state.counter:08x}"

    def record(
        self,
        kind: str,
        source: str,
        body: Mapping[str, Any],
        *,
        attachments: tuple[Attachment, ...] = (),
        changes: tuple[Change, ...] = (),
        id_: str | None = None,
    ) -> str:
        """Write an event; returns its id. What is about an alarm made for practice says so."""
        if str(body.get("alarm", "")).startswith(DRILL):
            body = {**body, "drill": True}
        if self.pressed_at_s is not None and source.startswith("operator:"):
            body = {**body, "pressed_at_s": self.pressed_at_s}
        event_id = id_ or self.new_id()
        self.intents.append(Record(draft(self.now, event_id, kind, source, body, attachments), changes))
        return event_id

    def set_lane(self, name: str, view: LaneView) -> None:
        """Replace one lane."""
        self.state = replace(self.state, lanes={**self.state.lanes, name: view})

    def set_camera(self, name: str, view: CameraView) -> None:
        """Replace one camera."""
        self.state = replace(self.state, cameras={**self.state.cameras, name: view})

    def set_board(self, name: str, view: BoardView) -> None:
        """Replace one board."""
        self.state = replace(self.state, boards={**self.state.boards, name: view})

    def lane_place(self, name: str) -> str:
        """The lane in words."""
        return self.state.settings.lanes[name].place or name
