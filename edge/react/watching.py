"""Falls, blocked lanes and loiterers: what was seen becomes events, alarms, and their end. Core: pure.

The eyes say each edge once. A lane's alarm stays until they have seen it free; outside of its zone's schedule a
sighting is on record and alarms only if it still stands when the schedule begins.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from config.model_watch import Zone
from edge.access.schedules import holds
from edge.alarms.rules import GENERAL, URGENT, find, put, raise_alarm, returned
from edge.react.watching_words import fall_detail, fall_place, loiter_detail, still_blocked, zone_detail, zone_place
from edge.state_watch import MATTERS_MAX, Matter
from edge.turn import Turn
from sync.event import STRANGER_ROLE, Attachment, canonical
from vision.sightings import (
    ClipKept,
    FallSeen,
    LoitererGone,
    LoitererSeen,
    Sighting,
    StillKept,
    ZoneBlocked,
    ZoneCleared,
)

FALL, BLOCKED, LOITER = "fall.seen", "zone.blocked", "loiter.seen"
ENDS = frozenset({BLOCKED, LOITER})
MEDIA_MAX = 12
"""Pictures and clips that an alarm shows; all of them are in the log."""
UNCONFIRMED_S = 60.0
"""New eyes that have not found it again so long after its dwell time say that it is gone."""


def on_sighting(turn: Turn, said: Sighting) -> None:
    """Something that a watching duty says; of cameras and zones that are no longer there nothing is taken."""
    match said:
        case FallSeen():
            _fall(turn, said)
        case ZoneBlocked() | LoitererSeen():
            _standing(turn, said)
        case ZoneCleared():
            _cleared(turn, said)
        case LoitererGone():
            _gone(turn, said)
        case StillKept() | ClipKept():
            _more(turn, said)


def _fall(turn: Turn, seen: FallSeen) -> None:
    camera = turn.state.settings.cameras.get(seen.camera)
    if camera is None or camera.facade is None:
        return
    place = fall_place(turn.state.settings, seen)
    source = f"camera:{seen.camera}"
    body = {
        "matter": seen.matter,
        "place": place,
        "building": camera.facade.building,
        "floor": seen.floor,
        "floor_low": seen.floor_low,
        "floor_high": seen.floor_high,
        "column": seen.column,
        "height_m": round(seen.height_m, 1),
        "speed_mps": round(seen.speed_mps, 1),
        "fall": seen.kind,
        "confidence": round(seen.confidence, 3),
        "since_us": int(seen.captured_at_s * 1e6),
        "lasted_s": round(seen.ended_mono_s - seen.started_mono_s, 3),
        "said_after_s": round(turn.now.mono_s - seen.ended_mono_s, 3),
        "origin_px": [round(side, 1) for side in seen.origin],
        "size_px": list(seen.size),
    }
    trace = Attachment("track", "application/json", _trace(seen, camera.facade.model_dump(mode="json")))
    event_id = turn.record(FALL, source, body, attachments=(*_pictures("composite", seen.picture), trace))
    alarm_source = f"facade:{seen.camera}/{seen.floor}-{seen.column}"
    detail = fall_detail(seen)
    raise_alarm(turn, FALL, URGENT, alarm_source, place=place, event_id=event_id, detail=detail)
    matter = Matter(event_id=event_id, kind=FALL, source=alarm_source, camera=seen.camera, since_s=seen.captured_at_s)
    _remember(turn, seen.matter, replace(matter, alarmed=True, detail=detail))


def _trace(seen: FallSeen, facade: dict[str, Any]) -> bytes:
    """Track and calibration, so that the origin can be worked out again by somebody else."""
    points = [
        [round(p.at_mono_s - seen.started_mono_s, 3), *(round(v, 1) for v in (p.x, p.y, p.width, p.height))]
        for p in seen.track
    ]
    trace = {
        "format": "menwei.fall.1",
        "fields": ["after_s", "x_px", "y_px", "width_px", "height_px"],
        "track": points,
        "started_us": int(seen.captured_at_s * 1e6),
        "size_px": list(seen.size),
        "origin_px": [round(side, 1) for side in seen.origin],
        "facade": facade,
    }
    return canonical(trace).encode()


def _standing(turn: Turn, seen: ZoneBlocked | LoitererSeen) -> None:
    zone = _zone(turn, seen.camera, seen.zone)
    if zone is None:
        return
    if isinstance(seen, ZoneBlocked) and seen.reminder and seen.matter in turn.state.watch.matters:
        _reminded(turn, seen, turn.state.watch.matters[seen.matter])
        return
    kind = BLOCKED if isinstance(seen, ZoneBlocked) else LOITER
    source, place = f"zone:{seen.camera}/{seen.zone}", zone_place(turn.state.settings, seen.camera, zone)
    armed = _armed(turn, zone)
    body: dict[str, Any] = {
        "matter": seen.matter,
        "place": place,
        "since_us": int(seen.since_at_s * 1e6),
        "box_px": list(seen.box),
        "size_px": list(seen.size),
        "armed": armed,
    }
    if isinstance(seen, ZoneBlocked):
        body |= {"what": seen.label, "from_start": seen.from_start}
        role, detail = "frame", zone_detail(seen)
    else:
        body |= {"dwell_s": round(seen.dwell_s, 1), "returns": seen.returns}
        role, detail = STRANGER_ROLE, loiter_detail(seen)
    pictures = _pictures(role, seen.picture)
    event_id = turn.record(kind, source, body, attachments=pictures)
    matter = Matter(
        event_id=event_id, kind=kind, source=source, camera=seen.camera, zone=seen.zone, since_s=seen.since_at_s,
        standing=True, detail=detail, picture=pictures[0].sha256 if pictures else "",
    )  # fmt: skip
    _remember(turn, seen.matter, _alarmed(turn, matter, zone) if armed else matter)


def _alarmed(turn: Turn, matter: Matter, zone: Zone) -> Matter:
    priority = URGENT if zone.alarm == "urgent" else GENERAL
    place = zone_place(turn.state.settings, matter.camera, zone)
    raise_alarm(turn, matter.kind, priority, matter.source, place=place, event_id=matter.event_id, detail=matter.detail)
    alarm = find(turn, matter.kind, matter.source)
    if alarm is not None and not alarm.picture and matter.picture:
        put(turn, replace(alarm, picture=matter.picture))
    return replace(matter, alarmed=True)


def _reminded(turn: Turn, seen: ZoneBlocked, matter: Matter) -> None:
    blocked_s = round(seen.captured_mono_s - seen.since_mono_s, 1)
    body = {"matter": seen.matter, "reference": matter.event_id, "reminder": seen.reminder, "blocked_s": blocked_s}
    turn.record("zone.still_blocked", matter.source, body, attachments=_pictures("frame", seen.picture))
    alarm = find(turn, matter.kind, matter.source)
    if alarm is not None:  # a person who closed it as false has seen it; it is not opened again
        put(turn, replace(alarm, detail=still_blocked(seen.label, blocked_s)))


def _cleared(turn: Turn, seen: ZoneCleared) -> None:
    matter = turn.state.watch.matters.get(seen.matter)
    if matter is None or not matter.standing:
        return
    pictures = _pictures("after", seen.picture)
    _end(turn, seen.matter, matter, "zone.cleared", {"blocked_s": round(seen.blocked_s, 1), "seen": True}, pictures)


def _gone(turn: Turn, seen: LoitererGone) -> None:
    matter = turn.state.watch.matters.get(seen.matter)
    if matter is None or not matter.standing:
        return
    body = {"dwell_s": round(seen.dwell_s, 1), "known": seen.known, "seen": True}
    _end(turn, seen.matter, matter, "loiter.gone", body, ())


def _end(
    turn: Turn, name: str, matter: Matter, kind: str, body: dict[str, Any], pictures: tuple[Attachment, ...]
) -> None:
    """It is over: on record with how long the alarm was open, and the alarm returns if nothing else stands there."""
    alarm = find(turn, matter.kind, matter.source)
    if alarm is not None:
        told = {"alarm": alarm.id, "alarm_open_s": round(alarm.age.at(turn.now), 1), "taken_by": alarm.acknowledged_by}
        body = {**body, **told}
    turn.record(kind, matter.source, {"matter": name, "reference": matter.event_id, **body}, attachments=pictures)
    _attach(turn, matter, pictures)
    _remember(turn, name, replace(matter, standing=False))
    if not turn.state.watch.stands(matter.source):
        returned(turn, matter.kind, matter.source)


def _more(turn: Turn, said: StillKept | ClipKept) -> None:
    """A further picture or the clip; kept with the matter, whether its alarm is still open or not."""
    matter = turn.state.watch.matters.get(said.matter)
    if matter is None:
        return
    alarm = find(turn, matter.kind, matter.source)
    body: dict[str, Any] = {
        "matter": said.matter,
        "reference": matter.event_id,
        "alarm": alarm.id if alarm is not None else "",
    }
    stranger = STRANGER_ROLE if matter.kind == LOITER else ""
    if isinstance(said, ClipKept):
        body |= {"from_us": int(said.from_at_s * 1e6), "until_us": int(said.until_at_s * 1e6)}
        kind, kept = "clip.kept", Attachment(stranger or "clip", said.media, said.data)
    else:
        body |= {"role": said.role, "at_us": int(said.captured_at_s * 1e6)}
        kind, kept = "still.kept", Attachment(stranger or said.role, "image/jpeg", said.picture)
    if kept.data:
        turn.record(kind, f"camera:{said.camera}", body, attachments=(kept,))
        _attach(turn, matter, (kept,))


def _attach(turn: Turn, matter: Matter, files: tuple[Attachment, ...]) -> None:
    """The open alarm shows it."""
    alarm = find(turn, matter.kind, matter.source)
    if alarm is not None and files:
        more = tuple((file.role, file.sha256, file.mime) for file in files)
        put(turn, replace(alarm, media=(*alarm.media, *more)[-MEDIA_MAX:]))


def on_eyes(turn: Turn, up: bool) -> None:
    """The eyes came or went: what the old ones saw standing, nobody sees any more until the new ones say so."""
    matters = {n: replace(m, standing=False) for n, m in turn.state.watch.matters.items()}
    since_s = turn.now.mono_s if up else None
    turn.state = replace(turn.state, watch=replace(turn.state.watch, matters=matters, eyes_since_mono_s=since_s))


def on_tick(turn: Turn) -> None:
    """Schedules that begin, and alarms of which new eyes see nothing."""
    for name, matter in turn.state.watch.matters.items():
        zone = _zone(turn, matter.camera, matter.zone) if matter.standing and not matter.alarmed else None
        if zone is not None and _armed(turn, zone):
            _remember(turn, name, _alarmed(turn, matter, zone))
    for alarm in turn.state.alarms.values():
        if alarm.kind in ENDS and alarm.returned_at_s is None and _unconfirmed(turn, alarm.source):
            kind = "zone.cleared" if alarm.kind == BLOCKED else "loiter.gone"
            told = {"alarm": alarm.id, "alarm_open_s": round(alarm.age.at(turn.now), 1)}
            turn.record(kind, alarm.source, {"reference": alarm.event_id, "seen": False, **told})
            returned(turn, alarm.kind, alarm.source)


def _unconfirmed(turn: Turn, source: str) -> bool:
    """Whether eyes and camera have looked long enough without finding it again."""
    camera, _, name = source.removeprefix("zone:").partition("/")
    zone, view = _zone(turn, camera, name), turn.state.cameras.get(camera)
    if zone is None or view is None:
        return True  # the site no longer has it: nobody will ever say that it is free
    since_s = turn.state.watch.eyes_since_mono_s
    if since_s is None or not view.up or turn.state.watch.stands(source):
        return False
    wait_s = zone.dwell_s + UNCONFIRMED_S
    return turn.now.mono_s - since_s > wait_s and turn.now.wall_s - view.since_s > wait_s


def _armed(turn: Turn, zone: Zone) -> bool:
    schedule = turn.state.settings.schedules.get(zone.during or "")
    return schedule is None or holds(schedule, turn.now.wall_s, turn.state.settings.site.timezone)


def _zone(turn: Turn, camera: str, name: str) -> Zone | None:
    found = turn.state.settings.cameras.get(camera)
    return found.zones.get(name) if found is not None else None


def _pictures(role: str, jpeg: bytes) -> tuple[Attachment, ...]:
    return (Attachment(role, "image/jpeg", jpeg),) if jpeg else ()


def _remember(turn: Turn, name: str, matter: Matter) -> None:
    matters = {**turn.state.watch.matters, name: matter}
    over = len(matters) - MATTERS_MAX
    if over > 0:
        ended = [key for key, kept in matters.items() if not kept.standing] or list(matters)
        matters = {key: kept for key, kept in matters.items() if key not in ended[:over]}
    turn.state = replace(turn.state, watch=replace(turn.state.watch, matters=matters))
