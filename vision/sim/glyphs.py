"""Plate characters from our own stroke outlines. Core: arithmetic only, no font file is ever read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.sim.strokes_han import HAN
from vision.sim.strokes_latin import LATIN

CELL_MM = (45.0, 90.0)
"""Width and height of the character cell in which the outlines are written (GA 36)."""

_TOKEN = re.compile(r"[MLQCZ]|-?\d+(?:\.\d+)?")
_POINTS_OF = {"M": 1, "L": 1, "Q": 2, "C": 3, "Z": 0}
_CURVE_STEPS = 10
_OVERSAMPLE = 3
_MITRE_MAX = 2.2

Points = NDArray[np.float32]
Mask = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character: stroke width in mm, and centre lines as (n, 2) float32 arrays of x, y in mm."""

    width_mm: float
    strokes: tuple[Points, ...]
    closed: tuple[bool, ...]


def parse_table(text: str) -> dict[str, Glyph]:
    """Read a stroke table; ``ValueError`` names the character whose path is malformed."""
    glyphs: dict[str, Glyph] = {}
    for row in text.strip().replace("\n ", " ").splitlines():
        char, width, path = row.split(" ", 2)
        try:
            strokes, closed = _parse_path(path)
        except (ValueError, IndexError) as error:
            raise ValueError(f"stroke table: character {char}: {error}") from error
        glyphs[char] = Glyph(float(width), tuple(strokes), tuple(closed))
    return glyphs


def _parse_path(path: str) -> tuple[list[Points], list[bool]]:
    tokens = _TOKEN.findall(path)
    if "".join(tokens) != re.sub(r"\s", "", path):
        raise ValueError("unknown path command")
    strokes: list[list[tuple[float, float]]] = []
    closed: list[bool] = []
    at = 0
    while at < len(tokens):
        command = tokens[at]
        count = _POINTS_OF.get(command, -1)
        if count < 0:
            raise ValueError(f"number without a command: {command}")
        numbers = [float(t) for t in tokens[at + 1 : at + 1 + 2 * count]]
        at += 1 + 2 * count
        points = list(zip(numbers[::2], numbers[1::2], strict=True))
        if command == "M":
            strokes.append(points)
            closed.append(False)
        elif command == "Z":
            closed[-1] = True
        else:
            strokes[-1].extend(_flatten(strokes[-1][-1], points))
    return [np.array(s, np.float32) for s in strokes], closed


def _flatten(start: tuple[float, float], points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    if len(points) == 1:
        return points
    control = np.array([start, *points])
    t = np.linspace(0, 1, _CURVE_STEPS + 1)[1:, None]
    while len(control.shape) == 2:  # de Casteljau for all t at once
        control = control[:, None, :].repeat(len(t), axis=1)
    while len(control) > 1:
        control = control[:-1] * (1 - t) + control[1:] * t
    return [(float(x), float(y)) for x, y in control[0]]


@cache
def table() -> dict[str, Glyph]:
    """All glyphs by character."""
    return parse_table(HAN) | parse_table(LATIN)


@lru_cache(maxsize=1024)
def glyph_mask(char: str, size: tuple[int, int], px_per_mm: float, weight: float = 1.0) -> Mask:
    """Coverage 0..255 of one character, uint8 of shape (size[1], size[0]), read-only.

    The cell is stretched to ``size`` (width, height in px); strokes keep one thickness in both directions:
    ``px_per_mm * weight`` times the width in the table. ``KeyError`` for a character without outlines.
    """
    glyph = table()[char]
    big = (size[0] * _OVERSAMPLE, size[1] * _OVERSAMPLE)
    scale = np.array([big[0] / CELL_MM[0], big[1] / CELL_MM[1]], np.float32)
    half = glyph.width_mm * weight * px_per_mm * _OVERSAMPLE / 2
    canvas = np.zeros((big[1], big[0]), np.uint8)
    for stroke, closed in zip(glyph.strokes, glyph.closed, strict=True):
        _draw_stroke(canvas, stroke * scale, half, closed)
    mask: Mask = cv2.resize(canvas, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    mask.setflags(write=False)
    return mask


def _draw_stroke(canvas: Mask, points: Points, half: float, closed: bool) -> None:
    """Quads with flat ends, joined by mitres where the bend allows it and by discs where not."""
    if closed and not np.allclose(points[0], points[-1]):
        points = np.vstack([points, points[:1]])
    steps = np.diff(points, axis=0)
    keep = np.hypot(steps[:, 0], steps[:, 1]) > 1e-3
    points = np.vstack([points[:1], points[1:][keep]])
    along = np.diff(points, axis=0)
    along /= np.hypot(along[:, 0], along[:, 1])[:, None]
    normal = np.stack([-along[:, 1], along[:, 0]], axis=1) * half
    for i, n in enumerate(normal):
        a, b = points[i], points[i + 1]
        _fill(canvas, np.array([a + n, b + n, b - n, a - n]))
    joints = range(len(normal)) if closed else range(1, len(normal))
    for i in joints:
        _draw_joint(canvas, points[i], normal[i - 1], normal[i], half)


def _draw_joint(canvas: Mask, at: Points, before: Points, after: Points, half: float) -> None:
    middle = before + after
    length = float(np.dot(middle, middle))
    if length < 1e-6 or 2 * half / length**0.5 > _MITRE_MAX:
        cv2.circle(canvas, (round(float(at[0])), round(float(at[1]))), round(half), 255, -1)
        return
    tip = middle * (2 * half * half / length)
    for sign in (1, -1):
        _fill(canvas, np.array([at, at + sign * before, at + sign * tip, at + sign * after]))


def _fill(canvas: Mask, polygon: Points) -> None:
    cv2.fillPoly(canvas, [np.round(polygon * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
