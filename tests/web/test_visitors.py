"""Owners' apps and the desk: codes issued for a host, people and keys kept by administrators."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from edge.access.visitor_codes import code_hmac
from edge.observations import ChangeLists
from edge.users.auth import Role
from edge.web.issue import draws
from sync.records import PutKey
from tests.web.rig import Web

PEPPER = bytes(range(32))
PHONE = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"  # RFC 8032, test 1


@pytest.fixture(autouse=True)
async def pepper(web: Web) -> AsyncIterator[None]:
    web.app.state.pepper = lambda: PEPPER
    yield


def wish(**more: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    window = {"not_before": now.isoformat(), "not_after": (now + timedelta(hours=2)).isoformat()}
    return {"request_id": "request-1", "host": "1号楼101", "visitor": "访客甲", "gates": ["east-in"], **window, **more}


async def test_a_code_is_issued_once_and_kept_as_hmac(web: Web) -> None:
    issuer = await web.logged_in(Role.ISSUER)
    reply = await issuer.post("/v1/visitors", json=wish())
    assert reply.status_code == 201
    digits = reply.json()["code"]
    assert len(digits) == 8
    [code] = web.gateway.store.policy().codes.values()
    assert (code.hmac, code.id, code.host) == (code_hmac(PEPPER, digits), "v-request-1", "1号楼101")
    listed = await issuer.get("/v1/visitors")
    assert digits not in listed.text
    assert code.hmac not in listed.text
    [row] = listed.json()["visitors"]
    assert (row["id"], row["uses_used"], row["live"], row["revoked"]) == ("v-request-1", 0, True, False)
    assert all(digits not in event.body for event in web.gateway.store.read_after(0))


async def test_a_repeated_call_gives_the_same_digits_to_the_same_asker_only(web: Web) -> None:
    issuer, guard = await web.logged_in(Role.ISSUER), await web.logged_in(Role.GUARD)
    asked = wish()
    first = (await issuer.post("/v1/visitors", json=asked)).json()
    again = (await issuer.post("/v1/visitors", json=asked)).json()
    assert again["code"] == first["code"]
    assert len(web.gateway.store.policy().codes) == 1
    for client, body in [(guard, asked), (issuer, asked | {"visitor": "别人"})]:
        reply = await client.post("/v1/visitors", json=body)
        assert (reply.status_code, reply.json()["error"]["code"]) == (409, "request_id_taken")


async def test_digits_follow_from_the_pepper_and_spread_evenly() -> None:
    assert draws(PEPPER, "a", "r")(10**8) != draws(b"x" * 32, "a", "r")(10**8)
    drawn = [draws(PEPPER, "a", str(n))(10) for n in range(2000)]
    assert all(120 < drawn.count(digit) < 280 for digit in range(10))


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"gates": ["moon"]}, 422, "unknown_gate"),
        ({"not_after": "2020-01-01T00:00:00+08:00"}, 422, "code_bad_window"),
        ({"phone": "12"}, 422, "code_bad_phone"),
        ({"uses_allowed": 0}, 422, "invalid"),
        ({"plate": "?"}, 422, "plate"),
    ],
)
async def test_what_cannot_be_issued_is_refused_with_a_reason(
    web: Web, more: dict[str, Any], status: int, code: str
) -> None:
    reply = await (await web.logged_in(Role.ISSUER)).post("/v1/visitors", json=wish(**more))
    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)
    assert web.gateway.acted == []


async def test_a_host_has_a_limit_and_gets_room_by_revoking(web: Web) -> None:
    issuer = await web.logged_in(Role.ISSUER)
    for number in range(10):
        assert (await issuer.post("/v1/visitors", json=wish(request_id=f"request-{number}"))).status_code == 201
    over = wish(request_id="request-over")
    reply = await issuer.post("/v1/visitors", json=over)
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "code_host_limit")
    assert (await issuer.post("/v1/visitors", json=over | {"host": "another"})).status_code == 201
    assert (await issuer.delete("/v1/visitors/v-request-3")).status_code == 200
    assert (await issuer.post("/v1/visitors", json=wish(request_id="request-new"))).status_code == 201


async def test_a_signed_pass_is_revoked_by_its_id(web: Web) -> None:
    issuer = await web.logged_in(Role.ISSUER)
    assert (await issuer.delete("/v1/visitors/00112233445566ff")).status_code == 200
    assert web.gateway.store.policy().spent_passes == {"00112233445566ff": -1}
    reply = await issuer.delete("/v1/visitors/nobody")
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "unknown_visitor")


async def enrolled(web: Web) -> httpx.AsyncClient:
    admin = await web.logged_in(Role.ADMIN)
    reply = await admin.put("/v1/people/p-wang", json={"name": "王先生", "gates": ["east-in"], "first_person": True})
    assert reply.status_code == 200
    return admin


async def test_people_and_their_keys_come_and_go(web: Web) -> None:
    admin = await enrolled(web)
    handles = {}
    for kind, value in [("card", "04a1b2c3"), ("pin", "135790"), ("phone", PHONE)]:
        reply = await admin.post("/v1/people/p-wang/keys", json={"kind": kind, "value": value})
        assert reply.status_code == 201
        assert reply.json().get("solo") is (False if kind == "pin" else None)
        handles[kind] = reply.json()["key"]
    listed = await admin.get("/v1/people")
    for secret in ("04A1B2C3", "135790", PHONE):
        assert secret not in listed.text.replace("…", "")
    [person] = listed.json()["people"]
    assert {key["kind"]: key["shown"] for key in person["keys"]} == {"card": "…B2C3", "pin": "", "phone": "…511a"}
    assert (await admin.post(f"/v1/people/p-wang/keys/{handles['card']}/block", json={"reason": "挂失"})).is_success
    assert web.gateway.store.policy().keys["card", "04A1B2C3"].blocked == "挂失"
    assert (await admin.delete(f"/v1/people/p-wang/keys/{handles['phone']}")).is_success
    assert ("phone", PHONE) not in web.gateway.store.policy().keys
    assert (await admin.delete("/v1/people/p-wang")).is_success
    policy = web.gateway.store.policy()
    assert (policy.people, policy.keys) == ({}, {})


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"kind": "card", "value": "not hex"}, 422, "key_card"),
        ({"kind": "pin", "value": "12345"}, 422, "key_pin"),
        ({"kind": "pin", "value": "1234567890123"}, 422, "key_pin"),
        ({"kind": "phone", "value": "00" * 32}, 422, "key_phone"),
        ({"kind": "card", "value": "04A1B2C3"}, 409, "key_taken"),
    ],
)
async def test_a_key_is_of_its_kind_and_carried_by_one(web: Web, body: dict[str, Any], status: int, code: str) -> None:
    admin = await enrolled(web)
    await admin.put("/v1/people/p-li", json={"name": "李女士"})
    await admin.post("/v1/people/p-li/keys", json={"kind": "card", "value": "04A1B2C3"})
    reply = await admin.post("/v1/people/p-wang/keys", json=body)
    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)
    puts = [a.change for a in web.gateway.acted if isinstance(a, ChangeLists) and isinstance(a.change, PutKey)]
    assert len(puts) == 1


async def test_people_go_only_where_the_site_has_gates_and_schedules(web: Web) -> None:
    admin = await web.logged_in(Role.ADMIN)
    for body, code in [({"gates": ["moon"]}, "unknown_gate"), ({"schedule": "never"}, "unknown_schedule")]:
        reply = await admin.put("/v1/people/p1", json={"name": "x", **body})
        assert (reply.status_code, reply.json()["error"]["code"]) == (422, code)
    for path in ("/v1/people/nobody", "/v1/people/nobody/keys/0123456789ab"):
        assert (await admin.delete(path)).status_code == 404
