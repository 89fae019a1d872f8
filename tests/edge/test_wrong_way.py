"""Whoever comes through a one-way lane from behind is told, and only they."""

from __future__ import annotations

import pytest

from edge.observations import HoldByHand, OpenByHand
from tests.edge.conversation import GUARD, OWNER, Talk, opens


@pytest.fixture
def talk() -> Talk:
    site = Talk()
    site.link_up()
    return site


def wrong(talk: Talk) -> int:
    return len(talk.kinds("lane.wrong_way"))


def test_from_behind_is_told_once_with_its_place_and_moves_nothing(talk: Talk) -> None:
    talk.wait(6)
    assert opens(talk.contacts(safety=True)) == []
    talk.wait(1)
    assert wrong(talk) == 1
    [alarm] = [a for a in talk.state.alarms.values() if a.kind == "lane.wrong_way"]
    assert (alarm.place, alarm.priority, alarm.returned_at_s) == ("东门入口", 2, None)
    talk.contacts()
    [alarm] = [a for a in talk.state.alarms.values() if a.kind == "lane.wrong_way"]
    assert alarm.returned_at_s is not None


def test_who_follows_the_right_way_without_a_grant_is_no_wrong_way(talk: Talk) -> None:
    talk.contacts(approach=True)
    talk.contacts(approach=False)
    talk.wait(2)
    talk.contacts(safety=True)
    assert wrong(talk) == 0


def test_who_was_let_in_is_no_wrong_way(talk: Talk) -> None:
    talk.plate(OWNER)
    talk.wait(1)
    talk.contacts(up=True, down=False, safety=True)
    assert wrong(talk) == 0
    talk.contacts(up=True, down=False)
    talk.say(OpenByHand(request_id="r", lane="east", reason="快递", operator=GUARD))
    talk.contacts(up=True, down=False, safety=True)
    assert wrong(talk) == 0


def test_a_held_lane_and_a_lane_for_both_directions_ask_nobody(talk: Talk) -> None:
    talk.say(HoldByHand(request_id="h", lane="east", reason="搬家", for_s=600, operator=GUARD))
    talk.wait(6)
    talk.contacts(up=True, down=False, safety=True)
    assert wrong(talk) == 0
    both = Talk(direction="both")
    both.link_up()
    both.contacts(safety=True)
    assert wrong(both) == 0


def test_an_unknown_approach_sensor_accuses_nobody() -> None:
    talk = Talk(inputs={"safety": {"board": "box", "channel": 3, "normally": "closed"}})
    talk.link_up()
    talk.contacts(safety=True)
    assert wrong(talk) == 0
