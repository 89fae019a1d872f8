"""``menwei report``: figures for managers as a file, also while the gateway runs. Shell."""

from __future__ import annotations

import getpass
import json
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from config.model import Site
from edge.cli.tools import database_of, site_option, site_or_exit
from edge.figures.gather import report_from
from edge.figures.pdf import PdfUnavailable, to_pdf
from edge.figures.report import Report, kept_overall
from edge.figures.spans import PERIODS, span_of
from edge.figures.tables import LONG_HEAD, long_rows, places_of, tables_of
from edge.figures.words import PERIOD_WORDS
from edge.run.notes import can_leave_notes, leave_note
from edge.sheets import SheetUnavailable, to_book, to_csv
from sync.timeline import timeline_in

FORMS = ("csv", "xlsx", "pdf", "json")


@click.command()
@click.argument("period", type=click.Choice(PERIODS))
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="文件，按后缀定格式 / file")
@click.option("--on", default="", metavar="YYYY-MM[-DD]", help="哪一天所在的期间，默认上一期 / in which it lies")
@site_option
def report(period: str, out: Path, on: str, site_file: Path) -> None:
    """Response times, alarm rates, openings, patrols, uptime of a PERIOD / 服务质量报告.

    \b
    menwei report month --out 2026-10.pdf
    menwei report quarter --on 2026-09 --out q3.xlsx
    """
    form = out.suffix.removeprefix(".").lower()
    if form not in FORMS:
        raise click.BadParameter(f"后缀应为 / the suffix is one of {', '.join(FORMS)}", param_hint="--out")
    site = site_or_exit(site_file)
    zone = ZoneInfo(site.site.timezone)
    span = span_of(period, _day(on, period, zone), zone)
    with timeline_in(database_of(site)) as log:
        found = report_from(log, site, span, time.time())
    out.write_bytes(_bytes(found, site, period, form))
    noted = can_leave_notes(site.site.data_dir)
    if noted:
        said = {"format": form, "period": period, "span": span.name}
        leave_note(site.site.data_dir, "figures.exported", getpass.getuser(), said)
    else:
        click.echo("此次导出无法记入日志 / this export could not be put on record", err=True)
    click.echo(json.dumps({"file": str(out), "span": span.name, "audit": noted}, ensure_ascii=False))


def _day(text: str, period: str, zone: ZoneInfo) -> date:
    """The day that was named; without one a day of the last period that is over."""
    if not text:
        today = datetime.now(zone).date()
        return datetime.fromtimestamp(span_of(period, today, zone).from_s, zone).date() - timedelta(days=1)
    try:
        return date.fromisoformat(text if len(text) > 7 else f"{text}-01")
    except ValueError as error:
        raise click.BadParameter(f"不是日期 / not a date: {text[:40]}", param_hint="--on") from error


def _bytes(found: Report, site: Site, period: str, form: str) -> bytes:
    places = places_of(site)
    try:
        if form == "csv":
            return to_csv(LONG_HEAD, long_rows(found, places))
        if form == "xlsx":
            return to_book([(table.title, table.head, table.rows) for table in tables_of(found, places)])
        if form == "pdf":
            name, zone = site.site.name or site.site.id, ZoneInfo(site.site.timezone)
            return to_pdf(found, places, title=f"服务质量报告 {PERIOD_WORDS[period]}", site=name, zone=zone)
    except (SheetUnavailable, PdfUnavailable) as error:
        raise click.ClickException(f"缺少组件 / missing: {error}; pip install 'menwei[{form}]'") from error
    whole = {**found.as_dict(), "kept": kept_overall(found.responses)}
    return json.dumps(whole, ensure_ascii=False, indent=1).encode()
