"""Cameras, the eyes, the log and the clock: each fault is one event lost and one back. Core: pure."""

from __future__ import annotations

from dataclasses import replace

from edge.alarms.rules import GENERAL, SYSTEM, raise_alarm, returned
from edge.lanes.machine import TimePassed
from edge.observations import EyesBack, EyesLost, GatewayStarted, InboxOverflow, LogRestored, LogTrouble
from edge.react.device import on_stale
from edge.react.lane import drive, hold_ended
from edge.react.vehicle import forget_gone
from edge.state import CameraView
from edge.turn import Turn
from vision.observations import CameraBack, CameraImpaired, CameraLost, CameraMended, CameraStats, DutyOff, EyesBeat

CLOCK_JUMP_S = 2.0
COMMAND_GRACE_S = 10.0


def on_camera_lost(turn: Turn, lost: CameraLost) -> None:
    """A camera gives nothing usable."""
    view = turn.state.cameras.get(lost.camera)
    if view is None or view.up is False:
        return
    turn.set_camera(
        lost.camera,
        replace(view, up=False, fault=lost.fault.value, detail=lost.detail, since_s=lost.since_at_s, fps=0.0),
    )
    source = f"camera:{lost.camera}"
    body = {"fault": lost.fault.value, "detail": lost.detail, "since_us": int(lost.since_at_s * 1e6)}
    event_id = turn.record("camera.lost", source, body)
    place = turn.state.settings.cameras[lost.camera].place or lost.camera
    raise_alarm(turn, "camera.lost", GENERAL, source, place=place, event_id=event_id, detail=lost.fault.value)


def on_camera_back(turn: Turn, back: CameraBack) -> None:
    """A camera works (again)."""
    view = turn.state.cameras.get(back.camera)
    if view is None or view.up is True:
        return
    kept = CameraView(up=True, since_s=turn.now.wall_s, stats=view.stats, impaired=view.impaired)
    turn.set_camera(back.camera, kept)
    source = f"camera:{back.camera}"
    turn.record("camera.back", source, {"down_s": round(back.down_s, 3), "first": view.up is None})
    returned(turn, "camera.lost", source)


def on_camera_impaired(turn: Turn, said: CameraImpaired) -> None:
    """A camera delivers, but covered, moved, blurred or too slow: its duties go on, somebody must look."""
    view = turn.state.cameras.get(said.camera)
    if view is None or view.impaired == said.fault.value:
        return
    turn.set_camera(said.camera, replace(view, impaired=said.fault.value))
    source = f"camera:{said.camera}"
    body = {"fault": said.fault.value, "detail": said.detail, "since_us": int(said.since_at_s * 1e6)}
    event_id = turn.record("camera.impaired", source, body)
    place = turn.state.settings.cameras[said.camera].place or said.camera
    raise_alarm(turn, "camera.impaired", GENERAL, source, place=place, event_id=event_id, detail=said.fault.value)


def on_camera_mended(turn: Turn, said: CameraMended) -> None:
    """The view is as it should be again."""
    view = turn.state.cameras.get(said.camera)
    source = f"camera:{said.camera}"
    standing = any(alarm.condition == ("camera.impaired", source) for alarm in turn.state.alarms.values())
    if view is None or not (view.impaired or standing):
        return
    turn.set_camera(said.camera, replace(view, impaired=""))
    turn.record("camera.mended", source, {"fault": said.fault.value, "for_s": round(said.for_s, 3)})
    returned(turn, "camera.impaired", source)


def on_duty_off(turn: Turn, off: DutyOff) -> None:
    """A duty cannot run; the rest goes on."""
    source = f"camera:{off.camera}"
    event_id = turn.record("duty.off", source, {"duty": off.duty, "reason": off.reason})
    place = turn.state.settings.cameras[off.camera].place if off.camera in turn.state.settings.cameras else ""
    raise_alarm(turn, "duty.off", SYSTEM, source, place=place or off.camera, event_id=event_id, detail=off.reason)


def on_beat(turn: Turn, beat: EyesBeat) -> None:
    """Counters of the eyes, for the page; nothing is written."""
    turn.state = replace(turn.state, eyes_rss_mb=beat.rss_mb)
    for stats in beat.cameras:
        view = turn.state.cameras.get(stats.camera)
        if view is not None:
            turn.set_camera(stats.camera, replace(view, stats=stats, fps=_fps(view.stats, stats)))


def _fps(before: CameraStats | None, stats: CameraStats) -> float:
    """Frames captured since the last beat, which comes once a second."""
    if before is None or stats.frames_captured < before.frames_captured:
        return 0.0
    return float(stats.frames_captured - before.frames_captured)


def on_eyes_lost(turn: Turn, lost: EyesLost) -> None:
    """The eyes died; lanes, readers, page and log go on."""
    turn.state = replace(turn.state, eyes_up=False)
    event_id = turn.record("eyes.lost", "eyes", {"cause": lost.cause, "gave_up": lost.gave_up})
    raise_alarm(
        turn,
        "eyes.lost",
        GENERAL if lost.gave_up else SYSTEM,
        "eyes",
        place=turn.state.settings.site.name,
        event_id=event_id,
        detail=lost.cause,
    )


def on_eyes_back(turn: Turn, back: EyesBack) -> None:
    """The eyes work (again)."""
    turn.state = replace(turn.state, eyes_up=True)
    turn.record("eyes.back", "eyes", {"down_s": round(back.down_s, 3)})
    returned(turn, "eyes.lost", "eyes")


def on_log_trouble(turn: Turn, trouble: LogTrouble) -> None:
    """The log cannot be written: doors go on, events wait in memory, the page says so."""
    turn.state = replace(turn.state, log_ok=False)
    event_id = turn.record("log.trouble", "log", {"cause": trouble.cause})
    raise_alarm(
        turn,
        "log.trouble",
        GENERAL,
        "log",
        place=turn.state.settings.site.name,
        event_id=event_id,
        detail=trouble.cause,
    )


def on_log_restored(turn: Turn, restored: LogRestored) -> None:
    """The log can be written again."""
    turn.state = replace(turn.state, log_ok=True)
    body = {"down_s": round(restored.down_s, 3), "dropped": restored.dropped}
    turn.record("log.restored", "log", body)
    returned(turn, "log.trouble", "log")


def on_overflow(turn: Turn, overflow: InboxOverflow) -> None:
    """The hub could not keep up with the eyes."""
    turn.record("inbox.overflow", "gateway", {"dropped": overflow.dropped})


def on_started(turn: Turn, started: GatewayStarted) -> None:
    """The program runs; a broken site file shows as a lasting banner."""
    turn.record("system.started", "gateway", {"version": started.version, "site_file": started.site_file})
    for lane in turn.state.lost_holds:
        if lane in turn.state.lanes:
            hold_ended(turn, lane, "restart")
    turn.state = replace(turn.state, lost_holds=())
    if started.fallback is None:
        return
    zh, en = started.fallback
    turn.state = replace(turn.state, banner=started.fallback)
    event_id = turn.record("config.fallback", "gateway", {"zh": zh, "en": en})
    place = turn.state.settings.site.name
    raise_alarm(turn, "config.fallback", GENERAL, "gateway", place=place, event_id=event_id, detail=en[:200])


def on_task_down(turn: Turn, name: str, cause: str) -> None:
    """A part of the gateway stays down."""
    event_id = turn.record("internal.error", f"task:{name}", {"observation": "task", "trace": cause})
    place = turn.state.settings.site.name
    raise_alarm(turn, "internal.error", GENERAL, f"task:{name}", place=place, event_id=event_id, detail=cause)


def on_tick(turn: Turn) -> None:
    """Timers: lanes, stale inputs, forgotten commands, the wall clock."""
    _check_clock(turn)
    on_stale(turn)
    for name in turn.state.lanes:
        drive(turn, name, TimePassed())
    forget_gone(turn)
    now_s = turn.now.mono_s
    if any(now_s > c.expires_mono_s + COMMAND_GRACE_S for c in turn.state.commands.values()):
        left = {k: c for k, c in turn.state.commands.items() if now_s <= c.expires_mono_s + COMMAND_GRACE_S}
        turn.state = replace(turn.state, commands=left)


def _check_clock(turn: Turn) -> None:
    offset_s = turn.now.wall_s - turn.now.mono_s
    before_s = turn.state.wall_minus_mono_s
    turn.state = replace(turn.state, wall_minus_mono_s=offset_s)
    if before_s is not None and abs(offset_s - before_s) > CLOCK_JUMP_S:
        turn.record("clock.jumped", "gateway", {"by_s": round(offset_s - before_s, 3)})
