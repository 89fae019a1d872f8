"""``menwei selftest``: prove the chain of alarms in the running gateway. Shell: a note, the log beside the gateway."""

from __future__ import annotations

import getpass
import json
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import click

from config.model import Site
from edge.cli.tools import EXIT_FAILED, database_of, site_option, site_or_exit
from edge.run.notes import SELF_TEST, leave_note
from sync.export import newest_seq, read_events

PERIOD_S = 0.3
GRACE_S = 10.0
_WORDS = {
    "inbox": "收件箱 inbox",
    "log": "日志 log",
    "page": "页面 page",
    "siren": "声光 siren",
    "push": "推送 push",
}


@click.group()
def selftest() -> None:
    """Prove that an alarm reaches people / 自检."""


@selftest.command("alarm")
@site_option
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / as JSON")
def selftest_alarm(site_file: Path, as_json: bool) -> None:
    """A marked alarm through inbox, log, page, sirens and channels; exit status 1 when a link is silent / 告警自检.

    \b
    menwei selftest alarm --site site.toml
    """
    site = site_or_exit(site_file)
    database = database_of(site)
    after = newest_seq(database)
    request = uuid.uuid4().hex
    leave_note(site.site.data_dir, SELF_TEST, getpass.getuser(), {"request": request})
    body = _result(database, after, request, _longest_s(site) + GRACE_S)
    if body is None:
        click.echo(
            "网关没有给出结果：网关未运行，或日志无法写入 / no result from the gateway: it does not run, or its log "
            "cannot be written",
            err=True,
        )
        sys.exit(EXIT_FAILED)
    click.echo(json.dumps(body, ensure_ascii=False) if as_json else "\n".join(_lines(body)))
    sys.exit(0 if body["ok"] else EXIT_FAILED)


def _longest_s(site: Site) -> float:
    limits = site.alarms.selftest
    return max(limits.log_s, limits.page_s, limits.siren_s, limits.push_s)


def _result(database: Path, after: int, request: str, timeout_s: float) -> dict[str, Any] | None:
    """The body of the test's last event; one that ran already when this was asked for counts too."""
    deadline_s = time.monotonic() + timeout_s
    while time.monotonic() < deadline_s:
        for event in read_events(database, after=after):
            after = event.seq
            if event.kind == "selftest.done":
                return event.data()
        time.sleep(PERIOD_S)
    return None


def _lines(body: dict[str, Any]) -> list[str]:
    rows = []
    for row in body["links"]:
        kind, _, name = str(row["link"]).partition(":")
        what = f"{_WORDS.get(kind, kind)} {name}".strip()
        said = f"{row['ms']:.0f} ms" if row["ok"] else f"失败 FAILED ({row['detail']}, {row['within_s']:.0f} s)"
        rows.append(f"{'ok  ' if row['ok'] else 'FAIL'} {what}: {said}")
    return rows
