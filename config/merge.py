"""Several TOML texts into one tree with the place of every key. Core: pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from typing import Any

from config.errors import ConfigError, Problem
from config.keys import dotted
from config.lines import KeyPath, key_lines, locate
from config.origins import Origin, OriginKind, Source

Tree = dict[str, Any]
Places = dict[KeyPath, Origin]

_AT = re.compile(r"(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.S)

# By the beginning of tomllib's message; the longer beginnings stand first.
_SYNTAX = (
    ("Cannot declare", "同一个表写了两次", "the same table is declared twice"),
    ("Cannot redefine namespace", "同一个表写了两次", "the same table is declared twice"),
    ("Cannot mutate", "此表已写完，不能再添加", "this table is complete already and cannot be added to"),
    ("Cannot overwrite", "同一项写了两次", "the same key is set twice"),
    ("Duplicate inline table key", "同一项写了两次", "the same key is set twice"),
    ("Expected newline", "值的后面有多余的内容", "there is something after the value"),
    ("Expected '='", "键名后缺少 =", "the key is not followed by ="),
    ("Expected ']'", "表头缺少 ]", "the table header lacks its ]"),
    ("Expected ']]'", "表头缺少 ]]", "the table header lacks its ]]"),
    ("Invalid initial character", "此处应为键名", "a key is expected here"),
    ("Invalid statement", "此处应为“键 = 值”或 [表]", "expected a line like key = value, or [table]"),
    ("Unclosed array", "列表缺少 ] 或逗号", "the list lacks its ] or a comma"),
    ("Unclosed inline table", "内联表缺少 } 或逗号", "the inline table lacks its } or a comma"),
    (
        "Unescaped",
        "双引号内的反斜杠要写两个，或改用单引号",
        "a backslash in double quotes is written twice; or use single quotes",
    ),
    ("Invalid hex value", "\\u 后面应为十六进制数", "\\u must be followed by hexadecimal digits"),
    ("Escaped character", "\\u 后面不是有效字符", "\\u does not name a character"),
    ("Unterminated string", "引号没有闭合", "a quote is not closed"),
    (
        "Illegal character",
        "引号没有在本行闭合，或含有不可见字符",
        "a quote is not closed on its line, or there is an invisible character",
    ),
    (
        "Found invalid character",
        "含有不可见字符，或引号没有闭合",
        "there is an invisible character, or a quote is not closed",
    ),
    ("Invalid date", "日期无效", "this is not a date"),
    (
        "Invalid value",
        "值无法识别；文字要加引号，布尔值写 true 或 false",
        "the value is not understood; text needs quotes, switches are true or false",
    ),
    ("Expected", "缺少符号或引号", "a sign or a quote is missing"),
)
_FULL_WIDTH = re.compile("[“”‘’＂＇＝，、：；［］｛｝【】（）．＃\u3000\xa0]")


def parse(source: Source) -> tuple[Tree, Places]:
    """One file's tree and places; ConfigError with line and column when it is not TOML."""
    try:
        tree = tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([_syntax_problem(source, str(error))]) from None
    except RecursionError:
        raise ConfigError([_problem(source, "列表或表嵌套过深", "lists or tables are nested too deeply")]) from None
    except ValueError:  # the interpreter's limit on the digits of a number
        raise ConfigError([_problem(source, "有一个数字太长", "a number has too many digits")]) from None
    lines = key_lines(source.text)
    places = {path: Origin(kind=OriginKind.FILE, file=source.file, line=locate(lines, path)) for path in lines}
    return tree, places


def _problem(
    source: Source, zh: str, en: str, *, line: int | None = None, column: int | None = None, **more: Any
) -> Problem:
    return Problem(file=source.file, line=line, column=column, message_zh=zh, message_en=en, **more)


def _syntax_problem(source: Source, message: str) -> Problem:
    match = _AT.fullmatch(message)
    what = match["what"] if match else message
    text = source.text.replace("\r\n", "\n")
    if match and match["line"]:
        line, column = int(match["line"]), int(match["column"])
    else:
        line, column = text.rstrip("\n").count("\n") + 1, None
    zh, en = "不是有效的 TOML", "this is not valid TOML"
    for beginning, found_zh, found_en in _SYNTAX:
        if what.startswith(beginning):
            zh, en = found_zh, found_en
            break
    shown = text.split("\n")[line - 1 : line]
    wide = _FULL_WIDTH.search(shown[0].split("#")[0]) if shown else None
    remedy = (
        {
            "remedy_zh": f"本行有全角符号 {wide.group()}，请改用英文半角",
            "remedy_en": f"this line has the full-width sign {wide.group()}; use the ASCII one",
        }
        if wide
        else {}
    )
    return _problem(source, f"TOML 语法错误：{zh}", f"TOML syntax: {en}", line=line, column=column, **remedy)


def merge(files: Sequence[tuple[Tree, Places]]) -> tuple[Tree, Places, list[Problem]]:
    """Tables of several files joined; a setting that stands in two of them is a problem that names both."""
    tree: Tree = {}
    places: Places = {}
    problems: list[Problem] = []
    for incoming, incoming_places in files:
        _join(tree, incoming, (), places, incoming_places, problems)
        for path, origin in incoming_places.items():
            places.setdefault(path, origin)
    return tree, places, problems


def _join(
    tree: Tree, incoming: Tree, path: KeyPath, places: Places, incoming_places: Places, problems: list[Problem]
) -> None:
    for key, value in incoming.items():
        here = (*path, key)
        if key not in tree:
            tree[key] = value
        elif isinstance(tree[key], dict) and isinstance(value, dict):
            _join(tree[key], value, here, places, incoming_places, problems)
        else:
            first, second = places.get(here), incoming_places.get(here)
            problems.append(
                Problem(
                    file=second.file if second else "",
                    line=second.line if second else None,
                    key=dotted(here),
                    message_zh=f"此项已在 {first} 写过",
                    message_en=f"this setting stands in {first} too",
                    remedy_zh="请只保留一处",
                    remedy_en="keep only one of them",
                )
            )
