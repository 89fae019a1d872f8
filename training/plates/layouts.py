"""Where the characters of each kind of plate stand, in millimetres, and in which colours. Core: data only.

Sizes follow GA 36-2018 as secondary sources give them; kinds that no source shows in detail are approximations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.plates.serials import draw_characters
from vision.plate_text import KINDS, PROVINCES, PlateKind, kind_of

Bgr = tuple[int, int, int]

COLORS = ("blue", "yellow", "green", "white", "black")


@dataclass(frozen=True, slots=True)
class Cell:
    """One character: what it is, its top left corner and size in mm, its series of glyphs, whether red."""

    char: str
    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float
    series: str = "140"
    red: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """A plate's sheet and cells in mm; ``dot_mm`` is the separator's centre or None."""

    width_mm: float
    height_mm: float
    cells: tuple[Cell, ...]
    dot_mm: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Finish:
    """Colours in BGR: sheet at its upper and lower edge, characters, and the part left of ``split`` if any."""

    upper: Bgr
    lower: Bgr
    ink: Bgr
    left: Bgr | None = None


FINISHES: dict[str, Finish] = {
    "blue": Finish((158, 72, 14), (158, 72, 14), (248, 248, 246)),
    "green": Finish((240, 246, 240), (112, 190, 70), (20, 22, 20)),
    "yellow": Finish((20, 178, 240), (20, 178, 240), (18, 20, 20)),
    "white": Finish((240, 240, 238), (240, 240, 238), (20, 20, 20)),
    "black": Finish((26, 24, 24), (26, 24, 24), (244, 244, 242)),
}
GREEN_TRUCK = Finish((112, 190, 70), (112, 190, 70), (20, 22, 20), left=(20, 178, 240))
GREEN_PLAIN = Finish((60, 120, 30), (60, 120, 30), (246, 246, 246))
"""Farm, coach and aviation plates: white on green."""

_WEIGHTS = {
    "ordinary": 46, "trailer": 4, "test": 2, "coach": 5, "new_energy_small": 12, "new_energy_large": 9,
    "police": 4, "hk_macau": 4, "embassy": 3, "embassy_old": 5, "consulate": 3, "armed_police": 5,
    "armed_police_old": 7, "military": 5, "civil_aviation": 2, "farm": 5,
}  # fmt: skip
KIND_NAMES = tuple(_WEIGHTS)
_KIND_P = np.array(list(_WEIGHTS.values()), np.float64) / sum(_WEIGHTS.values())


def draw_kind(rng: np.random.Generator) -> str:
    """The name of a kind, ordinary plates most often."""
    return KIND_NAMES[int(rng.choice(len(KIND_NAMES), p=_KIND_P))]


def draw_text(rng: np.random.Generator, kind: str) -> str:
    """A text of this kind, letters about as often as real plates have them (`serials`), provinces equally often.

    The kind may exist in two lengths (armed police). ``KeyError`` for an unknown name.
    """
    found = [k for k in KINDS if k.name == kind]
    if not found:
        raise KeyError(kind)
    drawn = found[int(rng.integers(len(found)))]
    while True:
        text = draw_characters(rng, drawn)
        # The office letter I exists nowhere; the O is rare outside 粤, and there it must be read.
        if text[1] == "I" or (text[1] == "O" and text[0] != "粤" and rng.random() < 0.8):
            continue
        known = kind_of(text)
        if known is not None and known.name == kind:
            return text


def draw_color(rng: np.random.Generator, kind: PlateKind) -> str:
    """A background colour that this kind may have, the usual one most often."""
    if kind.name == "ordinary":
        return ("blue", "yellow", "black")[int(rng.choice(3, p=(0.66, 0.31, 0.03)))]
    usual = {"coach": "yellow", "test": "white", "new_energy_large": "green", "farm": "green"}.get(kind.name)
    if usual is not None and rng.random() < 0.7:
        return usual
    allowed = sorted(kind.colors)
    return allowed[int(rng.integers(len(allowed)))]


def draw_rows(rng: np.random.Generator, kind: PlateKind, color: str) -> int:
    """One or two rows; two where the kind has no other, and on a good part of the yellow ones."""
    if len(kind.rows) == 1:
        return kind.rows[0]
    usual = {"trailer": 0.8, "armed_police_old": 0.5, "armed_police": 0.4, "embassy_old": 0.3, "embassy": 0.3,
             "consulate": 0.3, "military": 0.25, "police": 0.25, "test": 0.2}.get(kind.name, 0.12)  # fmt: skip
    if kind.name == "ordinary":
        usual = 0.55 if color == "yellow" else 0.04
    return 2 if rng.random() < usual else 1


def layout_of(text: str, kind: PlateKind, rows: int) -> Layout:
    """The cells of a text; ``ValueError`` where the kind has no such number of rows."""
    if rows not in kind.rows:
        raise ValueError(f"{kind.name} has no {rows} rows")
    if rows == 2:
        return _farm(text) if kind.name == "farm" else _two_rows(text, kind)
    if kind.name.startswith("new_energy"):
        return _one_row(text, kind, width_mm=480.0, first_mm=45.0, rest_mm=43.0, gap_mm=9.0, middle_mm=49.0)
    if len(text) > 8:
        return _one_row(text, kind, width_mm=440.0, first_mm=38.0, rest_mm=38.0, gap_mm=6.0, middle_mm=18.0)
    if len(text) > 7:
        return _one_row(text, kind, width_mm=440.0, first_mm=42.0, rest_mm=42.0, gap_mm=8.0, middle_mm=22.0)
    return _one_row(text, kind, width_mm=440.0, first_mm=45.0, rest_mm=45.0, gap_mm=12.0, middle_mm=34.0)


def is_red(text: str, index: int, kind: PlateKind) -> bool:
    """Whether the standard prints this character red."""
    if kind.name in ("military", "armed_police", "armed_police_old"):
        return index < 2 or text[index] in PROVINCES
    return text[index] in "警使领"


def _dot_after(text: str, kind: PlateKind) -> int:
    if kind.name in ("embassy", "armed_police"):
        return 2
    if kind.name in ("embassy_old", "armed_police_old"):
        return 3
    return 0 if kind.name == "police" else 1


def _one_row(
    text: str, kind: PlateKind, *, width_mm: float, first_mm: float, rest_mm: float, gap_mm: float, middle_mm: float
) -> Layout:
    after = _dot_after(text, kind)
    series = "green" if kind.name.startswith("new_energy") else "140"
    used = first_mm + rest_mm * (len(text) - 1) + gap_mm * (len(text) - 2) + middle_mm
    x = (width_mm - used) / 2
    cells, dot = [], None
    for i, char in enumerate(text):
        width = first_mm if i == 0 else rest_mm
        cells.append(Cell(char, x, 25.0, width, 90.0, series, is_red(text, i, kind)))
        x += width
        if i == after:
            dot = (x + middle_mm / 2, 70.0)
        x += middle_mm if i == after else gap_mm
    return Layout(width_mm, 140.0, tuple(cells), dot)


def _two_rows(text: str, kind: PlateKind) -> Layout:
    upper, lower = text[: kind.upper_chars], text[kind.upper_chars :]
    step = 280.0 / max(len(upper), 2) if len(upper) > 2 else 140.0
    width = min(80.0, step - 15)
    left = 220.0 - (step * (len(upper) - 1) + width) / 2
    cells = [Cell(c, left + step * i, 15.0, width, 60.0, "220_up", is_red(text, i, kind)) for i, c in enumerate(upper)]
    pitch = 385.0 / len(lower)
    for i, char in enumerate(lower):
        red = is_red(text, len(upper) + i, kind)
        cells.append(Cell(char, 27.5 + (pitch + 1) * i, 90.0, min(65.0, pitch - 10), 110.0, "220_down", red))
    return Layout(440.0, 220.0, tuple(cells), (220.0, 45.0) if len(upper) == 2 else None)


def _farm(text: str) -> Layout:
    cells = [Cell(c, 62.0 + 64 * i, 14.0, 48.0, 48.0, "220_up") for i, c in enumerate(text[:3])]
    cells += [Cell(c, 20.0 + 54 * i, 74.0, 44.0, 78.0, "220_down") for i, c in enumerate(text[3:])]
    return Layout(300.0, 165.0, tuple(cells), None)
