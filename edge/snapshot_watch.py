"""Watched zones and facades as the page sees them. Core: pure."""

from __future__ import annotations

from typing import Any

from config.model import Duty
from edge.access.schedules import holds
from edge.observations import Now
from edge.react.watching_words import zone_place
from edge.state import State


def watch_rows(state: State, now: Now) -> dict[str, Any]:
    """Every zone with what stands there, and the cameras that watch for falls."""
    return {
        "zones": [
            _zone(state, camera, zone, now)
            for camera, settings in state.settings.cameras.items()
            for zone in (settings.zones if Duty.ZONES in settings.duties else ())
        ],
        "facades": [
            {"camera": name, "building": (camera.facade.building if camera.facade else "") or camera.place or name}
            for name, camera in state.settings.cameras.items()
            if Duty.THROWING in camera.duties
        ],
    }


def _zone(state: State, camera: str, name: str, now: Now) -> dict[str, Any]:
    zone = state.settings.cameras[camera].zones[name]
    schedule = state.settings.schedules.get(zone.during or "")
    source = f"zone:{camera}/{name}"
    standing = [m for m in state.watch.matters.values() if m.standing and m.source == source]
    return {
        "source": source,
        "camera": camera,
        "name": name,
        "kind": zone.kind,
        "place": zone_place(state.settings, camera, zone),
        "armed": schedule is None or holds(schedule, now.wall_s, state.settings.site.timezone),
        "standing": len(standing),
        "since_s": min((m.since_s for m in standing), default=None),
    }
