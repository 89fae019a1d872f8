"""Where each setting came from. Core: frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from config.lines import KeyPath
from config.model import Site

Value = str | int | float | bool | list[Any]
"""A setting as a variable or the command line gives it."""


class OriginKind(StrEnum):
    """The kinds of sources, weakest first."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"
    COMMAND_LINE = "command_line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """One place that a setting was read from."""

    kind: OriginKind
    file: str = ""
    """File as the user named it; variable or option for the other kinds."""
    line: int | None = None

    def __str__(self) -> str:
        if self.kind is OriginKind.DEFAULT:
            return "默认 / default"
        return self.file if self.line is None else f"{self.file}:{self.line}"


DEFAULT_ORIGIN = Origin(kind=OriginKind.DEFAULT)


def origin_of(origins: Mapping[str, Origin], key: str) -> Origin:
    """Origin of a dotted key, or of its nearest parent that was written somewhere."""
    while key:
        found = origins.get(key)
        if found is not None and found.kind is not OriginKind.DEFAULT:
            return found
        key = key[: max(key.rfind("."), key.rfind("["), 0)]
    return origins.get("", DEFAULT_ORIGIN)


def origin_at(places: Mapping[KeyPath, Origin], path: KeyPath) -> Origin:
    """The same for a path of keys."""
    for length in range(len(path), -1, -1):
        found = places.get(path[:length])
        if found is not None:
            return found
    return DEFAULT_ORIGIN


@dataclass(frozen=True, slots=True)
class Source:
    """The text of one file, as it was read."""

    file: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A site with the place of each of its settings."""

    site: Site
    origins: Mapping[str, Origin]
    """By dotted key; ``""`` is the site file itself."""
    path: Path
    sources: tuple[Source, ...] = field(default=(), repr=False)
    """The site file first, then ``conf.d`` in order."""
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The environment variables that took part."""
    overrides: Mapping[str, Value] = field(default_factory=dict, repr=False)
    """What the command line set."""
