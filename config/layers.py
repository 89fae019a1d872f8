"""Environment variables and the command line laid over the files. Core: pure."""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from config.errors import Problem
from config.explain import found_words, is_group, unknown_key
from config.keys import children, choices_of, dotted, kind_of, nearest, type_at
from config.lines import KeyPath
from config.merge import Places, Tree
from config.origins import Origin, OriginKind, Value

PREFIX = "MENWEI__"
DEPTH_MAX = 12
INT_MIN, INT_MAX = -(1 << 63), (1 << 63) - 1  # TOML v1.0.0, "Integer"

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,18})?(?:[eE][+-]?[0-9]{1,3})?")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def our_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that are meant for the site, in a fixed order."""
    return {name: environ[name] for name in sorted(environ) if name.upper().startswith(PREFIX)}


def apply_environment(tree: Tree, places: Places, variables: Mapping[str, str]) -> list[Problem]:
    """Sets ``MENWEI__WEB__PORT=…`` over the files, in place; unknown and doubled variables are problems."""
    problems: list[Problem] = []
    seen: dict[KeyPath, str] = {}
    for name, text in variables.items():
        path = _variable_path(name, tree)
        if isinstance(path, Problem):
            problems.append(path)
        elif path in seen:
            problems.append(
                Problem(
                    file=f"${name}",
                    key=dotted(path),
                    message_zh=f"与 ${seen[path]} 重复",
                    message_en=f"it sets the same as ${seen[path]}",
                    remedy_zh="请只保留一个",
                    remedy_en="keep only one of them",
                )
            )
        else:
            seen[path] = name
            _put(tree, places, path, from_text(path, text), Origin(kind=OriginKind.ENVIRONMENT, file=f"${name}"))
    return problems


def _variable_path(name: str, tree: Tree) -> KeyPath | Problem:
    """The path that a variable names; maps match existing names with ``-`` written as ``_``."""
    parts = name[len(PREFIX) :].lower().split("__")
    path: KeyPath = ()
    below: Any = tree
    for part in parts:
        known = children(path)
        if not known and kind_of(type_at(path)) == "map" and _NAME.fullmatch(part):
            names = below if isinstance(below, dict) else {}
            path += (next((n for n in names if n.lower().replace("-", "_") == part), part),)
        elif part in known:
            path += (part,)
        else:
            return _unknown_variable(name, path, part)
        below = below.get(path[-1]) if isinstance(below, dict) else None
    return _unknown_variable(name, path, "") if is_group(path) else path


def _unknown_variable(name: str, parent: KeyPath, part: str) -> Problem:
    spelt = [_variable_name((*parent, child)) for child in children(parent)]
    guess = nearest(part, children(parent))
    return Problem(
        file=f"${name}",
        key=dotted(parent),
        found=name,
        message_zh=f"不认识环境变量 {name}" if part else f"环境变量 {name} 指的是一个表，不是一项设置",
        message_en=f"the environment variable {name} is not known"
        if part
        else f"the environment variable {name} names a table, not a setting",
        allowed=tuple(spelt),
        nearest=_variable_name((*parent, guess)) if guess else "",
        remedy_zh="请改名或取消该变量（unset）",
        remedy_en="rename or unset it",
    )


def _variable_name(path: KeyPath) -> str:
    return PREFIX + "__".join(str(part).upper().replace("-", "_") for part in path)


def apply_overrides(tree: Tree, places: Places, overrides: Mapping[str, Value]) -> list[Problem]:
    """Sets ``web.port=…`` of the command line over everything else, in place."""
    problems: list[Problem] = []
    for key, value in overrides.items():
        origin = Origin(kind=OriginKind.COMMAND_LINE, file=f"--set {key}")
        path: KeyPath = tuple(key.split("."))
        unknown = next((path[:n] for n in range(1, len(path) + 1) if type_at(path[:n]) is None), None)
        if unknown is not None:
            problems.append(unknown_key(unknown, {(): origin}))
        elif is_group(path):
            problems.append(
                Problem(
                    file=origin.file,
                    key=key,
                    message_zh="这是一个表，不是一项设置",
                    message_en="this is a table, not a setting",
                    allowed=tuple(dotted((*path, child)) for child in children(path)),
                )
            )
        else:
            _put(tree, places, path, from_text(path, value) if isinstance(value, str) else value, origin)
    return problems


def _put(tree: Tree, places: Places, path: KeyPath, value: Value, origin: Origin) -> None:
    """Sets one value; where a file has a value in place of a table, the file's own mistake stays to be reported."""
    table: Any = tree
    for length, part in enumerate(path[:-1], start=1):
        if not isinstance(table, dict):
            return
        table = table.setdefault(part, {})
        places.setdefault(path[:length], origin)
    if isinstance(table, dict):
        table[path[-1]] = value
        for stale in [place for place in places if place[: len(path)] == path]:
            del places[stale]
        places[path] = origin


def from_text(path: KeyPath, text: str) -> Value:
    """The text of a variable as the type that the model expects there; unfit text stays text, to be reported."""
    node = type_at(path)
    kind = kind_of(node)
    choices = choices_of(node)
    word = text.strip()
    value: Value = text
    if kind == "switch":
        value = {"true": True, "false": False}.get(word.lower(), text)
    elif kind == "list":
        value = _list_from_text(path, word)
    elif (kind == "whole" or any(isinstance(choice, int) for choice in choices)) and _WHOLE.fullmatch(word):
        value = int(word)
    elif kind == "number" and _NUMBER.fullmatch(word):
        value = float(word)
    return value


def _list_from_text(path: KeyPath, word: str) -> Value:
    if word.startswith("["):
        try:
            parsed = tomllib.loads(f"list = {word}")["list"]
        except (ValueError, RecursionError):
            return word
        return parsed if isinstance(parsed, list) else word
    return [from_text((*path, 0), part.strip()) for part in word.split(",") if part.strip()]


def plain_values(tree: Tree, places: Places, places_of: Any) -> tuple[Tree, list[Problem], list[KeyPath]]:
    """The tree with only what JSON can carry, problems of the values that it cannot, and their paths.

    TOML has dates, and escapes for characters that no path or address may hold; ``places_of(places, path)`` gives
    the place of a path.
    """
    problems: list[Problem] = []
    bad: list[KeyPath] = []

    def clean(value: Any, path: KeyPath) -> Any:
        if type(value) is datetime.date and type_at(path) is datetime.date:
            return value.isoformat()
        zh_en = _unfit(value, len(path))
        if zh_en is not None:
            origin = places_of(places, path)
            problems.append(
                Problem(
                    file=origin.file,
                    line=origin.line,
                    key=dotted(path),
                    found=found_words(value if not isinstance(value, int) else "…"),
                    message_zh=zh_en[0],
                    message_en=zh_en[1],
                )
            )
            bad.append(path)
            return ""
        if isinstance(value, dict):
            return {key: clean(below, (*path, key)) for key, below in value.items()}
        if isinstance(value, (list, tuple)):
            return [clean(below, (*path, index)) for index, below in enumerate(value)]
        return str(value) if isinstance(value, PurePath) else value

    return clean(tree, ()), problems, bad


def _unfit(value: object, depth: int) -> tuple[str, str] | None:
    if depth > DEPTH_MAX:
        return "嵌套过深", "this is nested too deeply"
    if isinstance(value, (datetime.date, datetime.time)):
        return "这里不用日期或时间；文字请加引号", "no date or time belongs here; put text in quotes"
    if isinstance(value, int) and not INT_MIN <= value <= INT_MAX:
        return "数字太大", "the number is too large"
    if isinstance(value, str) and any(c == "\0" or "\ud800" <= c <= "\udfff" for c in value):
        return "含有无法使用的字符（NUL 或非 UTF-8）", "it holds characters that cannot be used (NUL or not UTF-8)"
    return None
