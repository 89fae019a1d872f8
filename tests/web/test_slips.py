"""Goods slips over HTTP: issued by the office, checked at the exit, taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edge.users.auth import Role
from tests.web.rig import Web


def slip(**more: Any) -> dict[str, Any]:
    """A slip for one sofa, valid now."""
    now = datetime.now(UTC)
    return {
        "host": "3-502",
        "consent_by": "王女士",
        "approved_by": "刘主任",
        "items": [{"name": "沙发", "quantity": 1}],
        "not_before": (now - timedelta(hours=1)).isoformat(),
        "not_after": (now + timedelta(hours=1)).isoformat(),
    } | more


def counted(quantity: int) -> dict[str, Any]:
    """What the guard saw."""
    return {"request_id": f"press-000{quantity}", "seen": [{"name": "沙发", "quantity": quantity}]}


async def test_an_issued_slip_lets_out_what_it_lists_and_names_what_differs(web: Web) -> None:
    office, guard = await web.logged_in(Role.ISSUER), await web.logged_in(Role.GUARD)
    assert (await office.put("/v1/slips/F-1", json=slip())).status_code == 201
    refused = await guard.post("/v1/slips/F-1/check", json=counted(2))
    assert (refused.status_code, refused.json()["reason"]) == (409, "slip_differs")
    assert refused.json()["differences"] == [{"item": "沙发", "listed": 1, "seen": 2}]
    assert (await guard.post("/v1/slips/F-1/check", json=counted(1))).json()["reason"] == "slip_released"
    [row] = (await guard.get("/v1/slips")).json()["slips"]
    assert row["used"] is True


async def test_a_slip_that_was_taken_back_lets_nothing_out(web: Web) -> None:
    office, guard = await web.logged_in(Role.ISSUER), await web.logged_in(Role.GUARD)
    await office.put("/v1/slips/F-1", json=slip())
    assert (await office.delete("/v1/slips/F-1")).json()["ok"] is True
    assert (await guard.post("/v1/slips/F-1/check", json=counted(1))).json()["reason"] == "slip_revoked"


@pytest.mark.parametrize(
    ("given", "at"),
    [({"items": []}, "items"), ({"host": ""}, "host"), ({"items": [{"name": "a", "quantity": -1}]}, "items")],
)
async def test_a_slip_that_says_too_little_is_refused(web: Web, given: dict[str, Any], at: str) -> None:
    office = await web.logged_in(Role.ISSUER)
    answer = await office.put("/v1/slips/F-1", json=slip(**given))
    assert answer.status_code == 422
    assert at in answer.json()["error"]["fields"][0]["at"]


async def test_taking_back_a_slip_that_nobody_knows_is_404(web: Web) -> None:
    answer = await (await web.logged_in(Role.ISSUER)).delete("/v1/slips/F-9")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "slip_unknown")
