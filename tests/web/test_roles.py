"""Every route, as the application itself lists them: closed without a log-in, closed to lesser roles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI

from edge.users.auth import Role, may
from edge.web.access import declare_roles
from tests.web.rig import Web

OPEN = {
    ("get", "/healthz"),
    ("get", "/readyz"),
    ("post", "/v1/session"),
    ("post", "/v1/session/pin"),
    ("get", "/v1/tablet"),
}
VALUES = {"lane": "east-in", "door": "unit-3", "sha256": "0" * 64}

EXPECTED = {
    ("post", "/v1/accounts"): {"admin"},
    ("put", "/v1/vehicles/{plate}"): {"supervisor"},
    ("delete", "/v1/vehicles/{plate}"): {"supervisor"},
    ("get", "/v1/events"): {"central"},
    ("get", "/v1/blobs/{sha256}"): {"central"},
    ("get", "/v1/history"): {"guard", "auditor"},
    ("get", "/v1/kinds"): {"guard", "auditor"},
    ("get", "/v1/bookings"): {"guard", "issuer"},
    ("post", "/v1/bookings"): {"guard", "issuer"},
    ("delete", "/v1/bookings/{booking_id}"): {"guard", "issuer"},
    ("get", "/v1/visitors"): {"guard", "issuer"},
    ("post", "/v1/visitors"): {"guard", "issuer"},
    ("delete", "/v1/visitors/{visitor_id}"): {"guard", "issuer"},
    ("get", "/v1/slips"): {"guard", "issuer"},
    ("put", "/v1/slips/{slip_id}"): {"issuer"},
    ("delete", "/v1/slips/{slip_id}"): {"issuer"},
    ("get", "/v1/people"): {"admin"},
    ("put", "/v1/people/{person_id}"): {"admin"},
    ("delete", "/v1/people/{person_id}"): {"admin"},
    ("post", "/v1/people/{person_id}/keys"): {"admin"},
    ("post", "/v1/people/{person_id}/keys/{key}/block"): {"admin"},
    ("delete", "/v1/people/{person_id}/keys/{key}"): {"admin"},
    ("get", "/v1/faces"): {"admin"},
    ("get", "/v1/faces/threshold"): {"admin"},
    ("put", "/v1/people/{person_id}/consent"): {"admin"},
    ("post", "/v1/people/{person_id}/faces"): {"admin"},
    ("post", "/v1/people/{person_id}/faces/live"): {"admin"},
    ("delete", "/v1/people/{person_id}/faces"): {"admin"},
    ("delete", "/v1/people/{person_id}/faces/unlike"): {"admin"},
    ("get", "/v1/register"): {"guard", "auditor"},
    ("get", "/v1/register.csv"): {"supervisor", "auditor"},
    ("get", "/v1/register.xlsx"): {"supervisor", "auditor"},
    ("get", "/v1/equipment"): {"guard", "auditor"},
    ("get", "/v1/patrol"): {"guard", "auditor"},
    ("get", "/v1/patrol/maps/{name}"): {"guard", "auditor"},
    ("get", "/v1/patrol/rounds"): {"guard", "auditor"},
    ("get", "/v1/patrol/proof"): {"supervisor", "auditor"},
    ("post", "/v1/equipment/{name}/maintenance"): {"supervisor"},
    ("get", "/v1/review"): {"guard", "auditor"},
    ("get", "/v1/review/hours"): {"guard", "auditor"},
    ("get", "/v1/review/calendar"): {"guard", "auditor"},
    ("post", "/v1/review/marks"): {"guard", "auditor"},
    ("get", "/v1/pictures/{sha256}"): {"guard", "auditor"},
    ("get", "/v1/figures"): {"supervisor", "auditor"},
    ("get", "/v1/figures/shifts"): {"supervisor", "auditor"},
    ("get", "/v1/figures.csv"): {"supervisor", "auditor"},
    ("get", "/v1/figures.xlsx"): {"supervisor", "auditor"},
    ("get", "/v1/figures.pdf"): {"supervisor", "auditor"},
    ("get", "/v1/evidence/{event}"): {"supervisor", "auditor"},
    ("get", "/v1/site"): set(Role) - {Role.CENTRAL},
    ("post", "/v1/tablet"): {"supervisor"},
    ("delete", "/v1/tablet"): {"supervisor"},
    ("post", "/v1/drill/begin"): {"supervisor"},
    ("post", "/v1/drill/alarm"): {"supervisor"},
    ("post", "/v1/drill/end"): {"supervisor"},
    ("get", "/v1/session"): set(Role) - {Role.CENTRAL},
    ("delete", "/v1/session"): set(Role) - {Role.CENTRAL},
    ("get", "/v1/health"): set(Role) - {Role.CENTRAL},
}
"""What is not simply the guard's."""


def routes(app: FastAPI) -> Iterator[tuple[str, str, set[str]]]:
    """Method, path and roles of every operation in the OpenAPI description."""
    for path, operations in app.openapi()["paths"].items():
        for method, operation in operations.items():
            yield method, path, set(operation["x-roles"])


def filled(path: str) -> str:
    """A path with plausible values."""
    return re.sub(r"{(\w+)}", lambda m: VALUES.get(m[1], "京A12345"), path)


async def call(client: Any, method: str, path: str) -> Any:
    """The bare request; a body only where one belongs, so that nothing but the role is in question."""
    return await client.request(method.upper(), filled(path), json=None if method in {"get", "delete"} else {})


async def test_the_table_says_who_may_do_what(web: Web) -> None:
    found = {(method, path): roles for method, path, roles in routes(web.app)}
    assert {key for key, roles in found.items() if not roles} == OPEN
    for key, roles in found.items():
        assert roles == (set() if key in OPEN else EXPECTED.get(key, {"guard"})), key
    assert len(found) >= 25


async def test_nothing_but_the_open_routes_answers_without_a_log_in(web: Web) -> None:
    stranger = web.client()
    described = list(routes(web.app))
    for method, path, roles in [*described, ("get", "/openapi.json", {"admin"})]:
        reply = await call(stranger, method, path)
        assert (reply.status_code == 401) is bool(roles), (method, path, reply.status_code)
        if roles:
            assert reply.json()["error"]["code"] == "login_required"
    assert web.gateway.acted == []


@pytest.mark.parametrize("role", list(Role))
async def test_no_route_answers_to_a_role_that_it_does_not_name(web: Web, role: Role) -> None:
    client = await web.logged_in(role)
    if role is Role.CENTRAL:
        client = web.client()
        client.headers["Authorization"] = "Bearer " + (web.data_dir / "central-token").read_text().strip()
    closed = 0
    for method, path, roles in routes(web.app):
        if not roles or may(role, frozenset(map(Role, roles))):
            continue
        reply = await call(client, method, path)
        assert (reply.status_code, reply.json()["error"]["code"]) == (403, "forbidden"), (method, path)
        closed += 1
    assert closed >= 2
    assert web.gateway.acted == []


async def test_the_centre_gets_in_by_its_token_and_by_no_other(web: Web) -> None:
    token = (web.data_dir / "central-token").read_text().strip()
    for given, status in [(token, 200), (token[:-1], 401), ("", 401)]:
        reply = await web.client().get("/v1/events", headers={"Authorization": f"Bearer {given}"})
        assert reply.status_code == status


async def test_the_api_description_is_for_those_who_are_logged_in(web: Web) -> None:
    admin = await web.logged_in(Role.ADMIN)
    assert "/v1/stream" in (await admin.get("/openapi.json")).json()["paths"]
    for path in ("/docs", "/redoc"):
        assert (await admin.get(path)).status_code == 404


def test_a_route_without_a_role_cannot_be_built() -> None:
    router = APIRouter()

    @router.get("/v1/forgotten")
    async def forgotten() -> None: ...

    with pytest.raises(RuntimeError, match="/v1/forgotten declares no role"):
        declare_roles(router.routes[0])
