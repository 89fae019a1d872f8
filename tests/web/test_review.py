"""Looking back over HTTP: a day paged and filtered, marks, the calendar, faces opened on record, bundles."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from edge.evidence.verify import verify_bundle
from edge.users.auth import Role
from sync.event import STRANGER_ROLE, Attachment, EventDraft
from tests.web.pictures import car_jpeg
from tests.web.rig import Web

ZONE = ZoneInfo("Asia/Shanghai")
PICTURE = car_jpeg()
SHA256 = Attachment("frame", "image/jpeg", PICTURE).sha256


def today() -> str:
    return datetime.now(ZONE).date().isoformat()


def alarm(web: Web, id_: str, source: str = "camera:east", outcome: str = "") -> int:
    body = {"alarm": id_, "kind": "camera.lost", "alarm_priority": 2, "place": "东门", "event_id": "", "detail": ""}
    seq = web.gateway.record("alarm.opened", source, body)
    if outcome:
        closed = {"alarm": id_, "kind": "camera.lost", "outcome": outcome, "note": "动物", "count": 2, "age_s": 30.0}
        web.gateway.record("alarm.closed", "operator:li", closed)
    return seq


def stranger(web: Web) -> None:
    """Somebody whom nobody knows stood before a door."""
    draft = EventDraft(
        kind="access.denied", source="door:unit-3", body={"reason": "unknown_face"},
        wall_us=time.time_ns() // 1000, mono_ns=1, attachments=(Attachment(STRANGER_ROLE, "image/jpeg", PICTURE),),
    )  # fmt: skip
    web.gateway.store.append([draft]).result(timeout=30)


async def found(client: httpx.AsyncClient, **params: Any) -> list[dict[str, Any]]:
    reply = await client.get("/v1/review", params=params)
    assert reply.status_code == 200, reply.text
    items: list[dict[str, Any]] = reply.json()["items"]
    return items


async def test_a_day_shows_each_alarm_with_how_it_ended(web: Web) -> None:
    alarm(web, "a")
    alarm(web, "b", outcome="false")
    guard = await web.logged_in(Role.GUARD)
    newest, oldest = await found(guard, group="alarm")
    assert (newest["alarm"]["state"], newest["alarm"]["by"], newest["alarm"]["count"]) == ("false", "li", 2)
    assert newest["alarm"]["note"] == "动物"
    assert (oldest["alarm"]["state"], oldest["alarm"]["stage"]) == ("open", "new")
    assert await found(guard, group="alarm", day="2020-01-01") == []


@pytest.mark.parametrize(
    ("params", "ids"),
    [
        ({"state": "open"}, ["b", "a"]),
        ({"state": "false"}, ["c"]),
        ({"camera": "out"}, ["b"]),
        ({"camera": "east"}, ["d", "c", "a"]),
        ({"camera": "east", "state": "handled"}, ["d"]),
    ],
)
async def test_a_day_is_filtered_by_camera_and_state(web: Web, params: dict[str, str], ids: list[str]) -> None:
    alarm(web, "a")
    alarm(web, "b", "lane:east-out")  # the lane that the camera `out` looks at
    alarm(web, "c", outcome="false")
    alarm(web, "d", outcome="handled")
    items = await found(await web.logged_in(Role.GUARD), group="alarm", **params)
    assert [item["alarm"]["id"] for item in items] == ids


async def test_a_day_is_paged_without_losing_or_repeating_a_line(web: Web) -> None:
    seqs = [alarm(web, f"a{n}") for n in range(7)]
    guard = await web.logged_in(Role.GUARD)
    got: list[int] = []
    before: int | None = 2**53
    while before is not None:
        page = (await guard.get("/v1/review", params={"limit": 3, "before": before, "group": "alarm"})).json()
        got += [item["seq"] for item in page["items"]]
        before = page["before"]
    assert got == seqs[::-1]


async def test_what_one_has_seen_is_not_seen_by_the_other(web: Web) -> None:
    first, second = alarm(web, "a"), alarm(web, "b")
    guard, auditor = await web.logged_in(Role.GUARD), await web.logged_in(Role.AUDITOR)
    body = {"request_id": "request-1", "day": today(), "seqs": [first]}
    assert (await guard.post("/v1/review/marks", json=body)).json()["marked"] == 1
    assert (await guard.post("/v1/review/marks", json=body)).json()["marked"] == 0
    assert web.kinds().count("review.marked") == 1
    assert [item["seq"] for item in await found(guard, unreviewed=True)] == [second]
    assert [item["seq"] for item in await found(auditor, unreviewed=True)] == [second, first]
    month = (await guard.get("/v1/review/calendar")).json()
    [day] = [row for row in month["days"] if row["due"]]
    assert day == {"day": today(), "due": 2, "unreviewed": 1}
    assert len(month["days"]) in (28, 29, 30, 31)


async def test_hours_are_counted_by_group_at_the_site(web: Web) -> None:
    alarm(web, "a")
    web.gateway.record("operator.opened", "operator:li", {"lane": "east-in", "reason": "courier"})
    hours = (await (await web.logged_in(Role.GUARD)).get("/v1/review/hours")).json()["hours"]
    assert {name: sum(row) for name, row in hours.items() if sum(row)} == {"due": 2, "alarm": 1, "hand": 1}


async def test_a_strangers_face_is_covered_until_it_is_opened_on_record(web: Web) -> None:
    stranger(web)
    guard = await web.logged_in(Role.GUARD)
    [item] = await found(guard, group="due")
    assert item["faces"] == [SHA256]
    covered = await guard.get(f"/v1/pictures/{SHA256}")
    assert (covered.status_code, covered.json()["error"]["code"]) == (403, "face_covered")
    assert "picture.opened" not in web.kinds()
    for _ in range(2):
        opened = await guard.get(f"/v1/pictures/{SHA256}", params={"opened": True})
        assert (opened.content, opened.headers["cache-control"]) == (PICTURE, "no-store")
    looks = [e for e in web.gateway.store.read_after(0) if e.kind == "picture.opened"]
    assert [(e.source, e.data()["sha256"]) for e in looks] == [("operator:guard-test", SHA256)] * 2


async def test_an_ordinary_picture_is_no_matter_of_record(web: Web) -> None:
    web.gateway.arrive("east-in", "粤B12345", PICTURE)
    auditor = await web.logged_in(Role.AUDITOR)
    assert (await auditor.get(f"/v1/pictures/{SHA256}")).content == PICTURE
    assert "picture.opened" not in web.kinds()


async def test_a_bundle_comes_signed_and_leaves_a_line(web: Web, tmp_path: Path) -> None:
    web.gateway.arrive("east-in", "粤B12345", PICTURE)
    seq = web.gateway.store.newest
    auditor = await web.logged_in(Role.AUDITOR)
    reply = await auditor.get(f"/v1/evidence/{seq}")
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/zip")
    out = tmp_path / "bundle.zip"
    out.write_bytes(reply.content)
    findings = verify_bundle(out, [web.gateway.store.key.public_hex])
    assert (findings.ok, findings.key_trusted) == (True, True)
    [event] = [e for e in web.gateway.store.read_after(0) if e.kind == "evidence.exported"]
    assert (event.source, event.data()["sha256"]) == ("operator:auditor-test", reply.headers["x-content-sha256"])
    assert not list(web.gateway.store.path.parent.glob(".evidence-*"))
    assert (await auditor.get("/v1/evidence/99999")).json()["error"]["code"] == "unknown_event"


async def test_who_has_no_desk_learns_the_names_of_places_and_nothing_else(web: Web) -> None:
    issuer = await web.logged_in(Role.ISSUER)
    facts = (await issuer.get("/v1/site")).json()
    assert facts["site"]["name"] == "翠湖花园"
    assert {"name": "east-in", "place": "东门入口"} in facts["lanes"]
    assert set(facts) == {"site", "now_s", "lanes", "cameras", "doors", "readers", "sirens", "inputs", "boards"}
    assert all(set(row) == {"name", "place"} for row in facts["lanes"] + facts["doors"] + facts["cameras"])
