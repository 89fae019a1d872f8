"""Weekly windows, past midnight, holidays, clocks put forward and back; against a slow walk over every minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.model_gate import Schedule, Window
from edge.access.schedules import DAYS, holds

ZONE = "Asia/Shanghai"
OFFICE = Schedule.model_validate(
    {
        "windows": [
            {"days": ["mon", "fri"], "begin": "08:00", "end": "18:00"},
            {"days": ["fri"], "begin": "22:00", "end": "02:00"},
            {"days": ["holiday"], "begin": "10:00", "end": "24:00"},
        ],
        "holidays": ["2026-06-19"],
    }
)


@pytest.mark.parametrize(
    ("moment", "open_"),
    [
        ("2026-06-01T07:59:59", False),  # Monday
        ("2026-06-01T08:00:00", True),
        ("2026-06-01T17:59:59", True),
        ("2026-06-01T18:00:00", False),
        ("2026-06-02T12:00:00", False),  # Tuesday
        ("2026-06-05T23:00:00", True),  # Friday night
        ("2026-06-06T01:59:59", True),  # belongs to Friday
        ("2026-06-06T02:00:00", False),
        ("2026-06-06T23:00:00", False),
        ("2026-06-19T09:00:00", False),  # a Friday, but a holiday
        ("2026-06-19T23:59:59", True),
        ("2026-06-20T00:30:00", False),  # the holiday's window ended at midnight, and Friday's never began
    ],
)
def test_a_schedule_holds_inside_its_windows(moment: str, open_: bool) -> None:
    at_s = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(ZONE)).timestamp()
    assert holds(OFFICE, at_s, ZONE) is open_


BERLIN = "Europe/Berlin"
NIGHT = Schedule.model_validate({"windows": [{"days": ["sun"], "begin": "02:15", "end": "02:45"}]})


@pytest.mark.parametrize(
    ("day", "minutes"),
    [("2026-03-22", 30), ("2026-03-29", 0), ("2026-10-25", 60)],
    ids=["usual", "clock put forward", "clock put back"],
)
def test_skipped_times_never_come_and_repeated_ones_count_twice(day: str, minutes: int) -> None:
    begin_s = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(BERLIN)).timestamp()
    assert sum(holds(NIGHT, begin_s + 60.0 * minute, BERLIN) for minute in range(6 * 60)) == minutes


def covered(schedule: Schedule, day: date) -> set[datetime]:
    """Slow and plain: every minute of wall time that the windows of one day cover, walked one by one."""
    name = "holiday" if day in schedule.holidays else DAYS[day.weekday()]
    minutes: set[datetime] = set()
    for window in schedule.windows:
        if name not in window.days:
            continue
        at = datetime.combine(day, time.fromisoformat(window.begin))
        for _ in range(24 * 60):
            minutes.add(at)
            at += timedelta(minutes=1)
            if f"{at:%H:%M}" == window.end or (window.end == "24:00" and f"{at:%H:%M}" == "00:00"):
                break
    return minutes


CLOCK = st.builds(lambda hour, quarter: f"{hour:02}:{quarter:02}", st.integers(0, 23), st.sampled_from((0, 15, 59)))
WINDOWS = st.builds(
    lambda days, begin, end: Window(days=tuple(sorted(days)), begin=begin, end=end),
    st.sets(st.sampled_from((*DAYS, "holiday")), min_size=1),
    CLOCK,
    st.one_of(CLOCK, st.just("24:00")),
)
FIRST = date(2026, 3, 27)
SCHEDULES = st.builds(
    lambda windows, holidays: Schedule(windows=tuple(windows), holidays=tuple(holidays)),
    st.lists(WINDOWS, max_size=3),
    st.lists(st.integers(0, 5).map(lambda n: FIRST + timedelta(days=n)), max_size=2),
)


@settings(max_examples=200, deadline=None)
@given(SCHEDULES, st.integers(0, 5 * 86400), st.sampled_from((ZONE, BERLIN, "America/St_Johns", "UTC")))
def test_it_agrees_with_a_walk_over_every_minute(schedule: Schedule, after_s: int, zone: str) -> None:
    now_s = datetime(2026, 3, 27, tzinfo=UTC).timestamp() + after_s
    wall = datetime.fromtimestamp(now_s, UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None, second=0, microsecond=0)
    near = [wall.date() - timedelta(days=1), wall.date()]
    expected = any(wall in covered(schedule, day) for day in near)
    assert holds(schedule, now_s, zone) is expected
