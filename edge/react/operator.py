"""What people do at the page: every act is an observation, gets one verdict and leaves one event. Core: pure."""

from __future__ import annotations

from dataclasses import replace

from edge.access.plates import Decision, Reason
from edge.access.presence import Who
from edge.alarms import steps
from edge.alarms.acts import AdvanceAlarm, CallBackAlarm, ShelveAlarm, UndoAcknowledge, UnshelveAlarm
from edge.duty import drill, shifts, watch
from edge.duty.acts import (
    AnswerWatch,
    BeginDrill,
    CancelHandover,
    EndDrill,
    EndShift,
    MakeDrillAlarm,
    OfferHandover,
    SignHandover,
    StartShift,
    TakeItem,
)
from edge.intents import Answer
from edge.lanes.machine import Authorised, FaultReset, HoldOpen, LaneState, Release
from edge.observations import (
    AcknowledgeAlarm,
    ChangeLists,
    CheckSlip,
    CloseAlarm,
    CorrectRegister,
    HoldByHand,
    OpenByHand,
    OperatorAct,
    RefuseByHand,
    ReleaseByHand,
    ResetFire,
    ResetLane,
    ResetSirens,
    UnlockByHand,
)
from edge.patrol import scans
from edge.patrol.acts import EndRound, ScanPoint, StartRound
from edge.react import selftest
from edge.react.device import reset_fire
from edge.react.door import unlock_by_hand
from edge.react.lane import Grant, drive, hindrance
from edge.react.lists import change_lists, check_slip
from edge.react.presence import correct, expect
from edge.react.siren import reset_sirens
from edge.react.vehicle import passage_of, remember
from edge.reports import rules as reports
from edge.reports.acts import MakeReport, NoteAlarm
from edge.selftest.acts import BeginSelfTest, SelfTestSeen
from edge.state import Visitor
from edge.turn import Turn

HOLD_MAX_S = 24 * 3600.0


def on_act(turn: Turn, act: OperatorAct) -> None:
    """Carry out one act and answer it. When it was pressed is noted as the page says; the clocks count its arrival."""
    pressed_at_s = getattr(act, "pressed_at_s", None)
    if pressed_at_s is not None:
        turn.pressed_at_s = round(min(pressed_at_s, turn.now.wall_s), 3)
    ok, reason = _verdict(turn, act)
    turn.intents.append(Answer(act.request_id, ok, reason))


def _verdict(turn: Turn, act: OperatorAct) -> tuple[bool, str]:  # noqa: PLR0912 - one case an act
    lane = getattr(act, "lane", None)
    if lane is not None and lane not in turn.state.lanes:
        return False, "unknown_lane"
    match act:
        case OpenByHand():
            return _open(turn, act)
        case RefuseByHand():
            return _refuse(turn, act)
        case HoldByHand():
            return _hold(turn, act)
        case ReleaseByHand():
            return _release(turn, act)
        case ResetLane():
            return _reset(turn, act)
        case ResetFire():
            return reset_fire(turn, act.operator.name)
        case AcknowledgeAlarm():
            return steps.acknowledge(turn, act)
        case CloseAlarm():
            return steps.close(turn, act)
        case UndoAcknowledge():
            return steps.undo(turn, act)
        case AdvanceAlarm():
            return steps.advance(turn, act)
        case ShelveAlarm():
            return steps.shelve(turn, act)
        case UnshelveAlarm():
            return steps.unshelve(turn, act)
        case CallBackAlarm():
            return steps.call_back(turn, act)
        case StartShift():
            return shifts.start(turn, act)
        case EndShift():
            return shifts.end(turn, act)
        case OfferHandover():
            return shifts.offer(turn, act)
        case TakeItem():
            return shifts.take(turn, act)
        case SignHandover():
            return shifts.sign(turn, act)
        case CancelHandover():
            return shifts.cancel(turn, act)
        case AnswerWatch():
            return watch.answer(turn, act)
        case StartRound():
            return scans.start(turn, act)
        case EndRound():
            return scans.end(turn, act)
        case ScanPoint():
            return scans.scan(turn, act)
        case MakeReport():
            return reports.make(turn, act)
        case NoteAlarm():
            return reports.note(turn, act)
        case BeginSelfTest():
            return selftest.begin(turn, act)
        case SelfTestSeen():
            return selftest.seen(turn, act)
        case BeginDrill():
            return drill.begin(turn, act)
        case EndDrill():
            return drill.end(turn, act)
        case MakeDrillAlarm():
            return drill.make(turn, act)
        case ChangeLists():
            return change_lists(turn, act)
        case UnlockByHand():
            return unlock_by_hand(turn, act)
        case ResetSirens():
            return reset_sirens(turn, act)
        case CheckSlip():
            return check_slip(turn, act)
        case CorrectRegister():
            return correct(turn, act)


def _open(turn: Turn, act: OpenByHand) -> tuple[bool, str]:
    if not act.reason.strip():
        return False, "reason_needed"
    hindered = hindrance(turn.state.lanes[act.lane].machine)
    if hindered is not None:
        return False, hindered
    visitor = _visitor_of(turn, act.lane, act.visit)
    body = {
        "reason": act.reason.strip(),
        "role": act.operator.role,
        "visit": act.visit or "",
        "plate": visitor.text if visitor else "",
        "picture": visitor.picture if visitor else None,
        "lane": act.lane,
    }
    reference = turn.record("operator.opened", f"operator:{act.operator.name}", body)
    plate = visitor.text if visitor else ""
    opened = drive(turn, act.lane, Authorised(reference, by_hand=True), Grant(reference=reference, plate=plate))
    if visitor is not None and opened and visitor.text:
        expect(turn, act.lane, reference, (Who(f"vehicle:{visitor.text}", visitor.subject),))
    if visitor is not None:
        decision = Decision(True, Reason.BY_HAND, act.operator.name, act.reason.strip())
        remember(turn, act.lane, passage_of(turn, visitor, decision, "granted"), visitor.visit)
    return opened, "opening" if opened else "lane_refused"


def _refuse(turn: Turn, act: RefuseByHand) -> tuple[bool, str]:
    visitor = _visitor_of(turn, act.lane, act.visit)
    if visitor is None:
        return False, "unknown_visit"
    body = {
        "reason": act.reason.strip(),
        "role": act.operator.role,
        "visit": act.visit,
        "plate": visitor.text,
        "picture": visitor.picture,
        "lane": act.lane,
    }
    turn.record("operator.refused", f"operator:{act.operator.name}", body)
    decision = Decision(False, Reason.BY_HAND, act.operator.name, act.reason.strip())
    remember(turn, act.lane, passage_of(turn, visitor, decision, "denied"), visitor.visit)
    return True, "refused"


def _hold(turn: Turn, act: HoldByHand) -> tuple[bool, str]:
    if not act.reason.strip():
        return False, "reason_needed"
    if not 0 < act.for_s <= HOLD_MAX_S:
        return False, "hold_time_out_of_range"
    hindered = hindrance(turn.state.lanes[act.lane].machine)
    if hindered is not None:
        return False, hindered
    body = {"reason": act.reason.strip(), "role": act.operator.role, "for_s": act.for_s, "lane": act.lane}
    reference = turn.record("operator.held", f"operator:{act.operator.name}", body)
    drive(turn, act.lane, HoldOpen(turn.now.mono_s + act.for_s, reference))
    held = turn.state.lanes[act.lane].machine.state is LaneState.HELD
    return held, "held" if held else "lane_refused"


def _release(turn: Turn, act: ReleaseByHand) -> tuple[bool, str]:
    if turn.state.lanes[act.lane].machine.state is not LaneState.HELD:
        return False, "not_held"
    body = {"role": act.operator.role, "lane": act.lane}
    turn.record("operator.released", f"operator:{act.operator.name}", body)
    drive(turn, act.lane, Release())
    view = turn.state.lanes[act.lane]
    turn.set_lane(act.lane, replace(view, scheduled="released" if view.scheduled else ""))
    return True, "released"


def _reset(turn: Turn, act: ResetLane) -> tuple[bool, str]:
    if not turn.state.lanes[act.lane].machine.fault:
        return False, "no_fault"
    body = {"role": act.operator.role, "lane": act.lane, "fault": turn.state.lanes[act.lane].machine.fault}
    turn.record("operator.reset", f"operator:{act.operator.name}", body)
    drive(turn, act.lane, FaultReset())
    cleared = not turn.state.lanes[act.lane].machine.fault
    return cleared, "reset" if cleared else "safety_not_clear"


def _visitor_of(turn: Turn, lane: str, visit: str | None) -> Visitor | None:
    return next((v for v in turn.state.lanes[lane].visitors if v.visit == visit), None)
