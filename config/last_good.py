"""Keeps the last site that started well, and falls back to it. Shell: the data directory.

A typing mistake in the site file must not leave the gates without a gateway after a restart: the last good copy runs,
and the mistake stays on the page as a banner until it is mended. The copy holds the texts of all files and the
variables that took part; it may hold camera passwords, so only the owner can read it.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from config.check import check
from config.errors import ConfigError, Problem, errors_only
from config.layers import PREFIX
from config.load import load, load_sources
from config.model import SiteInfo
from config.origins import Loaded, Source
from config.read import read_text

FILE_NAME = "last-good-site.json"
FORMAT = 1
_DATA_DIR_LINE = re.compile(r"""^\s*(?:site\.)?data_dir\s*=\s*(?P<value>"[^"\n]*"|'[^'\n]*')""", re.MULTILINE)


def save_last_good(loaded: Loaded) -> Path:
    """Copies what is in effect to ``data_dir``, whole or not at all; OSError when the disk refuses."""
    directory = loaded.site.site.data_dir
    directory.mkdir(parents=True, exist_ok=True)
    content = {
        "format": FORMAT,
        "path": str(loaded.path.absolute()),
        "sources": [{"file": source.file, "text": source.text} for source in loaded.sources],
        "environ": dict(loaded.environ),
        "overrides": dict(loaded.overrides),
    }
    target = directory / FILE_NAME
    draft = directory / f".{FILE_NAME}.{os.getpid()}"
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return target


def load_or_last_good(
    path: Path | str,
    *,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
    data_dir: Path | None = None,
    find: Callable[[Loaded], Iterable[Problem]] = lambda loaded: check(loaded.site, loaded.origins),
) -> tuple[Loaded, ConfigError | None]:
    """The site, or the last good copy of it together with what is wrong now; raises when there is no copy.

    ``data_dir`` says where the copy lies when the broken files no longer tell; ``find`` gives what is wrong with a
    loaded site.
    """
    path = Path(path)
    environ = os.environ if environ is None else environ
    try:
        loaded = load(path, environ=environ, overrides=overrides)
        if errors := errors_only(find(loaded)):
            raise ConfigError(errors)
    except ConfigError as problem:
        for directory in _data_dirs(path, environ, overrides or {}, data_dir):
            copy = _load_copy(directory / FILE_NAME, path, environ, find)
            if copy is not None:
                return copy, problem
        raise
    return loaded, None


def _load_copy(
    file: Path, path: Path, environ: Mapping[str, str], find: Callable[[Loaded], Iterable[Problem]]
) -> Loaded | None:
    """The site of a copy; None when there is none of this very site file or it is of no use any more."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if content["format"] != FORMAT or content["path"] != str(path.absolute()):
            return None
        sources = [Source(f"{FILE_NAME}:{entry['file']}", entry["text"]) for entry in content["sources"]]
        others = {name: text for name, text in environ.items() if not name.upper().startswith(PREFIX)}
        loaded = load_sources(sources, path, environ={**others, **content["environ"]}, overrides=content["overrides"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, ConfigError):
        return None  # the caller raises the first problem: the present files are what a person must mend
    return None if errors_only(find(loaded)) else loaded


def _data_dirs(path: Path, environ: Mapping[str, str], overrides: Mapping[str, Any], given: Path | None) -> list[Path]:
    """Where the data directory may be, the likeliest first, although the files are broken."""
    base = path.absolute().parent
    guesses: list[Any] = [given, overrides.get("site.data_dir")]
    guesses += [text for name, text in environ.items() if name.upper() == f"{PREFIX}SITE__DATA_DIR"]
    for file in (path, *sorted(path.parent.glob("conf.d/*.toml"))):
        guesses.append(_data_dir_of(file))
    guesses.append(SiteInfo().data_dir)
    usable = [guess for guess in guesses if isinstance(guess, (str, Path)) and "\0" not in str(guess)]
    return list(dict.fromkeys(base / guess for guess in usable))


def _data_dir_of(file: Path) -> object:
    """``site.data_dir`` of a file that may be broken elsewhere."""
    try:
        text = read_text(file)
    except ConfigError:
        return None
    try:
        tree: Any = tomllib.loads(text)
        return tree["site"]["data_dir"]
    except (ValueError, RecursionError, LookupError, TypeError):
        match = _DATA_DIR_LINE.search(text)
        return match["value"][1:-1] if match else None
