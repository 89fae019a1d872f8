"""PIN log-in at a shared tablet: only there, only for those who set one, and locked after a few wrong ones."""

from __future__ import annotations

import json
import stat

import httpx
import pytest

from edge.users.accounts import AccountError
from edge.users.auth import Auth, Role
from edge.users.pins import Pins, too_simple
from tests.web.rig import Web

PASSWORD = "walks the yard at three"
PIN = "402913"


async def by_password(web: Web, name: str, role: Role = Role.GUARD) -> httpx.AsyncClient:
    """A browser in which somebody has logged in by password; the account is made if need be."""
    if name not in web.auth.accounts.all():
        web.auth.accounts.add(name, PASSWORD, role)
    client = web.client()
    session = await client.post("/v1/session", json={"name": name, "password": PASSWORD})
    assert session.status_code == 200, session.text
    client.headers["X-Menwei-CSRF"] = session.json()["csrf"]
    return client


async def tablet(web: Web) -> httpx.AsyncClient:
    """A browser that a supervisor has bound to the gate post and left."""
    client = await by_password(web, "boss", Role.SUPERVISOR)
    assert (await client.post("/v1/tablet", json={"post": "gate"})).status_code == 200
    await client.delete("/v1/session")
    del client.headers["X-Menwei-CSRF"]
    return client


async def with_pin(web: Web, name: str, pin: str = PIN) -> None:
    client = await by_password(web, name)
    assert (await client.put("/v1/pin", json={"pin": pin})).status_code == 200


async def enter(client: httpx.AsyncClient, name: str, pin: str = PIN) -> httpx.Response:
    return await client.post("/v1/session/pin", json={"name": name, "pin": pin})


async def test_guards_change_on_a_bound_tablet_and_only_one_is_logged_in(web: Web) -> None:
    await with_pin(web, "zhang")
    web.time.now_s += 61
    await with_pin(web, "lin", "775533")
    at_gate = await tablet(web)
    assert (await at_gate.get("/v1/tablet")).json() == {"bound": True, "post": "gate", "guards": ["lin", "zhang"]}
    first = await enter(at_gate, "zhang")
    assert (first.status_code, first.json()["name"], first.json()["by_pin"]) == (200, "zhang", True)
    old = at_gate.cookies["menwei_session"]
    assert (await enter(at_gate, "lin", "775533")).json()["name"] == "lin"
    stale = web.client()
    stale.cookies.set("menwei_session", old)
    assert (await stale.get("/v1/session")).status_code == 401
    assert web.kinds().count("auth.login") == 5


async def test_a_pin_is_worth_nothing_anywhere_else_and_names_are_not_told_there(web: Web) -> None:
    await with_pin(web, "zhang")
    stranger = web.client()
    reply = await enter(stranger, "zhang")
    assert (reply.status_code, reply.json()["error"]["code"]) == (403, "tablet_unknown")
    assert (await stranger.get("/v1/tablet")).json() == {"bound": False, "post": "", "guards": []}
    stranger.cookies.set("menwei_tablet", "guessed")
    assert (await enter(stranger, "zhang")).status_code == 403


async def test_wrong_pins_lock_the_guard_at_this_tablet_for_a_quarter_of_an_hour(web: Web) -> None:
    await with_pin(web, "zhang")
    web.time.now_s += 61
    await with_pin(web, "lin", "775533")
    at_gate = await tablet(web)
    for _ in range(5):
        reply = await enter(at_gate, "zhang", "111222")
        assert (reply.status_code, reply.json()["error"]["code"]) == (401, "pin_wrong")
    locked = await enter(at_gate, "zhang")
    assert (locked.status_code, locked.json()["error"]["code"]) == (429, "login_locked")
    assert "auth.locked" in web.kinds()
    assert (await enter(at_gate, "lin", "775533")).status_code == 200
    web.time.now_s += 15 * 60 + 1
    assert (await enter(at_gate, "zhang")).status_code == 200


async def test_nobody_learns_whether_a_guard_or_a_pin_is_unknown(web: Web) -> None:
    await with_pin(web, "zhang")
    at_gate = await tablet(web)
    said = [(await enter(at_gate, name, pin)).json() for name, pin in (("zhang", "0"), ("nobody", PIN), ("boss", PIN))]
    assert said[0] == said[1] == said[2]


async def test_an_unbound_tablet_logs_its_guard_out(web: Web) -> None:
    await with_pin(web, "zhang")
    at_gate = await tablet(web)
    await enter(at_gate, "zhang")
    [bound] = web.auth.tablets.all()
    assert (await at_gate.get("/v1/session")).status_code == 200
    web.auth.tablets.unbind(bound)
    assert (await at_gate.get("/v1/session")).status_code == 401
    assert (await enter(at_gate, "zhang")).status_code == 403


async def test_a_pin_is_set_by_its_owner_after_a_password_and_by_nobody_else(web: Web) -> None:
    await with_pin(web, "zhang")
    at_gate = await tablet(web)
    session = (await enter(at_gate, "zhang")).json()
    reply = await at_gate.put("/v1/pin", json={"pin": "987123"}, headers={"X-Menwei-CSRF": session["csrf"]})
    assert (reply.status_code, reply.json()["error"]["code"]) == (403, "pin_password")
    by_token = await web.logged_in(Role.GUARD)
    assert (await by_token.put("/v1/pin", json={"pin": PIN})).status_code == 403


@pytest.mark.parametrize(
    ("pin", "why"),
    [("12345", "pin_digits"), ("1234567890123", "pin_digits"), ("12a456", "pin_digits"), ("000000", "pin_simple"),
     ("123456", "pin_simple"), ("876543", "pin_simple"), ("890123", "pin_simple"), ("１２３４５９", "pin_digits")],
)  # fmt: skip
async def test_what_everybody_tries_first_is_no_pin(web: Web, pin: str, why: str) -> None:
    client = await by_password(web, "zhang")
    reply = await client.put("/v1/pin", json={"pin": pin})
    assert (reply.status_code, reply.json()["error"]["code"]) == (422, why)


def test_an_ordinary_pin_is_not_simple() -> None:
    assert not too_simple("402913")


async def test_an_administrator_has_no_pin(web: Web) -> None:
    admin = await by_password(web, "root", Role.ADMIN)
    reply = await admin.put("/v1/pin", json={"pin": PIN})
    assert reply.json()["error"]["code"] == "pin_role"
    account = web.auth.accounts.all()["root"]
    with pytest.raises(AccountError, match="pin_role"):
        web.auth.pins.put(account, PIN)


async def test_a_new_password_or_a_removed_account_voids_the_pin(web: Web) -> None:
    await with_pin(web, "zhang")
    at_gate = await tablet(web)
    web.auth.accounts.add("zhang", "another long password", Role.GUARD, replace=True)
    assert (await enter(at_gate, "zhang")).status_code == 401
    web.auth.accounts.remove("zhang")
    web.auth.accounts.add("zhang", PASSWORD, Role.GUARD)
    assert (await enter(at_gate, "zhang")).status_code == 401
    assert (await at_gate.get("/v1/tablet")).json()["guards"] == []


async def test_no_file_holds_a_pin_or_a_tablets_cookie_and_none_is_open_to_others(web: Web) -> None:
    await with_pin(web, "zhang")
    at_gate = await tablet(web)
    cookie = at_gate.cookies["menwei_tablet"]
    for name in ("pins.json", "tablets.json"):
        file = web.data_dir / name
        text = file.read_text("utf-8")
        assert PIN not in text
        assert cookie not in text
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads((web.data_dir / "pins.json").read_text())["pins"]["zhang"]["pin_hash"].startswith("$argon2id$")


async def test_a_restart_keeps_tablet_pin_and_session(web: Web) -> None:
    await with_pin(web, "zhang")
    at_gate = await tablet(web)
    await enter(at_gate, "zhang")
    again = Auth(web.data_dir, idle_s=900.0, login_per_minute=5, mono=web.time, wall=web.time)
    found = again.session(at_gate.cookies["menwei_session"], touch=False)
    assert found is not None
    assert found.name == "zhang"
    assert Pins(web.data_dir).holders(again.accounts.all()) == ["zhang"]
    again.close()


async def test_a_post_that_does_not_exist_cannot_be_bound(web: Web) -> None:
    boss = await by_password(web, "boss", Role.SUPERVISOR)
    assert (await boss.post("/v1/tablet", json={"post": "roof"})).status_code == 404
    assert (await boss.delete("/v1/tablet")).status_code == 404
