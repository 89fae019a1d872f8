"""Doors, said as a conversation: who gets in, what is told, what fire and a lost link do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from devices.messages import CommandDone, CommandFailed, FailReason, Priority
from edge.intents import Answer, Intent
from edge.observations import ResetFire, Tick, UnlockByHand
from edge.react.door import door_hindrance, open_door
from edge.turn import Turn
from tests.edge.gate_talk import GUARD, INNER, LOBBY, OUTER, GateTalk, pulses


@pytest.fixture
def talk() -> GateTalk:
    site = GateTalk()
    site.up()
    return site


def by_hand(door: str = "lobby", reason: str = "忘带卡") -> UnlockByHand:
    return UnlockByHand(request_id=f"r-{door}", door=door, reason=reason, operator=GUARD)


def verdict(intents: list[Intent]) -> tuple[bool, str]:
    [answer] = [i for i in intents if isinstance(i, Answer)]
    return answer.ok, answer.reason


def test_a_guard_unlocks_with_a_reason_and_the_board_times_the_pulse(talk: GateTalk) -> None:
    intents = talk.say(by_hand())
    [pulse] = pulses(intents)
    assert (pulse.board, pulse.pulse_s, pulse.priority) == ("box", 3.0, Priority.OPEN)
    assert verdict(intents) == (True, "unlocking")
    [told] = [d for d in talk.log if d.kind == "operator.unlocked"]
    assert (told.body["reason"], told.source) == ("忘带卡", "operator:zhang")
    talk.set(door=True)
    [opened] = [d for d in talk.log if d.kind == "door.opened"]
    assert opened.body["reference"] == told.id
    talk.set(door=False)
    talk.wait(6)
    assert talk.door() == "locked"
    assert talk.alarms() == []


@pytest.mark.parametrize(
    ("act", "reason"),
    [(by_hand(reason=" "), "reason_needed"), (by_hand("nowhere"), "unknown_door")],
)
def test_what_cannot_be_done_is_a_verdict(talk: GateTalk, act: UnlockByHand, reason: str) -> None:
    intents = talk.say(act)
    assert verdict(intents) == (False, reason)
    assert pulses(intents) == []


def test_an_offline_door_is_refused_and_nothing_unlocks_late(talk: GateTalk) -> None:
    talk.down()
    assert verdict(talk.say(by_hand())) == (False, "door_offline")
    assert pulses(talk.up()) == []
    assert pulses(talk.wait(5)) == []


def test_the_exit_button_unlocks_once_a_press(talk: GateTalk) -> None:
    assert len(pulses(talk.set(exit=True))) == 1
    assert pulses(talk.wait(2)) == []
    talk.set(exit=False)
    assert len(pulses(talk.set(exit=True))) == 1


def test_a_door_opened_without_anybody_let_in_is_forced_until_it_is_closed(talk: GateTalk) -> None:
    talk.set(door=True)
    assert talk.door() == "forced"
    [alarm] = talk.state.alarms.values()
    assert (alarm.kind, alarm.priority, alarm.place) == ("door.forced", 1, "大堂")
    talk.set(door=False)
    assert talk.door() == "locked"
    assert [a.returned_at_s is not None for a in talk.state.alarms.values()] == [True]


def test_a_door_left_open_is_told_once_and_over_when_closed(talk: GateTalk) -> None:
    talk.say(by_hand())
    talk.set(door=True)
    talk.wait(60)
    assert talk.door() == "held_open"
    assert talk.kinds("door.held") == ["door.held_open"]
    talk.set(door=False)
    assert talk.kinds("door.held") == ["door.held_open", "door.held_over"]


def test_of_an_interlocked_pair_one_opens_at_a_time(talk: GateTalk) -> None:
    assert len(pulses(talk.say(by_hand("outer")), OUTER)) == 1
    assert verdict(talk.say(by_hand("inner"))) == (False, "interlock_blocked")
    talk.set(outer=True)
    talk.wait(6)
    assert verdict(talk.say(by_hand("inner"))) == (False, "interlock_blocked")
    talk.set(outer=False)
    assert len(pulses(talk.say(by_hand("inner")), INNER)) == 1


def test_fire_releases_escape_doors_at_once_again_and_again_until_a_person_resets(talk: GateTalk) -> None:
    intents = talk.set(fire=True)
    assert [p.priority for p in pulses(intents)] == [Priority.FIRE]
    assert pulses(intents, 5) == []  # not on an escape route
    assert (talk.door(), talk.door("outer"), talk.door("store")) == ("fire_released", "fire_released", "locked")
    assert len(pulses(talk.wait(10))) >= 4
    talk.set(fire=False)
    assert len(pulses(talk.wait(10))) >= 4
    assert verdict(talk.say(ResetFire(request_id="f", operator=GUARD))) == (True, "reset")
    assert pulses(talk.wait(10)) == []
    assert talk.door() == "locked"


def test_fire_during_a_lost_link_is_sent_when_the_board_answers(talk: GateTalk) -> None:
    talk.down()
    assert [p.priority for p in pulses(talk.up("fire"))] == [Priority.FIRE]
    talk.down()
    assert [p.priority for p in pulses(talk.up("fire"))] == [Priority.FIRE]


def test_a_schedule_keeps_the_door_unlocked_without_alarms(talk: GateTalk) -> None:
    talk.mono_s += 3600
    talk.wait(1)
    assert talk.door() == "free"
    talk.set(door=True)
    assert len(pulses(talk.wait(60))) >= 20
    assert talk.alarms() == []
    talk.set(door=False)
    talk.mono_s += 3600
    talk.up()
    talk.wait(10)
    assert talk.door() == "locked"
    assert talk.kinds("door.free") == ["door.free", "door.free_ended"]


def test_a_clock_that_cannot_be_trusted_unlocks_nothing() -> None:
    talk = GateTalk()
    talk.up()
    talk.state = replace(talk.state, wall_floor_s=talk.now.wall_s + 10 * 86400)
    talk.mono_s += 3600
    talk.up()
    talk.say(Tick(clock_synced=False))
    assert talk.door() == "locked"
    talk.say(Tick(clock_synced=True))
    assert talk.door() == "free"


def test_a_failed_unlocking_is_told_and_over_with_the_next_success(talk: GateTalk) -> None:
    [pulse] = pulses(talk.say(by_hand()))
    talk.say(CommandFailed(id=pulse.id, device="box", reason=FailReason.NO_REPLY))
    assert "door.unlock_failed" in talk.alarms()
    [again] = pulses(talk.say(by_hand()))
    talk.say(CommandDone(id=again.id, device="box", first_byte_mono_s=talk.mono_s, done_mono_s=talk.mono_s + 0.1))
    assert talk.kinds("door.unlock_") == ["door.unlock_failed", "door.unlock_works"]
    [measured] = [d for d in talk.log if d.kind == "command.done"]
    assert measured.source == "door:lobby"


def test_access_may_ask_and_open_for_a_grant(talk: GateTalk) -> None:
    turn = Turn(talk.state, talk.now)
    assert door_hindrance(turn, "lobby") == ""
    assert open_door(turn, "lobby", "grant-1")
    [pulse] = pulses(turn.intents, LOBBY)
    assert turn.state.commands[pulse.id].reference == "grant-1"
    talk.down()
    assert door_hindrance(Turn(talk.state, talk.now), "lobby") == "door_offline"


def test_a_lost_contact_is_an_alarm_of_its_own_and_ends_no_other(talk: GateTalk) -> None:
    talk.set(door=True)
    talk.live = False
    talk.wait(5)  # nothing refreshes the inputs: stale
    assert talk.door() == "forced"
    assert {"door.forced", "door.contact_unknown"} <= set(talk.alarms())
    talk.live = True
    talk.set(door=False)
    told = [d.kind for d in talk.log if d.source == "door:lobby" and d.kind.startswith("door.contact")]
    assert told == ["door.contact_unknown", "door.contact_known"]
