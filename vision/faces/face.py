"""Core: a face in a picture."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vision.faces.align import Points, side_px

Box = tuple[int, int, int, int]
"""x1, y1, x2, y2 in pixels of the picture; the right and lower edge lie outside."""

Vector = NDArray[np.float32]
"""A template: ``dim`` numbers, length 1."""


@dataclass(frozen=True, slots=True)
class Face:
    """Where a face is."""

    box: Box
    """May reach beyond the picture."""
    points: Points = field(repr=False, compare=False)
    """5x2 float32, pixels: right eye, left eye (of the person), tip of the nose, right and left corner of the mouth."""
    score: float
    """Of the finder, 0 to 1."""

    @property
    def side_px(self) -> float:
        """Side of the square of the picture that is aligned: what ``faces.face_px_min`` bounds."""
        return side_px(self.points)


def largest(faces: list[Face]) -> Face | None:
    """The one nearest to the camera."""
    return max(faces, key=lambda face: face.side_px, default=None)
