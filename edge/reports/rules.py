"""Reports become alarms, and others add to them. Core: pure; each act gives (ok, reason)."""

from __future__ import annotations

from edge.alarms.rules import GENERAL, URGENT, raise_alarm
from edge.reports.acts import MakeReport, NoteAlarm
from edge.turn import Turn

Verdict = tuple[bool, str]

KINDS: dict[str, int] = {
    "fire": URGENT,
    "injury": URGENT,
    "fight": URGENT,
    "intrusion": URGENT,
    "hazard": URGENT,
    "suspicious": GENERAL,
    "quarrel": GENERAL,
    "damage": GENERAL,
    "blocked": GENERAL,
    "noise": GENERAL,
    "other": GENERAL,
}
"""What can be reported, and how urgent it is unless the guard says that it is."""
PHOTOS_MAX = 6


def make(turn: Turn, act: MakeReport) -> Verdict:
    """Write it down with its photos, and call everybody."""
    if act.what not in KINDS:
        return False, "unknown_report"
    if not act.place.strip() and act.at is None:
        return False, "place_needed"
    if not act.words.strip() and not act.attachments:
        return False, "words_or_photo_needed"
    maps = turn.state.settings.patrol.maps
    if act.map and act.map not in maps:
        return False, "unknown_map"
    event_id = turn.new_id()
    place = act.place.strip() or (maps[act.map].title or act.map if act.map else "")
    body = {
        "what": act.what,
        "words": act.words.strip(),
        "place": place,
        "map": act.map,
        "at": None if act.at is None else [round(part, 4) for part in act.at],
        "urgent": act.urgent,
        "role": act.operator.role,
        "picture": act.attachments[0].sha256 if act.attachments else None,
    }
    turn.record("report.made", f"operator:{act.operator.name}", body, attachments=act.attachments, id_=event_id)
    priority = URGENT if act.urgent else KINDS[act.what]
    detail = f"report_{act.what}:{act.words.strip()}"
    raise_alarm(turn, "report.made", priority, f"report:{event_id}", place=place, event_id=event_id, detail=detail)
    return True, "report_made"


def note(turn: Turn, act: NoteAlarm) -> Verdict:
    """Anybody on duty may add words and photos to an open alarm."""
    alarm = turn.state.alarms.get(act.alarm)
    if alarm is None:
        return False, "unknown_alarm"
    if not act.note.strip() and not act.attachments:
        return False, "words_or_photo_needed"
    picture = act.attachments[0].sha256 if act.attachments else None
    body = {"alarm": alarm.id, "kind": alarm.kind, "place": alarm.place, "note": act.note.strip(), "picture": picture}
    turn.record("alarm.noted", f"operator:{act.operator.name}", body, attachments=act.attachments)
    return True, "noted"
