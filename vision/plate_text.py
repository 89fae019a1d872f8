"""Core: what a Chinese number plate can say (GA 36, from secondary sources), and nothing that it cannot.

Nothing is repaired: a text either is a plate as it stands or it is none. No 0 becomes an O, no 8 a B.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
"""The 31 provinces that plates begin with."""

_P = f"[{PROVINCES}]"
_L = "[A-Z]"
_S = "[0-9A-HJ-NP-Z]"
_SEPARATORS = re.compile(r"[·•‧∙・･.\-\s]+")
_PUNCTUATION = ",;:!?/|()\\[\\]<>\"'，。；：！？、（）【】《》“”"
_BREAK = re.compile(f"[{_PUNCTUATION}]")
_WORD = re.compile(f"[^\\s{_PUNCTUATION}]+")
_FULL_WIDTH = {0xFF01 + i: 0x21 + i for i in range(94)} | {0x3000: 0x20}
_UPPER = {ord(c): ord(c.upper()) for c in "abcdefghijklmnopqrstuvwxyz"}
_MAX_LINE = 200


@dataclass(frozen=True, slots=True)
class PlateKind:
    """One kind of plate: its text, the background colours and the rows it comes in."""

    name: str
    zh: str
    pattern: re.Pattern[str]
    colors: frozenset[str]
    """Expected background colours out of blue, yellow, green, white, black."""
    rows: tuple[int, ...]
    upper_chars: int
    """Characters of the upper row where the plate has two."""
    has_hanzi: bool
    """Whether a Chinese character marks the text as a plate; without one the colour has to."""

    def allows_color(self, color: str) -> bool:
        """Whether a plate of this kind may have this colour; unknown speaks against none that has hanzi."""
        return self.has_hanzi if color == "unknown" else color in self.colors


def _kind(
    name: str, zh: str, pattern: str, colors: str, *, rows: tuple[int, ...] = (1, 2), upper: int = 2
) -> PlateKind:
    has_hanzi = any(c > "\u4e00" for c in pattern)
    return PlateKind(name, zh, re.compile(pattern), frozenset(colors.split()), rows, upper, has_hanzi)


KINDS: tuple[PlateKind, ...] = (
    _kind("ordinary", "普通", f"{_P}{_L}{_S}{{5}}", "blue yellow black"),
    _kind("trailer", "挂车", f"{_P}{_L}{_S}{{4}}挂", "yellow"),
    _kind("test", "试验", f"{_P}{_L}{_S}{{4}}试", "yellow white blue"),
    _kind("coach", "教练", f"{_P}{_L}[0-9]{{4}}学", "yellow green"),
    _kind("new_energy_small", "小型新能源", f"{_P}{_L}[A-HJK]{_S}[0-9]{{4}}", "green", rows=(1,)),
    _kind("new_energy_large", "大型新能源", f"{_P}{_L}[0-9]{{5}}[A-HJK]", "green yellow", rows=(1,)),
    _kind("police", "警用", f"{_P}{_L}[A-D0-9][0-9]{{3}}警", "white"),
    _kind("hk_macau", "港澳入出境", f"粤Z{_S}[0-9]{{3}}[港澳]", "black"),
    _kind("embassy", "使馆", "[0-9]{6}使", "black", upper=3),
    _kind("embassy_old", "旧使馆", "使[0-9]{6}", "black", upper=4),
    _kind("consulate", "领馆", f"{_P}{_L}[0-9]{{4}}领", "black"),
    _kind("armed_police", "武警", f"WJ{_P}[0-9]{{4}}[0-9TDSHBXJ]", "white", upper=3),
    _kind("armed_police", "武警", "WJ[0-9]{4}[0-9TDSHBXJ]", "white"),
    _kind("armed_police_old", "旧武警", "WJ[0-9]{7}", "white", upper=4),
    _kind("military", "军用", "[A-Z]{2}[0-9]{5}", "white"),
    _kind("civil_aviation", "民航", f"民航{_S}{{5}}", "green white"),
    _kind("farm", "农用", f"{_P}[0-9]{{7}}", "green yellow blue", rows=(2,), upper=3),
)
"""All kinds; the patterns overlap only in WJ and military, where the first one wins."""

ALPHABET = frozenset(PROVINCES + "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789挂试学警港澳使领民航")
"""Every character that occurs on a plate."""

SHORTEST, LONGEST = 7, 9
"""Characters of the shortest and the longest plate."""


def normalise(text: str) -> str:
    """The text as a plate would be stored: half width, upper case, no separators; otherwise unchanged."""
    return _SEPARATORS.sub("", text.translate(_FULL_WIDTH).translate(_UPPER))


def kind_of(text: str) -> PlateKind | None:
    """The kind of plate that this normalised text is, or None."""
    if not SHORTEST <= len(text) <= LONGEST:
        return None
    return next((kind for kind in KINDS if kind.pattern.fullmatch(text)), None)


def split_rows(text: str) -> tuple[str, str] | None:
    """Upper and lower row of a plate that exists with two rows, or None."""
    kind = kind_of(text)
    if kind is None or 2 not in kind.rows:
        return None
    return text[: kind.upper_chars], text[kind.upper_chars :]


def join_rows(upper: str, lower: str) -> str | None:
    """The plate that two stacked lines make, or None; each line must hold exactly its row."""
    upper, lower = normalise(upper), normalise(lower)
    joined = upper + lower
    return joined if split_rows(joined) == (upper, lower) else None


def spans(line: str) -> Iterator[tuple[int, int]]:
    """Start and end of every plate in a line of text, cut only where the writing itself has a break.

    A run of characters without a break is taken whole or not at all: no seven characters are cut out of a
    telephone number or a serial number. Separators inside a plate do not count as breaks.
    """
    line = line[:_MAX_LINE].translate(_FULL_WIDTH)
    words = [(m.start(), m.end()) for m in _WORD.finditer(line)]
    taken_to = 0
    for first, (start, _) in enumerate(words):
        if start < taken_to:
            continue
        for _, end in words[first : first + 3]:
            piece = line[start:end]
            if not _BREAK.search(piece) and kind_of(normalise(piece)):
                yield start, end
                taken_to = end
                break


def find(line: str) -> list[str]:
    """The plates in a line of text, normalised; see `spans` for where it may be cut."""
    return [normalise(line.translate(_FULL_WIDTH)[start:end]) for start, end in spans(line)]


def edit_distance(a: str, b: str) -> int:
    """Levenshtein distance."""
    row = list(range(len(b) + 1))
    for i, ca in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, cb in enumerate(b, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (ca != cb))
    return row[-1]
