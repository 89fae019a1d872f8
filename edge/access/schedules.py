"""Does a schedule hold now? Core: pure functions of (schedule, Unix time, time zone)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from config.model_gate import Schedule, Window

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def holds(schedule: Schedule, now_s: float, timezone: str) -> bool:
    """Whether a moment (Unix time) lies in one of the windows; the end itself is outside."""
    moment = local(now_s, timezone)
    return any(_covers(schedule, window, moment) for window in schedule.windows)


def local(now_s: float, timezone: str) -> datetime:
    """The wall time at the site."""
    return datetime.fromtimestamp(now_s, ZoneInfo(timezone))


def within(span: tuple[str, str], now_s: float, timezone: str) -> bool:
    """Whether a moment (Unix time) lies in a span of the day (HH:MM each), past midnight when the end is earlier."""
    moment = local(now_s, timezone)
    minute = moment.hour * 60 + moment.minute
    begin, end = _minutes(span[0]), _minutes(span[1])
    return begin <= minute < end if begin <= end else minute >= begin or minute < end


def _covers(schedule: Schedule, window: Window, moment: datetime) -> bool:
    minute = moment.hour * 60 + moment.minute
    begin, end = _minutes(window.begin), _minutes(window.end)
    today = _named(schedule, window, moment.date())
    if begin < end:
        return today and begin <= minute < end
    # Past midnight the window belongs to the day on which it began.
    yesterday = _named(schedule, window, moment.date() - timedelta(days=1))
    return (today and minute >= begin) or (yesterday and minute < end)


def _named(schedule: Schedule, window: Window, day: date) -> bool:
    """A holiday follows only windows that name ``holiday``."""
    return ("holiday" if day in schedule.holidays else DAYS[day.weekday()]) in window.days


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
