"""A flat plate of any kind of the grammar, new and clean. Core: arithmetic only, randomness is passed in."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.plates.glyphs import Glyphs
from training.plates.layouts import (
    FINISHES,
    GREEN_PLAIN,
    GREEN_TRUCK,
    Bgr,
    Cell,
    Finish,
    Layout,
    draw_color,
    draw_kind,
    draw_rows,
    draw_text,
    layout_of,
)
from vision.plate_text import PROVINCES, PlateKind, kind_of

Image = NDArray[np.uint8]
Canvas = NDArray[np.float32]

_RED: Bgr = (36, 28, 196)


@dataclass(frozen=True, slots=True)
class DrawnPlate:
    """A flat plate: picture HxWx3 uint8 BGR from edge to edge, its text, kind name, colour and rows."""

    image: Image
    text: str
    kind: str
    color: str
    rows: int


@dataclass(frozen=True, slots=True)
class Style:
    """How one maker pressed one plate; lengths in mm."""

    px_per_mm: float
    weight_mm: float
    province_weight_mm: float
    province_scale: tuple[float, float]
    scale: tuple[float, float]
    emboss: float
    series: str | None
    province_series: str | None


def draw_plate(
    rng: np.random.Generator,
    glyphs: Glyphs,
    *,
    text: str | None = None,
    kind: str | None = None,
    color: str | None = None,
    rows: int | None = None,
    px_per_mm: float = 1.0,
) -> DrawnPlate:
    """A plate of the given or of a random kind; what is left open is drawn from ``rng``.

    ``ValueError`` for a text that is no plate, or for rows that its kind does not have.
    """
    if text is None:
        text = draw_text(rng, kind or draw_kind(rng))
    known = kind_of(text)
    if known is None or (kind is not None and known.name != kind):
        raise ValueError(f"{text!r} is no plate of kind {kind or 'any'}")
    color = color or draw_color(rng, known)
    rows = rows or draw_rows(rng, known, color)
    layout = layout_of(text, known, rows)
    finish = _tint(rng, _finish(known, color))
    canvas = _sheet(layout, finish, px_per_mm)
    _frame(rng, canvas, finish, px_per_mm)
    style = draw_style(rng, px_per_mm)
    red = rng.random() < 0.8
    for cell in layout.cells:
        ink = _jitter(rng, _RED, 25) if cell.red and red else finish.ink
        _stamp(rng, canvas, glyphs, cell, ink, style)
    if layout.dot_mm and not known.name.startswith("new_energy"):
        _dot(rng, canvas, layout, finish, px_per_mm)
    _bolts(rng, canvas, layout, px_per_mm)
    return DrawnPlate(np.clip(canvas, 0, 255).astype(np.uint8), text, known.name, color, rows)


def draw_style(rng: np.random.Generator, px_per_mm: float) -> Style:
    """Stroke weight, size of the province, emboss and glyph sources of one plate."""
    weight = float(rng.normal(0.0, 0.5))
    return Style(
        px_per_mm=px_per_mm,
        weight_mm=weight,
        province_weight_mm=weight + float(rng.normal(-0.1, 0.55)),
        province_scale=(float(rng.uniform(0.9, 1.08)), float(rng.uniform(0.88, 1.06))),
        scale=(float(rng.uniform(0.95, 1.05)), float(rng.uniform(0.96, 1.04))),
        emboss=float(rng.uniform(0, 45)),
        series="strokes" if rng.random() < 0.1 else None,
        province_series=_pick(rng, (None, "strokes", "220_up", "green"), (0.66, 0.14, 0.1, 0.1)),
    )


def _pick(rng: np.random.Generator, names: tuple[str | None, ...], odds: tuple[float, ...]) -> str | None:
    return names[int(rng.choice(len(names), p=odds))]


def _finish(kind: PlateKind, color: str) -> Finish:
    if kind.name == "new_energy_large" and color == "green":
        return GREEN_TRUCK
    if color == "green" and not kind.name.startswith("new_energy"):
        return GREEN_PLAIN
    return FINISHES[color]


def _jitter(rng: np.random.Generator, bgr: Bgr, spread: float) -> Bgr:
    b, g, r = (int(np.clip(value + rng.normal(0, spread / 2), 0, 255)) for value in bgr)
    return b, g, r


def _tint(rng: np.random.Generator, finish: Finish) -> Finish:
    """The same colours as another maker mixes them and the sun fades them."""
    shift = rng.normal(0, 14, 3)
    fade = float(rng.beta(1.2, 6))

    def sheet(bgr: Bgr) -> Bgr:
        grey = 0.114 * bgr[0] + 0.587 * bgr[1] + 0.299 * bgr[2] + 20
        b, g, r = (int(np.clip((1 - fade) * (v + s) + fade * grey, 0, 255)) for v, s in zip(bgr, shift, strict=True))
        return b, g, r

    left = sheet(finish.left) if finish.left else None
    return Finish(sheet(finish.upper), sheet(finish.lower), _jitter(rng, finish.ink, 20), left)


def _sheet(layout: Layout, finish: Finish, px_per_mm: float) -> Canvas:
    width, height = round(layout.width_mm * px_per_mm), round(layout.height_mm * px_per_mm)
    ramp = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    rows = (1 - ramp) * np.array(finish.upper, np.float32) + ramp * np.array(finish.lower, np.float32)
    canvas = np.repeat(rows, width, axis=1)
    if finish.left:
        canvas[:, : round(width * 0.27)] = finish.left
    return canvas


def _frame(rng: np.random.Generator, canvas: Canvas, finish: Finish, px_per_mm: float) -> None:
    if rng.random() < 0.1:
        return
    height, width = canvas.shape[:2]
    inset = max(1, round(float(rng.uniform(2, 5.5)) * px_per_mm))
    line = max(1, round(float(rng.uniform(1.2, 3)) * px_per_mm))
    cv2.rectangle(canvas, (inset, inset), (width - 1 - inset, height - 1 - inset), finish.ink, line, cv2.LINE_AA)


def _stamp(rng: np.random.Generator, canvas: Canvas, glyphs: Glyphs, cell: Cell, ink: Bgr, style: Style) -> None:
    px_per_mm = style.px_per_mm
    province = cell.char in PROVINCES
    series = (style.province_series if cell.char > "\u4e00" else style.series) or cell.series
    wide, high = style.province_scale if province else style.scale
    size = (max(4, round(cell.width_mm * wide * px_per_mm)), max(6, round(cell.height_mm * high * px_per_mm)))
    x = round((cell.x_mm + cell.width_mm / 2 + float(rng.normal(0, 0.8))) * px_per_mm - size[0] / 2)
    y = round((cell.y_mm + cell.height_mm / 2 + float(rng.normal(0, 0.8))) * px_per_mm - size[1] / 2)
    weight = (style.province_weight_mm if province else style.weight_mm) * px_per_mm
    mask = glyphs.mask(cell.char, series, size, weight)
    left, top = max(0, x), max(0, y)
    patch = canvas[top : y + size[1], left : x + size[0]]
    mask = mask[top - y : top - y + patch.shape[0], left - x : left - x + patch.shape[1]]
    # Pressed metal: the edge towards the light is brighter than the sheet, the other one darker.
    light = mask.copy()
    light[1:, 1:] -= mask[:-1, :-1]
    patch += (light * style.emboss)[..., None]
    patch *= 1 - mask[..., None]
    patch += mask[..., None] * np.array(ink, np.float32)


def _dot(rng: np.random.Generator, canvas: Canvas, layout: Layout, finish: Finish, px_per_mm: float) -> None:
    if layout.dot_mm is None or rng.random() < 0.1:
        return
    x, y = (round(v * px_per_mm * 16) for v in layout.dot_mm)
    radius = round(float(rng.uniform(3.5, 6.5)) * px_per_mm * 16)
    cv2.circle(canvas, (x, y), radius, finish.ink, -1, cv2.LINE_AA, 4)


def _bolts(rng: np.random.Generator, canvas: Canvas, layout: Layout, px_per_mm: float) -> None:
    if rng.random() < 0.12:
        return
    shade = float(rng.uniform(40, 240))
    radius = float(rng.uniform(3.5, 8)) * px_per_mm
    inset = float(rng.uniform(9, 15))
    reach = layout.width_mm * float(rng.uniform(0.2, 0.27))
    for y in (inset, layout.height_mm - inset):
        if rng.random() < 0.1:
            continue
        for x in (layout.width_mm / 2 - reach, layout.width_mm / 2 + reach):
            centre = (round(x * px_per_mm * 16), round(y * px_per_mm * 16))
            cv2.circle(canvas, centre, round(radius * 16), (shade, shade, shade), -1, cv2.LINE_AA, 4)
