"""Patrol and reports over HTTP: codes stay inside, photos come before their act, proof without names."""

from __future__ import annotations

import io
import json
import time
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest

from edge.events import KINDS as EVENT_KINDS
from edge.patrol.proof import check_proof
from edge.reports.rules import KINDS
from edge.users.auth import Role
from edge.web.shield import HEADERS
from tests.web.by_rules import CODES, patrolled
from tests.web.pictures import car_jpeg
from tests.web.rig import Web
from tests.web.test_locales import LOCALES


@pytest.fixture(name="patrolled")
def _patrolled(web: Web, tmp_path: Path) -> Web:
    return patrolled(web, tmp_path)


def day_of(web: Web) -> str:
    assert web.gateway.rules is not None
    return web.gateway.rules.day()


async def scan(client: httpx.AsyncClient, code: str, key: str, **more: Any) -> httpx.Response:
    body = {"request_id": f"request-{key}", "code": code, "how": "qr", **more}
    return await client.post("/v1/patrol/scan", json=body)


async def photo(client: httpx.AsyncClient) -> str:
    reply = await client.post("/v1/photos", content=car_jpeg(), headers={"Content-Type": "image/jpeg"})
    assert reply.status_code == 201
    sha256: str = reply.json()["photo"]
    return sha256


async def test_the_points_are_told_and_their_codes_are_not(patrolled: Web) -> None:
    guard = await patrolled.logged_in(Role.GUARD)
    reply = await guard.get("/v1/patrol")
    assert [point["place"] for point in reply.json()["points"]] == ["电动车棚", "水泵房"]
    state = await guard.get("/v1/state")
    assert state.json()["patrol"]["rounds"]
    for code in CODES.values():
        assert code not in reply.text
        assert code not in state.text


async def test_a_round_is_walked_once_and_found_again_by_its_day(patrolled: Web) -> None:
    guard, day = await patrolled.logged_in(Role.GUARD), day_of(patrolled)
    assert (await scan(guard, CODES["shed"], "one")).json()["reason"] == "point_visited"
    assert (await scan(guard, CODES["shed"], "one")).json()["reason"] == "point_visited"
    refused = await scan(guard, "not-a-code", "two")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "unknown_code")
    assert (await scan(guard, CODES["pump"], "three", how="typed")).json()["reason"] == "round_done"
    auditor = await patrolled.logged_in(Role.AUDITOR)
    found = (await auditor.get(f"/v1/patrol/rounds?day={day}")).json()["rounds"]
    [done] = [row for row in found if row["state"] in ("done", "late")]
    assert [point["visit"]["proof"] for point in done["points"]] == ["qr", "typed"]
    assert abs(done["points"][0]["visit"]["at_s"] - time.time()) < 60
    assert patrolled.kinds().count("patrol.scanned") == 2


async def test_scans_made_without_a_link_bring_their_time(patrolled: Web) -> None:
    guard = await patrolled.logged_in(Role.GUARD)
    await scan(guard, CODES["shed"], "late", at=time.time() - 120, device="tab-1", seq=1)
    [event] = [e for e in patrolled.gateway.store.read_after(0) if e.kind == "patrol.scanned"]
    assert event.data()["offline"] is True
    assert abs(event.data()["at_s"] - time.time() + 120) < 30


async def test_proof_for_owners_names_nobody_and_holds_only_as_signed(patrolled: Web) -> None:
    guard, day = await patrolled.logged_in(Role.GUARD), day_of(patrolled)
    await scan(guard, CODES["shed"], "one")
    await scan(guard, CODES["pump"], "two")
    auditor = await patrolled.logged_in(Role.AUDITOR)
    reply = await auditor.get(f"/v1/patrol/proof?from={day}&to={day}")
    assert reply.status_code == 200
    assert "guard-test" not in reply.text
    assert "水泵房" in reply.text
    key = patrolled.gateway.store.key.public_hex
    assert check_proof(reply.content, [key]).ok
    assert not check_proof(reply.content, ["0" * 64]).ok
    whole = json.loads(reply.content)
    whole["proof"]["rounds"][0]["points"][0]["at"] = "2026-01-01T00:00:00+08:00"
    assert check_proof(json.dumps(whole).encode()).signature == "broken"
    assert check_proof(b"[]").signature == "unreadable"
    assert patrolled.kinds()[-1] == "patrol.exported"
    assert (await auditor.get("/v1/patrol/proof?from=2026-01-01&to=2026-06-01")).status_code == 422
    assert (await guard.get(f"/v1/patrol/proof?from={day}&to={day}")).status_code == 403


async def test_a_plan_is_a_picture_of_the_site_file_and_nothing_else(patrolled: Web, tmp_path: Path) -> None:
    guard = await patrolled.logged_in(Role.GUARD)
    assert (await guard.get("/v1/patrol/maps/ground")).headers["content-type"] == "image/jpeg"
    assert (await guard.get("/v1/patrol/maps/moon")).status_code == 404
    (tmp_path / "ground.jpg").write_text("no picture")
    assert (await guard.get("/v1/patrol/maps/ground")).status_code == 404


async def test_a_report_brings_its_photos_and_goes_out_as_a_signed_bundle(patrolled: Web) -> None:
    guard = await patrolled.logged_in(Role.GUARD)
    sha256 = await photo(guard)
    body = {"request_id": "report-0001", "what": "damage", "words": "护栏被撞", "place": "东门", "photos": [sha256]}
    assert (await guard.post("/v1/reports", json=body)).status_code == 201
    [alarm] = (await guard.get("/v1/state")).json()["alarms"]
    assert (alarm["kind"], alarm["place"], alarm["picture"]) == ("report.made", "东门", sha256)
    assert (await guard.get(f"/v1/pictures/{sha256}")).content == car_jpeg()
    more = {"request_id": "note-00001", "note": "已拉警戒线", "photos": [await photo(guard)]}
    assert (await guard.post(f"/v1/alarms/{alarm['id']}/note", json=more)).json()["reason"] == "noted"
    reply = await guard.get(f"/v1/reports/{alarm['event_id']}/bundle")
    with zipfile.ZipFile(io.BytesIO(reply.content)) as archive:
        kinds = {event["kind"] for event in json.loads(archive.read("events.json"))}
        assert kinds >= {"report.made", "alarm.opened", "alarm.noted"}
        assert any(name.startswith(f"media/{sha256}") for name in archive.namelist())
    assert patrolled.kinds()[-1] == "evidence.exported"


async def test_a_bundle_of_anything_else_is_not_for_guards(patrolled: Web) -> None:
    guard = await patrolled.logged_in(Role.GUARD)
    patrolled.gateway.record("auth.login", "operator:boss", {"x": "1"})
    [event] = [e for e in patrolled.gateway.store.read_after(0) if e.kind == "auth.login"]
    assert (await guard.get(f"/v1/reports/{event.id}/bundle")).status_code == 404


async def test_a_photo_that_is_gone_is_asked_for_again(patrolled: Web) -> None:
    guard = await patrolled.logged_in(Role.GUARD)
    body = {"request_id": "report-0002", "what": "damage", "place": "东门", "photos": ["0" * 64]}
    reply = await guard.post("/v1/reports", json=body)
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "photo_gone")
    other = await patrolled.logged_in(Role.SUPERVISOR)
    stolen = {**body, "request_id": "report-0003", "photos": [await photo(guard)]}
    assert (await other.post("/v1/reports", json=stolen)).status_code == 409, "somebody else's photo"
    assert (await guard.post("/v1/photos", content=b"<svg>")).status_code == 415


async def test_the_step_on_site_takes_a_photo(patrolled: Web) -> None:
    guard = await patrolled.logged_in(Role.GUARD)
    report = {"request_id": "report-0004", "what": "damage", "words": "护栏被撞", "place": "东门"}
    await guard.post("/v1/reports", json=report)
    [alarm] = (await guard.get("/v1/state")).json()["alarms"]
    sha256 = await photo(guard)
    body = {"request_id": "advance-001", "stage": "on_site", "photo": sha256}
    assert (await guard.post(f"/v1/alarms/{alarm['id']}/advance", json=body)).json()["reason"] == "on_site"
    [there] = [e for e in patrolled.gateway.store.read_after(0) if e.kind == "alarm.on_site"]
    assert there.data()["picture"] == sha256
    assert [file["sha256"] for file in there.data()["media"]] == [sha256]


def test_whatever_the_patrol_and_a_report_say_has_words_on_the_page() -> None:
    reasons = {"point_visited", "round_done", "round_started", "round_made_good", "round_aborted", "duplicate"}
    reasons |= {"scanned_no_round", "already_known", "unknown_code", "typed_not_allowed", "device_clock_ahead"}
    reasons |= {"scan_too_old", "too_early", "round_over", "unknown_round", "round_taken", "wrong_order"}
    reasons |= {"report_made", "noted", "place_needed", "words_or_photo_needed", "unknown_report", "unknown_map"}
    for words in LOCALES.values():
        assert {f"reason.{reason}" for reason in reasons} <= words.keys()
        assert {f"fault.report_{what}" for what in KINDS} <= words.keys()
        assert {f"report.{what}" for what in KINDS} <= words.keys()
        assert {f"proof.{proof}" for proof in ("reader", "nfc", "ble", "qr", "typed")} <= words.keys()
    assert {"patrol.done", "patrol.missed", "report.made", "alarm.noted"} <= EVENT_KINDS.keys()


def test_the_page_may_use_the_tablets_camera_for_itself_alone() -> None:
    assert "camera=(self)" in HEADERS["Permissions-Policy"]
