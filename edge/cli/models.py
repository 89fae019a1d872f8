"""``menwei models``: weights that are not in the wheel, fetched, brought on a stick and checked. Shell: files, network.

Exit status: 0 done, 1 something is missing, damaged or refused.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from config.model import Site
from edge.cli.tools import EXIT_FAILED, models_of, site_option, site_or_exit
from vision.models.bring import Outcome, import_from
from vision.models.bundle import write_bundle
from vision.models.errors import ModelError, PullError
from vision.models.store import Presence, Status, spec, specs, status, statuses

_PRESENCE = {
    Presence.READY: "可用 ready",
    Presence.MISSING: "缺少 missing",
    Presence.DAMAGED: "损坏 damaged",
}
_OUTCOME = {
    Outcome.TAKEN: "已导入 taken",
    Outcome.CONVERTED: "已转换 converted",
    Outcome.PRESENT: "已存在 present",
    Outcome.UNKNOWN: "不认识，未导入 unknown, left alone",
}

_dir_option = click.option(
    "--dir",
    "directory",
    type=click.Path(path_type=Path),
    help="模型目录，省略则按站点文件 / folder of the models; by the site file when absent",
)


@click.group()
def models() -> None:
    """Model files / 模型文件."""


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON 行 / JSON lines")
@_dir_option
@site_option
def models_list(as_json: bool, directory: Path | None, site_file: Path) -> None:
    """Known models, and which are here / 列出模型."""
    site, folder = _place(directory, site_file)
    used = () if site is None else used_by(site)
    with _told():
        for found in statuses(folder):
            click.echo(json.dumps(_plain(found, used), ensure_ascii=False) if as_json else _line(found, used))


@models.command("pull")
@click.argument("names", nargs=-1)
@click.option("--all", "every", is_flag=True, help="所有模型 / every model that has an address")
@click.option("--mirror", help="镜像地址前缀或模板 / prefix or template of a mirror")
@_dir_option
@site_option
def models_pull(
    names: tuple[str, ...], every: bool, mirror: str | None, directory: Path | None, site_file: Path
) -> None:
    """Fetch models; without names those that the site uses / 下载模型，不写名称则下载本站所用的.

    \b
    menwei models pull
    menwei models pull yunet-n --mirror https://mirror.example.org/github
    """
    site, folder = _place(directory, site_file)
    place = (site.models.mirror if site is not None else "") if mirror is None else mirror
    with _told():
        known = specs(folder)
        if every:
            names = tuple(name for name, item in known.items() if item.source)
        names = names or (used_by(site) if site is not None else ())
        if not names:
            raise click.UsageError("请写模型名称或 --all / name the models, or --all")
        for name in [spec(folder, name).name for name in names]:
            _pull_one(folder, name, place)


def _pull_one(folder: Path, name: str, mirror: str) -> None:
    from vision.models.pull import address, pull

    wanted = spec(folder, name)
    if status(folder, wanted).presence is Presence.READY:
        click.echo(f"{name}: {_PRESENCE[Presence.READY]}")
        return
    # A terminal gets a bar; elsewhere click shows the label alone.
    with click.progressbar(length=wanted.size_bytes, label=name, file=sys.stderr) as bar:

        def progress(done_bytes: int, _: int) -> None:
            bar.update(done_bytes - bar.pos)

        def again(error: PullError) -> None:
            click.echo(f"\n{name}: {error}；重试 / trying again", err=True)

        path = pull(wanted, folder, mirror=mirror, progress=progress, again=again)
    click.echo(f"{name}: {path} ({address(wanted, mirror)})")


@models.command("import")
@click.argument("source", type=click.Path(path_type=Path), metavar="DIR|BUNDLE")
@_dir_option
@site_option
def models_import(source: Path, directory: Path | None, site_file: Path) -> None:
    """Take models from a folder or a bundle, known by their hashes / 从目录或离线包导入.

    \b
    menwei models import /media/stick
    menwei models import models.zip
    """
    _, folder = _place(directory, site_file)
    with _told():
        brought = import_from(folder, source)
    for item in brought:
        click.echo(f"{item.file}: {_OUTCOME[item.outcome]}{f' {item.name}' if item.name else ''}")
    if all(item.outcome is Outcome.UNKNOWN for item in brought):
        raise click.ClickException(
            f"{source} 中没有可识别的模型；menwei models list 列出所需文件 / "
            f"{source} holds no model that we know; menwei models list names them"
        )


@models.command("verify")
@click.argument("names", nargs=-1)
@_dir_option
@site_option
def models_verify(names: tuple[str, ...], directory: Path | None, site_file: Path) -> None:
    """Hash the models again; without names all that are here, and those that the site uses / 校验模型文件."""
    site, folder = _place(directory, site_file)
    used = () if site is None else used_by(site)
    with _told():
        asked = names or used
        found = [status(folder, spec(folder, name)) for name in names] if names else statuses(folder)
        wrong = [item for item in found if _is_wrong(item, asked)]
        for item in found:
            if item in wrong or item.presence is Presence.READY:
                click.echo(_line(item, used))
    if wrong:
        sys.exit(EXIT_FAILED)


def _is_wrong(found: Status, asked: Sequence[str]) -> bool:
    return found.presence is Presence.DAMAGED or (found.presence is Presence.MISSING and found.spec.name in asked)


@models.command("bundle")
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False), metavar="OUT.zip")
@click.argument("names", nargs=-1)
@_dir_option
@site_option
def models_bundle(out: Path, names: tuple[str, ...], directory: Path | None, site_file: Path) -> None:
    """Write models into one file for a site without internet / 制作离线包.

    \b
    menwei models pull --all && menwei models bundle models.zip
    """
    _, folder = _place(directory, site_file)
    with _told():
        written = write_bundle(folder, out, names)
    click.echo(f"{out}: {', '.join(written)}")


def used_by(site: Site) -> tuple[str, ...]:
    """Names of the models that a site's settings speak of."""
    faces = site.faces
    liveness = () if faces.liveness == "off" else faces.liveness_models
    return tuple(dict.fromkeys((faces.detector, faces.embedder, *liveness)))


def _place(directory: Path | None, site_file: Path) -> tuple[Site | None, Path]:
    """The site, where one is needed, and the folder of its models."""
    if directory is not None:
        return None, directory
    site = site_or_exit(site_file)
    return site, models_of(site)


def _line(found: Status, used: Sequence[str]) -> str:
    item = found.spec
    size_mb = item.ready[0].size_bytes / 1e6
    mark = "*" if item.name in used else " "
    tail = f"  SHA-256 {found.found}" if found.found else ""
    kind, presence = item.contract.kind.value, _PRESENCE[found.presence]
    return f"{mark} {item.name:24} {presence:12} {size_mb:6.2f} MB  {kind:16} {item.licence}{tail}"


def _plain(found: Status, used: Sequence[str]) -> dict[str, object]:
    item = found.spec
    return {
        "name": item.name,
        "presence": found.presence.value,
        "used": item.name in used,
        "file": item.file,
        "sha256": [form.sha256 for form in item.ready],
        "kind": item.contract.kind.value,
        "licence": item.licence,
        "source": item.source,
        "commit": item.commit,
        "path": item.path,
        "url": item.url,
        "source_sha256": item.sha256,
        "source_size_bytes": item.size_bytes,
        "figures": dict(item.figures),
    }


@contextmanager
def _told() -> Iterator[None]:
    """What is wrong with a model is told in a sentence."""
    try:
        yield
    except ModelError as error:
        raise click.ClickException(str(error)) from error
