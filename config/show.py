"""Shows the site that is in effect and where each setting came from. Core: pure."""

from __future__ import annotations

import json
from enum import Enum
from pathlib import PurePath

from pydantic import BaseModel

from config.keys import dotted, leaves
from config.lines import KeyPath
from config.origins import DEFAULT_ORIGIN, Loaded
from config.redact import redact


def render(loaded: Loaded, *, origins: bool = True) -> str:
    """One line a setting, ``web.port = 8080  # site.toml:12``; valid TOML, passwords as ``***``, secrets never read."""
    return "".join(_line(loaded, path, value, origins) for path, value in leaves(loaded.site))


def _line(loaded: Loaded, path: KeyPath, value: object, origins: bool) -> str:
    key = dotted(path)
    comment = f"  # {loaded.origins.get(key, DEFAULT_ORIGIN)}" if origins else ""
    if value is None:  # TOML has no null
        return f"# {key} 未设 / not set\n"
    return f"{key} = {toml_value(value)}{comment}\n"


def toml_value(value: object) -> str:
    """A setting as TOML, passwords blanked."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return toml_value(value.value)
    if isinstance(value, (str, PurePath)):
        # Also DEL, which JSON leaves alone and TOML forbids.
        return json.dumps(redact(str(value)), ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, BaseModel):
        given = ((key, getattr(value, key)) for key in type(value).model_fields)
        return "{ " + ", ".join(f"{key} = {toml_value(item)}" for key, item in given if item is not None) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    return str(value)
