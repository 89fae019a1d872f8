"""What the gateway wants done, said as a conversation: no clock, no thread, no device."""

from __future__ import annotations

from dataclasses import replace

import pytest

from devices.messages import CommandDone, CommandFailed, FailReason, LinkBack, Priority
from edge.access.plates import Reason
from edge.intents import Record, Send
from edge.lanes.machine import LaneState
from edge.observations import (
    AcknowledgeAlarm,
    ChangeLists,
    CheckSlip,
    CloseAlarm,
    EyesBack,
    EyesLost,
    GatewayStarted,
    HoldByHand,
    OpenByHand,
    RefuseByHand,
    ReleaseByHand,
    ResetFire,
    Tick,
)
from edge.react.switchboard import react
from edge.state import BoardView
from sync.records import PutVehicle, Slip, UseBooking, Vehicle
from tests.edge.conversation import BOOKED, GUARD, OWNER, STRANGER, Talk, answer, drafts, opens
from vision.observations import (
    CameraBack,
    CameraFault,
    CameraImpaired,
    CameraLost,
    CameraMended,
    PlateSeen,
    ViewFault,
    VisitEnded,
)


@pytest.fixture
def talk() -> Talk:
    site = Talk()
    site.link_up()
    return site


def by_hand(visit: str | None = None, request: str = "r1", reason: str = "快递") -> OpenByHand:
    return OpenByHand(request_id=request, lane="east", reason=reason, operator=GUARD, visit=visit)


class TestCars:
    def test_an_owner_passes_without_stopping(self, talk: Talk) -> None:
        intents = talk.plate(OWNER)
        [command] = opens(intents)
        assert command.lane == "east"
        assert command.expires_mono_s == talk.mono_s + 3.0
        assert drafts(intents, "access.granted")[0].body["reason"] == "owner"
        assert talk.lane.machine.state is LaneState.OPENING

    def test_the_event_stands_before_the_command_that_it_explains(self, talk: Talk) -> None:
        intents = talk.plate(OWNER)
        granted = next(n for n, i in enumerate(intents) if isinstance(i, Record) and i.draft.kind == "access.granted")
        sent = next(n for n, i in enumerate(intents) if isinstance(i, Send))
        assert granted < sent

    def test_a_stranger_waits_for_the_guard(self, talk: Talk) -> None:
        assert opens(talk.plate(STRANGER)) == []
        [visitor] = talk.lane.visitors
        assert (visitor.text, visitor.reason) == (STRANGER, Reason.UNKNOWN_PLATE)
        assert talk.kinds("access.") == ["access.referred"]

    def test_an_unsure_read_never_opens_even_for_an_owner(self, talk: Talk) -> None:
        assert opens(talk.plate(OWNER, "unsure")) == []
        assert talk.lane.visitors[0].reason == Reason.UNSURE_READ

    def test_an_unsure_visit_that_becomes_sure_opens_once(self, talk: Talk) -> None:
        talk.plate(OWNER, "unsure")
        assert len(opens(talk.plate(OWNER, visit="v1"))) == 1
        assert talk.lane.visitors == ()

    def test_the_same_car_read_again_does_not_count_as_a_second_one(self, talk: Talk) -> None:
        talk.plate(OWNER)
        assert opens(talk.plate(OWNER)) == []
        assert len(talk.lane.machine.queue) == 1

    def test_a_booking_is_used_once_and_in_the_same_transaction_as_its_event(self, talk: Talk) -> None:
        first = talk.plate(BOOKED)
        [granted] = [i for i in first if isinstance(i, Record) and i.draft.kind == "access.granted"]
        assert granted.changes == (UseBooking("b1"),)
        talk.wait(40)
        talk.contacts(approach=True)
        assert opens(talk.plate(BOOKED)) == []
        assert talk.log[-1].body["reason"] == Reason.BOOKING_USED_UP

    def test_a_visitor_that_left_is_taken_off_the_list_after_a_while(self, talk: Talk) -> None:
        talk.plate(STRANGER)
        talk.say(VisitEnded(camera="east", visit="v1", text=STRANGER, started_mono_s=1, ended_mono_s=2))
        assert talk.lane.visitors[0].gone_mono_s is not None
        talk.wait(6)
        assert talk.lane.visitors == ()

    def test_without_a_vehicle_on_the_loop_nothing_opens_where_the_loop_is_required(self) -> None:
        talk = Talk(require_approach=True)
        talk.link_up()
        assert opens(talk.plate(OWNER)) == []
        assert talk.lane.visitors[0].reason == Reason.AWAITING_APPROACH
        assert len(opens(talk.contacts(approach=True))) == 1

    def test_a_grant_while_the_lane_is_offline_goes_to_the_guard_and_never_opens_late(self, talk: Talk) -> None:
        talk.link_down()
        assert opens(talk.plate(OWNER)) == []
        assert talk.lane.visitors[0].reason == Reason.LANE_OFFLINE
        assert opens(talk.link_up()) == []
        assert opens(talk.wait(10)) == []


class TestGuards:
    def test_opening_by_hand_needs_a_reason(self, talk: Talk) -> None:
        talk.plate(STRANGER)
        verdict = answer(talk.say(by_hand("v1", reason="  ")))
        assert (verdict.ok, verdict.reason) == (False, "reason_needed")

    def test_opening_by_hand_says_who_why_and_for_whom(self, talk: Talk) -> None:
        talk.plate(STRANGER)
        intents = talk.say(by_hand("v1"))
        assert len(opens(intents)) == 1
        assert answer(intents).ok
        [event] = drafts(intents, "operator.opened")
        assert event.source == "operator:zhang"
        assert (event.body["reason"], event.body["plate"]) == ("快递", STRANGER)
        assert talk.lane.visitors == ()

    def test_opening_an_offline_lane_is_refused_with_the_reason(self, talk: Talk) -> None:
        talk.link_down()
        verdict = answer(talk.say(by_hand()))
        assert (verdict.ok, verdict.reason) == (False, Reason.LANE_OFFLINE)

    def test_an_unknown_lane_is_a_verdict_and_no_error(self, talk: Talk) -> None:
        act = OpenByHand(request_id="r", lane="nowhere", reason="x", operator=GUARD)
        assert answer(talk.say(act)).reason == "unknown_lane"

    def test_refusing_takes_the_car_off_the_list_and_is_on_record(self, talk: Talk) -> None:
        talk.plate(STRANGER)
        act = RefuseByHand(request_id="r", lane="east", visit="v1", reason="不认识", operator=GUARD)
        assert answer(talk.say(act)).ok
        assert talk.lane.visitors == ()
        assert talk.log[-1].kind == "operator.refused"

    def test_a_hold_repeats_its_pulses_and_ends_by_hand(self, talk: Talk) -> None:
        act = HoldByHand(request_id="h", lane="east", reason="搬家", for_s=600, operator=GUARD)
        assert answer(talk.say(act)).ok
        talk.contacts(up=True, down=False)
        assert len(opens(talk.wait(10))) >= 4
        assert answer(talk.say(ReleaseByHand(request_id="r", lane="east", operator=GUARD))).ok
        assert opens(talk.wait(10)) == []

    def test_a_list_change_is_seen_by_the_next_decision(self, talk: Talk) -> None:
        put = PutVehicle(Vehicle(plate=STRANGER, owner="新业主"))
        intents = talk.say(ChangeLists(request_id="c", change=put, operator=GUARD))
        [record] = [i for i in intents if isinstance(i, Record)]
        assert record.changes == (put,)
        assert len(opens(talk.plate(STRANGER))) == 1


class TestFire:
    def test_fire_opens_every_lane_at_once_ahead_of_the_log(self, talk: Talk) -> None:
        [command] = opens(talk.contacts(fire=True))
        assert command.priority is Priority.FIRE
        assert talk.lane.machine.state is LaneState.FIRE_OPEN
        assert "fire.active" in talk.kinds()

    def test_fire_is_ended_only_by_a_person_and_only_when_the_input_is_clear(self, talk: Talk) -> None:
        talk.contacts(fire=True)
        reset = ResetFire(request_id="f", operator=GUARD)
        assert answer(talk.say(reset)).reason == "fire_input_not_clear"
        talk.contacts(fire=False, up=True, down=False)
        talk.wait(30)
        assert talk.lane.machine.state is LaneState.FIRE_OPEN
        assert answer(talk.say(reset)).ok
        assert talk.lane.machine.state is not LaneState.FIRE_OPEN

    def test_fire_is_sent_again_when_the_link_comes_back(self, talk: Talk) -> None:
        talk.contacts(fire=True)
        talk.link_down()
        assert [c.priority for c in opens(talk.link_up(fire=True))] == [Priority.FIRE]

    def test_a_broken_fire_line_alarms_and_opens_nothing(self, talk: Talk) -> None:
        assert opens(talk.link_down()) == []
        assert "fire.line_broken" in talk.kinds()
        talk.link_up()
        assert "fire.line_ok" in talk.kinds()


class TestFaults:
    def test_a_lost_link_is_one_event_and_one_back(self, talk: Talk) -> None:
        talk.link_down()
        talk.link_down()
        talk.link_up()
        assert talk.kinds("link.") == ["link.back", "link.lost", "link.back"]

    def test_stale_inputs_are_unknown(self, talk: Talk) -> None:
        talk.mono_s += 5
        talk.say(CameraBack(camera="east", down_s=0))
        talk.wait(0.25)
        board = talk.state.boards["box"]
        assert board.levels is not None  # refreshed by wait()
        talk.mono_s += 5
        talk.say(Tick())
        assert talk.state.boards["box"].levels is None
        assert talk.lane.machine.sensors.down is None

    def test_a_lost_camera_is_one_event_one_alarm_and_one_back(self, talk: Talk) -> None:
        lost = CameraLost(camera="east", fault=CameraFault.FROZEN, detail="", since_at_s=1.0)
        talk.say(CameraBack(camera="east", down_s=0))
        talk.say(lost)
        talk.say(lost)
        assert [a.kind for a in talk.state.alarms.values()] == ["camera.lost"]
        talk.say(CameraBack(camera="east", down_s=4))
        assert talk.kinds("camera.") == ["camera.back", "camera.lost", "camera.back"]
        [alarm] = talk.state.alarms.values()
        assert alarm.returned_at_s is not None  # stays until somebody has seen it

    def test_a_covered_camera_is_one_event_one_alarm_and_goes_on_working(self, talk: Talk) -> None:
        covered = CameraImpaired(camera="east", fault=ViewFault.COVERED, detail="", since_at_s=1.0)
        mended = CameraMended(camera="east", fault=ViewFault.COVERED, for_s=4)
        talk.say(mended)  # nothing to mend
        talk.say(CameraBack(camera="east", down_s=0))
        for said in (covered, covered, CameraImpaired(camera="palace", fault=ViewFault.SLOW, detail="", since_at_s=1)):
            talk.say(said)
        assert [(a.kind, a.detail) for a in talk.state.alarms.values()] == [("camera.impaired", "covered")]
        assert (talk.state.cameras["east"].up, talk.state.cameras["east"].impaired) == (True, "covered")
        talk.say(mended)
        assert talk.kinds("camera.") == ["camera.back", "camera.impaired", "camera.mended"]
        assert talk.state.cameras["east"].impaired == ""
        [alarm] = talk.state.alarms.values()
        assert alarm.returned_at_s is not None

    def test_an_alarm_that_returned_and_was_taken_is_closed(self, talk: Talk) -> None:
        talk.say(EyesLost(cause="killed"))
        [alarm] = talk.state.alarms.values()
        assert answer(talk.say(AcknowledgeAlarm(request_id="a", alarm=alarm.id, operator=GUARD))).ok
        talk.say(EyesBack(down_s=3))
        assert talk.state.alarms == {}

    def test_a_false_alarm_needs_a_reason(self, talk: Talk) -> None:
        talk.say(EyesLost(cause="killed"))
        [alarm] = talk.state.alarms.values()
        close = CloseAlarm(request_id="c", alarm=alarm.id, outcome="false", note=" ", operator=GUARD)
        assert answer(talk.say(close)).reason == "reason_needed"

    def test_a_failed_command_raises_one_alarm_and_tells_the_lane(self, talk: Talk) -> None:
        [command] = opens(talk.plate(OWNER))
        talk.say(CommandFailed(id=command.id, device="box", reason=FailReason.NO_REPLY))
        assert "command.failed" in talk.kinds()
        assert "command.failed" in [a.kind for a in talk.state.alarms.values()]

    def test_a_done_command_is_measured_apart_from_reading(self, talk: Talk) -> None:
        [command] = opens(talk.plate(OWNER))
        sent = talk.mono_s + 0.02
        talk.say(CommandDone(id=command.id, device="box", first_byte_mono_s=sent, done_mono_s=sent + 0.05))
        body = talk.log[-1].body
        assert talk.log[-1].kind == "command.done"
        assert body["decision_to_bytes_ms"] == pytest.approx(20, abs=0.01)
        assert body["own_ms"] == pytest.approx(120, abs=0.01)
        assert body["frame_to_bytes_ms"] == pytest.approx(420, abs=0.01)

    def test_a_jump_of_the_wall_clock_is_on_record_and_moves_no_timer(self, talk: Talk) -> None:
        talk.wait(1)
        talk.state = react(talk.state, CameraBack(camera="east", down_s=0), talk.now)[0]
        jumped = replace(talk.now, wall_s=talk.now.wall_s + 3600)
        _, intents = react(talk.state, Tick(), jumped)
        assert [d.body["by_s"] for d in drafts(list(intents), "clock.jumped")] == [3600.0]


def test_react_is_pure_the_same_turn_twice_gives_the_same(talk: Talk) -> None:
    before = talk.state
    seen = PlateSeen(
        camera="east", visit="x", outcome="sure", text=OWNER, confidence=0.9, color="blue", rows=1, box=(0, 0, 1, 1),
        candidates=(), frames=1, captured_mono_s=1.0, captured_at_s=1.0, read_mono_s=1.0, picture=b"",
    )  # fmt: skip
    assert react(before, seen, talk.now) == react(before, seen, talk.now)


def test_a_lane_on_two_boards_comes_back_when_both_were_read() -> None:
    """The limit that is only not known yet is no fault, whichever board answers first."""
    inputs = {
        "up_limit": {"board": "box", "channel": 1},
        "down_limit": {"board": "senses", "channel": 2},
    }
    talk = Talk(inputs=inputs)
    boards = {**talk.state.settings.boards, "senses": talk.state.settings.boards["box"]}
    settings = talk.state.settings.model_copy(update={"boards": boards})
    talk.state = replace(talk.state, settings=settings, boards={**talk.state.boards, "senses": BoardView()})
    talk.link_up()
    assert talk.lane.machine.state is LaneState.OFFLINE
    talk.say(LinkBack(board="senses", levels=(False, True), at_mono_s=talk.mono_s))
    assert (talk.lane.machine.state, talk.lane.machine.fault) == (LaneState.CLOSED, "")


def test_an_unplugged_cable_during_an_opening_leaves_no_fault_behind(talk: Talk) -> None:
    [command] = opens(talk.plate(OWNER))
    talk.say(CommandFailed(id=command.id, device="box", reason=FailReason.LINK_DOWN))
    talk.link_down()
    talk.link_up()
    assert (talk.lane.machine.state, talk.lane.machine.fault) == (LaneState.CLOSED, "")
    assert len(opens(talk.say(by_hand()))) == 1


def test_a_hold_that_the_cable_ended_is_told_and_a_new_hold_settles_it(talk: Talk) -> None:
    hold = HoldByHand(request_id="h", lane="east", reason="搬家", for_s=600, operator=GUARD)
    assert answer(talk.say(hold)).ok
    talk.link_down()
    assert "lane.released" in [a.kind for a in talk.state.alarms.values()]
    talk.link_up()
    assert answer(talk.say(replace(hold, request_id="h2"))).ok
    [alarm] = [a for a in talk.state.alarms.values() if a.kind == "lane.released"]
    assert alarm.returned_at_s is not None


def test_a_hold_that_a_power_cut_ended_is_told_at_the_start() -> None:
    talk = Talk()
    talk.state = replace(talk.state, lost_holds=("east",))
    talk.say(GatewayStarted(version="1", site_file="site.toml"))
    assert [d.body["detail"] for d in talk.log if d.kind == "lane.released"] == ["restart"]
    assert "lane.released" in [a.kind for a in talk.state.alarms.values()]
    assert talk.state.lost_holds == ()


def test_a_slip_is_checked_with_the_picture_of_the_car_that_takes_the_goods(talk: Talk) -> None:
    slip = Slip(
        id="s1", host="3号楼", consent_by="李", approved_by="王", items=(("沙发", 1),), plate=STRANGER,
        not_before_s=talk.now.wall_s - 60, not_after_s=talk.now.wall_s + 60,
    )  # fmt: skip
    talk.state = replace(talk.state, policy=replace(talk.state.policy, slips={"s1": slip}))
    talk.plate(STRANGER)
    seen = (("沙发", 1),)
    check = CheckSlip(request_id="c", slip="s1", seen=seen, note="", operator=GUARD, plate=STRANGER)
    assert answer(talk.say(check)).ok
    assert talk.log[-1].body["picture"] == talk.lane.visitors[0].picture
