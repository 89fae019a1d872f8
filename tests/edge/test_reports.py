"""A guard's own report: an incident with photos that everybody sees and adds to."""

from __future__ import annotations

from typing import Any

import pytest

from sync.event import Attachment
from tests.edge.patrol_talk import Walk

PHOTO = Attachment("site", "image/jpeg", b"\xff\xd8\xff photo")
OTHER = Attachment("site", "image/jpeg", b"\xff\xd8\xff another")


def test_a_report_is_an_alarm_with_its_photo_its_place_and_its_words() -> None:
    walk = Walk()
    assert walk.report("damage", attachments=(PHOTO,), map="ground", at=(0.25, 0.5)) == (True, "report_made")
    [made] = [draft for draft in walk.log if draft.kind == "report.made"]
    assert made.attachments == (PHOTO,)
    assert (made.source, made.body["map"], made.body["at"]) == ("operator:zhang", "ground", [0.25, 0.5])
    [alarm] = walk.state.alarms.values()
    assert (alarm.kind, alarm.source, alarm.event_id) == ("report.made", f"report:{made.id}", made.id)
    assert (alarm.place, alarm.detail, alarm.picture) == ("东门", "report_damage:护栏被撞", PHOTO.sha256)
    assert alarm.acknowledged_by == "", "whoever is near shall take it"


@pytest.mark.parametrize(
    ("what", "urgent", "priority"), [("fire", False, 1), ("damage", False, 2), ("damage", True, 1)]
)
def test_how_urgent_it_is(what: str, urgent: bool, priority: int) -> None:
    walk = Walk()
    walk.report(what, urgent=urgent)
    assert [alarm.priority for alarm in walk.state.alarms.values()] == [priority]


def test_two_reports_are_two_incidents() -> None:
    walk = Walk()
    walk.report()
    walk.report()
    assert len(walk.state.alarms) == 2


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "of no known kind": ({"what": "ufo"}, "unknown_report"),
    "from nowhere": ({"place": " "}, "place_needed"),
    "without words or photo": ({"words": " "}, "words_or_photo_needed"),
    "on a plan that there is not": ({"map": "moon", "at": (0.1, 0.1)}, "unknown_map"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_report_that_says_nothing_is_refused(case: str) -> None:
    given, reason = REFUSED[case]
    walk = Walk()
    assert walk.report(**given) == (False, reason)
    assert walk.log == []


def test_a_place_on_the_plan_is_enough() -> None:
    walk = Walk()
    assert walk.report(place="", map="ground", at=(0.1, 0.9)) == (True, "report_made")
    assert [alarm.place for alarm in walk.state.alarms.values()] == ["ground"]


def test_others_add_words_and_photos_while_it_is_open() -> None:
    walk = Walk()
    walk.report()
    [alarm] = walk.state.alarms
    assert walk.add(alarm) == (False, "words_or_photo_needed")
    assert walk.add(alarm, "已拉警戒线", (PHOTO, OTHER)) == (True, "noted")
    [noted] = [draft for draft in walk.log if draft.kind == "alarm.noted"]
    assert (noted.source, noted.body["alarm"], noted.body["picture"]) == ("operator:lin", alarm, PHOTO.sha256)
    assert noted.attachments == (PHOTO, OTHER)
    walk.close(alarm)
    assert walk.add(alarm, "晚了") == (False, "unknown_alarm")


def test_a_restart_keeps_the_incident() -> None:
    walk = Walk()
    walk.report(attachments=(PHOTO,))
    walk.restart(down_s=60)
    assert [(a.kind, a.picture) for a in walk.state.alarms.values()] == [("report.made", PHOTO.sha256)]
