"""Core: the dataclasses of `vision.observations` and `vision.commands` as messages, and strictly back by type hints."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from vision.errors import WireError
from vision.wire_frames import Message, pack

INT_MAX = 2**53
"""Beyond this a JSON number is no longer the same integer everywhere."""


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


@cache
def _blob_field(kind: type) -> str | None:
    """The field of type ``bytes``, which travels beside the header."""
    names = [name for name, hint in _hints(kind).items() if hint is bytes]
    assert len(names) <= 1, f"{kind.__name__} has two fields of bytes"
    return names[0] if names else None


def pack_fields(said: Any, header_bytes_max: int) -> bytes:
    """The dataclass as one message. Raises `WireError` where it is over the limits."""
    kind: type = type(said)
    values = asdict(said)
    blob_field = _blob_field(kind)
    blob = values.pop(blob_field) if blob_field is not None else b""
    return pack({"type": kind.__name__, "fields": values}, blob, header_bytes_max)


def unpack_fields(message: Message, kinds: Mapping[str, type]) -> Any:
    """The dataclass that the message names, one of `kinds`. Raises `WireError`."""
    kind, values = message.header["type"], message.header["fields"]
    made = kinds.get(kind) if isinstance(kind, str) else None
    if made is None:
        raise WireError(f"unknown message {str(kind)[:40]!r}")
    blob_field = _blob_field(made)
    if blob_field is None:
        if message.blob:
            raise WireError(f"{kind} carries {len(message.blob)} bytes too many")
    elif blob_field in values:
        raise WireError(f"{kind}.{blob_field} does not belong into the header")
    else:
        values = values | {blob_field: message.blob}
    return build(made, values, kind)


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
