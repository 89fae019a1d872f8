"""A plate on a phone or on paper opens nothing: the loop or what moves with the plate must show a vehicle."""

from __future__ import annotations

from typing import Any

import pytest

from edge.access.plates import Reason
from edge.observations import RefuseByHand
from tests.edge.conversation import GUARD, OWNER, STRANGER, Talk, drafts, opens
from vision.observations import Carrier, VehicleShown

NO_LOOP: dict[str, Any] = {
    "up_limit": {"board": "box", "channel": 1},
    "down_limit": {"board": "box", "channel": 2},
    "safety": {"board": "box", "channel": 3, "normally": "closed"},
}


def lane(*, loop: bool = True, **settings: Any) -> Talk:
    """A lane as it is without a word about spoofs, with or without an approach loop."""
    inputs = {} if loop else {"inputs": NO_LOOP}
    talk = Talk(**{"require_approach": None, "require_motion": None, **inputs, **settings})
    talk.link_up()
    return talk


def reason(talk: Talk) -> str:
    [visitor] = talk.lane.visitors
    return visitor.reason


class TestWhereALoopIsWired:
    @pytest.mark.parametrize("carrier", list(Carrier))
    def test_nothing_opens_until_it_sees_a_vehicle(self, carrier: Carrier) -> None:
        talk = lane()
        assert opens(talk.plate(OWNER, carried_by=carrier)) == []
        assert reason(talk) == Reason.AWAITING_APPROACH
        assert len(opens(talk.contacts(approach=True))) == 1

    @pytest.mark.parametrize(("waited_s", "opened"), [(60, 1), (180, 0)])
    def test_a_parked_owner_in_view_does_not_open_for_whoever_comes_onto_the_loop(
        self, waited_s: int, opened: int
    ) -> None:
        talk = lane()
        talk.plate(OWNER)
        talk.wait(waited_s)
        assert len(opens(talk.contacts(approach=True))) == opened

    def test_a_lane_that_demands_both_waits_for_both(self) -> None:
        talk = lane(require_motion=True)
        talk.contacts(approach=True)
        assert opens(talk.plate(OWNER)) == []
        assert reason(talk) == Reason.AWAITING_VEHICLE
        shown = VehicleShown(camera="east", visit="v1", captured_mono_s=talk.mono_s)
        assert len(opens(talk.say(shown))) == 1

    def test_and_in_the_other_order(self) -> None:
        talk = lane(require_motion=True)
        talk.plate(OWNER)
        talk.say(VehicleShown(camera="east", visit="v1", captured_mono_s=talk.mono_s))
        assert len(opens(talk.contacts(approach=True))) == 1

    def test_the_installer_may_do_without_it(self) -> None:
        talk = lane(require_approach=False)
        assert len(opens(talk.plate(OWNER, carried_by=Carrier.VEHICLE))) == 1


class TestWithoutALoop:
    def test_a_plate_that_a_vehicle_carries_opens(self) -> None:
        talk = lane(loop=False)
        assert len(opens(talk.plate(OWNER, carried_by=Carrier.VEHICLE, direction="nearer"))) == 1

    @pytest.mark.parametrize(
        ("carrier", "why"),
        [(Carrier.NO_VEHICLE, Reason.NOT_ON_VEHICLE), (Carrier.UNKNOWN, Reason.AWAITING_VEHICLE)],
    )
    def test_another_one_goes_to_the_guard_with_the_reason(self, carrier: Carrier, why: Reason) -> None:
        talk = lane(loop=False)
        intents = talk.plate(OWNER, carried_by=carrier)
        assert opens(intents) == []
        assert [d.body["reason"] for d in drafts(intents, "access.referred")] == [why]
        assert drafts(intents, "plate.read")[0].body["carried_by"] == carrier

    def test_a_vehicle_that_shows_later_opens_once(self) -> None:
        talk = lane(loop=False)
        talk.plate(OWNER)
        shown = VehicleShown(camera="east", visit="v1", captured_mono_s=talk.mono_s)
        assert len(opens(talk.say(shown))) == 1
        assert opens(talk.say(shown)) == []
        assert talk.lane.visitors == ()

    def test_a_vehicle_shown_helps_no_stranger_and_no_other_visit(self) -> None:
        talk = lane(loop=False)
        talk.plate(STRANGER)
        talk.plate(OWNER, visit="other")
        assert opens(talk.say(VehicleShown(camera="east", visit="v1", captured_mono_s=talk.mono_s))) == []

    def test_what_drives_away_does_not_open(self) -> None:
        talk = lane(loop=False)
        assert opens(talk.plate(OWNER, carried_by=Carrier.VEHICLE, direction="farther")) == []
        assert reason(talk) == Reason.MOVING_AWAY

    def test_the_installer_may_do_without_it(self) -> None:
        assert len(opens(lane(loop=False, require_motion=False).plate(OWNER))) == 1


class TestAVehicleWithoutAReadPlate:
    def test_the_guard_is_told_once_and_it_goes_with_the_vehicle(self) -> None:
        talk = lane()
        talk.contacts(approach=True)
        talk.wait(5)
        assert talk.lane.visitors == ()
        talk.wait(60)
        assert talk.kinds("access.") == ["access.referred"]
        assert (reason(talk), talk.lane.visitors[0].text) == (Reason.NO_PLATE, "")
        talk.contacts(approach=False)
        talk.wait(6)
        assert talk.lane.visitors == ()

    def test_a_plate_that_is_read_after_all_takes_its_place(self) -> None:
        talk = lane()
        talk.contacts(approach=True)
        talk.wait(10)
        assert len(opens(talk.plate(OWNER))) == 1
        assert talk.lane.visitors == ()

    @pytest.mark.parametrize("text", [OWNER, STRANGER])
    def test_a_vehicle_whose_plate_was_read_is_not_told_of_twice(self, text: str) -> None:
        talk = lane()
        talk.contacts(approach=True)
        talk.plate(text)
        talk.wait(30)
        assert [d for d in talk.log if d.body.get("reason") == Reason.NO_PLATE] == []

    def test_a_guard_who_refused_it_is_left_alone_until_the_next_vehicle(self) -> None:
        talk = lane()
        talk.contacts(approach=True)
        talk.wait(10)
        [visitor] = talk.lane.visitors
        talk.say(RefuseByHand(request_id="r", lane="east", visit=visitor.visit, reason="掉头", operator=GUARD))
        talk.wait(20)
        assert talk.lane.visitors == ()
        talk.contacts(approach=False)
        talk.contacts(approach=True)
        talk.wait(10)
        assert reason(talk) == Reason.NO_PLATE
