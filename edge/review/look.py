"""A day's timeline and a month's calendar out of the log. Shell: reads the log, in a thread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from edge.figures.lives import Life, lives_of
from edge.figures.spans import days_of, span_of
from edge.review.items import (
    DUE,
    GROUPS,
    MARKED,
    Filter,
    alarm_of,
    day_of,
    groups_of,
    hour_of,
    reviewed_by,
    wanted,
)
from sync.event import Event
from sync.timeline import Timeline

FOREVER_US = 2**62
CHUNK = 200
CHUNKS_MAX = 25
"""A page looks at so many events at most, and says where to go on."""


class Day(NamedTuple):
    """A day at the site."""

    date: date
    zone: ZoneInfo

    def bounds(self, period: str) -> tuple[int, int]:
        """The day, or the month in which it lies, Unix microseconds."""
        span = span_of(period, self.date, self.zone)
        return int(span.from_s * 1e6), int(span.until_s * 1e6)


class Found(NamedTuple):
    """One line of the timeline."""

    event: Event
    life: Life | None
    reviewed: bool


class Page(NamedTuple):
    """Lines, newest first, and the number to ask before for more; None at the end of the day."""

    items: list[Found]
    before: int | None


def page_of(log: Timeline, day: Day, group: str, asked: Filter, user: str, *, before: int, limit: int) -> Page:
    """One page of a day."""
    since_us, until_us = day.bounds("day")
    reviewed = reviewed_by(log.walk((MARKED,), since_us, FOREVER_US), user)
    events = log.backwards(GROUPS[group], since_us, until_us, before)
    items: list[Found] = []
    last = before
    for _ in range(CHUNKS_MAX):
        chunk = list(islice(events, CHUNK))
        for found in _judged(log, chunk, since_us, asked, reviewed):
            items.append(found)
            if len(items) == limit:
                return Page(items, found.event.seq)
        if len(chunk) < CHUNK:
            return Page(items, None)
        last = chunk[-1].seq
    return Page(items, last)


def calendar_of(log: Timeline, month: Day, user: str) -> list[dict[str, Any]]:
    """Each day of a month with how much there is to look at, and how much of it this user has not seen."""
    since_us, until_us = month.bounds("month")
    reviewed = reviewed_by(log.walk((MARKED,), since_us, FOREVER_US), user)
    due: Counter[str] = Counter()
    unseen: Counter[str] = Counter()
    for stamp in log.stamps(DUE, since_us, until_us):
        day = day_of(stamp.wall_us, month.zone)
        due[day] += 1
        unseen[day] += stamp.seq not in reviewed
    days = (day.isoformat() for day, _, _ in days_of(span_of("month", *month), month.zone))
    return [{"day": day, "due": due[day], "unreviewed": unseen[day]} for day in days]


def hours_of(log: Timeline, day: Day) -> dict[str, list[int]]:
    """How much happened in each hour of a day, by group."""
    hours = {name: [0] * 24 for name in GROUPS}
    prefixes = sorted({prefix for group in GROUPS.values() for prefix in group})
    names: dict[str, list[str]] = {}
    for stamp in log.stamps(prefixes, *day.bounds("day")):
        for name in names.setdefault(stamp.kind, groups_of(stamp.kind)):
            hours[name][hour_of(stamp.wall_us, day.zone)] += 1
    return hours


def fresh_marks(log: Timeline, seqs: Sequence[int], day: Day, user: str) -> list[int]:
    """Those of a day's numbers that this user has not marked yet."""
    known = reviewed_by(log.walk((MARKED,), day.bounds("day")[0], FOREVER_US), user)
    return sorted({seq for seq in seqs if seq not in known})


def _judged(
    log: Timeline, chunk: Sequence[Event], since_us: int, asked: Filter, reviewed: frozenset[int]
) -> Iterator[Found]:
    ids = [alarm for event in chunk if (alarm := alarm_of(event))]
    lives = {life.id: life for life in lives_of(log.about("alarm", ids, ("alarm.",), since_us), drills=True)}
    for event in chunk:
        life = lives.get(alarm_of(event))
        if wanted(event, asked, life, reviewed):
            yield Found(event, life, event.seq in reviewed)
