"""``menwei vehicles`` and ``menwei bookings``: who may enter, while the gateway is stopped. Shell.

While it runs, the page and the API change the lists; the store then refuses a second writer with a sentence.
"""

from __future__ import annotations

import csv
import time
import uuid
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import click

from config.model import Site
from edge.cli.tools import database_of, open_store, site_option, site_or_exit
from edge.events import draft
from edge.observations import Now
from sync.errors import SyncError
from sync.queries import policy_of
from sync.records import Booking, Change, PutBooking, PutVehicle, RemoveVehicle, Vehicle

APPEND_WAIT_S = 30.0


@click.group()
def vehicles() -> None:
    """Owners' vehicles / 业主车辆."""


@vehicles.command("add")
@click.argument("plate")
@click.option("--owner", required=True, help="业主 / owner")
@click.option("--place", default="", help="楼栋房号 / flat")
@site_option
def vehicles_add(plate: str, owner: str, place: str, site_file: Path) -> None:
    """Add or replace one vehicle / 登记车辆."""
    _apply(site_or_exit(site_file), [PutVehicle(Vehicle(plate=clean(plate), owner=owner, place=place))])


@vehicles.command("remove")
@click.argument("plate")
@site_option
def vehicles_remove(plate: str, site_file: Path) -> None:
    """Remove one vehicle / 删除车辆."""
    _apply(site_or_exit(site_file), [RemoveVehicle(clean(plate))])


@vehicles.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True))
@site_option
def vehicles_import(file: Path, site_file: Path) -> None:
    """Import a CSV with columns plate, owner, place (UTF-8) / 导入 CSV：plate,owner,place."""
    with file.open(encoding="utf-8-sig", newline="") as handle:
        rows = list(csv.DictReader(handle))
    if rows and not {"plate", "owner"} <= set(rows[0]):
        raise click.ClickException(f"{file}:1: 需要列 plate,owner,place / columns plate,owner,place are needed")
    changes: list[Change] = []
    for number, row in enumerate(rows, start=2):
        plate, owner = clean(row["plate"] or ""), (row["owner"] or "").strip()
        if not plate or not owner:
            raise click.ClickException(f"{file}:{number}: 车牌或业主为空 / plate or owner is empty")
        changes.append(PutVehicle(Vehicle(plate=plate, owner=owner, place=(row.get("place") or "").strip())))
    _apply(site_or_exit(site_file), changes)


@vehicles.command("list")
@site_option
def vehicles_list(site_file: Path) -> None:
    """List the vehicles / 列出车辆."""
    policy = policy_of(database_of(site_or_exit(site_file)))
    for vehicle in sorted(policy.vehicles.values(), key=lambda v: v.plate):
        click.echo(f"{vehicle.plate}\t{vehicle.owner}\t{vehicle.place}\t{vehicle.blocked}")


@click.group()
def bookings() -> None:
    """Booked outside vehicles / 预约车辆."""


@bookings.command("add")
@click.argument("plate")
@click.option("--visitor", required=True, help="访客 / visitor")
@click.option("--host", required=True, help="被访业主 / host")
@click.option("--from", "begin", required=True, metavar="ISO", help="开始时间，如 2026-05-01T09:00:00+08:00 / begin")
@click.option("--until", "end", required=True, metavar="ISO", help="结束时间 / end")
@click.option("--entries", default=1, show_default=True, help="可进入次数 / entries")
@site_option
def bookings_add(  # noqa: PLR0917 - click hands options over by name
    plate: str, visitor: str, host: str, begin: str, end: str, entries: int, site_file: Path
) -> None:
    """Book a vehicle / 预约车辆."""
    booking = Booking(
        id=uuid.uuid4().hex[:12],
        plate=clean(plate),
        visitor=visitor,
        host=host,
        not_before_s=moment(begin),
        not_after_s=moment(end),
        entries_allowed=entries,
    )
    if booking.not_after_s <= booking.not_before_s:
        raise click.ClickException("结束时间早于开始时间 / the end lies before the begin")
    _apply(site_or_exit(site_file), [PutBooking(booking)])
    click.echo(booking.id)


def clean(plate: str) -> str:
    """A plate as the lists hold it: upper case, no dots and spaces."""
    return "".join(c for c in plate.upper() if c not in " ·•.-")


def moment(text: str) -> float:
    """Unix time of an ISO 8601 moment; without an offset the machine's time zone counts."""
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except ValueError as error:
        raise click.ClickException(f"{text}: 不是 ISO 8601 时间 / not an ISO 8601 time: {error}") from error


def _apply(site: Site, changes: Iterable[Change]) -> None:
    now = Now(mono_s=time.monotonic(), wall_s=time.time())
    changes = list(changes)
    body = {"role": "admin", "change": "import", "rows": len(changes)}
    with open_store(site) as store:
        event = draft(now, uuid.uuid4().hex, "lists.changed", "operator:cli", body)
        try:
            store.append([event], changes).result(timeout=APPEND_WAIT_S)
        except SyncError as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"{len(changes)} 条已写入 / rows written")
