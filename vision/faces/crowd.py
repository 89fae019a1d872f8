"""Core: templates in one growing matrix, to tell whether a new one shows somebody who is there already.

For enrolment, where every template is compared by itself; doors use `vision.faces.gallery`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_ROOM_MIN = 1024


class Crowd:
    """Templates of ``dim`` float32, little-endian, of length 1. Vectors never show in its repr."""

    def __init__(self, dim: int) -> None:
        self.dim = dim
        self._people: list[str] = []
        self._rows: NDArray[np.float32] = np.empty((_ROOM_MIN, dim), np.float32)

    def __len__(self) -> int:
        return len(self._people)

    def __repr__(self) -> str:
        return f"Crowd({len(self)} templates)"

    def add(self, people: tuple[str, ...], vectors: bytes) -> None:
        """Take templates in; raises ValueError where bytes and people do not fit together."""
        rows = _rows(vectors, self.dim)
        if len(rows) != len(people):
            raise ValueError(f"{len(rows)} templates of {len(people)} people")
        needed = len(self._people) + len(rows)
        if needed > len(self._rows):
            grown = np.empty((max(needed, 2 * len(self._rows)), self.dim), np.float32)
            grown[: len(self._people)] = self._rows[: len(self._people)]
            self._rows = grown
        self._rows[len(self._people) : needed] = rows
        self._people += people

    def alike(self, vector: bytes, at_least: float, most: int = 5) -> tuple[str, ...]:
        """People of whom one template is at least this similar (cosine), the most alike first."""
        if not self._people:
            return ()
        scores = self._rows[: len(self._people)] @ _rows(vector, self.dim)[0]
        found = np.flatnonzero(scores >= at_least)
        ranked = found[np.argsort(-scores[found], kind="stable")]
        return tuple(dict.fromkeys(self._people[row] for row in ranked))[:most]


def similarity(one: bytes, other: bytes) -> float:
    """Cosine of two templates."""
    return float(np.frombuffer(one, "<f4") @ np.frombuffer(other, "<f4"))


def _rows(vectors: bytes, dim: int) -> NDArray[np.float32]:
    return np.frombuffer(vectors, "<f4").reshape(-1, dim).astype(np.float32, copy=False)
