"""Acts, lists, history, pictures, health and errors over HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from edge.events import KINDS
from edge.observations import HoldByHand, OpenByHand
from edge.users.auth import Role
from edge.web.errors import TEXTS
from edge.web.shield import BODY_MAX, HEADERS
from sync.event import Attachment, EventDraft
from tests.web.rig import Web

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(200)) * 3
KEY = "0123456789abcdef"


async def test_opening_by_hand_reaches_the_gateway_with_name_role_and_reason(web: Web) -> None:
    client = await web.logged_in(Role.GUARD)
    visit = web.gateway.arrive("east-in", "粤B12345", JPEG)
    body = {"request_id": KEY, "reason": "visitor", "visit": visit}
    reply = await client.post("/v1/lanes/east-in/open", json=body)
    assert (reply.status_code, reply.json()["ok"], reply.json()["reason"]) == (200, True, "opening")
    [act] = web.gateway.acted
    assert isinstance(act, OpenByHand)
    assert (act.lane, act.reason, act.visit) == ("east-in", "visitor", visit)
    assert (act.operator.name, act.operator.role) == ("guard-test", "guard")
    assert web.kinds()[-1] == "operator.opened"


async def test_the_same_press_twice_opens_once(web: Web) -> None:
    client = await web.logged_in(Role.GUARD)
    body = {"request_id": KEY, "reason": "visitor"}
    replies = [await client.post("/v1/lanes/east-in/open", json=body) for _ in range(3)]
    assert {r.status_code for r in replies} == {200}
    assert web.kinds().count("operator.opened") == 1


async def test_a_refusal_of_the_gateway_is_not_a_success(web: Web) -> None:
    client = await web.logged_in(Role.GUARD)
    web.gateway.lanes["east-in"]["state"] = "offline"
    reply = await client.post("/v1/lanes/east-in/open", json={"request_id": KEY, "reason": "visitor"})
    assert (reply.status_code, reply.json()["ok"], reply.json()["error"]["code"]) == (409, False, "lane_offline")


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/v1/lanes/west/open", {"request_id": KEY, "reason": "visitor"}, 404, "unknown_lane"),
        ("/v1/lanes/east-in/open", {"request_id": KEY}, 422, "invalid"),
        ("/v1/lanes/east-in/open", {"request_id": KEY, "reason": "   "}, 422, "invalid"),
        ("/v1/lanes/east-in/open", {"request_id": KEY, "reason": "x" * 201}, 422, "invalid"),
        ("/v1/lanes/east-in/open", {"request_id": "short", "reason": "visitor"}, 422, "invalid"),
        ("/v1/lanes/east-in/open", {"request_id": KEY, "reason": "visitor", "extra": 1}, 422, "invalid"),
        ("/v1/lanes/east-in/refuse", {"request_id": KEY, "reason": "visitor"}, 422, "invalid"),
        ("/v1/lanes/east-in/hold", {"request_id": KEY, "reason": "loading", "for_s": 0}, 422, "invalid"),
        ("/v1/lanes/east-in/hold", {"request_id": KEY, "reason": "loading", "for_s": 1e9}, 422, "invalid"),
        ("/v1/alarms/a1/close", {"request_id": KEY, "outcome": "ignored"}, 422, "invalid"),
        ("/v1/alarms/a1/acknowledge", {"request_id": KEY}, 409, "unknown_alarm"),
        ("/v1/nothing", {}, 404, "not_found"),
        ("/v1/state", {}, 405, "method"),
    ],
)
async def test_every_wrong_request_says_what_is_wrong_in_two_languages(
    web: Web, path: str, body: dict[str, Any], status: int, code: str
) -> None:
    client = await web.logged_in(Role.GUARD)
    reply = await client.post(path, json=body)
    error = reply.json()["error"]
    assert (reply.status_code, error["code"]) == (status, code)
    assert error["zh"]
    assert error["en"]


async def test_a_wrong_request_never_echoes_its_input(web: Web) -> None:
    reply = await web.client().post("/v1/session", json={"name": "zhang", "password": ["secret-in-a-list"]})
    assert reply.status_code == 422
    assert "secret-in-a-list" not in reply.text


async def test_a_fault_inside_is_said_without_its_details(web: Web) -> None:
    client = await web.logged_in(Role.GUARD)
    web.gateway.lanes["east-in"]["odd"] = object()  # JSON cannot say this
    reply = await client.get("/v1/state")
    assert (reply.status_code, reply.json()) == (
        500,
        {"error": {"code": "internal", "zh": TEXTS["internal"][0], "en": TEXTS["internal"][1]}},
    )


async def test_a_log_that_cannot_be_read_is_said_and_nothing_else_stops(web: Web) -> None:
    client = await web.logged_in(Role.GUARD)
    web.gateway.store.reading().close()
    history = await client.get("/v1/history")
    assert (history.status_code, history.json()["error"]["code"]) == (503, "unavailable")
    assert (await client.get("/v1/state")).status_code == 200
    web.gateway.store.reading().reopen()
    assert (await client.get("/v1/history")).status_code == 200


async def test_large_bodies_are_refused_with_and_without_a_length(web: Web) -> None:
    client = await web.logged_in(Role.GUARD)
    with_length = await client.post("/v1/session", content=b"x" * (BODY_MAX + 1))

    async def chunks() -> Any:
        for _ in range(BODY_MAX // 1024 + 2):
            yield b"x" * 1024

    without = await client.post("/v1/session", content=chunks(), headers={"Content-Type": "application/json"})
    assert (with_length.status_code, without.status_code) == (413, 413)
    assert without.json()["error"]["code"] == "too_large"


@pytest.mark.parametrize("path", ["/", "/healthz", "/v1/state", "/nothing", "/static/nothing.js"])
async def test_every_answer_carries_the_security_headers(web: Web, path: str) -> None:
    reply = await web.client().get(path)
    for name, value in HEADERS.items():
        assert reply.headers[name] == value
    assert "access-control-allow-origin" not in reply.headers
    assert "unsafe" not in reply.headers["Content-Security-Policy"]


async def test_holding_releasing_resetting_and_the_fire_reset(web: Web) -> None:
    client = await web.logged_in(Role.GUARD)
    hold = {"request_id": KEY + "1", "reason": "loading", "for_s": 600}
    assert (await client.post("/v1/lanes/east-in/hold", json=hold)).json()["reason"] == "held"
    assert isinstance(web.gateway.acted[0], HoldByHand)
    for path, key, ok in [
        ("lanes/east-in/release", "2", True),
        ("lanes/east-in/release", "3", False),
        ("lanes/east-in/reset", "4", True),
        ("fire/reset", "5", True),
    ]:
        reply = await client.post(f"/v1/{path}", json={"request_id": KEY + key})
        assert reply.json()["ok"] is ok, path


async def test_an_alarm_is_taken_and_closed_as_false_only_with_a_note(web: Web) -> None:
    client = await web.logged_in(Role.GUARD)
    alarm = web.gateway.raise_alarm("camera.lost", 2, "camera:east")
    taken = await client.post(f"/v1/alarms/{alarm}/acknowledge", json={"request_id": KEY + "1"})
    bare = await client.post(f"/v1/alarms/{alarm}/close", json={"request_id": KEY + "2", "outcome": "false"})
    noted = {"request_id": KEY + "3", "outcome": "false", "note": "test"}
    closed = await client.post(f"/v1/alarms/{alarm}/close", json=noted)
    assert [r.status_code for r in (taken, bare, closed)] == [200, 409, 200]


async def test_vehicles_are_put_listed_and_removed(web: Web) -> None:
    client = await web.logged_in(Role.SUPERVISOR)
    body = {"owner": "王女士", "place": "3号楼", "valid_until": "2030-01-01T00:00:00+08:00"}
    assert (await client.put("/v1/vehicles/京a·12345", json=body)).status_code == 200
    listed = (await client.get("/v1/vehicles")).json()
    [row] = listed["vehicles"]
    assert (row["plate"], row["owner"], row["valid_until"]) == ("京A12345", "王女士", "2029-12-31T16:00:00+00:00")
    assert (await client.delete("/v1/vehicles/京A12345")).status_code == 200
    assert (await client.delete("/v1/vehicles/京A12345")).json()["error"]["code"] == "unknown_plate"
    assert (await client.get("/v1/vehicles")).json()["vehicles"] == []


async def test_bookings_are_made_once_listed_and_cancelled(web: Web) -> None:
    client = await web.logged_in(Role.ISSUER)
    body = {
        "request_id": KEY,
        "plate": "粤B 12345D",
        "visitor": "李先生",
        "host": "5-1201",
        "not_before": "2026-03-01T08:00:00+08:00",
        "not_after": "2026-03-01T18:00:00+08:00",
    }
    made = [await client.post("/v1/bookings", json=body) for _ in range(2)]
    assert {r.status_code for r in made} == {201}
    [row] = (await client.get("/v1/bookings")).json()["bookings"]
    assert (row["plate"], row["not_before"], row["cancelled"]) == ("粤B12345D", "2026-03-01T00:00:00+00:00", False)
    assert (await client.delete(f"/v1/bookings/{row['id']}")).status_code == 200
    [row] = (await client.get("/v1/bookings")).json()["bookings"]
    assert row["cancelled"] is True
    assert (await client.delete("/v1/bookings/nothing")).json()["error"]["code"] == "unknown_booking"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"plate": "12"}, "plate"),
        ({"plate": "京A12345; DROP"}, "plate"),
        ({"not_before": "2026-03-01T08:00:00"}, "invalid"),
        ({"not_after": "2026-03-01T07:00:00+08:00"}, "window"),
        ({"entries_allowed": 0}, "invalid"),
        ({"lanes": ["No Such Name"]}, "invalid"),
    ],
)
async def test_bookings_that_make_no_sense(web: Web, change: dict[str, Any], code: str) -> None:
    client = await web.logged_in(Role.GUARD)
    body = {
        "plate": "粤B12345",
        "visitor": "李",
        "host": "5-1201",
        "not_before": "2026-03-01T08:00:00+08:00",
        "not_after": "2026-03-01T18:00:00+08:00",
    }
    reply = await client.post("/v1/bookings", json=body | change)
    assert (reply.status_code, reply.json()["error"]["code"]) == (422, code)


async def test_history_goes_backwards_and_filters_by_kind_or_its_first_word(web: Web) -> None:
    client = await web.logged_in(Role.AUDITOR)
    for number in range(7):
        web.gateway.record("lane.opened" if number % 2 else "auth.login", "gateway", {"n": number})
    page = (await client.get("/v1/history", params={"limit": 3})).json()
    assert [e["seq"] for e in page["events"]] == [7, 6, 5]
    rest = (await client.get("/v1/history", params={"before": page["before"], "limit": 200})).json()
    assert [e["seq"] for e in rest["events"]] == [4, 3, 2, 1]
    for kind in ("lane.opened", "lane"):
        found = (await client.get("/v1/history", params={"kind": kind})).json()
        assert [e["body"]["n"] for e in found["events"]] == [5, 3, 1]
        assert found["before"] is None


async def test_the_page_takes_the_words_for_events_from_the_gateway(web: Web) -> None:
    client = await web.logged_in(Role.AUDITOR)
    words = (await client.get("/v1/kinds")).json()
    assert words.keys() == KINDS.keys()
    assert all(word["zh"] and word["en"] for word in words.values())


async def test_a_picture_is_served_by_its_hash_and_only_as_a_picture(web: Web) -> None:
    client = await web.logged_in(Role.GUARD)
    web.gateway.arrive("east-in", "粤B12345", JPEG)
    web.gateway.record("plate.read", "camera:east", {}, picture=b"<script>alert(1)</script>")
    events = (await client.get("/v1/history")).json()["events"]
    script, photo = (e["body"]["media"][0]["sha256"] for e in events)
    reply = await client.get(f"/v1/pictures/{photo}")
    assert (reply.content, reply.headers["Content-Type"]) == (JPEG, "image/jpeg")
    cached = await client.get(f"/v1/pictures/{photo}", headers={"If-None-Match": reply.headers["ETag"]})
    assert (cached.status_code, cached.content) == (304, b"")
    for sha256, status in [(script, 404), ("0" * 64, 404), ("../../etc/passwd", 404), ("Z" * 64, 422)]:
        assert (await client.get(f"/v1/pictures/{sha256}")).status_code == status


async def test_ready_means_that_it_works_and_strangers_learn_no_names(web: Web) -> None:
    stranger = web.client()
    assert (await stranger.get("/readyz")).json() == {"ready": True, "problems": 0}
    web.gateway.ready = False
    sick = await stranger.get("/readyz")
    assert (sick.status_code, sick.json()) == (503, {"ready": False, "problems": 1})
    assert (await stranger.get("/healthz")).status_code == 200
    guard = await web.logged_in(Role.GUARD)
    assert (await guard.get("/v1/health")).json()["problems"] == ["camera east: stalled"]


async def test_a_picture_that_is_just_being_stored_is_waited_for(web: Web) -> None:
    """The gate's command goes first, so a page may ask a moment too early."""
    client = await web.logged_in(Role.GUARD)
    picture = Attachment("frame", "image/jpeg", JPEG + b"new")
    asking = asyncio.create_task(client.get(f"/v1/pictures/{picture.sha256}"))
    await asyncio.sleep(0.1)
    draft = EventDraft(kind="plate.read", source="camera:x", body={}, wall_us=1, mono_ns=1, attachments=(picture,))
    web.gateway.store.append([draft]).result(timeout=30)
    assert (await asking).status_code == 200
