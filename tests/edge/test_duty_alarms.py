"""Taking, undoing, shelving, chatter, floods and the box's own siren, as a table of a night's turns."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from config.model import Site
from config.model_duty import ActionCard
from edge.alarms.cards import card_of
from edge.alarms.rules import raise_alarm
from edge.events import KINDS
from edge.observations import Tick
from edge.snapshot_alarms import alarm_rows
from edge.state import initial
from edge.turn import Turn
from tests.edge.duty_talk import LIN, NOON_S, Desk

MIDNIGHT_S = NOON_S + 12 * 3600


def test_the_first_guard_has_it_and_the_second_is_told_who() -> None:
    desk = Desk()
    alarm = desk.open()
    assert desk.take(alarm.id) == (True, "acknowledged")
    assert desk.take(alarm.id, LIN) == (False, "taken_by:zhang")
    assert desk.take(alarm.id) == (True, "taken_by:zhang")
    assert desk.kinds().count("alarm.acknowledged") == 1


def test_taken_by_mistake_is_given_back_within_five_seconds_and_the_clock_never_stopped() -> None:
    desk = Desk()
    alarm = desk.open()
    desk.wait(890)
    desk.take(alarm.id)
    assert desk.undo(alarm.id, LIN) == (False, "not_yours")
    assert desk.undo(alarm.id) == (True, "released")
    desk.wait(10)
    assert desk.overdue() == [("respond", "supervisor")]
    desk.take(alarm.id)
    desk.wait(6)
    assert desk.undo(alarm.id) == (False, "too_late")


def test_whoever_goes_there_has_taken_it_and_steps_are_never_taken_back() -> None:
    desk = Desk()
    alarm = desk.open()
    assert desk.advance(alarm.id, "on_site") == (True, "on_site")
    assert desk.state.alarms[alarm.id].acknowledged_by == "zhang"
    assert desk.advance(alarm.id, "on_site") == (True, "on_site")
    assert desk.advance(alarm.id, "en_route") == (False, "en_route")
    assert desk.advance(alarm.id, "asleep") == (False, "unknown_stage")
    assert desk.kinds().count("alarm.on_site") == 1


SHELVES = {
    "by day": (NOON_S, 3600.0, "works", (True, "shelved")),
    "longer than an hour": (NOON_S, 3601.0, "works", (False, "shelf_time_out_of_range")),
    "at night half an hour": (MIDNIGHT_S, 1800.0, "works", (True, "shelved")),
    "longer at night": (MIDNIGHT_S, 1801.0, "works", (False, "shelf_time_out_of_range")),
    "without a reason": (NOON_S, 60.0, "  ", (False, "reason_needed")),
    "for no time": (NOON_S, 0.0, "works", (False, "shelf_time_out_of_range")),
}


@pytest.mark.parametrize("case", SHELVES)
def test_a_shelf_has_a_reason_and_an_end(case: str) -> None:
    wall_s, for_s, reason, verdict = SHELVES[case]
    desk = Desk(wall_s)
    assert desk.shelve(desk.open().id, for_s, reason) == verdict


@pytest.mark.parametrize(
    "kind", ["fire.active", "fire.line_broken", "smoke.active", "tamper.active", "panic.active", "selftest.failed"]
)
def test_some_alarms_nobody_may_set_aside(kind: str) -> None:
    desk = Desk()
    assert desk.shelve(desk.open(kind=kind).id) == (False, "never_shelved")


def test_a_shelf_covers_the_condition_not_the_alarm() -> None:
    desk = Desk()
    alarm = desk.open()
    desk.shelve(alarm.id, 600)
    desk.close(alarm.id)
    again = desk.open()
    assert again.condition in desk.state.shelves
    assert desk.shelve(again.id) == (False, "already_shelved")
    assert desk.unshelve() == (True, "unshelved")
    assert desk.unshelve() == (False, "not_shelved")


def test_what_comes_back_at_once_is_the_same_alarm_counted() -> None:
    desk = Desk()
    alarm = desk.open()
    desk.take(alarm.id)
    for _ in range(50):
        desk.gone()
        desk.wait(10)
        assert desk.open().id == alarm.id
    assert desk.state.alarms[alarm.id].count == 51
    assert desk.state.alarms[alarm.id].acknowledged_by == "zhang"
    assert desk.kinds().count("alarm.opened") == 1
    desk.gone()
    desk.wait(31)
    assert desk.open().id != alarm.id


def test_a_flood_is_said_once_and_ends() -> None:
    desk = Desk()
    for number in range(12):
        desk.open(source=f"lane:{number}")
        desk.say(Tick())
    assert desk.kinds().count("alarm.flood") == 1
    assert desk.state.flood.active
    desk.wait(601)
    assert desk.kinds().count("alarm.flood_ended") == 1
    assert len(desk.state.alarms) == 12


SIREN = {
    "buses": {"b": {"port": "/dev/null"}},
    "boards": {"box": {"bus": "b"}},
    "sirens": {"post": {"output": {"board": "box", "relay": 1}, "alarm_priority": 1, "unanswered_priority": 2}},
}


@pytest.mark.parametrize(
    ("priority", "taken", "sounds"), [(2, False, True), (2, True, False), (3, False, False)], ids=str
)
def test_the_box_sounds_by_itself_when_nobody_takes_an_alarm_for_a_minute(
    priority: int, taken: bool, sounds: bool
) -> None:
    desk = Desk()
    desk.site = Site.model_validate(SIREN)
    desk.state = initial(desk.site, "run-")
    turn = Turn(desk.state, desk.now)
    raise_alarm(turn, "camera.lost", priority, "camera:east", place="东门")
    desk.state = turn.state
    [alarm] = desk.state.alarms.values()
    if taken:
        desk.take(alarm.id)
    desk.wait(59)
    assert not desk.state.sirens["post"].latched
    desk.wait(1)
    assert desk.state.sirens["post"].latched is sounds
    desk.state = replace(desk.state, sirens={})  # whoever silenced it is not woken again by the same alarm
    desk.wait(600)
    assert desk.kinds("siren.started") == (["siren.started"] if sounds else [])


def kinds_raised() -> set[str]:
    """Every kind that some rule raises as an alarm, as their sources name them."""
    root = Path(__file__).resolve().parents[2] / "edge" / "react"
    text = "\n".join(path.read_text(encoding="utf-8") for path in root.glob("*.py"))
    return {kind for kind in KINDS if f'"{kind}"' in text}


@pytest.mark.parametrize("kind", sorted(kinds_raised()))
def test_every_alarm_says_what_to_do_in_at_most_three_steps(kind: str) -> None:
    card = card_of(kind, {})
    assert 1 <= len(card.zh) == len(card.en) <= 3
    assert all(re.search("[\u4e00-\u9fff]", step) for step in card.zh)


def test_the_sites_own_card_comes_first_also_for_a_family() -> None:
    own = {"lane.": ActionCard(zh=("看道闸",)), "lane.forced": ActionCard(zh=("报警",))}
    assert card_of("lane.forced", own).zh == ("报警",)
    assert card_of("lane.fault", own).zh == ("看道闸",)
    assert card_of("door.forced", own) == card_of("door.forced", {})


def test_the_page_sees_what_is_due_and_who_was_told() -> None:
    desk = Desk()
    alarm = desk.open(priority=1)
    desk.wait(1000)
    [row] = alarm_rows(desk.state, desk.now)["alarms"]
    assert (row["level"], row["stage"], row["stale"]) == ("supervisor", "new", False)
    assert row["clocks"] == [
        {"clock": "respond", "limit_s": 900.0, "left_s": -100.0},
        {"clock": "on_site", "limit_s": 1800.0, "left_s": 800.0},
    ]
    desk.shelve(alarm.id, 60)
    desk.close(alarm.id)
    rows = alarm_rows(desk.state, desk.now)
    assert [shelf["left_s"] for shelf in rows["shelves"]] == [60.0]
    assert [back["left_s"] for back in rows["call_backs"]] == [3600.0]
