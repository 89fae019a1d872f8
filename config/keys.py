"""Keys of the site file: their spelling, what the model knows under them, and the nearest one. Core: pure."""

from __future__ import annotations

import difflib
import json
import re
import types
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from config.lines import KeyPath
from config.model import Site

_BARE = re.compile(r"[A-Za-z0-9_-]+")

Kind = Literal["table", "map", "list", "choice", "text", "whole", "number", "switch", "date"]
"""What a value is, in the words of a user rather than of Python."""


def dotted(path: KeyPath) -> str:
    """``("lanes", "east-in", "admit", 1)`` as ``lanes.east-in.admit[1]``; odd names are quoted as in TOML."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            spelt = part if _BARE.fullmatch(part) else json.dumps(part, ensure_ascii=False)
            text += f".{spelt}" if text else spelt
    return text


def nearest(word: str, known: Iterable[str], *, cutoff: float = 0.5) -> str:
    """The known word most like a given one, or an empty string when none is that much (0 to 1) like it."""
    choices = {choice.lower(): choice for choice in known}
    found = difflib.get_close_matches(word.lower(), list(choices), n=1, cutoff=cutoff)
    return choices[found[0]] if found else ""


def plain_type(annotation: Any) -> Any:
    """An annotation without ``Annotated`` and without ``| None``."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (Union, types.UnionType):
            members = [member for member in get_args(annotation) if member is not types.NoneType]
            annotation = members[0]
        else:
            return annotation


def is_table(node: Any) -> bool:
    """Whether a plain type is a model of ours."""
    return isinstance(node, type) and issubclass(node, BaseModel)


def _below(node: Any, part: str | int) -> Any | None:
    """The plain type under one key of a plain type; None where the model has no such key."""
    if is_table(node):
        field = node.model_fields.get(part)
        return None if field is None else plain_type(field.annotation)
    origin, arguments = get_origin(node), get_args(node)
    if origin is dict and isinstance(part, str):
        return plain_type(arguments[1])
    if origin is tuple and isinstance(part, int):
        return plain_type(arguments[min(part, len(arguments) - 1)] if arguments[-1] is not ... else arguments[0])
    return None


def type_at(path: KeyPath) -> Any | None:
    """The plain type that the model expects at a path; None for an unknown key."""
    node: Any | None = Site
    for part in path:
        node = _below(node, part)
        if node is None:
            return None
    return node


def field_at(path: KeyPath) -> FieldInfo | None:
    """The model's field at a path, with its bounds; None for names in a map and for array elements."""
    parent = type_at(path[:-1])
    if path and is_table(parent) and parent is not None:
        found: FieldInfo | None = parent.model_fields.get(path[-1])
        return found
    return None


def children(path: KeyPath) -> tuple[str, ...]:
    """Keys that the model knows directly under a path; empty for maps and values."""
    node = type_at(path)
    return tuple(node.model_fields) if node is not None and is_table(node) else ()


def kind_of(node: Any) -> Kind:
    """The user's word for a plain type."""
    if is_table(node):
        return "table"
    origin = get_origin(node)
    if origin in (dict, tuple):
        return "map" if origin is dict else "list"
    if origin is Literal or (isinstance(node, type) and issubclass(node, StrEnum)):
        return "choice"
    simple: dict[Any, Kind] = {int: "whole", float: "number", bool: "switch", str: "text", Path: "text", date: "date"}
    return simple.get(node, "text")


def choices_of(node: Any) -> tuple[Any, ...]:
    """The values that a choice allows."""
    if get_origin(node) is Literal:
        return get_args(node)
    return tuple(member.value for member in node) if kind_of(node) == "choice" else ()


def templates() -> Iterator[KeyPath]:
    """Every key of the format; a name that the user chooses stands as ``NAME``."""

    def walk(node: Any, path: KeyPath) -> Iterator[KeyPath]:
        if path:
            yield path
        if is_table(node):
            for key, field in node.model_fields.items():
                yield from walk(plain_type(field.annotation), (*path, key))
        elif get_origin(node) is dict:
            yield from walk(plain_type(get_args(node)[1]), (*path, "NAME"))

    yield from walk(Site, ())


def elsewhere(word: str) -> str:
    """Dotted key of the format whose last part is this very word, where there is exactly one; else empty."""
    found = [dotted(path) for path in templates() if path[-1] == word and word != "NAME"]
    return found[0] if len(found) == 1 else ""


def leaves(value: object, path: KeyPath = ()) -> Iterator[tuple[KeyPath, object]]:
    """Every setting of a site in the order of the model; lists count as one value."""
    if isinstance(value, BaseModel):
        for key in type(value).model_fields:
            yield from leaves(getattr(value, key), (*path, key))
    elif isinstance(value, Mapping):
        for key, below in value.items():
            yield from leaves(below, (*path, key))
    else:
        yield path, value
