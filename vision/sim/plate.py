"""Rendered number plates with the layouts of GA 36. Core: arithmetic only.

Sizes are those of GA 36-2018 as given in secondary sources (the text of the standard was not seen).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.sim.glyphs import glyph_mask

Color = Literal["blue", "green", "yellow", "white", "black"]
Image = NDArray[np.uint8]
Bgr = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Slot:
    """Where one character stands: top left corner and size in mm."""

    char: str
    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float


@dataclass(frozen=True, slots=True)
class Finish:
    """Colours in BGR: the sheet (at its upper and lower edge), the characters, the frame line."""

    upper: Bgr
    lower: Bgr
    ink: Bgr
    frame: Bgr


_RED: Bgr = (40, 30, 200)
_FINISHES: dict[str, Finish] = {
    "blue": Finish((158, 72, 14), (158, 72, 14), (248, 248, 246), (240, 240, 238)),
    "green": Finish((240, 246, 240), (112, 190, 70), (20, 22, 20), (20, 40, 20)),
    "yellow": Finish((20, 178, 240), (20, 178, 240), (18, 20, 20), (18, 20, 20)),
    "white": Finish((240, 240, 238), (240, 240, 238), (20, 20, 20), (20, 20, 20)),
    "black": Finish((26, 24, 24), (26, 24, 24), (244, 244, 242), (240, 240, 238)),
}
_ONE_ROW_HEIGHT_MM = 140.0
_TWO_ROWS_HEIGHT_MM = 220.0
_SIDE_MM = 15.5


def plate_size_mm(text: str, rows: int = 1) -> tuple[float, float]:
    """Width and height of the sheet: 440 or, for eight characters (new energy), 480 wide."""
    if rows == 2:
        return 440.0, _TWO_ROWS_HEIGHT_MM
    return (480.0 if len(text) == 8 else 440.0), _ONE_ROW_HEIGHT_MM


def plate_slots(text: str, rows: int = 1) -> tuple[Slot, ...]:
    """The cells of all characters; ``ValueError`` unless 7 or (one row) 8 characters are given."""
    if len(text) not in (7, 8) or (rows == 2 and len(text) != 7):
        raise ValueError(f"a plate has 7 or 8 characters (7 in two rows), not {text!r}")
    if rows == 2:
        upper = [Slot(c, 110 + 140 * i, 15, 80, 60) for i, c in enumerate(text[:2])]
        return (*upper, *(Slot(c, 27.5 + 80 * i, 90, 65, 110) for i, c in enumerate(text[2:])))
    rest, gap, middle = (45, 12, 34) if len(text) == 7 else (43, 9, 49)
    slots, x = [], _SIDE_MM
    for i, char in enumerate(text):
        width = 45 if i == 0 else rest
        slots.append(Slot(char, x, 25, width, 90))
        x += width + (middle if i == 1 else gap)
    return tuple(slots)


def render_plate(
    text: str, color: Color = "blue", *, rows: int = 1, px_per_mm: float = 2.0, weight: float = 1.0
) -> Image:
    """A clean plate seen straight on, (height, width, 3) uint8 BGR.

    ``weight`` multiplies the stroke width. ``KeyError`` for a character without outlines.
    """
    finish = _FINISHES[color]
    size_mm = plate_size_mm(text, rows)
    width, height = (round(side * px_per_mm) for side in size_mm)
    ramp = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    sheet = (1 - ramp) * np.array(finish.upper, np.float32) + ramp * np.array(finish.lower, np.float32)
    canvas = np.repeat(sheet, width, axis=1)
    _draw_frame(canvas, finish, px_per_mm)
    slots = plate_slots(text, rows)
    for index, slot in enumerate(slots):
        _stamp(canvas, slot, _ink(text, index, color, finish), px_per_mm, weight)
    if len(text) == 7:
        _draw_dot(canvas, slots, finish, px_per_mm, rows)
    _draw_bolts(canvas, size_mm, px_per_mm)
    return np.clip(canvas, 0, 255).astype(np.uint8)


def _ink(text: str, index: int, color: str, finish: Finish) -> Bgr:
    military = color == "white" and index < 2 and text[0].isascii()
    return _RED if text[index] == "警" or military else finish.ink


def _stamp(canvas: NDArray[np.float32], slot: Slot, ink: Bgr, px_per_mm: float, weight: float) -> None:
    size = (round(slot.width_mm * px_per_mm), round(slot.height_mm * px_per_mm))
    x, y = round(slot.x_mm * px_per_mm), round(slot.y_mm * px_per_mm)
    stretch = slot.width_mm / 45.0
    mask = glyph_mask(slot.char, size, px_per_mm * min(stretch, 1.35), weight).astype(np.float32) / 255
    rim = max(1, round(px_per_mm * 0.8))
    patch = canvas[y : y + size[1], x : x + size[0]]
    # Pressed metal: the edge towards the light is brighter than the sheet, the other one darker.
    light = mask.copy()
    light[rim:, rim:] -= mask[:-rim, :-rim]
    patch += (light * 22)[..., None]
    patch *= 1 - mask[..., None]
    patch += mask[..., None] * np.array(ink, np.float32)


def _draw_frame(canvas: NDArray[np.float32], finish: Finish, px_per_mm: float) -> None:
    height, width = canvas.shape[:2]
    inset, radius = round(3.5 * px_per_mm), round(8 * px_per_mm)
    line = max(1, round(2.2 * px_per_mm))
    x1, y1, x2, y2 = inset, inset, width - 1 - inset, height - 1 - inset
    for (ax, ay), (bx, by) in (
        ((x1 + radius, y1), (x2 - radius, y1)),
        ((x1 + radius, y2), (x2 - radius, y2)),
        ((x1, y1 + radius), (x1, y2 - radius)),
        ((x2, y1 + radius), (x2, y2 - radius)),
    ):
        cv2.line(canvas, (ax, ay), (bx, by), finish.frame, line)
    for cx, cy, angle in (
        (x1 + radius, y1 + radius, 180),
        (x2 - radius, y1 + radius, 270),
        (x2 - radius, y2 - radius, 0),
        (x1 + radius, y2 - radius, 90),
    ):
        cv2.ellipse(canvas, (cx, cy), (radius, radius), 0, angle, angle + 90, finish.frame, line)


def _draw_dot(
    canvas: NDArray[np.float32], slots: tuple[Slot, ...], finish: Finish, px_per_mm: float, rows: int
) -> None:
    left, right = (slots[0], slots[1]) if rows == 2 else (slots[1], slots[2])
    x = (left.x_mm + left.width_mm + right.x_mm) / 2
    y = left.y_mm + left.height_mm / 2
    cv2.circle(canvas, (round(x * px_per_mm), round(y * px_per_mm)), round(5 * px_per_mm), finish.ink, -1)


def _draw_bolts(canvas: NDArray[np.float32], size_mm: tuple[float, float], px_per_mm: float) -> None:
    radius = round(4.5 * px_per_mm)
    for x in (size_mm[0] / 2 - 105, size_mm[0] / 2 + 105):
        for y in (13.0, size_mm[1] - 13.0):
            centre = (round(x * px_per_mm), round(y * px_per_mm))
            cv2.circle(canvas, centre, radius, (150, 152, 154), -1)
            cv2.circle(canvas, centre, radius, (90, 92, 94), max(1, round(px_per_mm * 0.7)))
