"""Logging in: tokens, passwords, limits, locks, cookies, CSRF."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from edge.users.accounts import Accounts
from edge.users.auth import (
    Auth,
    Role,
    SecretFileError,
    central_token,
    issue_login_token,
    needs_setup,
    redeem_login_token,
)
from tests.web.rig import Time, Web

PASSWORD = "correct horse 电池"


async def test_a_token_logs_in_once(web: Web) -> None:
    token = web.token()
    first = await web.client().post("/v1/session", json={"token": token})
    again = await web.client().post("/v1/session", json={"token": token})
    assert (first.status_code, again.status_code) == (200, 401)
    assert first.json()["role"] == "admin"
    assert first.json()["offer_account"] is True
    assert web.kinds() == ["auth.login", "auth.failed"]


@pytest.mark.parametrize(("scheme", "secure"), [("http", False), ("https", True)])
async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(web: Web, scheme: str, secure: bool) -> None:
    client = web.client(base_url=f"{scheme}://gate")
    reply = await client.post("/v1/session", json={"token": web.token()})
    flags = {part.strip().lower() for part in reply.headers["set-cookie"].split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/"} <= flags
    assert ("secure" in flags) is secure


async def test_the_session_id_changes_at_log_in_and_the_old_one_is_dead(web: Web) -> None:
    client = web.client()
    await client.post("/v1/session", json={"token": web.token()})
    old = client.cookies["menwei_session"]
    await client.post("/v1/session", json={"token": web.token()})
    assert client.cookies["menwei_session"] != old
    stolen = web.client()
    stolen.cookies.set("menwei_session", old)
    assert (await stolen.get("/v1/session")).status_code == 401


async def test_idle_sessions_end_and_used_ones_stay(web: Web) -> None:
    client = await web.logged_in(Role.GUARD)
    for _ in range(3):
        web.time.now_s += 800
        assert (await client.get("/v1/state")).status_code == 200
    web.time.now_s += 901
    assert (await client.get("/v1/session")).status_code == 401


async def test_what_a_page_fetches_by_itself_keeps_no_session_alive(web: Web) -> None:
    client = await web.logged_in(Role.GUARD)
    for path in ("/v1/session", f"/v1/pictures/{'0' * 64}"):
        web.time.now_s += 400
        assert (await client.get(path)).status_code in {200, 404}
    web.time.now_s += 101
    assert (await client.get("/v1/session")).status_code == 401


async def test_a_session_survives_a_restart_of_the_gateway(web: Web) -> None:
    cookie, _ = web.auth.sessions.start("zhang", Role.GUARD, by_token=False)
    restarted = Auth(web.data_dir, idle_s=900.0, login_per_minute=5, mono=Time(5.0), wall=web.time)
    found = restarted.sessions.find(cookie)
    assert found is not None
    assert (found.name, found.role) == ("zhang", Role.GUARD)
    assert cookie not in (web.data_dir / "sessions.json").read_text()


async def test_logging_out_ends_the_session_and_is_on_record(web: Web) -> None:
    client = await web.logged_in(Role.GUARD)
    assert (await client.delete("/v1/session")).status_code == 204
    assert web.kinds() == ["auth.logout"]
    again = await web.logged_in(Role.GUARD)
    assert (await again.get("/v1/session")).status_code == 200


async def test_an_account_is_made_and_logs_in(web: Web) -> None:
    admin = await web.logged_in(Role.ADMIN)
    made = await admin.post("/v1/accounts", json={"name": "张三", "password": PASSWORD, "role": "guard"})
    twice = await admin.post("/v1/accounts", json={"name": "张三", "password": PASSWORD, "role": "guard"})
    assert (made.status_code, twice.status_code) == (201, 409)
    reply = await web.client().post("/v1/session", json={"name": "张三", "password": PASSWORD})
    assert (reply.status_code, reply.json()["role"], reply.json()["name"]) == (200, "guard", "张三")
    assert PASSWORD not in (web.data_dir / "accounts.json").read_text()
    assert "$argon2id$" in (web.data_dir / "accounts.json").read_text()


@pytest.mark.parametrize("change", ["removed", "another role"])
async def test_whoever_lost_an_account_or_its_role_is_out_at_once(web: Web, change: str) -> None:
    accounts = web.auth.accounts
    accounts.add("zhang", PASSWORD, Role.SUPERVISOR)
    client = web.client()
    await client.post("/v1/session", json={"name": "zhang", "password": PASSWORD})
    assert (await client.get("/v1/state")).status_code == 200
    elsewhere = Accounts(web.data_dir)  # the command line is another process
    if change == "removed":
        assert elsewhere.remove("zhang")
    else:
        elsewhere.add("zhang", PASSWORD, Role.GUARD, replace=True)
    elsewhere.close()
    assert (await client.get("/v1/state")).status_code == 401


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"name": "li", "password": "elevenchars"}, "password_length"),
        ({"name": "", "password": PASSWORD}, "account_name"),
        ({"name": "#token", "password": PASSWORD}, "account_name"),
        ({"name": "li", "password": PASSWORD, "role": "central"}, "account_role"),
    ],
)
async def test_accounts_that_cannot_be(web: Web, given: dict[str, str], code: str) -> None:
    admin = await web.logged_in(Role.ADMIN)
    reply = await admin.post("/v1/accounts", json=given)
    assert (reply.status_code, reply.json()["error"]["code"]) == (422, code)


async def test_five_attempts_a_minute_and_address(web: Web) -> None:
    client = web.client()
    codes = [(await client.post("/v1/session", json={"token": "wrong"})).status_code for _ in range(6)]
    assert codes == [401] * 5 + [429]
    for _ in range(20):
        await client.post("/v1/session", json={"token": "wrong"})
    assert web.kinds().count("auth.failed") == 6, "a flood of refusals is one line"
    late = await client.post("/v1/session", json={"token": web.token()})
    assert late.status_code == 429
    assert 0 < int(late.headers["Retry-After"]) <= 60
    elsewhere = await web.client("192.168.1.21").post("/v1/session", json={"token": web.token()})
    assert elsewhere.status_code == 200
    web.time.now_s += 61
    assert (await client.post("/v1/session", json={"token": web.token()})).status_code == 200


async def test_ten_wrong_passwords_lock_this_account_from_this_address_only(web: Web) -> None:
    for name in ("zhang", "li"):
        web.auth.accounts.add(name, PASSWORD, Role.GUARD)
    client = web.client()
    for attempt in range(10):
        if attempt == 5:
            web.time.now_s += 61
        wrong = await client.post("/v1/session", json={"name": "zhang", "password": "not the password"})
        assert wrong.status_code == 401
    web.time.now_s += 61
    right = {"name": "zhang", "password": PASSWORD}
    locked = await client.post("/v1/session", json=right)
    assert (locked.status_code, locked.json()["error"]["code"]) == (429, "login_locked")
    assert (await client.post("/v1/session", json={"name": "li", "password": PASSWORD})).status_code == 200
    assert (await web.client("192.168.1.21").post("/v1/session", json=right)).status_code == 200
    web.time.now_s += 15 * 60
    assert (await client.post("/v1/session", json=right)).status_code == 200
    assert web.kinds().count("auth.locked") == 1
    assert web.kinds().count("auth.failed") == 11


async def test_a_right_password_clears_the_count(web: Web) -> None:
    web.auth.accounts.add("zhang", PASSWORD, Role.GUARD)
    client = web.client()
    for _ in range(4):
        for _ in range(4):
            await client.post("/v1/session", json={"name": "zhang", "password": "not the password"})
        good = await client.post("/v1/session", json={"name": "zhang", "password": PASSWORD})
        assert good.status_code == 200
        web.time.now_s += 61


@pytest.mark.parametrize("header", [None, "", "x" * 32])
async def test_a_change_without_the_csrf_token_is_refused(web: Web, header: str | None) -> None:
    client = await web.logged_in(Role.ADMIN)
    del client.headers["X-Menwei-CSRF"]
    headers = {} if header is None else {"X-Menwei-CSRF": header}
    reply = await client.post("/v1/lanes/east-in/open", json={}, headers=headers)
    assert (reply.status_code, reply.json()["error"]["code"]) == (403, "csrf")
    assert web.gateway.acted == []


async def test_a_change_from_another_site_is_refused_even_with_everything_right(web: Web) -> None:
    client = await web.logged_in(Role.ADMIN)
    body = {"request_id": "abcdefgh", "reason": "visitor"}
    foreign = await client.post("/v1/lanes/east-in/open", json=body, headers={"Origin": "http://evil.example"})
    own = await client.post("/v1/lanes/east-in/open", json=body, headers={"Origin": "http://gate"})
    assert (foreign.status_code, foreign.json()["error"]["code"], own.status_code) == (403, "foreign_origin", 200)


def test_secret_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    token = issue_login_token(tmp_path, Role.GUARD)
    central = central_token(tmp_path)
    for name in ("login-tokens.json", "central-token"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert token not in (tmp_path / "login-tokens.json").read_text()
    assert central_token(tmp_path) == central
    assert needs_setup(tmp_path)


def test_a_token_carries_its_role_and_old_ones_give_way(tmp_path: Path) -> None:
    tokens = [issue_login_token(tmp_path, Role.SUPERVISOR) for _ in range(17)]
    assert redeem_login_token(tmp_path, tokens[0]) is None
    assert redeem_login_token(tmp_path, tokens[16]) is Role.SUPERVISOR
    assert redeem_login_token(tmp_path, tokens[16]) is None


@pytest.mark.parametrize(("mode", "text"), [(0o644, "t" * 40), (0o600, "short")])
def test_a_token_file_that_cannot_be_trusted_stops_the_start(tmp_path: Path, mode: int, text: str) -> None:
    path = tmp_path / "token"
    path.write_text(text)
    path.chmod(mode)
    with pytest.raises(SecretFileError, match=r"令牌文件.* / the token"):
        central_token(tmp_path, path)


async def test_a_damaged_account_file_is_said_and_a_token_still_opens_the_page(web: Web) -> None:
    (web.data_dir / "accounts.json").write_text("{")
    client = web.client()
    broken = await client.post("/v1/session", json={"name": "zhang", "password": PASSWORD})
    assert (broken.status_code, broken.json()["error"]["code"]) == (503, "unavailable")
    assert (await client.post("/v1/session", json={"token": web.token(Role.ADMIN)})).status_code == 200
    assert (await client.get("/v1/state")).status_code == 200


def test_a_damaged_account_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "accounts.json").write_text("{")
    with pytest.raises(SecretFileError, match=r"accounts\.json"):
        needs_setup(tmp_path)
