"""Readers that are lost and come back: one event each, one alarm. Core: pure."""

from __future__ import annotations

from dataclasses import replace

from devices.messages import ReaderBack, ReaderLost
from edge.alarms.rules import SYSTEM, raise_alarm, returned
from edge.state import ReaderView
from edge.turn import Turn


def on_reader_lost(turn: Turn, lost: ReaderLost) -> None:
    """A reader does not answer, was opened, or has another key."""
    view = turn.state.readers.get(lost.reader)
    if view is None or view.up is False:
        return
    _put(turn, lost.reader, ReaderView(up=False, since_s=turn.now.wall_s, cause=lost.cause))
    source = f"reader:{lost.reader}"
    event_id = turn.record("reader.lost", source, {"cause": lost.cause})
    place = turn.state.settings.readers[lost.reader].place or lost.reader
    raise_alarm(turn, "reader.lost", SYSTEM, source, place=place, event_id=event_id, detail=lost.cause)


def on_reader_back(turn: Turn, back: ReaderBack) -> None:
    """A reader works (again)."""
    view = turn.state.readers.get(back.reader)
    if view is None or view.up is True:
        return
    first = view.up is None
    down_s = 0.0 if first else round(turn.now.wall_s - view.since_s, 3)
    _put(turn, back.reader, ReaderView(up=True, since_s=turn.now.wall_s))
    source = f"reader:{back.reader}"
    turn.record("reader.back", source, {"down_s": down_s, "first": first})
    returned(turn, "reader.lost", source)


def _put(turn: Turn, name: str, view: ReaderView) -> None:
    turn.state = replace(turn.state, readers={**turn.state.readers, name: view})
