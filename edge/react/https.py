"""The certificate of the page: somebody must hear of it before tablets refuse it. Core: pure."""

from __future__ import annotations

from dataclasses import replace

from edge.alarms.rules import GENERAL, SYSTEM, find, raise_alarm, returned
from edge.observations import CertificateRead
from edge.turn import Turn

TOLD_DAYS = 30.0
SOON_DAYS = 7.0
SOURCE = "https"
_KINDS = ("", "https.expiring", "https.ending")
_PRIORITY = {"https.expiring": SYSTEM, "https.ending": GENERAL}


def on_certificate(turn: Turn, read: CertificateRead) -> None:
    """Told once when a month is left, and once more, louder, in the last week or when it cannot be read."""
    days = read.days_left
    level = 2 if days is None or days <= SOON_DAYS else 1 if days <= TOLD_DAYS else 0
    before = turn.state.https_told
    if level == before:
        return
    turn.state = replace(turn.state, https_told=level)
    if level == 0:
        turn.record("https.renewed", SOURCE, {"days_left": None if days is None else round(days)})
    for kind in _KINDS[level + 1 :] if level < before else ():
        returned(turn, kind, SOURCE)
    if level == 0:
        returned(turn, "https.expiring", SOURCE)
    elif level > before and not _stands(turn, _KINDS[level]):  # it may stand since before a restart
        _tell(turn, _KINDS[level], read)


def _stands(turn: Turn, kind: str) -> bool:
    alarm = find(turn, kind, SOURCE)
    return alarm is not None and alarm.returned_at_s is None


def _tell(turn: Turn, kind: str, read: CertificateRead) -> None:
    days = read.days_left
    body = {"days_left": None if days is None else round(days), "file": read.file}
    event_id = turn.record(kind, SOURCE, body)
    detail = "certificate_unreadable" if days is None else f"days_left:{max(0, int(days))}"
    place = turn.state.settings.site.name
    raise_alarm(turn, kind, _PRIORITY[kind], SOURCE, place=place, event_id=event_id, detail=detail)
