"""Which line of a TOML text holds which key. Core: a small scanner, pure.

``tomllib`` gives values without their places. This scanner reads the same text once more, keeps only the places
and leaves every judgement about right and wrong to ``tomllib``; of text that is not TOML it keeps what it saw.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from contextlib import suppress

KeyPath = tuple[str | int, ...]
"""Keys from the root on; an ``int`` is a place in an array, counted from 0."""

DEPTH_MAX = 40

_BLANK = re.compile(r"[ \t]*")
_BLANK_LINES = re.compile(r"(?:[ \t\n]+|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STRINGS = (
    re.compile(r'"""(?s:[^\\]|\\.)*?"""(?:"{0,2})'),
    re.compile(r"'''(?s:.)*?'''(?:'{0,2})"),
    re.compile(r'"(?:[^"\\\n]|\\[^\n])*"'),
    re.compile(r"'[^'\n]*'"),
)
_SCALAR = re.compile(r"[^,\]}#\n]+")


class _LostError(Exception):
    """The text is not TOML here; nothing after this place can be trusted."""


def key_lines(text: str) -> dict[KeyPath, int]:
    """Line (from 1) of every key, table header and array element in a TOML text; never raises."""
    scanner = _Scanner(text.replace("\r\n", "\n"))
    with suppress(_LostError):  # the places found so far still hold; tomllib says what is wrong
        scanner.document()
    return scanner.lines


def locate(lines: Mapping[KeyPath, int], path: KeyPath) -> int | None:
    """Line of a key, or of its nearest parent that stands in the text; None when nothing of it does."""
    for length in range(len(path), 0, -1):
        line = lines.get(path[:length])
        if line is not None:
            return line
    return None


class _Scanner:
    """One pass over one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.lines: dict[KeyPath, int] = {}
        self._newlines = [match.start() for match in re.finditer("\n", text)]
        self._array_lengths: dict[KeyPath, int] = {}

    def document(self) -> None:
        """Headers and assignments until the end."""
        table: KeyPath = ()
        self._skip(_BLANK_LINES)
        while self.position < len(self.text):
            table = self._header() if self._peek("[") else self._assignment(table, 0)
            self._skip(_BLANK_LINES)

    def _line(self) -> int:
        return bisect_right(self._newlines, self.position - 1) + 1

    def _peek(self, token: str) -> bool:
        return self.text.startswith(token, self.position)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.position)
        if match is not None:
            self.position = match.end()

    def _take(self, pattern: re.Pattern[str]) -> str | None:
        match = pattern.match(self.text, self.position)
        if match is None:
            return None
        self.position = match.end()
        return match.group()

    def _expect(self, token: str) -> None:
        if not self._peek(token):
            raise _LostError
        self.position += len(token)

    def _header(self) -> KeyPath:
        """``[a.b]`` or ``[[a.b]]``; returns the table that the next assignments belong to."""
        line = self._line()
        double = self._peek("[[")
        self._expect("[[" if double else "[")
        parts = self._key()
        self._expect("]]" if double else "]")
        path: KeyPath = ()
        for index, part in enumerate(parts):
            path += (part,)
            last = index == len(parts) - 1
            if last and double:
                self._array_lengths[path] = self._array_lengths.get(path, 0) + 1
            self.lines.setdefault(path, line)
            if path in self._array_lengths:
                path += (self._array_lengths[path] - 1,)
        # A header of its own says more than a longer header that merely passed through.
        self.lines[path] = line
        return path

    def _key(self) -> list[str]:
        """A bare, quoted or dotted key, blanks around it consumed."""
        parts = [self._key_part()]
        while self._peek("."):
            self.position += 1
            parts.append(self._key_part())
        return parts

    def _key_part(self) -> str:
        self._skip(_BLANK)
        raw = self._take(_BARE_KEY)
        if raw is None:
            quoted = self._take(_STRINGS[2]) or self._take(_STRINGS[3])
            if quoted is None:
                raise _LostError
            try:
                raw = str(tomllib.loads(f"key = {quoted}")["key"])
            except tomllib.TOMLDecodeError:
                raise _LostError from None
        self._skip(_BLANK)
        return raw

    def _assignment(self, table: KeyPath, depth: int) -> KeyPath:
        """``key = value``; records every part of the key, then what stands inside the value."""
        self._skip(_BLANK)
        line = self._line()
        path = table
        for part in self._key():
            path += (part,)
            self.lines.setdefault(path, line)
        self._expect("=")
        self._skip(_BLANK)
        self._value(path, depth)
        return table

    def _value(self, path: KeyPath, depth: int) -> None:
        if depth > DEPTH_MAX:
            raise _LostError
        if self._peek("["):
            self._array(path, depth + 1)
        elif self._peek("{"):
            self._inline_table(path, depth + 1)
        elif self._take_string() is None and self._take(_SCALAR) is None:
            raise _LostError

    def _take_string(self) -> str | None:
        for pattern in _STRINGS:
            found = self._take(pattern)
            if found is not None:
                return found
        return None

    def _array(self, path: KeyPath, depth: int) -> None:
        self._expect("[")
        index = 0
        self._skip(_BLANK_LINES)
        while not self._peek("]"):
            self.lines[(*path, index)] = self._line()
            self._value((*path, index), depth)
            index += 1
            self._skip(_BLANK_LINES)
            if not self._peek("]"):
                self._expect(",")
                self._skip(_BLANK_LINES)
        self._expect("]")

    def _inline_table(self, path: KeyPath, depth: int) -> None:
        self._expect("{")
        self._skip(_BLANK_LINES)
        while not self._peek("}"):
            self._assignment(path, depth)
            self._skip(_BLANK_LINES)
            if not self._peek("}"):
                self._expect(",")
                self._skip(_BLANK_LINES)
        self._expect("}")
