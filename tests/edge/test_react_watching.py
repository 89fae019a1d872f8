"""What becomes of falls, blocked lanes and loiterers: events, alarms, and how they end."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from config.model import Site
from edge.alarms.model import Alarm
from edge.observations import EyesBack, EyesLost
from edge.snapshot_alarms import alarm_rows
from edge.snapshot_watch import watch_rows
from edge.state import initial
from edge.state_watch import MATTERS_MAX
from sync.event import STRANGER_ROLE, EventDraft
from tests.edge.duty_talk import NOON_S, Desk
from tests.vision.watching.said import BLOCKED, CLEARED, CLIP, FALL, GONE, LOITERER, STILL
from vision.observations import CameraBack, CameraFault, CameraLost

SITE: dict[str, Any] = {
    "cameras": {
        "tower": {
            "source": "rtsp://tower/1",
            "duties": ["throwing"],
            "facade": {
                "building": "3 号楼",
                "columns": 8,
                "floor_lines": [
                    {"floor": 0, "points": [[0.1, 0.9], [0.9, 0.9]]},
                    {"floor": 12, "points": [[0.2, 0.1], [0.8, 0.1]]},
                ],
            },
        },
        "yard": {
            "source": "rtsp://yard/1",
            "duties": ["zones"],
            "zones": {
                "north": {
                    "kind": "lane",
                    "polygon": [[0.2, 0.1], [0.6, 0.1], [0.6, 0.9]],
                    "dwell_s": 180,
                    "place": "北侧消防通道",
                },
                "gate": {
                    "kind": "loiter",
                    "polygon": [[0.2, 0.1], [0.6, 0.1], [0.6, 0.9]],
                    "dwell_s": 120,
                    "during": "night",
                },
            },
        },
    },
    "schedules": {"night": {"windows": [{"days": ["mon"], "begin": "11:00", "end": "13:00"}]}},
}


class Watched(Desk):
    """A gateway with a tower and a yard, its eyes open."""

    def __init__(self, wall_s: float = NOON_S, **site: Any) -> None:
        super().__init__(wall_s)
        self.site = Site.model_validate(SITE | {"desk": {"watch_every_s": 0}} | site)
        self.state = initial(self.site, "run0-")
        self.say(EyesBack(down_s=0.0))
        for camera in self.site.cameras:
            self.say(CameraBack(camera=camera, down_s=0.0))

    def of(self, kind: str) -> list[EventDraft]:
        return [draft for draft in self.log if draft.kind == kind]

    def alarms(self, kind: str) -> list[Alarm]:
        return [alarm for alarm in self.state.alarms.values() if alarm.kind == kind]

    def row(self, kind: str) -> dict[str, Any]:
        return next(row for row in alarm_rows(self.state, self.now)["alarms"] if row["kind"] == kind)


def test_a_fall_is_an_urgent_alarm_that_names_building_floor_and_window() -> None:
    desk = Watched()
    desk.say(FALL)
    (event,), (alarm,) = desk.of("fall.seen"), desk.alarms("fall.seen")
    assert alarm.priority == 1
    assert alarm.place == "3 号楼 11–12 层 第 6 列窗"
    assert alarm.detail == "自由下落，最大速度 22 m/s，起点高约 32 m / fell freely, up to 22 m/s, from about 32 m"
    assert (event.body["floor"], event.body["column"], event.body["lasted_s"]) == (11, 6, 2.5)
    assert [(file.role, file.mime) for file in event.attachments] == [
        ("composite", "image/jpeg"),
        ("track", "application/json"),
    ]
    trace = json.loads(event.attachments[1].data)
    assert trace["track"][1] == [2.5, 598.5, 640.0, 7.0, 9.0]
    assert trace["facade"]["floor_lines"][1] == {"floor": 12, "points": [[0.2, 0.1], [0.8, 0.1]]}
    assert alarm.picture == event.attachments[0].sha256


def test_falls_from_one_window_are_counted_and_from_another_they_are_another_alarm() -> None:
    desk = Watched()
    for number, floor in enumerate((11, 11, 3)):
        desk.say(replace(FALL, matter=f"m{number}", floor=floor, floor_low=floor, floor_high=floor))
    assert [(alarm.place, alarm.count) for alarm in desk.alarms("fall.seen")] == [
        ("3 号楼 11 层 第 6 列窗", 2),
        ("3 号楼 3 层 第 6 列窗", 1),
    ]


@pytest.mark.parametrize(
    ("language", "changed", "place"),
    [
        ("zh", {"floor": 0, "floor_low": 0, "floor_high": 0}, "3 号楼 楼顶或墙外"),
        ("zh", {"floor_high": 11, "column": 0}, "3 号楼 11 层"),
        ("en", {"floor_high": 11}, "3 号楼, floor 11, window 6"),
        ("en", {"floor": 0, "floor_low": 0, "floor_high": 0}, "3 号楼 above or beside the wall"),
    ],
)
def test_places_are_in_the_language_of_the_site(language: str, changed: dict[str, Any], place: str) -> None:
    desk = Watched(site={"language": language})
    desk.say(replace(FALL, **changed))
    assert desk.alarms("fall.seen")[0].place == place


def test_the_clip_comes_later_names_its_fall_and_stands_on_the_alarm() -> None:
    desk = Watched()
    desk.say(FALL)
    desk.say(CLIP)
    (clip,), (fall,) = desk.of("clip.kept"), desk.of("fall.seen")
    assert clip.body["reference"] == fall.id
    assert clip.body["alarm"] == desk.alarms("fall.seen")[0].id
    assert clip.attachments[0].data == CLIP.data
    assert desk.row("fall.seen")["media"] == [
        {"role": "clip", "sha256": clip.attachments[0].sha256, "mime": "video/mp4"}
    ]


def test_a_clip_after_the_alarm_was_closed_is_kept_all_the_same_and_one_of_nothing_is_not() -> None:
    desk = Watched()
    desk.say(FALL)
    assert desk.close(desk.alarms("fall.seen")[0].id) == (True, "closed")
    desk.say(CLIP)
    desk.say(replace(CLIP, matter="of-another-life"))
    assert [event.body["reference"] for event in desk.of("clip.kept")] == [desk.of("fall.seen")[0].id]


def test_a_blocked_lane_stays_until_it_is_seen_free_and_the_time_to_clear_is_on_record() -> None:
    desk = Watched()
    desk.say(BLOCKED)
    (alarm,) = desk.alarms("zone.blocked")
    assert (alarm.place, alarm.priority, desk.row("zone.blocked")["standing"]) == ("北侧消防通道", 2, True)
    desk.wait(60)
    assert desk.take(alarm.id)[0]
    assert desk.close(alarm.id) == (False, "still_blocked")  # nobody has handled what still stands there
    desk.say(replace(BLOCKED, reminder=1, captured_mono_s=BLOCKED.since_mono_s + 600))
    assert desk.of("zone.still_blocked")[0].body["blocked_s"] == 600
    assert desk.alarms("zone.blocked")[0].detail.startswith("车辆占用，已 10 分钟仍未清除")
    desk.wait(30)
    desk.say(CLEARED)
    (cleared,) = desk.of("zone.cleared")
    assert (cleared.body["blocked_s"], cleared.body["alarm_open_s"]) == (620.0, 90.0)
    assert (cleared.body["taken_by"], cleared.body["seen"]) == ("zhang", True)
    assert cleared.attachments[0].role == "after"
    assert desk.alarms("zone.blocked") == []
    assert desk.of("alarm.closed")[0].body["outcome"] == "returned"


def test_a_cleared_lane_whose_alarm_nobody_took_waits_for_somebody() -> None:
    desk = Watched()
    desk.say(BLOCKED)
    desk.say(CLEARED)
    (alarm,) = desk.alarms("zone.blocked")
    assert alarm.returned_at_s is not None
    assert [role for role, _, _ in alarm.media] == ["after"]
    assert desk.take(alarm.id)[0]
    assert desk.alarms("zone.blocked") == []


def test_closed_as_false_it_is_not_opened_again_by_reminders() -> None:
    desk = Watched()
    desk.say(BLOCKED)
    assert desk.close(desk.alarms("zone.blocked")[0].id, "false", "消防车训练") == (True, "closed")
    desk.say(replace(BLOCKED, reminder=1))
    assert len(desk.of("zone.still_blocked")) == 1
    assert desk.alarms("zone.blocked") == []


def test_an_urgent_lane_is_urgent() -> None:
    site = json.loads(json.dumps(SITE))
    site["cameras"]["yard"]["zones"]["north"]["alarm"] = "urgent"
    desk = Watched(**site)
    desk.say(BLOCKED)
    assert desk.alarms("zone.blocked")[0].priority == 1


def test_two_loiterers_are_one_alarm_until_both_have_gone_and_their_pictures_end_as_a_strangers_do() -> None:
    desk = Watched()
    desk.say(LOITERER)
    desk.say(replace(LOITERER, matter="second"))
    (alarm,) = desk.alarms("loiter.seen")
    assert alarm.count == 2
    desk.say(replace(CLIP, camera="yard", matter=LOITERER.matter))
    assert {file.role for event in desk.log for file in event.attachments} == {STRANGER_ROLE}
    desk.say(GONE)
    assert desk.alarms("loiter.seen")[0].returned_at_s is None
    desk.say(replace(GONE, matter="second", known=True))
    assert desk.alarms("loiter.seen")[0].returned_at_s is not None
    assert [event.body["known"] for event in desk.of("loiter.gone")] == [False, True]


def test_outside_of_its_schedule_a_zone_only_writes_and_what_still_stands_alarms_when_it_begins() -> None:
    desk = Watched(wall_s=NOON_S - 3 * 3600)
    desk.say(LOITERER)
    assert desk.of("loiter.seen")[0].body["armed"] is False
    assert desk.alarms("loiter.seen") == []
    desk.wait(1.9 * 3600, step_s=600)
    assert desk.alarms("loiter.seen") == []
    desk.wait(0.2 * 3600, step_s=60)
    (alarm,) = desk.alarms("loiter.seen")
    assert alarm.event_id == desk.of("loiter.seen")[0].id
    assert alarm.picture == desk.of("loiter.seen")[0].attachments[0].sha256


def test_new_eyes_that_find_the_lane_blocked_keep_the_alarm_and_those_that_do_not_let_it_go() -> None:
    desk = Watched()
    desk.say(BLOCKED)
    desk.say(EyesLost(cause="crashed", gave_up=False))
    desk.say(EyesBack(down_s=5.0))
    again = replace(BLOCKED, matter="yard-b2-1", from_start=True)
    desk.wait(100, step_s=1)
    desk.say(again)
    desk.wait(400, step_s=1)
    (alarm,) = desk.alarms("zone.blocked")
    assert (alarm.returned_at_s, alarm.count) == (None, 2)
    desk.say(EyesLost(cause="crashed", gave_up=False))
    desk.wait(1000, step_s=10)  # nobody looks: nothing is known
    assert desk.alarms("zone.blocked")[0].returned_at_s is None
    desk.say(EyesBack(down_s=1000.0))
    desk.say(CameraLost(camera="yard", fault=CameraFault.STALLED, detail="", since_at_s=desk.wall_s))
    desk.wait(1000, step_s=10)
    assert desk.alarms("zone.blocked")[0].returned_at_s is None
    desk.say(CameraBack(camera="yard", down_s=1000.0))
    desk.wait(230, step_s=1)
    assert desk.alarms("zone.blocked")[0].returned_at_s is None
    desk.wait(20, step_s=1)
    assert desk.alarms("zone.blocked")[0].returned_at_s is not None
    assert [event.body["seen"] for event in desk.of("zone.cleared")] == [False]


def test_after_a_restart_the_alarm_and_its_pictures_are_there_and_the_lane_can_still_clear() -> None:
    desk = Watched()
    desk.say(BLOCKED)
    desk.say(STILL)
    media = desk.alarms("zone.blocked")[0].media
    assert [role for role, _, _ in media] == ["before"]
    desk.restart(down_s=30.0)
    assert desk.alarms("zone.blocked")[0].media == media
    desk.say(EyesBack(down_s=0.0))
    desk.say(CameraBack(camera="yard", down_s=0.0))
    desk.wait(250, step_s=1)
    assert desk.alarms("zone.blocked")[0].returned_at_s is not None


@pytest.mark.parametrize("camera", ["yard", "unheard-of"])
def test_cameras_and_zones_that_are_not_there_say_nothing(camera: str) -> None:
    desk = Watched()
    said = len(desk.log)
    for sighting in (replace(FALL, camera=camera), replace(BLOCKED, camera=camera, zone="south"), CLEARED, GONE, CLIP):
        desk.say(sighting)
    assert len(desk.log) == said


def test_what_is_remembered_is_bounded_and_what_stands_is_kept_longest() -> None:
    desk = Watched()
    desk.say(BLOCKED)
    for number in range(MATTERS_MAX + 20):
        desk.say(replace(FALL, matter=f"m{number}"))
    assert len(desk.state.watch.matters) == MATTERS_MAX
    assert BLOCKED.matter in desk.state.watch.matters


def test_the_page_sees_every_zone_and_what_stands_there() -> None:
    desk = Watched()
    desk.say(BLOCKED)
    rows = watch_rows(desk.state, desk.now)
    assert [(row["source"], row["place"], row["standing"], row["armed"]) for row in rows["zones"]] == [
        ("zone:yard/north", "北侧消防通道", 1, True),
        ("zone:yard/gate", "yard", 0, True),
    ]
    assert rows["zones"][0]["since_s"] == BLOCKED.since_at_s
    assert rows["facades"] == [{"camera": "tower", "building": "3 号楼"}]
