"""Accounts by the command line: what the running gateway reads is what the commands wrote."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.cli.main import cli
from edge.users.accounts import read_accounts, redeem_login_token
from edge.users.roles import Role

PASSWORD = "correct horse battery"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    file = tmp_path / "site.toml"
    file.write_text("[site]\ndata_dir = 'data'\n", encoding="utf-8")
    return file


def users(site: Path, *words: str, typed: str = "") -> Result:
    return CliRunner().invoke(cli, ["users", words[0], "--site", str(site), *words[1:]], input=typed)


def password_file(folder: Path, text: str = PASSWORD + "\n", mode: int = 0o600) -> str:
    file = folder / "password"
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return str(file)


def test_an_account_is_made_with_a_typed_password_that_is_never_shown(site: Path) -> None:
    said = users(site, "add", "王强", "--role", "guard", typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert said.exit_code == 0
    assert PASSWORD not in said.output
    account = read_accounts(site.parent / "data")["王强"]
    assert (account.role, account.password_hash.startswith("$argon2id$")) == (Role.GUARD, True)


def test_an_account_is_made_with_a_password_from_a_file_listed_and_removed(site: Path) -> None:
    assert users(site, "add", "li", "--role", "admin", "--password-file", password_file(site.parent)).exit_code == 0
    listed = users(site, "list").output.split()
    assert (listed[0], listed[2]) == ("admin", "li")
    assert users(site, "remove", "li").exit_code == 0
    assert users(site, "list").output == ""


def test_replacing_changes_role_and_password(site: Path) -> None:
    file = password_file(site.parent)
    users(site, "add", "li", "--role", "guard", "--password-file", file)
    before = read_accounts(site.parent / "data")["li"]
    again = users(site, "add", "li", "--role", "supervisor", "--password-file", file, "--replace")
    after = read_accounts(site.parent / "data")["li"]
    assert again.exit_code == 0
    assert (after.role, after.password_hash != before.password_hash) == (Role.SUPERVISOR, True)


REFUSED = {
    "short password": (["add", "li", "--role", "guard"], "short\nshort\n", 1, "12 to 256 characters"),
    "name with symbols": (["add", "a/b", "--role", "guard"], f"{PASSWORD}\n{PASSWORD}\n", 1, "no symbols"),
    "name that exists": (["add", "known", "--role", "guard"], f"{PASSWORD}\n{PASSWORD}\n", 1, "--replace"),
    "machine's role": (["add", "li", "--role", "central"], "", 2, "is not one of"),
    "nobody to remove": (["remove", "li"], "", 1, "there is no account"),
}


@pytest.mark.parametrize(("words", "typed", "status", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_is_refused_with_a_sentence(
    site: Path, words: list[str], typed: str, status: int, said: str
) -> None:
    users(site, "add", "known", "--role", "guard", "--password-file", password_file(site.parent))
    result = users(site, *words, typed=typed)
    assert (result.exit_code, said in result.output) == (status, True), result.output
    assert set(read_accounts(site.parent / "data")) == {"known"}


def test_a_password_file_that_others_may_read_is_refused(site: Path) -> None:
    result = users(site, "add", "li", "--role", "guard", "--password-file", password_file(site.parent, mode=0o644))
    assert result.exit_code == 1
    assert "chmod 600" in result.output


def test_a_damaged_account_file_is_said(site: Path) -> None:
    (site.parent / "data").mkdir()
    (site.parent / "data" / "accounts.json").write_text("{", encoding="utf-8")
    result = users(site, "list")
    assert result.exit_code == 1
    assert "accounts.json" in result.output


def test_a_token_carries_the_role_that_was_asked_for(site: Path) -> None:
    token = users(site, "token", "--role", "auditor").output.strip()
    assert redeem_login_token(site.parent / "data", token) is Role.AUDITOR
