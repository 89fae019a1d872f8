"""Weekly windows, past midnight, holidays."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from config.model_gate import Schedule
from edge.schedules import holds

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
