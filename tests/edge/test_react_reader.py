"""Readers in the hub: lost once, back once, one alarm, and nothing for strangers."""

from __future__ import annotations

from config.model import Site
from devices.messages import ReaderBack, ReaderLost, Report
from edge.intents import Record
from edge.observations import Now
from edge.react.switchboard import react
from edge.state import State, initial

SITE = Site.model_validate({"readers": {"door": {"kind": "keypad", "port": "/dev/x", "place": "3 号楼"}}})


def tell(state: State, *reports: Report) -> tuple[State, list[str]]:
    """The state after these reports and the kinds of events that they made."""
    kinds: list[str] = []
    for number, report in enumerate(reports):
        state, intents = react(state, report, Now(wall_s=1.7e9 + number, mono_s=10.0 + number))
        kinds += [intent.draft.kind for intent in intents if isinstance(intent, Record)]
    return state, kinds


def lost(reader: str = "door") -> ReaderLost:
    return ReaderLost(reader=reader, cause="拔了 / unplugged", at_mono_s=1.0)


def back(reader: str = "door") -> ReaderBack:
    return ReaderBack(reader=reader, at_mono_s=2.0)


def test_a_lost_reader_is_one_event_and_one_alarm_until_it_is_back() -> None:
    state, kinds = tell(initial(SITE, "run"), back(), lost(), lost())
    assert kinds == ["reader.back", "reader.lost", "alarm.opened"]
    (alarm,) = state.alarms.values()
    assert (alarm.kind, alarm.source, alarm.place, alarm.priority) == ("reader.lost", "reader:door", "3 号楼", 3)
    assert (state.readers["door"].up, state.readers["door"].cause) == (False, "拔了 / unplugged")
    state, kinds = tell(state, back(), back())
    assert kinds == ["reader.back", "alarm.returned"]
    assert state.readers["door"].up is True


def test_a_reader_that_the_site_does_not_name_changes_nothing() -> None:
    before = initial(SITE, "run")
    assert tell(before, lost("ghost"), back("ghost")) == (before, [])
