"""Turns what the model rejects into sentences for people. Core: pure.

Nothing of pydantic's own wording reaches a user: each error type that the model can raise has its sentence here,
and an unforeseen one still says what the setting expects.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic_core import ErrorDetails

from config.errors import Problem
from config.keys import (
    children,
    choices_of,
    dotted,
    elsewhere,
    field_at,
    is_table,
    kind_of,
    nearest,
    plain_type,
    type_at,
)
from config.lines import KeyPath
from config.model import CONFIG_VERSION
from config.origins import Origin, origin_at
from config.redact import redact

FOUND_LENGTH_MAX = 60
SLIP = 0.8
"""Likeness from which an unknown table is taken for a misspelt one."""

_KIND_WORDS = {
    "table": ("一个表", "a table"),
    "map": ("按名称排列的表", "tables by name"),
    "list": ("一个列表 [...]", "a list [...]"),
    "choice": ("一个可选值", "one of the allowed values"),
    "text": ("加引号的文字", "text in quotes"),
    "whole": ("整数（不加引号）", "a whole number without quotes"),
    "number": ("数字（不加引号）", "a number without quotes"),
    "switch": ("true 或 false（不加引号）", "true or false without quotes"),
    "date": ("日期，如 2026-10-01", "a date such as 2026-10-01"),
}
_Words = tuple[str, str]


def found_words(value: object) -> str:
    """A value as it looks in TOML, shortened, passwords blanked."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        text = redact(value)
        text = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text[: FOUND_LENGTH_MAX * 2])
        return f'"{text[:FOUND_LENGTH_MAX]}…"' if len(text) > FOUND_LENGTH_MAX else f'"{text}"'
    if isinstance(value, Mapping):
        return "{…}"
    if isinstance(value, (list, tuple)):
        return "[…]" if value else "[]"
    return str(value)[:FOUND_LENGTH_MAX]


def expected_words(path: KeyPath) -> _Words:
    """What the model expects at a path."""
    node = type_at(path)
    if node is None:
        return "别的内容", "something else"
    if kind_of(node) == "table":
        return f"表 [{dotted(path)}]", f"the table [{dotted(path)}]"
    if kind_of(node) == "map":
        return f"表 [{dotted(path)}.名称]", f"tables [{dotted(path)}.NAME]"
    return _KIND_WORDS[kind_of(node)]


def range_words(path: KeyPath) -> _Words:
    """The whole range of a number in both languages; empty where it has no bounds."""
    field = field_at(path)
    zh: list[str] = []
    en: list[str] = []
    for bound in field.metadata if field is not None else ():
        for name, zh_word, en_word in (
            ("gt", "大于", "greater than"),
            ("ge", "不小于", "at least"),
            ("lt", "小于", "less than"),
            ("le", "不大于", "at most"),
        ):
            limit = getattr(bound, name, None)
            if limit is not None:
                zh.append(f"{zh_word} {limit:g}" if limit < 1e6 else f"{zh_word} {limit}")
                en.append(f"{en_word} {limit:g}" if limit < 1e6 else f"{en_word} {limit}")
    return "、".join(zh), " and ".join(en)


def explain(error: ErrorDetails, places: Mapping[KeyPath, Origin]) -> Problem:
    """One error of the model as a problem at its place."""
    path: KeyPath = tuple(part for part in error["loc"] if part != "[key]")
    kind = error["type"]
    if error["loc"][-1:] == ("[key]",):
        return _bad_name(path, places)
    if kind == "extra_forbidden":
        return unknown_key(path, places)
    if kind == "missing":
        return _missing(path, places)
    if kind in ("literal_error", "enum"):
        return _bad_choice(path, error["input"], places)
    zh, en = _sentence(kind, path, error)
    return _problem(path, places, zh, en, found=found_words(error["input"]))


def _problem(path: KeyPath, places: Mapping[KeyPath, Origin], zh: str, en: str, **more: Any) -> Problem:
    origin = origin_at(places, path)
    return Problem(file=origin.file, line=origin.line, key=dotted(path), message_zh=zh, message_en=en, **more)


def _sentence(kind: str, path: KeyPath, error: ErrorDetails) -> _Words:
    """The sentence for an error type that needs no list of choices."""
    found = found_words(error["input"])
    context = error.get("ctx") or {}
    limit = context.get("max_length") or context.get("min_length")
    bounds = range_words(path)
    sentences: dict[str, _Words] = {
        "finite_number": (f"{found} 不是有限的数", f"{found} is not a finite number"),
        "string_too_short": ("不能为空", "it must not be empty"),
        "string_too_long": (
            f"文字太长，最多 {limit} 个字符",
            f"the text is too long; at most {limit} characters",
        ),
        "string_pattern_mismatch": (
            f"{found} 不是一天中的时刻，应如 08:30",
            f"{found} is not a time of day such as 08:30",
        )
        if ":" in context.get("pattern", "")
        else (
            f"{found} 不是合格的名称；{_NAME_RULE[0]}",
            f"{found} is not a proper name; {_NAME_RULE[1]}",
        ),
        "too_short": ("列表不能为空", "the list must not be empty"),
        "too_long": (f"列表应有 {limit} 项", f"the list must have {limit} items"),
        **dict.fromkeys(
            ("greater_than", "greater_than_equal", "less_than", "less_than_equal"),
            (f"{found} 超出范围，应{bounds[0]}", f"{found} is out of range; it must be {bounds[1]}"),
        ),
    }
    zh, en = expected_words(path)
    return sentences.get(kind, (f"应为{zh}，而不是 {found}", f"expected {en}, found {found}"))


_NAME_RULE = (
    "只能用小写字母、数字、- 和 _，以字母或数字开头，最多 40 个字符",
    "use lower-case letters, digits, - and _, begin with a letter or digit, at most 40 characters",
)


def _bad_name(path: KeyPath, places: Mapping[KeyPath, Origin]) -> Problem:
    name = str(path[-1])
    slug = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-_")[:40]
    return _problem(
        path,
        places,
        f"名称 {found_words(name)} 不合格；{_NAME_RULE[0]}",
        f"the name {found_words(name)} is not allowed; {_NAME_RULE[1]}",
        found=found_words(name),
        nearest=slug,
        remedy_zh="中文名称请写在 place 一项",
        remedy_en="put the name that people read into place",
    )


def unknown_key(path: KeyPath, places: Mapping[KeyPath, Origin]) -> Problem:
    """A key that the model does not have, with the nearest that it has."""
    word = str(path[-1])
    known = children(path[:-1])
    close = nearest(word, known)
    # A table whose name lacks a letter is likelier than a setting of that name in another table.
    slip = len(path) == 1 and nearest(word, known, cutoff=SLIP) != ""
    if word.lower() != close and not slip and (other := elsewhere(word)):
        close = other
    return _problem(
        path, places, "没有这个设置项", "there is no such setting", found=word, allowed=known, nearest=close
    )


def _missing(path: KeyPath, places: Mapping[KeyPath, Origin]) -> Problem:
    if path and isinstance(path[-1], int):
        length = len(getattr(type_at(path[:-1]), "__args__", ()))
        return _problem(path[:-1], places, f"列表应有 {length} 项", f"the list must have {length} items")
    zh, en = expected_words(path)
    return _problem(path, places, f"缺少必填项（{zh}）", f"this setting is required ({en})")


def _bad_choice(path: KeyPath, value: object, places: Mapping[KeyPath, Origin]) -> Problem:
    found = found_words(value)
    if path == ("version",):
        return _problem(
            path,
            places,
            f"不认识第 {found} 版的格式",
            f"format version {found} is not known here",
            found=found,
            allowed=(str(CONFIG_VERSION),),
            remedy_zh="请升级 menwei，或写 version = 1",
            remedy_en="upgrade menwei, or write version = 1",
        )
    allowed = choices_of(plain_type(type_at(path)))
    spelt = tuple(found_words(choice) for choice in allowed)
    close = nearest(str(value), [str(choice) for choice in allowed])
    return _problem(
        path,
        places,
        f"不能是 {found}",
        f"it cannot be {found}",
        found=found,
        allowed=spelt,
        nearest=next((s for s, c in zip(spelt, allowed, strict=True) if str(c) == close), ""),
    )


def is_group(path: KeyPath) -> bool:
    """Whether a path of the format is a table or a map of tables rather than a setting."""
    node = type_at(path)
    return node is not None and (is_table(node) or kind_of(node) == "map")
