"""``menwei patrol``: proof for owners, its check, and sheets of codes to print. Shell."""

from __future__ import annotations

import getpass
import json
import secrets
import sys
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from config.model import Site
from edge.access.qr_picture import write_qr
from edge.cli.evidence import public_key
from edge.cli.tools import EXIT_FAILED, database_of, site_option, site_or_exit
from edge.patrol.history import LONGEST_S, day_span, rounds_between
from edge.patrol.proof import DAYS_MAX, Span, check_proof, proof_of, signed
from edge.run.notes import can_leave_notes, leave_note
from sync.event import GENESIS_HASH
from sync.export import newest_seq, read_events
from sync.keys import SigningKey
from sync.related import looking
from sync.store import Head
from sync.timeline import timeline_in

DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group()
def patrol() -> None:
    """Guard patrol / 电子巡更."""


@patrol.command("proof")
@click.option("--from", "since", required=True, type=DAY, help="第一天 / first day")
@click.option("--to", "until", required=True, type=DAY, help="最后一天 / last day")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="写到哪个文件 / JSON file")
@site_option
def patrol_proof(since: datetime, until: datetime, out: Path, site_file: Path) -> None:
    """Which point was visited when, without names, signed; for owners / 给业主的巡更证明，不含姓名.

    \b
    menwei patrol proof --from 2026-06-01 --to 2026-06-07 --out week.json
    """
    if not 0 <= (until - since).days < DAYS_MAX:
        raise click.BadParameter(f"最多 {DAYS_MAX} 天 / {DAYS_MAX} days at most", param_hint="--to")
    site = site_or_exit(site_file)
    key = SigningKey.load(database_of(site).with_name("log-signing.key"))
    data, rounds = _proof(site, since.date(), until.date(), key)
    out.write_bytes(data)
    note = {"from": since.date().isoformat(), "to": until.date().isoformat(), "rounds": str(rounds), "key_id": key.id}
    noted = can_leave_notes(site.site.data_dir)
    if noted:
        leave_note(site.site.data_dir, "patrol.exported", getpass.getuser(), note)
    else:
        click.echo("此次导出无法记入日志 / this export could not be put on record", err=True)
    click.echo(json.dumps({"file": str(out), **note, "audit": noted}, ensure_ascii=False))


@patrol.command("verify")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--key", "keys", multiple=True, help="可信公钥：64 位十六进制或 PEM 文件 / trusted key, hex or PEM file")
def patrol_verify(file: Path, keys: tuple[str, ...]) -> None:
    """Whether a proof is as the gateway signed it / 校验巡更证明."""
    found = check_proof(file.read_bytes(), [public_key(key) for key in keys])
    click.echo(json.dumps(asdict(found), ensure_ascii=False))
    sys.exit(0 if found.ok else EXIT_FAILED)


@patrol.command("code")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="二维码图片 / SVG of the QR code")
def patrol_code(out: Path | None) -> None:
    """Make a code for a checkpoint that nobody can guess / 生成一个无法猜出的巡更点码."""
    code = secrets.token_urlsafe(12)
    if out is not None:
        write_qr(out, code)
    click.echo(f'code = "{code}"')


def _proof(site: Site, since: date, until: date, key: SigningKey) -> tuple[bytes, int]:
    zone, database = ZoneInfo(site.site.timezone), database_of(site)
    begin_s, end_s = day_span(since, until, zone)
    with timeline_in(database) as log:
        events = log.walk(("patrol.",), int((begin_s - LONGEST_S) * 1e6), int((end_s + LONGEST_S) * 1e6))
        found = rounds_between(events, begin_s, end_s)
    newest = list(read_events(database, after=max(0, newest_seq(database) - 1)))
    seq, hash_ = (newest[-1].seq, newest[-1].hash) if newest else (0, GENESIS_HASH)
    with looking(database) as view:
        head, gateway = Head(epoch=view.epoch, seq=seq, hash=hash_), view.gateway
    span = Span(since=since.isoformat(), until=until.isoformat(), timezone=site.site.timezone)
    given = proof_of(found, span, site=site.site.name, gateway=gateway, head=head, key=key)
    return signed(given, key), len(given["rounds"])
