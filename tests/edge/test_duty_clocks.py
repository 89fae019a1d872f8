"""The clocks of alarms: each limit is told once, whatever restarts, reboots, clock jumps and shelves come between."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.observations import Tick
from tests.edge.duty_talk import LIN, ZHANG, Desk

MINUTE, HOUR = 60.0, 3600.0


def test_an_urgent_alarm_that_nobody_takes_climbs_by_itself() -> None:
    desk = Desk()
    desk.open(priority=1)
    desk.wait(15 * MINUTE - 1)
    assert desk.overdue() == []
    desk.wait(1)
    assert desk.overdue() == [("respond", "supervisor")]
    desk.wait(15 * MINUTE)
    assert desk.overdue()[1:] == [("respond", "manager"), ("on_site", "supervisor")]
    desk.wait(24 * HOUR)
    assert desk.overdue()[3:] == [("on_site", "manager")]
    [alarm] = desk.state.alarms.values()
    assert int(alarm.level) == 2


ANSWERS: dict[str, tuple[int, str, float, list[tuple[str, str]]]] = {
    # priority, what the guard did after five minutes, how long then, what was told
    "urgent, taken, nobody went": (1, "take", 40 * MINUTE, [("on_site", "supervisor")]),
    "urgent, on site": (1, "on_site", 48 * HOUR, []),
    "urgent, on the way but never there": (1, "en_route", 40 * MINUTE, [("on_site", "supervisor")]),
    "general, not taken": (2, "", 3 * HOUR, [("respond", "supervisor")]),
    "general, taken but not closed": (2, "take", 25 * HOUR, [("close", "supervisor")]),
    "general, on site but not closed": (
        2, "on_site", 49 * HOUR, [("close", "supervisor"), ("close", "manager")],
    ),
    "system, left alone": (3, "", 25 * HOUR, [("close", "supervisor")]),
}  # fmt: skip


@pytest.mark.parametrize("case", ANSWERS)
def test_what_is_done_in_time_is_not_told(case: str) -> None:
    priority, did, then_s, told = ANSWERS[case]
    desk = Desk()
    alarm = desk.open(priority=priority)
    desk.wait(5 * MINUTE)
    if did == "take":
        assert desk.take(alarm.id) == (True, "acknowledged")
    elif did:
        assert desk.advance(alarm.id, did) == (True, did)
    desk.wait(then_s, step_s=then_s / 4)
    assert desk.overdue() == told


def test_after_an_urgent_alarm_somebody_is_called_back_within_an_hour() -> None:
    desk = Desk()
    alarm = desk.open(priority=1)
    desk.advance(alarm.id)
    desk.close(alarm.id)
    desk.wait(HOUR)
    assert desk.overdue() == [("call_back", "supervisor")]
    desk.restart()
    assert desk.call_back(alarm.id) == (True, "called_back")
    desk.wait(24 * HOUR)
    assert desk.overdue() == [("call_back", "supervisor")]
    assert desk.call_back(alarm.id) == (False, "unknown_alarm")


@pytest.mark.parametrize("outcome", ["false", "returned"])
def test_nobody_is_called_back_about_a_false_alarm_or_one_that_went_away(outcome: str) -> None:
    desk = Desk()
    alarm = desk.open(priority=1)
    desk.take(alarm.id)
    if outcome == "false":
        desk.close(alarm.id, "false", "a cat")
    else:
        desk.gone()
    assert desk.state.alarms == {}
    desk.wait(10 * HOUR)
    assert desk.overdue() == []


RESTARTS = {
    "the program, clock untouched": {"down_s": 600.0, "reboot": False},
    "the program, wall clock put back a year": {"down_s": 600.0, "wall_jump_s": -3e7, "reboot": False},
    "the program, wall clock put forward a year": {"down_s": 600.0, "wall_jump_s": 3e7, "reboot": False},
    "the box, clock kept": {"down_s": 600.0, "reboot": True},
}


@pytest.mark.parametrize("case", RESTARTS)
def test_a_restart_neither_stops_nor_repeats_a_clock(case: str) -> None:
    desk = Desk()
    desk.open(priority=1)
    desk.wait(4 * MINUTE)
    desk.restart(**RESTARTS[case])  # type: ignore[arg-type]
    desk.wait(59)
    assert desk.overdue() == []
    desk.wait(2)
    assert desk.overdue() == [("respond", "supervisor")]
    desk.restart(**RESTARTS[case])  # type: ignore[arg-type]
    assert desk.overdue() == [("respond", "supervisor")]


def test_a_box_that_boots_with_its_clock_in_1970_goes_on_from_what_the_log_proves() -> None:
    desk = Desk()
    alarm = desk.open(priority=1)
    desk.wait(10 * MINUTE)
    desk.take(alarm.id)
    desk.restart(down_s=30.0, wall_jump_s=-1.7e9)
    desk.wait(20 * MINUTE - 1)
    assert desk.overdue() == []
    desk.wait(2)
    assert desk.overdue() == [("on_site", "supervisor")]


def test_a_jump_of_the_wall_clock_moves_nothing_while_the_program_runs() -> None:
    desk = Desk()
    desk.open(priority=1)
    desk.wall_s += 10 * HOUR
    desk.wait(1)
    desk.wall_s -= 30 * HOUR
    desk.wait(14 * MINUTE)
    assert desk.overdue() == []


def test_a_shelf_keeps_still_and_what_passed_meanwhile_is_told_when_it_ends() -> None:
    desk = Desk()
    alarm = desk.open(priority=1)
    assert desk.shelve(alarm.id, for_s=20 * MINUTE) == (True, "shelved")
    desk.wait(16 * MINUTE)
    desk.restart(down_s=60.0)
    assert desk.overdue() == []
    desk.wait(4 * MINUTE)
    assert desk.kinds()[-2:] == ["alarm.unshelved", "alarm.overdue"]
    assert desk.overdue() == [("respond", "supervisor")]


act = st.one_of(
    st.tuples(st.just("wait"), st.floats(1, 4000)),
    st.tuples(st.just("take"), st.sampled_from([ZHANG, LIN])),
    st.tuples(st.just("undo"), st.sampled_from([ZHANG, LIN])),
    st.tuples(st.just("advance"), st.sampled_from(["en_route", "on_site"])),
    st.tuples(st.just("close"), st.sampled_from(["handled", "false"])),
    st.tuples(st.just("shelve"), st.floats(1, 3600)),
    st.tuples(st.just("unshelve"), st.none()),
    st.tuples(st.just("gone"), st.none()),
    st.tuples(st.just("again"), st.none()),
    st.tuples(st.just("call_back"), st.none()),
    st.tuples(st.just("restart"), st.tuples(st.floats(0, 4000), st.just(0.0), st.booleans())),
    st.tuples(st.just("jump"), st.floats(-1e8, 1e8)),
)


def play(desk: Desk, first: str, step: tuple[str, Any]) -> None:
    what, given_ = step
    alarm = next(iter(desk.state.alarms), first)
    match what:
        case "wait":
            desk.wait(given_)
        case "take":
            desk.take(alarm, given_)
        case "undo":
            desk.undo(alarm, given_)
        case "advance":
            desk.advance(alarm, given_)
        case "close":
            desk.close(alarm, given_)
        case "shelve":
            desk.shelve(alarm, given_)
        case "unshelve":
            desk.unshelve()
        case "gone":
            desk.gone()
        case "again":
            desk.open()
        case "call_back":
            desk.call_back(next(iter(desk.state.call_backs), alarm))
        case "restart":
            desk.restart(*given_)
        case "jump":
            desk.wall_s = max(0.0, desk.wall_s + given_)


@settings(max_examples=150, deadline=None)
@given(steps=st.lists(act, max_size=40))
def test_whatever_happens_nothing_is_told_twice_and_a_restart_changes_nothing(steps: list[tuple[str, Any]]) -> None:
    desk = Desk()
    first = desk.open(priority=1).id
    for step in steps:
        play(desk, first, step)
        told = [(d.body["alarm"], d.body["clock"], d.body["level"]) for d in desk.log if d.kind == "alarm.overdue"]
        assert max(Counter(told).values(), default=1) == 1
        desk.say(Tick())
        before = desk.state
        desk.restart(down_s=0.0, reboot=False)
        assert desk.state.alarms.keys() == before.alarms.keys()
        for id_, alarm in desk.state.alarms.items():
            was = before.alarms[id_]
            assert (alarm.stage, alarm.acknowledged_by, alarm.overdue) == (was.stage, was.acknowledged_by, was.overdue)
            assert alarm.age.at(desk.now) == pytest.approx(was.age.at(desk.now), abs=1e-3)
        assert desk.state.shelves.keys() == before.shelves.keys()
        assert desk.state.call_backs.keys() == before.call_backs.keys()


@settings(max_examples=100, deadline=None)
@given(spans=st.lists(st.tuples(st.floats(1, 3000), st.booleans(), st.booleans()), max_size=12))
def test_no_limit_is_ever_lost(spans: list[tuple[float, bool, bool]]) -> None:
    """Nobody answers: after any mixture of running and being down the same limits have been told."""
    desk = Desk()
    desk.open(priority=1)
    age_s = 0.0
    for span_s, down, reboot in spans:
        if down:
            desk.restart(down_s=span_s, reboot=reboot)
        else:
            desk.wait(span_s)
        age_s += span_s
        limits = {("respond", "supervisor"): 900, ("respond", "manager"): 1800, ("on_site", "supervisor"): 1800,
                  ("on_site", "manager"): 3600}  # fmt: skip
        due = {name for name, limit_s in limits.items() if age_s >= limit_s + 0.01}
        almost = {name for name, limit_s in limits.items() if age_s >= limit_s - 0.01}
        assert due <= set(desk.overdue()) <= almost
