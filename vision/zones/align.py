"""Core: whether the edges of one picture are seen in another, and a camera that was pushed aside.

A bracket that is knocked or gives way moves everything by some pixels: what is known of a lane, and what stands in it,
then moves along instead of being taken for things that left and came.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.zones.region import Mask, Push
from vision.zones.surface import Field, Surface, strength

_EDGE_MIN, _EDGES_MIN = 0.1, 150
_TOLERANCE, _EDGE_SHARE, _NOISE_SHARE = 0.05, 0.35, 3.0
_IN_PLACE, _ASIDE = 0.5, 0.6
"""Of the edges: fewer in their places, and so many aside, and the camera was pushed."""
_BLANK = 0.25
"""Against the lane's own edges: a picture with fewer shows nothing."""


@dataclass(frozen=True, slots=True)
class Edges:
    """The steep pixels of a field."""

    down: NDArray[np.intp]
    across: NDArray[np.intp]
    slopes: NDArray[np.float32]
    allowed: NDArray[np.float32]

    @classmethod
    def of(cls, field: Field, where: Mask, noise: NDArray[np.float32]) -> Edges | None:
        """None where they are too few to tell anything."""
        middle = float(np.median(noise[::4, ::4]))
        down, across = np.nonzero((strength(field) > max(_EDGE_MIN, 2 * _NOISE_SHARE * middle)) & where)
        if down.size < _EDGES_MIN:
            return None
        slopes = field[1:, down, across]
        return cls(down, across, slopes, _TOLERANCE + _EDGE_SHARE * np.hypot(*slopes) + _NOISE_SHARE * middle)

    def seen(self, field: Field, push: Push = (0, 0)) -> float:
        """The share of them that another field shows, so far aside; those pushed out of it do not count."""
        down, across = self.down + push[1], self.across + push[0]
        height, width = field.shape[1:]
        inside = (down >= 0) & (down < height) & (across >= 0) & (across < width)
        if np.count_nonzero(inside) < _EDGES_MIN:
            return 0.0
        apart = np.hypot(*(field[1:, down[inside], across[inside]] - self.slopes[:, inside]))
        return float((apart < self.allowed[inside]).mean())


def is_blank(now: Field, surface: Surface) -> bool:
    """Whether a picture shows nothing of a lane that is known: black, covered, fogged. Then nothing can be said."""
    steep = max(_EDGE_MIN, 2 * _NOISE_SHARE * float(np.median(surface.noise()[::4, ::4])))
    known = np.count_nonzero((strength(surface.reference) > steep) & surface.known)
    return bool(known >= _EDGES_MIN and np.count_nonzero(strength(now) > steep) < _BLANK * known)


class Bracket:
    """Notices that the camera was pushed, when it is seen twice."""

    def __init__(self) -> None:
        self._seen: Push | None = None

    def push(self, expected: Field, surface: Surface) -> Push | None:
        """How far what is expected has moved since it was learnt; None while it is where it was."""
        before, self._seen = self._seen, _push_of(expected, surface)
        if before is None or self._seen is None or max(abs(a - b) for a, b in zip(before, self._seen, strict=True)) > 1:
            return None
        push, self._seen = self._seen, None
        return push


def _push_of(expected: Field, surface: Surface) -> Push | None:
    edges = Edges.of(expected, surface.known, surface.noise())
    if edges is None or edges.seen(surface.now) >= _IN_PLACE:
        return None
    shape = surface.known.shape
    window = cv2.createHanningWindow((shape[1], shape[0]), cv2.CV_32F)
    (right, below), _ = cv2.phaseCorrelate(strength(expected), strength(surface.now), window)
    push = round(right), round(below)
    return push if push != (0, 0) and edges.seen(surface.now, push) >= _ASIDE else None
