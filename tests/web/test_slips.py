"""Goods slips over HTTP: issued by the office, checked at the exit, taken back."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edge.users.auth import Role
from edge.web.errors import ApiError
from edge.web.photos import KEPT_MAX, PHOTO_MAX, Photos
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


JPEG, PNG = b"\xff\xd8\xff\xe0" + b"j" * 90_000, b"\x89PNG\r\n\x1a\n" + b"p" * 100


@pytest.mark.parametrize("photo", [JPEG, PNG])
async def test_a_photo_of_the_goods_goes_with_their_check_and_is_kept(web: Web, photo: bytes) -> None:
    office, guard = await web.logged_in(Role.ISSUER), await web.logged_in(Role.GUARD)
    await office.put("/v1/slips/F-1", json=slip())
    sent = await guard.post("/v1/slips/F-1/photo", content=photo)
    assert sent.status_code == 201
    assert sent.json()["photo"] == hashlib.sha256(photo).hexdigest()
    body = counted(1) | {"photo": sent.json()["photo"]}
    assert (await guard.post("/v1/slips/F-1/check", json=body)).json()["reason"] == "slip_released"
    shown = await guard.get(f"/v1/pictures/{sent.json()['photo']}")
    assert shown.content == photo


@pytest.mark.parametrize(
    ("photo", "status", "code"),
    [
        (b"<svg onload=alert(1)>", 415, "photo_kind"),
        (b"", 415, "photo_kind"),
        (b"\xff\xd8\xff" + bytes(PHOTO_MAX), 413, "too_large"),
    ],
    ids=["svg", "empty", "too large"],
)
async def test_what_is_no_photo_or_too_large_is_not_kept(web: Web, photo: bytes, status: int, code: str) -> None:
    office, guard = await web.logged_in(Role.ISSUER), await web.logged_in(Role.GUARD)
    await office.put("/v1/slips/F-1", json=slip())
    answer = await guard.post("/v1/slips/F-1/photo", content=photo)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_a_photo_belongs_to_whoever_sent_it_and_to_a_slip_that_exists(web: Web) -> None:
    office, guard = await web.logged_in(Role.ISSUER), await web.logged_in(Role.GUARD)
    await office.put("/v1/slips/F-1", json=slip())
    assert (await guard.post("/v1/slips/F-9/photo", content=JPEG)).status_code == 404
    assert (await office.post("/v1/slips/F-1/photo", content=JPEG)).status_code == 403
    assert (await guard.post("/v1/slips/F-1/check", content=b"{" + b" " * 70_000)).status_code == 413
    body = counted(1) | {"photo": "0" * 64}
    assert (await guard.post("/v1/slips/F-1/check", json=body)).json()["error"]["code"] == "photo_gone"


def test_at_most_a_few_photos_wait_for_their_check() -> None:
    photos = Photos()
    names = [photos.keep("li", JPEG + bytes([n])) for n in range(KEPT_MAX + 2)]
    for gone in names[:2]:
        with pytest.raises(ApiError):
            photos.of("li", gone)
    assert all(photos.of("li", kept).startswith(JPEG) for kept in names[2:])
    with pytest.raises(ApiError):
        photos.of("wang", names[-1])
