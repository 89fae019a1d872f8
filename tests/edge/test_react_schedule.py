"""Lanes that stand open by schedule: as a person's hold, and beaten by the same rules."""

from __future__ import annotations

from dataclasses import replace

import pytest

from config.model_gate import Schedule, Window
from edge.lanes.machine import LaneState
from edge.observations import ReleaseByHand
from tests.edge.conversation import GUARD, Talk, answer, opens

ALL_DAY = Schedule(
    windows=(Window(days=("mon", "tue", "wed", "thu", "fri", "sat", "sun"), begin="00:00", end="24:00"),)
)


def talk_in(schedule: Schedule) -> Talk:
    talk = Talk(open_during="day")
    put_schedule(talk, schedule)
    talk.link_up()
    return talk


def put_schedule(talk: Talk, schedule: Schedule) -> None:
    settings = talk.state.settings.model_copy(update={"schedules": {"day": schedule}})
    talk.state = replace(talk.state, settings=settings)


def test_inside_its_schedule_a_lane_is_held_open_by_repeated_pulses() -> None:
    talk = talk_in(ALL_DAY)
    talk.wait(0.25)
    talk.contacts(up=True, down=False)
    assert talk.lane.machine.state is LaneState.HELD
    assert len(opens(talk.wait(10))) >= 4


def test_outside_its_schedule_it_is_released_and_nothing_is_pulsed() -> None:
    talk = talk_in(ALL_DAY)
    talk.wait(0.25)
    talk.contacts(up=True, down=False)
    put_schedule(talk, Schedule())
    talk.wait(0.25)
    assert talk.lane.machine.state is not LaneState.HELD
    assert opens(talk.wait(10)) == []


def test_a_person_ends_it_until_the_schedule_begins_anew() -> None:
    talk = talk_in(ALL_DAY)
    talk.wait(0.25)
    talk.contacts(up=True, down=False)
    assert answer(talk.say(ReleaseByHand(request_id="r", lane="east", operator=GUARD))).ok
    assert opens(talk.wait(10)) == []
    put_schedule(talk, Schedule())
    talk.wait(0.25)
    put_schedule(talk, ALL_DAY)
    assert len(opens(talk.wait(1))) >= 1


def test_it_holds_again_after_the_link_was_lost() -> None:
    talk = talk_in(ALL_DAY)
    talk.wait(0.25)
    talk.link_down()
    assert opens(talk.wait(5)) == []
    talk.link_up()
    assert len(opens(talk.wait(1))) >= 1
    assert talk.lane.machine.state is LaneState.HELD


@pytest.mark.parametrize("schedule", [ALL_DAY, Schedule()])
def test_fire_beats_it(schedule: Schedule) -> None:
    talk = talk_in(schedule)
    talk.wait(0.25)
    talk.contacts(fire=True)
    talk.wait(5)
    assert talk.lane.machine.state is LaneState.FIRE_OPEN
