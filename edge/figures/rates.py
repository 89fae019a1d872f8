"""How many alarms, from where, how many of them false, and how much of the time in a flood. Core: pure functions.

After ISA-18.2: an operator takes about one alarm in ten minutes over the long run; a flood is more than ten in ten
minutes; less than one percent of the time should be in flood.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from edge.figures.lives import Life
from edge.figures.numbers import Interval, is_drill, joined, overlap_s, share
from edge.figures.spans import ShiftSpan, Span, days_of
from sync.event import Event

TOP = 10
JUDGED_MIN = 3
"""Fewer verdicts say nothing about a source."""
WOLF_SHARE = 0.5
PEAK_S = 600.0
HOURS_MIN = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Alarms of a span."""

    alarms: int
    occurrences: int
    """Every time a condition came, those counted on open alarms too."""
    urgent: int
    general: int
    system: int
    guard_hours: float
    """Hours that posts were manned, summed."""
    per_guard_hour: float | None
    """Urgent and general ones; None before a post was manned for an hour, since minutes say nothing."""
    peak: int
    """Most alarms in any ten minutes."""
    flood_min: float
    flood_share: float | None
    handled: int
    false: int
    returned: int
    open: int
    false_share: float | None
    """Of those that a person closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Alarms of one device and kind."""

    source: str
    kind: str
    place: str
    alarms: int
    occurrences: int
    handled: int
    false: int
    false_share: float | None
    """Of those that a person closed; None for fewer than three."""
    wolf: bool
    """Cries wolf: at least half were false."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A bar of a plot, or a line of a list."""

    name: str
    n: int


def rates_of(lives: Sequence[Life], shifts: Iterable[ShiftSpan], floods: Iterable[Interval], span: Span) -> Rates:
    """The rates of a span; lives are those that opened within it."""
    within = (span.from_s, span.until_s)
    hours = overlap_s([(s.from_s, span.until_s if s.until_s is None else s.until_s) for s in shifts], within) / 3600
    flood_s = overlap_s(joined(floods), within)
    outcomes = Counter(life.outcome for life in lives)
    classes = Counter(life.priority for life in lives)
    return Rates(
        alarms=len(lives),
        occurrences=sum(life.count for life in lives),
        urgent=classes[1],
        general=classes[2],
        system=len(lives) - classes[1] - classes[2],
        guard_hours=hours,
        per_guard_hour=share(classes[1] + classes[2], hours) if hours >= HOURS_MIN else None,
        peak=peak_of([life.opened_s for life in lives]),
        flood_min=flood_s / 60,
        flood_share=share(flood_s, span.length_s),
        handled=outcomes["handled"],
        false=outcomes["false"],
        returned=outcomes["returned"],
        open=outcomes[""],
        false_share=share(outcomes["false"], outcomes["handled"] + outcomes["false"]),
    )


def sources_of(lives: Iterable[Life]) -> list[Source]:
    """Every source and kind with its alarms, most first."""
    grouped: dict[tuple[str, str], list[Life]] = {}
    for life in lives:
        grouped.setdefault((life.source, life.kind), []).append(life)
    found = [_source(*key, group) for key, group in grouped.items()]
    return sorted(found, key=lambda one: (-one.alarms, -one.occurrences, one.source, one.kind))


def wolves_of(sources: Iterable[Source]) -> list[Source]:
    """Those that cry wolf, worst first."""
    found = [one for one in sources if one.wolf]
    return sorted(found, key=lambda one: (-(one.false_share or 0.0), -one.false, one.source))


def floods_of(events: Iterable[Event], until_s: float) -> list[Interval]:
    """When there was a flood (kinds ``alarm.flood`` and ``system.``); a start of the program ends one silently."""
    found: list[Interval] = []
    since_s: float | None = None
    for event in events:
        at_s = event.wall_us / 1e6
        if event.kind == "alarm.flood" and not is_drill(event.data()):
            since_s = at_s if since_s is None else since_s
        elif event.kind in ("alarm.flood_ended", "system.started", "system.stopped") and since_s is not None:
            found.append((since_s, max(since_s, at_s)))
            since_s = None
    if since_s is not None:
        found.append((since_s, max(since_s, until_s)))
    return found


def peak_of(opened_s: Iterable[float]) -> int:
    """The most of them in any ten minutes."""
    times = sorted(opened_s)
    best, first = 0, 0
    for last, at_s in enumerate(times):
        while at_s - times[first] >= PEAK_S:
            first += 1
        best = max(best, last - first + 1)
    return best


def by_hour(lives: Iterable[Life], zone: ZoneInfo) -> list[Count]:
    """Alarms by the hour of day at the site: 24 bars."""
    hours = Counter(datetime.fromtimestamp(life.opened_s, zone).hour for life in lives)
    return [Count(name=f"{hour:02}", n=hours[hour]) for hour in range(24)]


def by_day(lives: Iterable[Life], span: Span, zone: ZoneInfo) -> list[Count]:
    """Alarms of each day of a span."""
    days = Counter(datetime.fromtimestamp(life.opened_s, zone).date() for life in lives)
    return [Count(name=day.isoformat(), n=days[day]) for day, _, _ in days_of(span, zone)]


def _source(source: str, kind: str, lives: Sequence[Life]) -> Source:
    handled = sum(life.outcome == "handled" for life in lives)
    false = sum(life.outcome == "false" for life in lives)
    judged = handled + false
    false_share = share(false, judged) if judged >= JUDGED_MIN else None
    return Source(
        source=source,
        kind=kind,
        place=lives[-1].place,
        alarms=len(lives),
        occurrences=sum(life.count for life in lives),
        handled=handled,
        false=false,
        false_share=false_share,
        wolf=false_share is not None and false_share >= WOLF_SHARE,
    )
