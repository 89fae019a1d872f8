"""Acts that a page kept while its link was lost: the time of the press is noted, the clocks count the arrival."""

from __future__ import annotations

import pytest

from edge.alarms.acts import AcknowledgeAlarm, AdvanceAlarm, CallBackAlarm, CloseAlarm
from sync.event import canonical
from tests.edge.duty_talk import ZHANG, Desk


def bodies(desk: Desk, kind: str) -> list[dict[str, object]]:
    return [dict(draft.body) for draft in desk.log if draft.kind == kind]


def test_each_late_act_holds_the_time_of_its_press() -> None:
    desk = Desk()
    alarm = desk.open()
    opened_s = desk.wall_s
    desk.wait(300.0)
    who = {"alarm": alarm.id, "operator": ZHANG}
    late = [
        ("alarm.acknowledged", AcknowledgeAlarm(request_id="1", pressed_at_s=opened_s + 20.0, **who)),
        ("alarm.en_route", AdvanceAlarm(request_id="2", stage="en_route", pressed_at_s=opened_s + 40.0, **who)),
        ("alarm.closed", CloseAlarm(request_id="3", outcome="handled", note="", pressed_at_s=opened_s + 200.0, **who)),
        ("alarm.called_back", CallBackAlarm(request_id="4", note="", pressed_at_s=opened_s + 250.0, **who)),
    ]
    for kind, act in late:
        assert desk.say(act)[0], kind
        [body] = bodies(desk, kind)
        assert body["pressed_at_s"] == act.pressed_at_s
        assert canonical(body)
    [taken] = bodies(desk, "alarm.acknowledged")
    assert taken["after_s"] == pytest.approx(300.0, abs=1.0), "the clock counts the arrival, not what a page says"


def test_a_page_whose_clock_runs_ahead_cannot_press_in_the_future() -> None:
    desk = Desk()
    alarm = desk.open()
    act = AcknowledgeAlarm(request_id="1", alarm=alarm.id, operator=ZHANG, pressed_at_s=desk.wall_s + 9e6)
    desk.say(act)
    assert bodies(desk, "alarm.acknowledged")[0]["pressed_at_s"] == desk.wall_s


def test_an_act_that_was_not_kept_says_nothing_of_it() -> None:
    desk = Desk()
    alarm = desk.open()
    desk.say(AcknowledgeAlarm(request_id="1", alarm=alarm.id, operator=ZHANG))
    assert "pressed_at_s" not in bodies(desk, "alarm.acknowledged")[0]
    assert not any("pressed_at_s" in draft.body for draft in desk.log)
