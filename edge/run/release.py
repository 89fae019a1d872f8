"""Which version runs. Shell: reads the installed metadata, once."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version


@cache
def program_version() -> str:
    """The installed version; ``0`` in a checkout that was never installed."""
    try:
        return version("menwei")
    except PackageNotFoundError:
        return "0"
