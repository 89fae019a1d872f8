"""Loads a site: files, environment and command line into one frozen model. Shell: files and variables.

Precedence: command line, environment, ``conf.d/*.toml``, site file, defaults. Between files there is none: a setting
that stands in two files is an error, so that nobody has to know which one wins.
"""

from __future__ import annotations

import json
import os
import re
import zoneinfo
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from config.errors import ConfigError, Problem
from config.explain import explain, found_words
from config.keys import dotted, leaves, nearest
from config.layers import apply_environment, apply_overrides, our_variables, plain_values
from config.merge import Places, Tree, merge, parse
from config.model import Camera, Site
from config.origins import DEFAULT_ORIGIN, Loaded, Origin, OriginKind, Source, Value, origin_at, origin_of
from config.read import find_secret, read_secret, read_text, shown

__all__ = ["CONF_D_MAX", "Loaded", "Origin", "load", "load_sources", "read_secret", "read_sources"]

CONF_D_MAX = 500
_ADDRESS_OR_NUMBER = re.compile(r"\d+|[A-Za-z][A-Za-z0-9+.-]*://.*", re.S)
_SECRET_FIELDS = {"token_file", "tls_key", "key_file", "pepper_file"}


def load(
    path: Path | str, *, environ: Mapping[str, str] | None = None, overrides: Mapping[str, Any] | None = None
) -> Loaded:
    """The site of a file and everything laid over it; ConfigError with every problem that was found."""
    path = Path(path)
    environ = os.environ if environ is None else environ
    return load_sources(read_sources(path), path, environ=environ, overrides=overrides)


def read_sources(path: Path) -> tuple[Source, ...]:
    """The texts of the site file and of ``conf.d/*.toml`` beside it, sorted by name."""
    sources: list[Source] = []
    problems: list[Problem] = []
    for file in (path, *_conf_d(path.parent / "conf.d")):
        try:
            sources.append(Source(shown(file), read_text(file)))
        except ConfigError as error:
            problems.extend(error.problems)
    if problems:
        raise ConfigError(problems)
    return tuple(sources)


def _conf_d(directory: Path) -> list[Path]:
    try:
        names = sorted(os.listdir(directory))  # noqa: PTH208  (Path.iterdir hides at which step it failed)
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "path"
        raise ConfigError(
            [
                Problem(
                    file=shown(directory),
                    message_zh=f"无法列出目录（{reason}）",
                    message_en=f"the directory cannot be listed ({reason})",
                    remedy_zh="conf.d 应为可读的目录",
                    remedy_en="conf.d must be a readable directory",
                )
            ]
        ) from None
    files = [directory / name for name in names if name.endswith(".toml") and not name.startswith(".")]
    if len(files) > CONF_D_MAX:
        raise ConfigError(
            [
                Problem(
                    file=shown(directory),
                    message_zh=f"文件超过 {CONF_D_MAX} 个",
                    message_en=f"there are more than {CONF_D_MAX} files",
                    remedy_zh="请合并一些文件",
                    remedy_en="join some of them",
                )
            ]
        )
    return files


def load_sources(
    sources: Sequence[Source],
    path: Path,
    *,
    environ: Mapping[str, str],
    overrides: Mapping[str, Any] | None = None,
) -> Loaded:
    """The site of texts that were read already; relative paths count from the folder of ``path``."""
    tree, places = _files_tree(sources)
    places[()] = Origin(kind=OriginKind.FILE, file=sources[0].file if sources else shown(path))
    variables = our_variables(environ)
    given = _plain_overrides(overrides or {})
    problems = apply_environment(tree, places, variables) + apply_overrides(tree, places, given)
    site = _validated(tree, places, problems, [source.file for source in sources])
    origins = {dotted(place): origin for place, origin in places.items()}
    for leaf, _ in leaves(site):
        origins.setdefault(dotted(leaf), DEFAULT_ORIGIN)
    _check_zone(site, origins)
    return Loaded(
        site=_absolute(site, path.absolute().parent, environ),
        origins=origins,
        path=path,
        sources=tuple(sources),
        environ=variables,
        overrides=given,
    )


def _files_tree(sources: Sequence[Source]) -> tuple[Tree, Places]:
    files: list[tuple[Tree, Places]] = []
    problems: list[Problem] = []
    for source in sources:
        try:
            files.append(parse(source))
        except ConfigError as error:
            problems.extend(error.problems)
    tree, places, doubled = merge(files)
    if problems or doubled:
        raise ConfigError([*problems, *doubled])
    return tree, places


def _plain_overrides(overrides: Mapping[str, Any]) -> dict[str, Value]:
    """Overrides as JSON can carry them; a path becomes text."""
    return {
        key: os.fspath(value) if isinstance(value, os.PathLike) else list(value) if isinstance(value, tuple) else value
        for key, value in overrides.items()
    }


def _validated(tree: Tree, places: Places, problems: list[Problem], order: list[str]) -> Site:
    """The model of a tree; ConfigError with the given problems and those of the model, in the order of the files."""
    plain, unfit, bad = plain_values(tree, places, origin_at)
    problems = [*problems, *unfit]
    site: Site | None = None
    try:
        # Strict, so that port = "8080" or loop_file = 1 is said and not guessed; by way of JSON, whose strict
        # mode still turns text into paths and choices, and lists into tuples.
        site = Site.model_validate_json(json.dumps(plain), strict=True)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            loc = tuple(part for part in detail["loc"] if part != "[key]")
            if not any(loc[: len(path)] == path for path in bad):
                problems.append(explain(detail, places))
    problems = list(dict.fromkeys(problems))  # a list that is two short is said once
    if problems or site is None:
        ranks = {file: rank for rank, file in enumerate(order)}
        raise ConfigError(sorted(problems, key=lambda p: (ranks.get(p.file, len(ranks)), p.file, p.line or 0)))
    return site


def _check_zone(site: Site, origins: Mapping[str, Origin]) -> None:
    zone = site.site.timezone
    try:
        zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        origin = origin_of(origins, "site.timezone")
        city = zone.rsplit("/", 1)[-1].lower()
        china = city in {"beijing", "peking", "china", "cst", "北京", "北京时间"}
        raise ConfigError(
            [
                Problem(
                    file=origin.file,
                    line=origin.line,
                    key="site.timezone",
                    found=found_words(zone),
                    message_zh=f"没有时区 {found_words(zone)}",
                    message_en=f"there is no time zone {found_words(zone)}",
                    nearest='"Asia/Shanghai"'
                    if china
                    else found_words(nearest(zone, zoneinfo.available_timezones()) or "Asia/Shanghai"),
                )
            ]
        ) from None


_ModelT = TypeVar("_ModelT", bound=BaseModel)


def _absolute(model: _ModelT, base: Path, environ: Mapping[str, str]) -> _ModelT:
    """The model with every relative path counted from the folder of the site file."""
    update: dict[str, Any] = {}
    for key in type(model).model_fields:
        value = getattr(model, key)
        if isinstance(value, Path):
            found, _ = find_secret(value, environ) if key in _SECRET_FIELDS else (value, False)
            update[key] = base / found
        elif isinstance(value, BaseModel):
            update[key] = _absolute(value, base, environ)
        elif isinstance(value, dict):
            update[key] = {
                name: _absolute(below, base, environ) if isinstance(below, BaseModel) else below
                for name, below in value.items()
            }
        elif isinstance(value, tuple) and any(isinstance(item, Path) for item in value):
            update[key] = tuple(base / item for item in value)
        elif isinstance(model, Camera) and key == "source" and not _ADDRESS_OR_NUMBER.fullmatch(value):
            update[key] = str(base / value)
    return model.model_copy(update=update)
