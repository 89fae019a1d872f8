"""What several commands share: loading a site, telling problems, opening its store. Shell."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from config.errors import ConfigError, Problem
from config.load import Loaded, load
from config.model import Site
from devices.catalog import problems as device_problems
from devices.readers import problems as reader_problems
from edge.faces.embedder import models_dir
from edge.run.site_problems import site_problems
from sync.errors import SyncError
from sync.store import Store

EXIT_FAILED = 1
EXIT_CONFIG = 3

site_option = click.option(
    "--site",
    "site_file",
    type=click.Path(path_type=Path),
    default=Path("site.toml"),
    show_default=True,
    help="站点文件 / site file",
)


def problems_of(loaded: Loaded) -> list[Problem]:
    """Everything that is wrong with a site, as a start would find it; touches no hardware."""
    return site_problems(loaded, (*device_problems(loaded.site), *reader_problems(loaded.site)))


def load_site(file: Path) -> tuple[Loaded | None, list[Problem]]:
    """The site and its problems; no site when it cannot be read."""
    try:
        loaded = load(file)
    except ConfigError as error:
        return None, list(error.problems)
    return loaded, problems_of(loaded)


def say_problems(problems: list[Problem]) -> None:
    """Print problems where errors belong."""
    for problem in problems:
        click.echo(problem.render(), err=True)


def site_or_exit(file: Path) -> Site:
    """The site, or the problems and the exit status for a broken file."""
    loaded, problems = load_site(file)
    if loaded is None:
        say_problems(problems)
        sys.exit(EXIT_CONFIG)
    return loaded.site


def database_of(site: Site) -> Path:
    """Where a site's log lies."""
    return site.site.data_dir / "menwei.db"


def models_of(site: Site) -> Path:
    """Where a site's model files lie."""
    return models_dir(site)


@contextmanager
def open_store(site: Site) -> Iterator[Store]:
    """The site's store for writing; refused with a sentence while the gateway runs."""
    site.site.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        store = Store.open(database_of(site), gateway_id=site.site.id, media_dir=site.site.data_dir / "media")
    except SyncError as error:
        raise click.ClickException(str(error)) from error
    try:
        yield store
    finally:
        store.close()
