"""``menwei visitor``: visitor codes while the gateway is stopped; the page and the API while it runs. Shell.

Exit status: 0 done or granted, 1 refused, 2 wrong input.
"""

from __future__ import annotations

import json
import secrets
import sys
import time
import uuid
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from config.model import Site
from edge.access.invitation import invitation
from edge.access.pepper import load_pepper
from edge.access.qr_picture import write_qr
from edge.access.reason_words import CODE_WORDS
from edge.access.visitor_codes import CodeReason, Issued, Wish, check, is_live, issue
from edge.cli.lists import APPEND_WAIT_S, clean, moment
from edge.cli.tools import database_of, open_store, site_option, site_or_exit
from edge.events import draft
from edge.observations import Now
from edge.react.lists import change_body
from edge.users.secret_files import SecretFileError
from sync.errors import SyncError
from sync.queries import policy_of
from sync.records import PutCode, RevokeCode, VisitorCode
from sync.store import Store

LIMITS = (CodeReason.HOST_LIMIT, CodeReason.SITE_LIMIT)


@click.group()
def visitor() -> None:
    """Visitor codes / 访客临时授权码."""


@visitor.command("issue")
@click.option("--host", required=True, help="被访业主 / host")
@click.option("--visitor", "name", required=True, help="访客 / visitor")
@click.option("--gates", default="", metavar="east-in,lobby", help="车道或门，默认全部 / lanes and doors; default all")
@click.option("--from", "begin", default=None, metavar="ISO", help="开始时间，省略为现在 / begin; now when absent")
@click.option("--until", "end", required=True, metavar="ISO", help="结束时间 / end")
@click.option("--uses", default=1, show_default=True, help="可进入次数 / entries")
@click.option("--plate", default="", help="绑定车牌，码为 6 位 / bound to this plate: six digits")
@click.option("--phone", default="", help="绑定手机：再按手机后四位 / six digits, then the phone's last four")
@click.option("--text", is_flag=True, help="另输出可发送的文字 / print a text to send, too")
@click.option("--picture", type=click.Path(path_type=Path), metavar="SVG", help="写出二维码图片 / write a QR code")
@site_option
def visitor_issue(  # noqa: PLR0917 - click hands options over by name
    host: str,
    name: str,
    gates: str,
    begin: str | None,
    end: str,
    uses: int,
    plate: str,
    phone: str,
    text: bool,
    picture: Path | None,
    site_file: Path,
) -> None:
    """Print a new code, once, and its id / 生成访客码（只显示一次）与编号."""
    if picture is not None and phone:
        # A picture would have to hold the phone's digits, which are there to be known and not to be shown.
        raise click.UsageError(
            "绑定手机的访客码没有图片，只能输入 / a code bound to a phone has no picture, it is typed"
        )
    site = site_or_exit(site_file)
    now_s = time.time()
    wish = Wish(
        host=host.strip(),
        visitor=name.strip(),
        gates=tuple(_gate(site, gate) for gate in gates.split(",") if gate.strip()),
        not_before_s=now_s if begin is None else _moment(begin, "--from"),
        not_after_s=_moment(end, "--until"),
        uses_allowed=uses,
        plate=clean(plate),
        phone=phone,
    )
    issued = _issued(site, wish, now_s)
    click.echo(f"{issued.digits}\t{issued.code.id}")
    if text:
        zone = ZoneInfo(site.site.timezone)
        for line in invitation(issued, site=site.site.name, phone_bound=bool(phone), zone=zone):
            click.echo(line)
    if picture is not None:
        write_qr(picture, issued.digits)


@visitor.command("revoke")
@click.argument("code_id", metavar="ID")
@site_option
def visitor_revoke(code_id: str, site_file: Path) -> None:
    """Revoke a code by its id / 按编号撤销."""
    with open_store(site_or_exit(site_file)) as store:
        if all(code.id != code_id for code in store.policy().codes.values()):
            raise click.ClickException(
                f"没有编号为 {code_id} 的访客码；menwei visitor list 可列出 / no code has the id {code_id}; "
                "menwei visitor list shows them"
            )
        _append(store, RevokeCode(code_id))
    click.echo(f"{code_id} 已撤销 / revoked")


@visitor.command("check")
@click.argument("code")
@click.option("--gate", required=True, help="车道或门 / lane or door")
@click.option("--plate", default="", help="门口读到的车牌 / plate read at the gate")
@click.option("--at", default=None, metavar="ISO", help="时刻，省略为现在 / moment; now when absent")
@site_option
def visitor_check(code: str, gate: str, plate: str, at: str | None, site_file: Path) -> None:
    """Say as JSON whether a code opens a gate; uses nothing up. CODE is the digits, or - to read them / 校验访客码."""
    site = site_or_exit(site_file)
    typed = sys.stdin.readline().strip() if code == "-" else code
    at_s = time.time() if at is None else _moment(at, "--at")
    policy = policy_of(database_of(site))
    decision = check(policy, _pepper(site), typed, _gate(site, gate), clean(plate), at_s)
    zh, en = CODE_WORDS[decision.reason]
    found = decision.code
    result = {
        "granted": decision.granted,
        "reason": decision.reason.value,
        "zh": zh,
        "en": en,
        "id": found.id if found else None,
        "host": found.host if found else None,
        "visitor": found.visitor if found else None,
    }
    click.echo(json.dumps(result, ensure_ascii=False))
    sys.exit(0 if decision.granted else 1)


@visitor.command("list")
@click.option("--all", "everything", is_flag=True, help="包括失效的 / those that are over, too")
@site_option
def visitor_list(everything: bool, site_file: Path) -> None:
    """List the codes; the digits are kept nowhere / 列出访客码（不保存码本身）."""
    now_s = time.time()
    codes = policy_of(database_of(site_or_exit(site_file))).codes.values()
    for code in sorted(codes, key=lambda code: (code.not_before_s, code.id)):
        if everything or is_live(code, now_s):
            click.echo("\t".join(_row(code, now_s)))


def _issued(site: Site, wish: Wish, now_s: float) -> Issued:
    pepper = _pepper(site)
    with open_store(site) as store:
        issued = issue(
            store.policy(),
            pepper,
            wish,
            now_s,
            new_id=uuid.uuid4().hex[:12],
            randbelow=secrets.randbelow,
            per_host=site.passes.codes_per_host,
        )
        if isinstance(issued, CodeReason):
            zh, en = CODE_WORDS[issued]
            refused = click.ClickException if issued in LIMITS else click.UsageError
            raise refused(f"{zh} / {en}")
        _append(store, PutCode(issued.code))
    return issued


def _row(code: VisitorCode, now_s: float) -> tuple[str, ...]:
    state = "live" if is_live(code, now_s) else "revoked" if code.revoked else "over"
    return (
        code.id,
        code.host,
        code.visitor,
        ",".join(code.gates) or "*",
        _local(code.not_before_s),
        _local(code.not_after_s),
        f"{code.uses_used}/{code.uses_allowed}",
        code.plate,
        state,
    )


def _local(at_s: float) -> str:
    return datetime.fromtimestamp(at_s).astimezone().isoformat(timespec="minutes")


def _append(store: Store, change: PutCode | RevokeCode) -> None:
    now = Now(mono_s=time.monotonic(), wall_s=time.time())
    body = {"role": "admin", **change_body(change)}
    event = draft(now, uuid.uuid4().hex, "lists.changed", "operator:cli", body)
    try:
        store.append([event], [change]).result(timeout=APPEND_WAIT_S)
    except SyncError as error:
        raise click.ClickException(str(error)) from error


def _pepper(site: Site) -> bytes:
    try:
        return load_pepper(site)
    except SecretFileError as error:
        raise click.ClickException(str(error)) from error


def _gate(site: Site, name: str) -> str:
    name = name.strip()
    known = [*site.lanes, *site.doors]
    if name not in known:
        raise click.UsageError(
            f"没有名为 {name!r} 的车道或门；已有：{'、'.join(known)} / no lane or door {name!r}; "
            f"there are: {', '.join(known)}"
        )
    return name


def _moment(text: str, option: str) -> float:
    try:
        return moment(text)
    except (click.ClickException, OverflowError, OSError) as error:
        raise click.BadParameter(f"{text} 不是 ISO 8601 时间 / not an ISO 8601 time", param_hint=option) from error
