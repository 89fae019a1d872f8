"""What time a report is about: a day, a month or a quarter at the site, or a guard's shift. Core: pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from edge.figures.numbers import is_drill
from sync.event import Event

PERIODS = ("day", "month", "quarter")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Half open, Unix seconds."""

    from_s: float
    until_s: float
    name: str
    """``2026-11-21``, ``2026-11``, ``2026-Q4``, or post, guard and begin of a shift."""

    @property
    def length_s(self) -> float:
        """Seconds; a day with a change of the clocks has not 24 hours."""
        return self.until_s - self.from_s


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftSpan:
    """A guard's shift at a post; ``until_s`` None while it goes on."""

    seq: int
    """Number of the event that began it."""
    post: str
    guard: str
    from_s: float
    until_s: float | None


def span_of(period: str, day: date, zone: ZoneInfo) -> Span:
    """The day, month or quarter at the site in which a day lies; raises ValueError for another word."""
    if period == "day":
        return _span(day, day + timedelta(days=1), day.isoformat(), zone)
    if period == "month":
        first = day.replace(day=1)
        return _span(first, months_after(first, 1), f"{day:%Y-%m}", zone)
    if period == "quarter":
        first = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        return _span(first, months_after(first, 3), f"{day.year}-Q{(day.month + 2) // 3}", zone)
    raise ValueError(period)


def months_after(first: date, months: int) -> date:
    """The first of a later month."""
    years, month = divmod(first.month - 1 + months, 12)
    return date(first.year + years, month + 1, 1)


def days_of(span: Span, zone: ZoneInfo) -> Iterator[tuple[date, float, float]]:
    """Each day that a span touches with the part of it that lies within."""
    day = datetime.fromtimestamp(span.from_s, zone).date()
    while (begin_s := midnight_s(day, zone)) < span.until_s:
        next_day = day + timedelta(days=1)
        yield day, max(begin_s, span.from_s), min(midnight_s(next_day, zone), span.until_s)
        day = next_day


def midnight_s(day: date, zone: ZoneInfo) -> float:
    """When a day begins at the site, Unix seconds."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()


def shifts_of(events: Iterable[Event]) -> list[ShiftSpan]:
    """Every shift (kinds ``shift.``), oldest first. Taking a post over ends the shift before."""
    found: list[ShiftSpan] = []
    standing: dict[str, int] = {}
    for event in events:
        if event.kind not in ("shift.started", "shift.ended"):
            continue
        body, at_s = event.data(), event.wall_us / 1e6
        if is_drill(body):
            continue
        post = str(body["post"])
        at = standing.pop(post, None)
        if at is not None:
            found[at] = _ended(found[at], at_s)
        if event.kind == "shift.started":
            standing[post] = len(found)
            found.append(ShiftSpan(seq=event.seq, post=post, guard=str(body["guard"]), from_s=at_s, until_s=None))
    return found


def span_of_shift(shift: ShiftSpan, now_s: float, zone: ZoneInfo) -> Span:
    """A shift as the span of a report; one that goes on lasts until now."""
    began = datetime.fromtimestamp(shift.from_s, zone)
    until_s = shift.until_s if shift.until_s is not None else max(now_s, shift.from_s)
    return Span(from_s=shift.from_s, until_s=until_s, name=f"{shift.post} {shift.guard} {began:%Y-%m-%d %H:%M}")


def _ended(shift: ShiftSpan, at_s: float) -> ShiftSpan:
    # A clock that was set back must not make a shift of negative length.
    return ShiftSpan(
        seq=shift.seq, post=shift.post, guard=shift.guard, from_s=shift.from_s, until_s=max(at_s, shift.from_s)
    )


def _span(first: date, after: date, name: str, zone: ZoneInfo) -> Span:
    return Span(from_s=midnight_s(first, zone), until_s=midnight_s(after, zone), name=name)
