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
from edge.duty import drill, watch
from edge.faces import expiry
from edge.intents import Intent
from edge.observations import (
    Audited,
    CertificateRead,
    EyesBack,
    EyesLost,
    GatewayStarted,
    GatewayStopping,
    InboxOverflow,
    LogRestored,
    LogTrouble,
    Now,
    Observation,
    PolicyLoaded,
    PruneLists,
    SweepFaces,
    TaskDown,
    Tick,
    Written,
)
from edge.patrol import rounds, scans
from edge.push.model import PushDelivered, PushFailed
from edge.react import (
    access,
    counted,
    device,
    display,
    door,
    duty,
    face,
    health,
    https,
    lists,
    presence,
    push,
    reader,
    schedule,
    selftest,
    siren,
    vehicle,
    watching,
)
from edge.react.operator import on_act
from edge.state import State
from edge.turn import Turn
from vision.observations import (
    CameraBack,
    CameraImpaired,
    CameraLost,
    CameraMended,
    CodeShown,
    DutyOff,
    EyesBeat,
    FaceProbed,
    FaceSeen,
    PlateSeen,
    VehicleShown,
    VisitEnded,
)
from vision.sightings import ClipKept, FallSeen, LoitererGone, LoitererSeen, StillKept, ZoneBlocked, ZoneCleared


def react(state: State, observation: Observation, now: Now) -> tuple[State, tuple[Intent, ...]]:
    """The new state and what shall be done. Raises nothing for any observation of a known type."""
    turn = Turn(state, now)
    _dispatch(turn, observation)
    siren.on_new_alarms(turn, state.alarms)
    push.on_turn(turn)
    display.show_verdicts(turn)
    return turn.state, tuple(turn.intents)


def _dispatch(turn: Turn, observation: Observation) -> None:  # noqa: PLR0912, PLR0915 - a switchboard is one match
    match observation:
        case Tick():
            health.on_tick(turn)
            access.on_tick(turn, observation)
            counted.on_tick(turn)
            door.on_tick(turn)
            schedule.on_tick(turn)
            siren.on_tick(turn)
            presence.on_tick(turn)
            vehicle.on_tick(turn)
            duty.on_tick(turn)
            watch.on_tick(turn)
            rounds.on_tick(turn)
            drill.on_tick(turn)
            selftest.on_tick(turn)
            watching.on_tick(turn)
        case InputsRead():
            device.on_inputs(turn, observation)
        case PlateSeen():
            vehicle.on_plate(turn, observation)
        case VehicleShown():
            vehicle.on_vehicle_shown(turn, observation)
        case VisitEnded():
            vehicle.on_visit_ended(turn, observation)
        case CommandDone():
            device.on_done(turn, observation)
        case CommandFailed():
            device.on_failed(turn, observation)
        case LinkLost():
            device.on_link_lost(turn, observation)
        case LinkBack():
            device.on_link_back(turn, observation)
        case CardRead():
            scans.on_card(turn, observation)
            access.on_card(turn, observation)
        case KeysTyped():
            access.on_keys(turn, observation)
        case CodeScanned():
            access.on_code(turn, observation)
        case CodeShown():
            access.on_code_shown(turn, observation)
        case FaceSeen():
            face.on_face(turn, observation)
        case FallSeen() | ZoneBlocked() | ZoneCleared() | LoitererSeen() | LoitererGone() | StillKept() | ClipKept():
            watching.on_sighting(turn, observation)
        case PhoneProof():
            access.on_phone(turn, observation)
        case ReaderLost():
            reader.on_reader_lost(turn, observation)
        case ReaderBack():
            reader.on_reader_back(turn, observation)
        case CameraLost():
            health.on_camera_lost(turn, observation)
        case CameraBack():
            health.on_camera_back(turn, observation)
        case CameraImpaired():
            health.on_camera_impaired(turn, observation)
        case CameraMended():
            health.on_camera_mended(turn, observation)
        case DutyOff():
            health.on_duty_off(turn, observation)
        case EyesBeat():
            health.on_beat(turn, observation)
        case EyesLost():
            health.on_eyes_lost(turn, observation)
            watching.on_eyes(turn, up=False)
        case EyesBack():
            health.on_eyes_back(turn, observation)
            watching.on_eyes(turn, up=True)
        case LogTrouble():
            health.on_log_trouble(turn, observation)
        case LogRestored():
            health.on_log_restored(turn, observation)
        case InboxOverflow():
            health.on_overflow(turn, observation)
        case GatewayStarted():
            health.on_started(turn, observation)
            push.on_started(turn)
        case GatewayStopping(reason=reason):
            turn.record("system.stopped", "gateway", {"reason": reason})
        case CertificateRead():
            https.on_certificate(turn, observation)
        case TaskDown(name=name, cause=cause):
            health.on_task_down(turn, name, cause)
        case PushDelivered():
            push.on_delivered(turn, observation)
        case PushFailed():
            push.on_failed(turn, observation)
        case Written():
            counted.on_written(turn, observation)
            selftest.on_written(turn, observation)
        case PruneLists():
            lists.on_prune(turn, observation)
        case PolicyLoaded(policy):
            turn.state = replace(turn.state, policy=policy)
        case SweepFaces():
            expiry.sweep(turn)
        case Audited(kind=kind, operator=operator, body=body):
            turn.record(kind, f"operator:{operator}", body)
        case FaceProbed():
            pass  # an answer for whoever asked; the link to the eyes keeps it
        case _:
            on_act(turn, observation)
