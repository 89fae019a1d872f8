"""``menwei evidence``: bundles that prove by themselves what was seen. Shell."""

from __future__ import annotations

import getpass
import json
import sys
from datetime import datetime
from pathlib import Path

import click

from config.model import Site
from edge.cli.tools import EXIT_FAILED, database_of, site_option, site_or_exit
from edge.evidence.bundle import export, gather
from edge.evidence.verify import verify_bundle
from edge.run.notes import can_leave_notes, leave_note
from sync.keys import SigningKey, public_hex_of
from sync.media import MediaStore


@click.group()
def evidence() -> None:
    """Evidence bundles / 证据包."""


@evidence.command("export")
@click.argument("event")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="写到哪个文件 / zip file")
@site_option
def evidence_export(event: str, out: Path, site_file: Path) -> None:
    """Everything about an EVENT (its id or number) in one signed file, also while the gateway runs / 导出证据包.

    The file also holds the log between the event and the next signed checkpoint: it is confidential.
    """
    site = site_or_exit(site_file)
    media = MediaStore(site.site.data_dir / "media")
    noted = can_leave_notes(site.site.data_dir)
    offset = datetime.now().astimezone().utcoffset()
    written = export(
        gather(database_of(site), media, event),
        media,
        _key(site),
        out,
        offset_s=int(offset.total_seconds()) if offset else 0,
        audit="noted" if noted else "not noted",
    )
    if noted:
        leave_note(site.site.data_dir, "evidence.exported", getpass.getuser(), written.note())
    else:
        click.echo("此次导出无法记入日志 / this export could not be put on record", err=True)
    click.echo(json.dumps({"file": str(out), **written.note(), "audit": noted}, ensure_ascii=False))


@evidence.command("verify")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--key", "keys", multiple=True, help="可信公钥：64 位十六进制或 PEM 文件 / trusted key, hex or PEM file")
def evidence_verify(file: Path, keys: tuple[str, ...]) -> None:
    """Name what was altered, missing or added, and whether signature and chain hold / 校验证据包.

    Without --key the file only vouches for itself: compare the key with `menwei evidence key` at the gateway.
    """
    findings = verify_bundle(file, [public_key(key) for key in keys])
    click.echo(json.dumps(findings.as_dict(), ensure_ascii=False))
    sys.exit(0 if findings.ok else EXIT_FAILED)


@evidence.command("key")
@site_option
def evidence_key(site_file: Path) -> None:
    """Print the public key that signs, to be kept where the gateway cannot reach / 显示签名公钥."""
    key = _key(site_or_exit(site_file))
    click.echo(json.dumps({"key_id": key.id, "public_key": key.public_hex}))


def _key(site: Site) -> SigningKey:
    return SigningKey.load(database_of(site).with_name("log-signing.key"))


def public_key(key: str) -> str:
    """A public key as hex, given as hex or as a PEM file; BadParameter for anything else."""
    path = Path(key)
    try:
        return public_hex_of(path.read_text(encoding="utf-8") if path.is_file() else key)
    except (ValueError, OSError) as error:
        raise click.BadParameter(
            f"不是 Ed25519 公钥 / not an Ed25519 public key: {key[:80]}", param_hint="--key"
        ) from error
