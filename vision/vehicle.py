"""Core: does a vehicle carry this plate? By what moves with it, from one picture of a still camera to a later one.

A plate on a car moves together with two metres of bodywork, and with nothing beyond. A plate on a phone or a sheet
of paper moves over a background that stays (paper at full size), or together with the whole person who holds it
(phone: the same hand, arm and body lie several plate widths further out and down, where a car has air and road).
So the surroundings are compared twice: as if they had stayed, and as if they had moved like the plate.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.observations import Carrier
from vision.plate_reader import Box, Image

Grey = NDArray[np.uint8]

PLATE_PX = 40
"""Width of the plate in the compared windows."""
_CELL_PX = 16
_LEFT, _UP, _DOWN = 4.4, 2.0, 3.6
"""Reach of the window from the plate's middle, in plate widths."""
_SEARCH_PX = 4
"""What a part in front of or behind the plate's plane, and an inexact box, may move otherwise."""
_MOTION_MIN, _GROWTH_MAX = 0.2, 2.0
_TEXTURE_MIN = 5.0
"""Grey levels by which the two suppositions must differ on average, or a cell says nothing."""
_CLEAR = 0.7
"""The better supposition must leave less than this share of the other's difference."""


@dataclass(frozen=True, slots=True)
class View:
    """A picture as it is kept for comparison."""

    grey: Grey
    scale: float
    """Pixels here per pixel of the picture."""

    @classmethod
    def of(cls, image: Image, width_px: int = 960) -> View:
        """A reduced grey copy of a picture (HxWx3 BGR uint8)."""
        scale = min(1.0, width_px / image.shape[1])
        small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image
        return cls(np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8), scale)


@dataclass(frozen=True, slots=True)
class Tally:
    """Cells that moved with the plate, and all cells that count, in one part of the surroundings."""

    with_plate: int = 0
    cells: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.with_plate + other.with_plate, self.cells + other.cells)

    def share(self, cells_min: int) -> float | None:
        """0 to 1; None where too little was seen."""
        return self.with_plate / self.cells if self.cells >= cells_min else None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What moved with a plate, summed up over comparisons."""

    comparisons: int = 0
    left: Tally = Tally()
    right: Tally = Tally()
    beyond_left: Tally = Tally()
    beyond_right: Tally = Tally()
    below: Tally = Tally()

    def __add__(self, other: Surroundings) -> Surroundings:
        return Surroundings(
            self.comparisons + other.comparisons,
            self.left + other.left,
            self.right + other.right,
            self.beyond_left + other.beyond_left,
            self.beyond_right + other.beyond_right,
            self.below + other.below,
        )

    @property
    def carrier(self) -> Carrier:
        """What they say together. A side that lies outside the picture says nothing."""
        sides = [s for t in (self.left, self.right) if (s := t.share(_SIDE_CELLS_MIN)) is not None]
        beyond = (self.beyond_left, self.beyond_right, self.below)
        outside = [s for t in beyond if (s := t.share(_OUTSIDE_CELLS_MIN)) is not None]
        if any(share < _SIDE_MIN for share in sides) or any(share > _OUTSIDE_MAX for share in outside):
            return Carrier.NO_VEHICLE if self.comparisons >= _NO_VEHICLE_AFTER else Carrier.UNKNOWN
        return Carrier.VEHICLE if sides and outside and self.comparisons >= _VEHICLE_AFTER else Carrier.UNKNOWN


_SIDE_MIN, _OUTSIDE_MAX = 0.33, 0.1
_VEHICLE_AFTER, _NO_VEHICLE_AFTER = 3, 2
_SIDE_CELLS_MIN, _OUTSIDE_CELLS_MIN = 6, 12


def moved_enough(before: Box, after: Box) -> bool:
    """Whether the plate has moved so much that what stays and what moves with it can be told apart."""
    (x0, y0, w0), (x1, y1, w1) = _centre(before), _centre(after)
    shift = float(np.hypot(x1 - x0, y1 - y0)) / max(w0, w1)
    return shift + 1.5 * abs(w1 / w0 - 1) >= _MOTION_MIN


def comparable(before: Box, after: Box) -> bool:
    """Whether the plate's size has changed so little that the two pictures still look alike."""
    return 1 / _GROWTH_MAX < _centre(after)[2] / _centre(before)[2] < _GROWTH_MAX


def compare(before: View, box_before: Box, after: View, box_after: Box) -> Surroundings:
    """What moved with a plate from `box_before` to `box_after` (pixels of the full pictures)."""
    x0, y0, w0 = (v * before.scale for v in _centre(box_before))
    x1, y1, w1 = (v * after.scale for v in _centre(box_after))
    zoom = PLATE_PX / w1
    size = round(2 * _LEFT * PLATE_PX), round((_UP + _DOWN) * PLATE_PX)
    origin = np.array([_LEFT * PLATE_PX, _UP * PLATE_PX])

    def window(view: View, middle: tuple[float, float], scale: float) -> tuple[NDArray[np.float32], Grey]:
        shift = origin - scale * np.array(middle)
        matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
        seen = cv2.warpAffine(view.grey, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        inside = cv2.warpAffine(np.full_like(view.grey, 255), matrix, size, flags=cv2.INTER_NEAREST)
        return np.asarray(seen, np.float32), np.asarray(inside, np.uint8)

    now, in_now = window(after, (x1, y1), zoom)
    stayed, in_stayed = window(before, (x1, y1), zoom)
    moved, in_moved = window(before, (x0, y0), PLATE_PX / w0)
    valid = in_now & in_stayed & in_moved
    windows = _Windows(now, stayed, moved, valid)
    return Surroundings(
        1,
        left=_those_that_tell(windows.cells(_SIDES[0])),
        right=_those_that_tell(windows.cells(_SIDES[1])),
        beyond_left=_all(windows.cells(_BEYOND[0])),
        beyond_right=_all(windows.cells(_BEYOND[1])),
        below=_all(windows.cells(_BELOW)),
    )


def _those_that_tell(cells: list[bool | None]) -> Tally:
    told = [cell for cell in cells if cell is not None]
    return Tally(sum(told), len(told))


def _all(cells: list[bool | None]) -> Tally:
    """A plain coat tells little, so what it tells must weigh against all of it."""
    return Tally(sum(cell is True for cell in cells), len(cells))


def _centre(box: Box) -> tuple[float, float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2, float(max(1, box[2] - box[0]))


_SIDES = ((-1.95, -1.3, -0.95, 0.4), (0.95, -1.3, 1.95, 0.4))
"""Where a vehicle has bodywork and lamps: x1, y1, x2, y2 in plate widths from the plate's middle."""
_BEYOND = ((-4.4, -1.2, -3.2, 1.0), (3.2, -1.2, 4.4, 1.0))
"""Wider than a lorry."""
_BELOW = (-0.8, 2.0, 0.8, 3.6)
"""Road, even below a lorry's plate."""


@dataclass(frozen=True, slots=True)
class _Windows:
    """The later picture round the plate, and the earlier one as if things had stayed, and had moved with the plate."""

    now: NDArray[np.float32]
    stayed: NDArray[np.float32]
    moved: NDArray[np.float32]
    valid: Grey

    def cells(self, area: tuple[float, float, float, float]) -> list[bool | None]:
        """For each cell of an area whether it moved like the plate; None where both suppositions explain it."""
        left, top, right, bottom = (round(PLATE_PX * v) for v in area)
        x0, y0 = round(_LEFT * PLATE_PX), round(_UP * PLATE_PX)
        height, width = self.now.shape
        found = []
        for y in range(max(_SEARCH_PX, y0 + top), min(height - _SEARCH_PX, y0 + bottom) - _CELL_PX + 1, _CELL_PX):
            for x in range(max(_SEARCH_PX, x0 + left), min(width - _SEARCH_PX, x0 + right) - _CELL_PX + 1, _CELL_PX):
                if self.valid[y : y + _CELL_PX, x : x + _CELL_PX].all():
                    found.append(self._cell(y, x))
        return found

    def _cell(self, y: int, x: int) -> bool | None:
        at = slice(y, y + _CELL_PX), slice(x, x + _CELL_PX)
        by_rest = _difference(self.now[at], self.stayed, y, x, 1)
        if by_rest < _TEXTURE_MIN and float(np.abs(self.stayed[at] - self.moved[at]).mean()) < _TEXTURE_MIN:
            return None
        return _difference(self.now[at], self.moved, y, x, _SEARCH_PX) < _CLEAR * by_rest


def _difference(cell: NDArray[np.float32], window: NDArray[np.float32], top: int, left: int, reach: int) -> float:
    """Mean difference in grey levels at the place within `reach` px where it is smallest, brightness left out."""
    area = window[top - reach : top + _CELL_PX + reach, left - reach : left + _CELL_PX + reach]
    best = cv2.minMaxLoc(cv2.matchTemplate(area, cell, cv2.TM_SQDIFF))[2]
    y, x = best[1], best[0]
    difference = area[y : y + _CELL_PX, x : x + _CELL_PX] - cell
    return float(np.abs(difference - np.median(difference)).mean())
