"""``menwei events``, ``menwei central`` and ``menwei users``: the record, the centre's copy, who may log in. Shell."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import click

from edge.cli_tools import EXIT_FAILED, database_of, site_option, site_or_exit
from edge.roles import Role


@click.group()
def events() -> None:
    """The event log / 事件日志."""


@events.command("tail")
@site_option
@click.option("-n", "count", default=20, show_default=True, help="先显示最近多少条 / newest events to begin with")
@click.option("-f", "--follow", is_flag=True, help="持续显示 / go on with what comes")
@click.option("--json", "as_json", is_flag=True, help="每行一个 JSON / one JSON line an event")
def events_tail(site_file: Path, count: int, follow: bool, as_json: bool) -> None:
    """Show the newest events / 显示最近事件."""
    from sync.reader import LogReader

    with LogReader(database_of(site_or_exit(site_file))) as reader:
        after = max(0, reader.newest() - count)
        while True:
            for event in reader.read_after(after):
                after = event.seq
                click.echo(_line(event, as_json))
            if not follow:
                return
            time.sleep(0.2)


@events.command("verify")
@click.argument("database", type=click.Path(path_type=Path), required=False)
@site_option
def events_verify(database: Path | None, site_file: Path) -> None:
    """Check the chain of a log, also while the gateway runs / 校验日志链."""
    from sync.export import verify_file

    verdict = verify_file(database or database_of(site_or_exit(site_file)))
    click.echo(json.dumps(verdict.as_json(), ensure_ascii=False))
    sys.exit(0 if verdict.ok else EXIT_FAILED)


@events.command("export")
@click.argument("out", type=click.Path(path_type=Path))
@site_option
@click.option("--after", default=0, show_default=True, help="只导出此序号之后 / only after this number")
@click.option("--format", "form", type=click.Choice(["ndjson", "csv"]), default="ndjson", show_default=True)
def events_export(out: Path, site_file: Path, after: int, form: str) -> None:
    """Write the log to a file with its chain / 导出日志（含校验链）."""
    from sync.export import export_file

    written = export_file(database_of(site_or_exit(site_file)), out, after=after, form=form)
    click.echo(f"{out}: {written} 条 / events")


@click.group()
def central() -> None:
    """The centre's side / 中心端."""


@central.command("pull")
@click.option("--gateway", required=True, metavar="URL", help="网关地址 / address of the gateway")
@click.option("--store", required=True, type=click.Path(path_type=Path), help="中心数据库文件 / the centre's database")
@click.option("--token-file", type=click.Path(path_type=Path, exists=True), help="令牌文件 / file with the token")
@click.option("--central-id", default="central", show_default=True, help="中心编号 / name of this centre")
@click.option("--follow", is_flag=True, help="持续拉取 / go on pulling")
def central_pull(gateway: str, store: Path, token_file: Path | None, central_id: str, follow: bool) -> None:
    """Pull a gateway's events into a file, each once, and check their chain / 拉取并校验事件.

    The token comes from --token-file or the variable MENWEI_CENTRAL_TOKEN; the gateway keeps it in its data
    directory as central-token.
    """
    from sync.central.puller import pull_command

    token = token_file.read_text(encoding="utf-8").strip() if token_file else os.environ.get("MENWEI_CENTRAL_TOKEN", "")
    sys.exit(pull_command(gateway, store, token=token, central_id=central_id, follow=follow, out=sys.stdout))


@central.command("verify")
@click.argument("store", type=click.Path(path_type=Path, exists=True))
def central_verify(store: Path) -> None:
    """Check the chain of the centre's copy / 校验中心副本."""
    from sync.central.store import verify

    verdict = verify(store)
    click.echo(json.dumps(verdict, ensure_ascii=False))
    sys.exit(0 if verdict["chain_ok"] else EXIT_FAILED)


@click.group()
def users() -> None:
    """Who may log in / 用户."""


@users.command("token")
@site_option
@click.option("--role", type=click.Choice([r.value for r in Role if r is not Role.CENTRAL]), default=Role.GUARD.value)
def users_token(site_file: Path, role: str) -> None:
    """Make a one-time log-in token; the running gateway accepts it at once / 生成一次性登录令牌."""
    from edge.auth import issue_login_token

    site = site_or_exit(site_file)
    site.site.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    click.echo(issue_login_token(site.site.data_dir, Role(role)))


def _line(event: object, as_json: bool) -> str:
    from edge.events import KINDS
    from sync.event import Event
    from sync.wire import encode_event

    assert isinstance(event, Event)
    if as_json:
        return encode_event(event).rstrip()
    kind = KINDS.get(event.kind)
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(event.wall_us / 1e6))
    words = f"{kind.zh} {kind.en}" if kind else ""
    return f"{event.seq:>8} {when} {event.kind:<20} {event.source:<20} {words}"
