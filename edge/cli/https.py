"""``menwei https``: HTTPS on the site's own network, by an authority of the site. Shell: files, the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from config.model import Site
from edge.cli.tools import EXIT_FAILED, site_option, site_or_exit
from edge.https.certificates import days_left, der_of, fingerprint, names_of, new_authority, new_server, utc_now
from edge.https.folder import HttpsFolder, read
from edge.https.names import BoxNames, NameRefused, box_names
from edge.https.profile import profile_of
from edge.users.secret_files import SecretFileError

_key_option = click.option(
    "--ca-key", type=click.Path(path_type=Path), help="根证书私钥不在本机时的文件 / the authority's key kept elsewhere"
)


@click.group("https")
def https() -> None:
    """HTTPS on the local network / 局域网 HTTPS."""


@https.command("init")
@click.argument("names", nargs=-1, required=True, metavar="ADDRESS|NAME...")
@click.option(
    "--replace", is_flag=True, help="换新的根证书，各平板须重新安装 / a new authority; every tablet installs it"
)
@site_option
def https_init(names: tuple[str, ...], replace: bool, site_file: Path) -> None:
    """Make the site's authority and the box's certificate / 建立本站证书.

    \b
    menwei https init 192.168.1.10 menwei.local
    """
    site, folder = _folder(site_file)
    if folder.authority.exists() and not replace:
        raise click.ClickException(
            f"{folder.authority} 已存在；续期用 menwei https renew / it exists already; menwei https renew renews"
        )
    with _told():
        box = box_names(names)
        authority = new_authority(site.site.name or site.site.id, box, utc_now())
        server = new_server(authority, box, utc_now())
        folder.write_authority(authority)
        folder.write_server(server)
    _say(folder, box)
    click.echo("\n在站点文件 [web] 中写入 / put into [web] of the site file:")
    click.echo(f'host = "0.0.0.0"\ntls_cert = "{folder.server}"\ntls_key = "{folder.server_key}"')


@https.command("renew")
@click.argument("names", nargs=-1, metavar="[ADDRESS|NAME...]")
@_key_option
@site_option
def https_renew(names: tuple[str, ...], ca_key: Path | None, site_file: Path) -> None:
    """Renew the box's certificate; tablets keep what they have / 续期，平板无需重装.

    \b
    menwei https renew                  # the same names
    menwei https renew 192.168.1.20     # the box has moved
    """
    _, folder = _folder(site_file)
    with _told():
        box = box_names(names) if names else names_of(read(folder.server))
        folder.write_server(new_server(folder.read_authority(ca_key), box, utc_now()))
    _say(folder, box)


@https.command("show")
@site_option
def https_show(site_file: Path) -> None:
    """Names, days left, fingerprint / 查看证书."""
    _, folder = _folder(site_file)
    with _told():
        _say(folder, names_of(read(folder.server)))


@https.command("export")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="FILE", help="写到 / where to")
@click.option(
    "--for",
    "kind",
    type=click.Choice(["android", "ipad", "windows", "linux"]),
    default="android",
    show_default=True,
    help="设备 / the device that installs it",
)
@site_option
def https_export(out: Path, kind: str, site_file: Path) -> None:
    """The authority for the tablets, never a key / 导出根证书，不含私钥.

    \b
    menwei https export --for android --out menwei-ca.crt
    menwei https export --for ipad --out menwei.mobileconfig
    """
    site, folder = _folder(site_file)
    with _told():
        pem = read(folder.authority)
        der = der_of(pem)
        content = {
            "android": der,
            "windows": der,
            "ipad": profile_of(site.site.name or site.site.id, der),
            "linux": pem,
        }[kind]
        out.write_bytes(content)
    click.echo(f"{out}\nSHA-256 {fingerprint(pem)}")


def _folder(site_file: Path) -> tuple[Site, HttpsFolder]:
    site = site_or_exit(site_file)
    return site, HttpsFolder(site.site.data_dir.absolute())


def _say(folder: HttpsFolder, box: BoxNames) -> None:
    now = utc_now()
    click.echo("名称 names:        " + " ".join([*box.names, *map(str, box.addresses)]))
    click.echo(f"证书 certificate:  {folder.server}  {days_left(read(folder.server), now):.0f} 天 days")
    click.echo(f"根证书 authority:  {folder.authority}  {days_left(read(folder.authority), now):.0f} 天 days")
    click.echo(f"指纹 SHA-256:      {fingerprint(read(folder.authority))}")


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (NameRefused, SecretFileError, ValueError, OSError) as error:
        click.echo(f"menwei: {error}", err=True)
        sys.exit(EXIT_FAILED)
