"""An alarm shows the picture of the event that opened it, also after a restart."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from config.model import Site
from edge.alarms.fold import fold
from edge.alarms.rules import GENERAL, raise_alarm
from edge.intents import Record
from edge.observations import Now
from edge.state import initial
from edge.turn import Turn
from sync.event import Attachment
from sync.store import Store

FRAME = b"a jpeg"
SHA = hashlib.sha256(FRAME).hexdigest()
NAMED = "ab" * 32

CASES = {
    "brought": ({}, (Attachment("frame", "image/jpeg", FRAME),), SHA),
    "named": ({"picture": NAMED}, (), NAMED),
    "a file that is no picture": ({}, (Attachment("log", "text/plain", FRAME),), ""),
    "a picture after another file": (
        {},
        (Attachment("log", "text/plain", b"x"), Attachment("frame", "image/png", FRAME)),
        SHA,
    ),
    "none": ({"picture": None}, (), ""),
}


def turn() -> Turn:
    return Turn(initial(Site(), "run-"), Now(mono_s=5.0, wall_s=1_700_000_000.0))


@pytest.mark.parametrize(("body", "files", "expected"), CASES.values(), ids=CASES.keys())
def test_the_alarm_takes_the_picture_of_its_event(
    body: dict[str, str | None], files: tuple[Attachment, ...], expected: str
) -> None:
    opening = turn()
    opening.record("camera.back", "camera:c", {"picture": "of another event"})
    event_id = opening.record("access.denied", "lane:east", body, attachments=files)
    raise_alarm(opening, "lane.forced", GENERAL, "lane:east", place="东门", event_id=event_id)
    [alarm] = opening.state.alarms.values()
    assert alarm.picture == expected


def test_an_alarm_without_an_event_has_no_picture() -> None:
    opening = turn()
    raise_alarm(opening, "lane.forced", GENERAL, "lane:east", place="东门")
    assert [alarm.picture for alarm in opening.state.alarms.values()] == [""]


def test_the_picture_is_there_again_after_a_restart(tmp_path: Path) -> None:
    opening = turn()
    event_id = opening.record("access.denied", "lane:east", {}, attachments=(Attachment("frame", "image/jpeg", FRAME),))
    raise_alarm(opening, "lane.forced", GENERAL, "lane:east", place="东门", event_id=event_id)
    drafts = [intent.draft for intent in opening.intents if isinstance(intent, Record)]
    with Store.open(tmp_path / "log.db", gateway_id="g", ballast_bytes=0) as store:
        store.append(drafts).result(30)
        again = fold(event for event in store.read_after(0) if event.kind.startswith("alarm.")).alarms
        assert store.read_after(0)[0].data()["media"][0]["sha256"] == SHA
    [alarm] = again.values()
    assert (alarm.id, alarm.picture) == (next(iter(opening.state.alarms)), SHA)
