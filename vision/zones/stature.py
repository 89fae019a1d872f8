"""Core: how tall somebody stands out from the scene, from head to foot, within a part of a pixel. Time is passed in.

A detector's box wavers by 3 % from picture to picture; where head and feet stand out from the scene that was learnt
without people, by half a percent (docs/zones.md). So people who dress alike are told apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.frame import Image
from vision.zones.people import Box, Person
from vision.zones.region import Mask

_LOGS = np.log(np.arange(256, dtype=np.float32) + 12.0)
_LEARN_S, _LEARN_EVERY_S = 8.0, 0.8
_WIDER, _TALLER = 0.25, 0.15
"""Of a box: what round it is not learnt either."""
_ACROSS, _ABOVE, _BELOW, _WITHIN = 0.1, 0.18, 0.28, 0.25
"""Of a box: left out at its sides, and where head and foot are looked for beyond its ends (legs are often cut off) and
within."""
_LEAST, _DEEP = 0.15, 0.12
"""By how much more it must differ at least, as a logarithm; and how far within it is asked, in box heights."""
_WIDTH_MIN_PX, _ROWS_MIN = 4, 8
_NARROW = 4
"""The head is as wide as that part of a box."""

Picture = NDArray[np.float32]
"""Height x width x BGR, logarithms of brightness."""
Light = NDArray[np.floating]
"""Of the three colours."""


class Statures:
    """Learns the scene of one camera at the scale of work and measures people against it."""

    def __init__(self) -> None:
        self._scene: Picture | None = None
        self._seen: Mask = np.zeros((0, 0), np.bool_)
        """Where it was seen without people at some time."""
        self._learnt_s = float("-inf")

    def measured(self, work: Image, people: Sequence[Person], now_s: float) -> list[Person]:
        """The same people with their statures, where they can be told."""
        learns = now_s - self._learnt_s >= _LEARN_EVERY_S
        if not people and not learns:
            return []
        soft = np.asarray(cv2.GaussianBlur(work, (3, 3), 0), np.uint8)
        if self._scene is None:
            self._scene, self._seen = _LOGS[soft], np.zeros(soft.shape[:2], np.bool_)
        scene = self._scene
        light = np.median((_LOGS[soft[::4, ::4]] - scene[::4, ::4]).reshape(-1, 3), axis=0)
        found = [replace(person, stature=stature_of(soft, scene, light, person.box)) for person in people]
        if learns:
            self._learn(scene, soft, [person.box for person in people], now_s)
        return found

    def _learn(self, scene: Picture, soft: Image, boxes: Sequence[Box], now_s: float) -> None:
        share = np.float32(min(1.0, (now_s - self._learnt_s) / _LEARN_S))
        rate = np.where(self._seen, share, np.float32(1.0))
        for x1, y1, x2, y2 in boxes:
            wide, tall = _WIDER * (x2 - x1), _TALLER * (y2 - y1)
            rate[max(0, int(y1 - tall)) : int(y2 + tall) + 1, max(0, int(x1 - wide)) : int(x2 + wide) + 1] = 0
        scene += rate[..., None] * (np.asarray(cv2.LUT(soft, _LOGS), np.float32) - scene)
        self._seen |= rate > 0
        self._learnt_s = now_s


def stature_of(soft: Image, scene: Picture, light: Light, box: Box) -> float | None:
    """Rows from head to foot by how much each pixel differs from the scene; None where either end cannot be seen."""
    x1, y1, x2, y2 = box
    high, wide = y2 - y1, x2 - x1
    top, bottom = int(max(0.0, y1 - _ABOVE * high)), int(min(float(len(soft)), y2 + _BELOW * high))
    where = slice(top, bottom), slice(max(0, round(x1 + _ACROSS * wide)), round(x2 - _ACROSS * wide))
    differs = np.abs(_LOGS[soft[where]] - scene[where] - light).max(axis=2, initial=0.0)
    if differs.shape[1] < _WIDTH_MIN_PX or differs.shape[0] < _ROWS_MIN:
        return None
    rows = np.sort(differs, axis=1)[:, -max(2, differs.shape[1] // _NARROW) :].mean(axis=1)
    deep = max(3, round(_DEEP * high))
    head = _begins(rows[: max(3, int(y1 + _WITHIN * high - top))], deep)
    foot = _begins(rows[::-1][: max(3, int(bottom - y2 + _WITHIN * high))], deep)
    return None if head is None or foot is None else len(rows) - head - foot


def _begins(rows: NDArray[np.floating], deep: int) -> float | None:
    """Where from outside inwards it differs half as much as it does some rows further, between two rows."""
    outside = float(rows[: max(2, len(rows) // 3)].min())  # the light there may have changed since it was learnt
    first = _first(rows, outside + _LEAST)
    if first is None:
        return None
    inside = float(np.median(rows[first : first + deep]))
    enough = max(outside + _LEAST, (outside + inside) / 2)
    at = _first(rows, enough)
    return None if at is None else at - float((rows[at] - enough) / (rows[at] - rows[at - 1]))


def _first(rows: NDArray[np.floating], enough: float) -> int | None:
    """The first of two rows on end that differ so much; not if the outermost does."""
    over = rows >= enough
    found = np.flatnonzero(over[:-1] & over[1:])
    return int(found[0]) if len(found) and found[0] > 0 else None
