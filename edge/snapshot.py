"""The state as the page sees it (docs/http-api.md). Reads the store's head and health, nothing else."""

from __future__ import annotations

from typing import Any

from edge.access.plates import all_bookings
from edge.doors.machine import DoorState
from edge.observations import Now
from edge.snapshot_alarms import alarm_rows
from edge.snapshot_chain import chain_rows
from edge.snapshot_duty import duty_rows
from edge.snapshot_gate import gate_rows
from edge.snapshot_patrol import patrol_rows
from edge.snapshot_watch import watch_rows
from edge.state import BoardView, CameraView, LaneView, ReaderView, State, Visitor
from sync.store import Store

SICK_DOORS = frozenset({DoorState.OFFLINE, DoorState.FORCED})


def snapshot_of(state: State, now: Now, store: Store, facts: dict[str, Any]) -> dict[str, Any]:
    """Everything the page needs to draw itself anew. ``facts``: version, demo, last_pull_s."""
    health = store.health()
    info = state.settings.site
    return {
        "site": {
            "id": info.id,
            "name": info.name,
            "language": info.language,
            "timezone": info.timezone,
            "version": facts.get("version", ""),
            "demo": bool(facts.get("demo", False)),
        },
        "now_s": now.wall_s,
        "head": store.newest,
        "lanes": [_lane(state, name, view, now) for name, view in state.lanes.items()],
        "cameras": [_camera(state, name, view) for name, view in state.cameras.items()],
        "boards": [_board(name, view) for name, view in state.boards.items()],
        "readers": [_reader(state, name, view) for name, view in state.readers.items()],
        **gate_rows(state, now),
        **alarm_rows(state, now),
        **duty_rows(state, now),
        **chain_rows(state),
        **patrol_rows(state, now),
        **watch_rows(state, now),
        "eyes": {"up": state.eyes_up, "rss_mb": round(state.eyes_rss_mb, 1)},
        "log": {
            "ok": state.log_ok and health.ok,
            "head": store.newest,
            "pending": health.pending,
            "last_pull_s": facts.get("last_pull_s"),
        },
        "lists": {
            "version": state.policy.version,
            "vehicles": len(state.policy.vehicles),
            "bookings": len(all_bookings(state.policy)),
        },
        "box": facts.get("box", {}),
        "fire": {"active": state.fire_active, "latched": state.fire_latched},
        "banner": {"zh": state.banner[0], "en": state.banner[1]} if state.banner else None,
    }


def health_of(state: State, store: Store) -> dict[str, Any]:
    """Whether the gateway does its work: every lane, camera and the log."""
    problems = [f"lane {name}: {view.machine.state.value}" for name, view in state.lanes.items() if _sick(view)]
    problems += [f"camera {name}: {view.fault}" for name, view in state.cameras.items() if view.up is False]
    problems += [f"camera {name}: {view.impaired}" for name, view in state.cameras.items() if view.impaired]
    problems += [f"board {name}: {view.cause}" for name, view in state.boards.items() if view.up is False]
    problems += [f"door {n}: {v.machine.state.value}" for n, v in state.doors.items() if v.machine.state in SICK_DOORS]
    problems += [f"siren {name}: cannot be driven" for name, view in state.sirens.items() if view.failing]
    problems += [f"reader {name}: {view.cause}" for name, view in state.readers.items() if view.up is False]
    health = store.health()
    if not (state.log_ok and health.ok):
        problems.append(f"log: {health.last_error}")
    if state.cameras and not state.eyes_up:
        problems.append("eyes: down")
    return {"ready": not problems, "problems": problems}


def _sick(view: LaneView) -> bool:
    return view.machine.state.value in {"offline", "fault", "forced"}


def _lane(state: State, name: str, view: LaneView, now: Now) -> dict[str, Any]:
    settings = state.settings.lanes[name]
    machine = view.machine
    hold = machine.hold_until_mono_s
    last = view.last
    return {
        "name": name,
        "place": settings.place or name,
        "kind": settings.kind,
        "direction": settings.direction,
        "state": machine.state.value,
        "fault": machine.fault,
        "fire": machine.state.value == "fire_open",
        "hold_until_s": None if hold is None else now.wall_s + hold - now.mono_s,
        "sensors": {
            "up": machine.sensors.up,
            "down": machine.sensors.down,
            "safety": machine.sensors.safety,
            "approach": view.approach,
            "manual": machine.sensors.manual,
        },
        "waiting": [_visitor(v) for v in view.visitors],
        "last": None
        if last is None
        else {
            "text": last.text,
            "who": last.who,
            "place": last.place,
            "decision": last.decision,
            "reason": last.reason,
            "at_s": last.at_s,
            "picture": last.picture,
        },
    }


def _visitor(visitor: Visitor) -> dict[str, Any]:
    return {
        "visit": visitor.visit,
        "text": visitor.text,
        "confidence": round(visitor.confidence, 3),
        "outcome": visitor.outcome,
        "color": visitor.color,
        "candidates": [
            {"text": c.text, "confidence": round(c.confidence, 3), "votes": c.votes} for c in visitor.candidates
        ],
        "reason": visitor.reason,
        "who": visitor.subject,
        "picture": visitor.picture,
        "since_s": visitor.since_s,
        "camera": visitor.camera,
        "gone": visitor.gone_mono_s is not None,
    }


def _camera(state: State, name: str, view: CameraView) -> dict[str, Any]:
    settings = state.settings.cameras[name]
    stats = view.stats
    return {
        "name": name,
        "place": settings.place or name,
        "lane": settings.lane,
        "up": view.up,
        "fault": view.fault,
        "impaired": view.impaired,
        "since_s": view.since_s,
        "age_s": stats.age_s if stats else -1.0,
        "fps": view.fps,
        "dropped": stats.frames_dropped if stats else 0,
    }


def _board(name: str, view: BoardView) -> dict[str, Any]:
    return {"name": name, "up": view.up, "since_s": view.since_s, "cause": view.cause}


def _reader(state: State, name: str, view: ReaderView) -> dict[str, Any]:
    settings = state.settings.readers[name]
    return {
        "name": name,
        "kind": settings.kind,
        "place": settings.place or name,
        "lane": settings.lane,
        "door": settings.door,
        "up": view.up,
        "since_s": view.since_s,
        "cause": view.cause,
    }
