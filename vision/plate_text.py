"""Core: what a Chinese number plate can say (GA 36, from secondary sources), and nothing that it cannot.

Nothing is repaired: a text either is a plate as it stands or it is none. No 0 becomes an O, no 8 a B.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
"""The 31 provinces that plates begin with."""

_DIGITS = "0123456789"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CLASSES = {
    "P": PROVINCES,
    "L": _LETTERS,  # the issuing office; O occurs (粤O)
    "S": _DIGITS + "ABCDEFGHJKLMNPQRSTUVWXYZ",  # no I, no O
    "d": _DIGITS,
    "n": "ABCDEFGHJK",  # new energy
    "q": "ABCD" + _DIGITS,  # police
    "t": _DIGITS + "TDSHBXJ",  # armed police: branch
    "h": "港澳",
}
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
    slots: tuple[str, ...]
    """The characters that each position allows."""
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

    def fits(self, text: str) -> bool:
        """Whether the normalised text is a plate of this kind."""
        return len(text) == len(self.slots) and all(c in slot for c, slot in zip(text, self.slots, strict=True))


def _kind(
    name: str, zh: str, template: str, colors: str, *, rows: tuple[int, ...] = (1, 2), upper: int = 2
) -> PlateKind:
    slots = tuple(_CLASSES.get(c, c) for c in template)
    has_hanzi = any(slot[0] > "\u4e00" for slot in slots)
    return PlateKind(name, zh, slots, frozenset(colors.split()), rows, upper, has_hanzi)


KINDS: tuple[PlateKind, ...] = (
    _kind("ordinary", "普通", "PLSSSSS", "blue yellow black"),
    _kind("trailer", "挂车", "PLSSSS挂", "yellow"),
    _kind("test", "试验", "PLSSSS试", "yellow white blue"),
    _kind("coach", "教练", "PLdddd学", "yellow green"),
    _kind("new_energy_small", "小型新能源", "PLnSdddd", "green", rows=(1,)),
    _kind("new_energy_large", "大型新能源", "PLdddddn", "green yellow", rows=(1,)),
    _kind("police", "警用", "PLqddd警", "white"),
    _kind("hk_macau", "港澳入出境", "粤ZSdddh", "black"),
    _kind("embassy", "使馆", "dddddd使", "black", upper=3),
    _kind("embassy_old", "旧使馆", "使dddddd", "black", upper=4),
    _kind("consulate", "领馆", "PLdddd领", "black"),
    _kind("armed_police", "武警", "WJPddddt", "white", upper=3),
    _kind("armed_police", "武警", "WJddddt", "white"),
    _kind("armed_police_old", "旧武警", "WJddddddd", "white", upper=4),
    _kind("military", "军用", "LLddddd", "white"),
    _kind("civil_aviation", "民航", "民航SSSSS", "green white"),
    _kind("farm", "农用", "Pddddddd", "green yellow blue", rows=(2,), upper=3),
)
"""All kinds; the patterns overlap only in WJ and military, where the first one wins."""

ALPHABET = "".join(dict.fromkeys("".join(slot for kind in KINDS for slot in kind.slots)))
"""Every character that occurs on a plate, once."""


def normalise(text: str) -> str:
    """The text as a plate would be stored: half width, upper case, no separators; otherwise unchanged."""
    return _SEPARATORS.sub("", text.translate(_FULL_WIDTH).translate(_UPPER))


@lru_cache(maxsize=4096)  # readers ask for the same few texts in picture after picture
def kind_of(text: str) -> PlateKind | None:
    """The kind of plate that this normalised text is, or None."""
    return next((kind for kind in KINDS if kind.fits(text)), None)


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
