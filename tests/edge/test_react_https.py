"""The certificate of the page is watched: told a month ahead, again a week ahead, once each, also over a restart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.observations import CertificateRead
from tests.edge.duty_talk import Desk

Days = float | None


def look(desk: Desk, days: Days) -> None:
    desk.say(CertificateRead(days_left=days, file="/s/server.pem"))


def told(desk: Desk) -> list[str]:
    return [draft.kind for draft in desk.log if draft.kind.startswith("https.")]


def standing(desk: Desk) -> set[str]:
    return {a.kind for a in desk.state.alarms.values() if a.source == "https" and a.returned_at_s is None}


@pytest.mark.parametrize(
    ("days", "kinds", "open_ones"),
    [
        ([397, 396], [], set()),
        ([31, 30, 30, 29], ["https.expiring"], {"https.expiring"}),
        ([30, 7, 7, 0, -3], ["https.expiring", "https.ending"], {"https.expiring", "https.ending"}),
        ([None, None], ["https.ending"], {"https.ending"}),
        ([20, 397], ["https.expiring", "https.renewed"], set()),
        ([3, 397, 396], ["https.ending", "https.renewed"], set()),
        ([3, 20], ["https.ending"], set()),
        ([20, 397, 20], ["https.expiring", "https.renewed", "https.expiring"], {"https.expiring"}),
    ],
)
def test_each_change_is_told_once(days: list[Days], kinds: list[str], open_ones: set[str]) -> None:
    desk = Desk()
    for day in days:
        look(desk, day)
    assert told(desk) == kinds
    assert standing(desk) == open_ones


def test_what_the_guard_has_closed_is_not_opened_again_by_the_next_look() -> None:
    desk = Desk()
    look(desk, 20)
    [alarm] = desk.state.alarms.values()
    desk.close(alarm.id)
    look(desk, 19.9)
    assert told(desk) == ["https.expiring"]
    assert standing(desk) == set()


def test_a_restart_does_not_open_a_second_alarm() -> None:
    desk = Desk()
    look(desk, 5)
    desk.restart()
    look(desk, 5)
    assert told(desk) == ["https.ending"]
    assert [a.count for a in desk.state.alarms.values()] == [1]


@given(st.lists(st.one_of(st.none(), st.floats(-10, 400)), max_size=40))
def test_after_any_history_what_stands_fits_the_certificate(days: list[Days]) -> None:
    desk = Desk()
    for day in [*days, 200.0]:
        look(desk, day)
    assert standing(desk) == set()
    look(desk, 1.0)
    assert "https.ending" in standing(desk)
