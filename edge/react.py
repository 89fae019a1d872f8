"""The switchboard: ``react(state, observation, now) -> (state, intents)``. Core: pure, no clock, no I/O.

Every fact reaches the gateway here and nowhere else: cameras, devices, people and time. Each family of
observations has its module; this file only says which.
"""

from __future__ import annotations

from dataclasses import replace

from devices.messages import (
    CardRead,
    CodeScanned,
    CommandDone,
    CommandFailed,
    InputsRead,
    KeysTyped,
    LinkBack,
    LinkLost,
    PhoneProof,
    ReaderBack,
    ReaderLost,
)
from edge import (
    react_access,
    react_device,
    react_display,
    react_door,
    react_health,
    react_presence,
    react_reader,
    react_schedule,
    react_siren,
    react_vehicle,
)
from edge.intents import Intent
from edge.observations import (
    AcknowledgeAlarm,
    Audited,
    ChangeLists,
    CheckSlip,
    CloseAlarm,
    CorrectRegister,
    EyesBack,
    EyesLost,
    GatewayStarted,
    GatewayStopping,
    HoldByHand,
    InboxOverflow,
    LogRestored,
    LogTrouble,
    Now,
    Observation,
    OpenByHand,
    PolicyLoaded,
    RefuseByHand,
    ReleaseByHand,
    ResetFire,
    ResetLane,
    ResetSirens,
    TaskDown,
    Tick,
    UnlockByHand,
)
from edge.react_operator import on_act
from edge.state import State
from edge.turn import Turn
from vision.observations import (
    CameraBack,
    CameraLost,
    CodeShown,
    DutyOff,
    EyesBeat,
    PlateSeen,
    VehicleShown,
    VisitEnded,
)


def react(state: State, observation: Observation, now: Now) -> tuple[State, tuple[Intent, ...]]:
    """The new state and what shall be done. Raises nothing for any observation of a known type."""
    turn = Turn(state, now)
    _dispatch(turn, observation)
    react_siren.on_new_alarms(turn, state.alarms)
    react_display.show_verdicts(turn)
    return turn.state, tuple(turn.intents)


def _dispatch(turn: Turn, observation: Observation) -> None:  # noqa: PLR0912, PLR0915 - a switchboard is one match
    match observation:
        case Tick():
            react_health.on_tick(turn)
            react_access.on_tick(turn, observation)
            react_door.on_tick(turn)
            react_schedule.on_tick(turn)
            react_siren.on_tick(turn)
            react_presence.on_tick(turn)
            react_vehicle.on_tick(turn)
        case InputsRead():
            react_device.on_inputs(turn, observation)
        case PlateSeen():
            react_vehicle.on_plate(turn, observation)
        case VehicleShown():
            react_vehicle.on_vehicle_shown(turn, observation)
        case VisitEnded():
            react_vehicle.on_visit_ended(turn, observation)
        case CommandDone():
            react_device.on_done(turn, observation)
        case CommandFailed():
            react_device.on_failed(turn, observation)
        case LinkLost():
            react_device.on_link_lost(turn, observation)
        case LinkBack():
            react_device.on_link_back(turn, observation)
        case CardRead():
            react_access.on_card(turn, observation)
        case KeysTyped():
            react_access.on_keys(turn, observation)
        case CodeScanned():
            react_access.on_code(turn, observation)
        case CodeShown():
            react_access.on_code_shown(turn, observation)
        case PhoneProof():
            react_access.on_phone(turn, observation)
        case ReaderLost():
            react_reader.on_reader_lost(turn, observation)
        case ReaderBack():
            react_reader.on_reader_back(turn, observation)
        case CameraLost():
            react_health.on_camera_lost(turn, observation)
        case CameraBack():
            react_health.on_camera_back(turn, observation)
        case DutyOff():
            react_health.on_duty_off(turn, observation)
        case EyesBeat():
            react_health.on_beat(turn, observation)
        case EyesLost():
            react_health.on_eyes_lost(turn, observation)
        case EyesBack():
            react_health.on_eyes_back(turn, observation)
        case LogTrouble():
            react_health.on_log_trouble(turn, observation)
        case LogRestored():
            react_health.on_log_restored(turn, observation)
        case InboxOverflow():
            react_health.on_overflow(turn, observation)
        case GatewayStarted():
            react_health.on_started(turn, observation)
        case GatewayStopping(reason=reason):
            turn.record("system.stopped", "gateway", {"reason": reason})
        case TaskDown(name=name, cause=cause):
            react_health.on_task_down(turn, name, cause)
        case PolicyLoaded(policy):
            turn.state = replace(turn.state, policy=policy)
        case Audited(kind=kind, operator=operator, body=body):
            turn.record(kind, f"operator:{operator}", body)
        case (
            OpenByHand()
            | RefuseByHand()
            | HoldByHand()
            | ReleaseByHand()
            | ResetLane()
            | ResetFire()
            | AcknowledgeAlarm()
            | CloseAlarm()
            | ChangeLists()
            | CheckSlip()
            | UnlockByHand()
            | ResetSirens()
            | CorrectRegister()
        ):
            on_act(turn, observation)
