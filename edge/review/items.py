"""What a day's timeline shows: groups of kinds, filters, marks of who has looked at what. Core: pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from config.model import Site
from edge.figures.lives import Life
from sync.event import STRANGER_ROLE, Event

MARKED = "review.marked"

DUE = (
    "alarm.opened",
    "operator.opened",
    "operator.unlocked",
    "operator.held",
    "access.denied",
    "access.duress",
    "access.passback",
    "slip.refused",
    "report.made",
)
"""What somebody should look at afterwards; a day with any of it unreviewed has a dot on the calendar."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "due": DUE,
    "alarm": ("alarm.opened",),
    "pass": ("access.", "slip.", "register.came_in", "register.went_out", "register.corrected", "register.overstayed"),
    "hand": ("operator.", "fire.reset", "siren.reset"),
    "duty": ("shift.", "watch.", "patrol.", "report.", "alarm.acknowledged", "alarm.closed", "alarm.overdue"),
    "device": (
        "camera.", "link.", "reader.", "eyes.", "duty.", "lane.fault", "lane.offline", "lane.online", "door.offline",
        "door.online", "log.trouble", "log.restored", "system.", "siren.failed", "siren.works",
    ),
    "audit": (
        "auth.", "evidence.", "register.exported", "figures.", "picture.", "review.", "lists.changed", "equipment.",
        "events.",
    ),
}  # fmt: skip
"""By prefix of the kind. A group may share kinds with another; ``due`` is what is asked for first."""

STATES = ("open", "handled", "false", "returned")
"""Of alarms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What of a day is wanted."""

    camera: str = ""
    lane: str = ""
    """The lane that the camera looks at."""
    state: str = ""
    """One of ``STATES``; only alarms have one."""
    unreviewed: bool = False


def filter_of(site: Site, camera: str, state: str, *, unreviewed: bool) -> Filter:
    """The filter of a request; a camera brings the lane that it looks at."""
    known = site.cameras.get(camera)
    lane = known.lane if known is not None else ""
    return Filter(camera=camera, lane=lane or "", state=state, unreviewed=unreviewed)


def wanted(event: Event, asked: Filter, life: Life | None, reviewed: frozenset[int]) -> bool:
    """Whether an event passes the filter."""
    if asked.unreviewed and (event.seq in reviewed or event.kind not in DUE):
        return False
    if asked.state and (life is None or state_of(life) != asked.state):
        return False
    return not asked.camera or _concerns(event, asked)


def state_of(life: Life) -> str:
    """``open``, or how the alarm ended."""
    return life.outcome or "open"


def alarm_of(event: Event) -> str:
    """The alarm that an event opened; empty for any other."""
    return str(event.data()["alarm"]) if event.kind == "alarm.opened" else ""


def reviewed_by(events: Iterable[Event], user: str) -> frozenset[int]:
    """What a user has marked as seen (kind ``review.marked``)."""
    mine = (event for event in events if event.kind == MARKED and event.source == f"operator:{user}")
    return frozenset(int(seq) for event in mine for seq in str(event.data()["seqs"]).split())


def faces_in(body: Mapping[str, Any]) -> list[str]:
    """Hashes of the pictures in a body that show a stranger's face: covered until somebody opens them, on record."""
    media = body.get("media")
    entries = media if isinstance(media, list) else []
    return [str(entry["sha256"]) for entry in entries if entry.get("role") == STRANGER_ROLE]


def hour_of(at_us: int, zone: ZoneInfo) -> int:
    """Hour of the day at the site."""
    return datetime.fromtimestamp(at_us / 1e6, zone).hour


def day_of(at_us: int, zone: ZoneInfo) -> str:
    """Day at the site, ``2026-11-21``."""
    return datetime.fromtimestamp(at_us / 1e6, zone).date().isoformat()


def groups_of(kind: str, names: Sequence[str] = tuple(GROUPS)) -> list[str]:
    """The groups that a kind belongs to."""
    return [name for name in names if kind.startswith(GROUPS[name])]


def _concerns(event: Event, asked: Filter) -> bool:
    if event.source == f"camera:{asked.camera}" or (asked.lane and event.source == f"lane:{asked.lane}"):
        return True
    body = event.data()
    return body.get("camera") == asked.camera or bool(asked.lane and body.get("lane") == asked.lane)
