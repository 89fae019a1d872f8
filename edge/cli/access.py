"""``menwei access explain``: why would somebody be let in or refused, also beside the running gateway. Shell.

Exit status: 0 granted, 1 refused, 2 wrong usage. Lock-outs and what waits at a reader live in the gateway's memory.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import click

from config.model import Site
from edge.access.credentials import Credential, CredentialKind
from edge.access.explain import Explanation, explain_card, explain_person, explain_plate, reader_of
from edge.access.explain_visitor import VisitorExplanation, explain_visitor
from edge.access.pass_keys import KeyFileError, load_keyring
from edge.access.people import AccessMemory
from edge.access.pepper import load_pepper
from edge.access.visitors import Secrets, VisitorCase
from edge.cli.lists import clean, moment
from edge.cli.tools import EXIT_FAILED, database_of, site_option, site_or_exit
from edge.observations import Now
from edge.users.secret_files import SecretFileError
from sync.queries import policy_of

MARKS = {"ok": "✓", "condition": "…", "objection": "✗"}


@click.group()
def access() -> None:
    """Access decisions / 通行判定."""


@access.command("explain")
@site_option
@click.option("--gate", required=True, help="车道或门 / lane or door")
@click.option("--plate", default="", help="车牌 / plate")
@click.option("--card", default="", help="卡号（十六进制）/ card number in hex")
@click.option("--person", default="", help="人员编号 / person's id")
@click.option("--code", default="", help="访客码，- 从标准输入读 / visitor code; - reads it from stdin")
@click.option("--pass", "token", default="", help="通行码，- 从标准输入读 / signed pass; - reads it from stdin")
@click.option("--at", default=None, metavar="ISO", help="时刻，省略为现在 / moment; now when absent")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON")
def explain(  # noqa: PLR0917 - click hands options over by name
    site_file: Path,
    gate: str,
    plate: str,
    card: str,
    person: str,
    code: str,
    token: str,
    at: str | None,
    as_json: bool,
) -> None:
    """Say which rules let somebody in or keep them out / 解释为何放行或拒绝."""
    visitors = code or token
    # A visitor's plate is the one that is read at the gate, not what is asked about.
    if sum(map(bool, (plate and not visitors, card, person, code, token))) != 1:
        raise click.UsageError(
            "需要且只需要 --plate、--card、--person、--code、--pass 之一 / "
            "give exactly one of --plate, --card, --person, --code, --pass"
        )
    site = site_or_exit(site_file)
    _check_gate(site, gate, plate if not visitors else "")
    at_s = time.time() if at is None else moment(at)
    policy = policy_of(database_of(site))
    now = Now(mono_s=0.0, wall_s=at_s)
    found: Explanation | VisitorExplanation
    if visitors:
        kind = CredentialKind.CODE if code else CredentialKind.PASS
        value = sys.stdin.readline().strip() if visitors == "-" else visitors
        case = VisitorCase(
            policy=policy,
            settings=site,
            secrets=_secrets(site),
            credential=Credential(kind=kind, value=value, gate=gate, reader=reader_of(site, gate)),
            plate=clean(plate) if plate else "",
            now=now,
            memory=AccessMemory(),
        )
        found = explain_visitor(case)
    elif plate:
        found = explain_plate(policy, site, clean(plate), gate, at_s)
    elif card:
        found = explain_card(policy, site, card, gate, now)
    else:
        found = explain_person(policy, site, person, gate, now)
    click.echo(json.dumps({**found.as_dict(), "at_s": at_s}, ensure_ascii=False) if as_json else _text(found))
    sys.exit(0 if found.granted else EXIT_FAILED)


def _secrets(site: Site) -> Secrets:
    """What codes and passes are checked with."""
    try:
        return Secrets(pepper=load_pepper(site), pass_keys=load_keyring(site.passes.public_keys))
    except (SecretFileError, KeyFileError) as error:
        raise click.ClickException(str(error)) from error


def _check_gate(site: Site, gate: str, plate: str) -> None:
    gates = list(site.lanes) if plate else [*site.lanes, *site.doors]
    if gate not in gates:
        known = ", ".join(gates) or "-"
        raise click.UsageError(f"--gate {gate}：没有；现有 {known} / no such gate; there are {known}")


def _text(found: Explanation | VisitorExplanation) -> str:
    lines = [f"{MARKS[step.verdict]} {step.zh} / {step.en}" for step in found.steps]
    whole = found.as_dict()
    head = ("放行", "granted") if found.granted else ("拒绝", "refused")
    subject = f" {found.subject}" if found.subject else ""
    lines.append(f"{head[0]}{subject}：{whole['zh']} / {head[1]}{subject}: {whole['en']}")
    return "\n".join(lines)
