"""Core: builds the dataclasses of `vision.observations` from JSON values, strictly, by their type hints."""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from vision.errors import WireError

INT_MAX = 2**53
"""Beyond this a JSON number is no longer the same integer everywhere."""


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def build(kind: type, values: object, where: str) -> Any:
    """An instance of the dataclass `kind` with exactly these fields; `WireError` names the one that is wrong."""
    if not isinstance(values, dict):
        raise WireError(f"{where} is no object")
    hints = _hints(kind)
    names = {item.name for item in fields(kind)}
    if values.keys() != names:
        odd = sorted(str(name)[:40] for name in values.keys() ^ names)
        raise WireError(f"{where} has missing or unknown fields: {', '.join(odd)[:200]}")
    return kind(**{name: _value(hints[name], values[name], f"{where}.{name}") for name in names})


def _value(hint: Any, value: object, where: str) -> Any:
    """The value as the type that the hint names."""
    if get_origin(hint) is tuple:
        return _tuple(get_args(hint), value, where)
    if get_origin(hint) is Literal:
        if not isinstance(value, str) or value not in get_args(hint):
            raise WireError(f"{where} is none of {get_args(hint)}")
        return value
    if is_dataclass(hint) and isinstance(hint, type):
        return build(hint, value, where)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _member(hint, value, where)
    return _scalar(hint, value, where)


def _tuple(hints: tuple[Any, ...], value: object, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise WireError(f"{where} is no list")
    if len(hints) == 2 and hints[1] is ...:
        return tuple(_value(hints[0], item, f"{where}[{index}]") for index, item in enumerate(value))
    if len(value) != len(hints):
        raise WireError(f"{where} has {len(value)} entries, not {len(hints)}")
    return tuple(_value(hint, item, where) for hint, item in zip(hints, value, strict=True))


def _member(hint: type[StrEnum], value: object, where: str) -> StrEnum:
    if isinstance(value, str) and value in {member.value for member in hint}:
        return hint(value)
    raise WireError(f"{where} is none of {[str(member) for member in hint]}")


def _scalar(hint: Any, value: object, where: str) -> Any:
    # A bool is an int to Python, but not to us.
    if hint is bool or isinstance(value, bool):
        if hint is bool and isinstance(value, bool):
            return value
    elif hint is int and isinstance(value, int) and abs(value) <= INT_MAX:
        return value
    elif hint is float and isinstance(value, int | float) and abs(value) <= INT_MAX and math.isfinite(value):
        return float(value)
    elif (hint is bytes and isinstance(value, bytes)) or (hint is str and isinstance(value, str) and _is_text(value)):
        return value
    raise WireError(f"{where} is no {getattr(hint, '__name__', hint)}")


def _is_text(value: str) -> bool:
    """Half a surrogate pair parses as JSON, but no database or browser would take it."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
