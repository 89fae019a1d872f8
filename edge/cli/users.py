"""``menwei users``: who may log in; the running gateway takes every change at once. Shell: files, the terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click

from config.errors import ConfigError
from config.read import read_secret
from edge.cli.tools import EXIT_FAILED, say_problems, site_option, site_or_exit
from edge.users.accounts import PASSWORD_MAX, PASSWORD_MIN, AccountError, Accounts, issue_login_token
from edge.users.roles import Role
from edge.users.secret_files import SecretFileError

_PEOPLE = [role.value for role in Role if role is not Role.CENTRAL]
_REFUSED = {
    "account_name": ("姓名应为 1 到 40 个文字，不含符号", "a name has 1 to 40 letters and no symbols"),
    "account_exists": (
        "已有同名账户；要改密码或角色请加 --replace",
        "an account of this name exists; --replace changes its password and role",
    ),
    "accounts_full": ("账户数量已达上限；请先删除不用的", "no more accounts can be made; remove unused ones first"),
    "password_length": (
        f"密码应有 {PASSWORD_MIN} 到 {PASSWORD_MAX} 个字符",
        f"a password has {PASSWORD_MIN} to {PASSWORD_MAX} characters",
    ),
}

_role_option = click.option("--role", type=click.Choice(_PEOPLE), required=True, help="角色 / role")


@click.group()
def users() -> None:
    """Who may log in / 用户."""


@users.command("add")
@click.argument("name")
@_role_option
@click.option(
    "--password-file",
    type=click.Path(path_type=Path),
    help="从文件读密码（权限 0600），省略则提示输入 / read the password from a file (0600) instead of asking for it",
)
@click.option("--replace", is_flag=True, help="改已有账户的密码和角色 / change an account that exists")
@site_option
def users_add(name: str, role: str, password_file: Path | None, replace: bool, site_file: Path) -> None:
    """Make an account with a password of at least 12 characters / 新建账户.

    \b
    menwei users add 王强 --role guard
    """
    password = _password(password_file)
    with _accounts(site_file) as accounts:
        try:
            account = accounts.add(name.strip(), password, Role(role), replace=replace)
        except AccountError as error:
            raise click.ClickException(" / ".join(_REFUSED.get(error.code, (error.code, error.code)))) from error
    click.echo(f"{account.name}: {account.role.value}")


@users.command("remove")
@click.argument("name")
@site_option
def users_remove(name: str, site_file: Path) -> None:
    """Remove an account; whoever is logged in with it is out at the next request / 删除账户."""
    with _accounts(site_file) as accounts:
        removed = accounts.remove(name.strip())
    if not removed:
        click.echo(f'没有账户 "{name}" / there is no account "{name}"', err=True)
        sys.exit(EXIT_FAILED)


@users.command("list")
@site_option
def users_list(site_file: Path) -> None:
    """List the accounts: role, made when, name / 列出账户."""
    with _accounts(site_file) as accounts:
        for account in accounts.all().values():
            made = time.strftime("%Y-%m-%d", time.localtime(account.created_at_s))
            click.echo(f"{account.role.value:<10} {made} {account.name}")


@users.command("token")
@site_option
@click.option("--role", type=click.Choice(_PEOPLE), default=Role.GUARD.value, show_default=True, help="角色 / role")
def users_token(site_file: Path, role: str) -> None:
    """Make a one-time log-in token; the running gateway accepts it at once / 生成一次性登录令牌."""
    with _said():
        click.echo(issue_login_token(_data_dir(site_file), Role(role)))


def _password(file: Path | None) -> str:
    if file is None:
        prompt = f"密码（至少 {PASSWORD_MIN} 个字符）/ password (at least {PASSWORD_MIN} characters)"
        return str(click.prompt(prompt, hide_input=True, confirmation_prompt="再输一次 / once more"))
    try:
        return read_secret(file)
    except ConfigError as error:
        say_problems(list(error.problems))
        sys.exit(EXIT_FAILED)


def _data_dir(site_file: Path) -> Path:
    data_dir = site_or_exit(site_file).site.data_dir
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    return data_dir


@contextmanager
def _accounts(site_file: Path) -> Iterator[Accounts]:
    with _said(), closing(Accounts(_data_dir(site_file))) as accounts:
        yield accounts


@contextmanager
def _said() -> Iterator[None]:
    """A file that cannot be used is a sentence, not a traceback."""
    try:
        yield
    except (SecretFileError, OSError) as error:
        raise click.ClickException(str(error)) from error
