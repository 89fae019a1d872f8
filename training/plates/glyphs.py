"""Shell: the shapes of plate characters from a folder of glyph images and from our own stroke outlines.

A shape is kept as a signed distance to its outline, so that strokes can be made thinner or thicker at any size.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.plate_text import ALPHABET
from vision.sim.glyphs import glyph_mask

Mask = NDArray[np.uint8]
Field = NDArray[np.float32]

SERIES = ("140", "220_up", "220_down", "green", "strokes")
"""One row; upper and lower row of two; new energy; the project's own stroke outlines."""

_STROKES_PX = (90, 180)


class GlyphError(Exception):
    """The glyph folder cannot be used; says what is missing in Chinese and English."""


class Glyphs:
    """Signed distance fields by series and character, inside positive, in units of the cell's height."""

    def __init__(self, folder: Path | None) -> None:
        """Read ``140_X.jpg``, ``220_X.jpg``, ``220_up_X.jpg``, ``220_down_X.jpg`` and ``green_X.jpg``.

        Without a folder only the project's own outlines are there. Raises `GlyphError` for an empty folder.
        """
        self._fields: dict[tuple[str, str], Field] = {}
        if folder is not None:
            self._load(folder)
        for char in ALPHABET:
            self._fields["strokes", char] = _field(glyph_mask(char, _STROKES_PX, 2.0))
        self._scaled = lru_cache(maxsize=4096)(self._scale)

    def _load(self, folder: Path) -> None:
        files = sorted(folder.glob("*_*.jpg"))
        if not files:
            raise GlyphError(f"目录 {folder} 中没有字模图像 / no glyph images (140_A.jpg, ...) in {folder}")
        for file in files:
            series, char = file.stem.rsplit("_", 1)
            grey = cv2.imdecode(np.frombuffer(file.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
            if grey is None or char not in ALPHABET:
                continue
            field = _field(255 - grey)
            for name in ("220_up", "220_down") if series == "220" else (series,):
                self._fields[name, char] = field

    def series_of(self, char: str) -> tuple[str, ...]:
        """The series that hold a character, the glyph folder's first."""
        return tuple(name for name in SERIES if (name, char) in self._fields)

    def mask(self, char: str, series: str, size: tuple[int, int], weight_px: float = 0.0) -> NDArray[np.float32]:
        """Coverage 0 to 1, float32 (size[1], size[0]); strokes grow by ``weight_px`` on each side.

        A series without the character is replaced by the first one that has it; ``KeyError`` where none has.
        """
        if (series, char) not in self._fields:
            series = next((name for name in self.series_of(char)), series)
        coverage: NDArray[np.float32] = np.clip(self._scaled(char, series, size) + (0.5 + weight_px), 0, 1)
        return coverage

    def _scale(self, char: str, series: str, size: tuple[int, int]) -> Field:
        field: Field = cv2.resize(self._fields[series, char], size, interpolation=cv2.INTER_AREA).astype(np.float32)
        return np.asarray(field * size[1], np.float32)


def _field(grey: NDArray[np.generic]) -> Field:
    """Signed distance of a picture with bright strokes, padded so that strokes at the rim have an outside."""
    inside = (np.asarray(grey) > 127).astype(np.uint8)
    padded = cv2.copyMakeBorder(inside, 2, 2, 2, 2, cv2.BORDER_CONSTANT, value=0)
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - padded, cv2.DIST_L2, 5)
    shifted = distance - np.sign(distance) * 0.5
    return np.asarray(shifted[2:-2, 2:-2] / inside.shape[0], np.float32)
