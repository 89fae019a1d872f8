"""Every key that tomllib finds is located on a line that holds that key."""

import json
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.lines import KeyPath, key_lines, locate

TEXT = '''\
# a comment with [brackets] and key = 1
top = """
[not.a.table]
hidden = 1
"""
"quoted key" = 'x = 1'
a.b . "c d" = [
  1, # ] in a comment
  { deep = "}" },
]

[lanes.east-in]  # first
direction = "in"
barrier = { board = "a", inner = { x = 1 } }

[lanes.east-in.inputs]
up = """one \\""" still [in] """""
[[doors]]
name = "one"
[doors.lock]
kind = 1
[[doors]]
name = "two"
[doors.lock]
kind = 2
[ 'odd' . name ]
day = 1979-05-27 07:32:00
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("quoted key",), 6),
        (("a", "b", "c d"), 7),
        (("a", "b", "c d", 0), 8),
        (("a", "b", "c d", 1), 9),
        (("a", "b", "c d", 1, "deep"), 9),
        (("lanes",), 12),
        (("lanes", "east-in", "direction"), 13),
        (("lanes", "east-in", "barrier", "inner", "x"), 14),
        (("lanes", "east-in", "inputs"), 16),
        (("doors", 0, "name"), 19),
        (("doors", 0, "lock", "kind"), 21),
        (("doors", 1), 22),
        (("doors", 1, "lock", "kind"), 25),
        (("odd", "name", "day"), 27),
    ],
)
def test_finds_the_line_of(path: KeyPath, line: int | None) -> None:
    assert tomllib.loads(TEXT)
    assert key_lines(TEXT)[path] == line


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("lanes", "east-in", "place"), 12),
        (("lanes", "east-in", "barrier", "relay"), 14),
        (("lanes", "nowhere"), 12),
        (("doors", 1, "lock", "colour"), 24),
        (("nothing",), None),
    ],
)
def test_a_missing_key_is_located_at_its_nearest_parent(path: KeyPath, line: int | None) -> None:
    assert locate(key_lines(TEXT), path) == line


def test_a_header_of_its_own_beats_a_longer_header_before_it() -> None:
    assert key_lines("[a.b]\nx = 1\n[a]\ny = 1\n")[("a",)] == 3


def test_windows_line_ends_count_once() -> None:
    assert key_lines("a = 1\r\n\r\n[b]\r\nc = 2\r\n")[("b", "c")] == 4


def test_text_that_is_not_toml_keeps_what_was_seen_before() -> None:
    assert key_lines("a = 1\nb = [1, 2\nc = @@") == {("a",): 1, ("b",): 2, ("b", 0): 2, ("b", 1): 2}


@given(st.text(alphabet="ab.[]{}=\"'\\#,\n\r 1é", max_size=80))
@settings(max_examples=500)
def test_any_text_is_scanned_without_an_exception(text: str) -> None:
    lines = key_lines(text)
    assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())


def test_very_deep_nesting_ends_early_instead_of_overflowing() -> None:
    depth = 100_000
    lines = key_lines("a = 1\nb = " + "[" * depth + "]" * depth)
    assert lines[("a",)] == 1
    assert lines[("b",)] == 2


# A writer of TOML in many shapes, with keys that are told apart by their spelling on the line.

keys = st.one_of(
    st.from_regex(r"[a-z0-9_-]{1,6}", fullmatch=True), st.text(alphabet="ab .#[]='中", min_size=1, max_size=5)
)
scalars = st.sampled_from(
    ["1", "-0.5", "true", '"te]xt"', "'li#t'", '"""\nm = 1\n[x]\n"""', "'''\nx = 2\n'''", "1979-05-27", '"a\\"b"']
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[\n  " + ",\n  # note ]\n  ".join(items) + "]"),
        st.dictionaries(keys, inner, max_size=3).map(
            lambda table: "{ " + ", ".join(f"{spell(key)} = {value}" for key, value in table.items()) + " }"
        ),
    ),
    max_leaves=6,
)
bodies = st.dictionaries(keys, values, max_size=4)


def spell(key: str) -> str:
    """A key as it must stand in the text."""
    bare = key and all(c.isascii() and (c.isalnum() or c in "-_") for c in key)
    return key if bare else json.dumps(key, ensure_ascii=False)


def written(body: dict[str, str]) -> str:
    return "".join(f"{spell(key)} = {value}\n" for key, value in body.items())


@st.composite
def documents(draw: st.DrawFn) -> str:
    text = written(draw(bodies))
    for headers in draw(st.lists(st.lists(keys, min_size=1, max_size=3), max_size=4)):
        header = " . ".join(spell(key) for key in headers)
        text += f"[[{header}]]\n" if draw(st.booleans()) else f"[{header}] # note\n"
        text += written(draw(bodies))
    return text


def every_key(value: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    if isinstance(value, dict):
        for key, below in value.items():
            yield (*path, key)
            yield from every_key(below, (*path, key))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from every_key(below, (*path, index))


@given(documents())
@settings(max_examples=400)
def test_every_key_stands_on_its_line(text: str) -> None:
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError:  # e.g. a table that was declared twice
        key_lines(text)
        return
    lines = key_lines(text)
    rows = text.split("\n")
    for path in every_key(tree):
        assert path in lines, path
        assert spell(str(path[-1])) in rows[lines[path] - 1]
