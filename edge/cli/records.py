"""``menwei events`` and ``menwei central``: the record and the centre's copy. Shell."""

from __future__ import annotations

import getpass
import json
import os
import signal
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path

import click

from edge.cli.tools import EXIT_FAILED, database_of, site_option, site_or_exit
from edge.events import KINDS
from edge.run.notes import can_leave_notes, leave_note
from sync.central.puller import Puller, PullResult
from sync.central.verify import verify
from sync.errors import CentralError
from sync.event import Event
from sync.export import newest_seq, read_events, verify_file, write_csv, write_ndjson
from sync.wire import encode_event

FOLLOW_PERIOD_S = 0.2


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
    database = database_of(site_or_exit(site_file))
    after = max(0, newest_seq(database) - count)
    while True:
        for event in read_events(database, after=after):
            after = event.seq
            click.echo(_line(event, as_json))
        if not follow:
            return
        time.sleep(FOLLOW_PERIOD_S)


@events.command("verify")
@click.argument("database", type=click.Path(path_type=Path), required=False)
@site_option
def events_verify(database: Path | None, site_file: Path) -> None:
    """Check the chain of a log, also while the gateway runs / 校验日志链."""
    verdict = verify_file(database or database_of(site_or_exit(site_file)))
    click.echo(json.dumps(verdict.as_dict(), ensure_ascii=False))
    sys.exit(0 if verdict.ok else EXIT_FAILED)


@events.command("export")
@click.argument("out", type=click.Path(path_type=Path))
@site_option
@click.option("--after", default=0, show_default=True, help="只导出此序号之后 / only after this number")
@click.option("--format", "form", type=click.Choice(["ndjson", "csv"]), default="ndjson", show_default=True)
def events_export(out: Path, site_file: Path, after: int, form: str) -> None:
    """Write the log to a file with its chain / 导出日志（含校验链）."""
    write = write_csv if form == "csv" else write_ndjson
    site = site_or_exit(site_file)
    found = read_events(database_of(site), after=after)
    with out.open("w", encoding="utf-8", newline="") as handle:
        written = write(found, handle)
    if can_leave_notes(site.site.data_dir):
        said = {"format": form, "events": str(written), "after": str(after)}
        leave_note(site.site.data_dir, "events.exported", getpass.getuser(), said)
    else:
        click.echo("此次导出无法记入日志 / this export could not be put on record", err=True)
    click.echo(f"{out}: {written} 条 / events")


@click.group()
def central() -> None:
    """The centre's side / 中心端."""


@central.command("pull")
@click.option("--gateway", required=True, metavar="URL", help="网关地址 / address of the gateway")
@click.option("--store", required=True, type=click.Path(path_type=Path), help="中心数据库文件 / the centre's database")
@click.option("--token-file", type=click.Path(path_type=Path, exists=True), help="令牌文件 / file with the token")
@click.option("--follow", is_flag=True, help="持续拉取 / go on pulling")
def central_pull(gateway: str, store: Path, token_file: Path | None, follow: bool) -> None:
    """Pull a gateway's events into a file, each once, and check their chain / 拉取并校验事件.

    The token comes from --token-file or the variable MENWEI_CENTRAL_TOKEN; the gateway keeps it in its data
    directory as central-token.
    """
    token = token_file.read_text(encoding="utf-8").strip() if token_file else os.environ.get("MENWEI_CENTRAL_TOKEN", "")
    try:
        with Puller(gateway, store, token) as puller:
            if follow:
                _follow(puller)
            else:
                puller.pull_until_level()
            result = puller.result()
    except CentralError as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(result.as_dict(), ensure_ascii=False))
    sys.exit(0 if result.chain_ok else EXIT_FAILED)


def _follow(puller: Puller) -> None:
    """Pull until the process is told to end; what came is told a line a page."""
    stop = threading.Event()

    def end(*_: object) -> None:
        stop.set()
        puller.interrupt()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)

    def tell(outcome: PullResult | CentralError) -> None:
        if isinstance(outcome, CentralError):
            click.echo(str(outcome), err=True)
        elif outcome.pulled:
            click.echo(f"{outcome.last_seq}: +{outcome.pulled}")

    puller.follow(stop, tell=tell)


@central.command("verify")
@click.argument("store", type=click.Path(path_type=Path, exists=True))
def central_verify(store: Path) -> None:
    """Check the chain of the centre's copy / 校验中心副本."""
    verdicts = verify(store)
    for verdict in verdicts:
        click.echo(json.dumps(asdict(verdict), ensure_ascii=False))
    sys.exit(0 if verdicts and all(v.chain_ok for v in verdicts) else EXIT_FAILED)


def _line(event: Event, as_json: bool) -> str:
    if as_json:
        return encode_event(event)
    kind = KINDS.get(event.kind)
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(event.wall_us / 1e6))
    words = f"{kind.zh} {kind.en}" if kind else ""
    return f"{event.seq:>8} {when} {event.kind:<20} {event.source:<20} {words}"
