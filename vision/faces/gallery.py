"""Core: the people to be known, as one matrix; who a face is most alike, and by how much more than to anybody else.

The templates of a person count as one row, their mean brought back to length 1: on the pictures at hand that knows
more people than the best template or the mean of the two best (benchmarks/README.md), and the matrix stays small.
The threshold still counts templates, because a mean is a little more alike to strangers than a single one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vision.commands import GalleryEdit, GalleryPart
from vision.errors import VisionError

Matrix = NDArray[np.float32]
"""Rows x dim."""
Rows = NDArray[np.intp]
"""Indices of people."""

ROWS_MAX = 300_000
"""150 MB with 128 numbers; the filing limit of the law is 100,000 people."""
_LENGTH_TOLERANCE = 0.02


class GalleryFault(VisionError):
    """A part or an edit that does not fit; its text names nobody."""


@dataclass(frozen=True, slots=True)
class Match:
    """The nearest person, and the nearest other one."""

    person: str
    """Empty where there is nobody."""
    score: float
    """Cosine similarity, -1 to 1; -1 where there is nobody."""
    second: float
    struck: bool = False
    """The person most alike was struck out: a look-alike of theirs is nearer still."""


NOBODY = Match("", -1.0, -1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """Everybody who is enrolled; never changed, edits make a new one. Vectors never show in its repr."""

    version: int
    model: str
    dim: int
    people: tuple[str, ...] = ()
    """Person of each row."""
    means: Matrix = field(repr=False, default_factory=lambda: np.empty((0, 1), np.float32))
    """People x dim, each of length 1."""
    sums: NDArray[np.float32] = field(repr=False, default_factory=lambda: np.empty(0, np.float32))
    """Length of the sum of each person's templates, so that one more can be added."""
    counts: Rows = field(repr=False, default_factory=lambda: np.empty(0, np.intp))
    """Templates of each person."""
    unlike: Matrix = field(repr=False, default_factory=lambda: np.empty((0, 1), np.float32))
    """Look-alikes: rows x dim."""
    unlike_of: Rows = field(repr=False, default_factory=lambda: np.empty(0, np.intp))
    """Whom each of them is not."""

    @property
    def templates(self) -> int:
        """How many templates were enrolled, without look-alikes: what the threshold follows."""
        return int(self.counts.sum())

    @property
    def rows(self) -> int:
        """Templates and look-alikes."""
        return self.templates + len(self.unlike_of)

    def match(self, vector: NDArray[np.float32]) -> Match:
        """The nearest two people for a template of length 1."""
        scores = self._scores(vector)
        if not len(scores):
            return NOBODY
        nearest = int(scores.argmax())
        first, struck = nearest, False
        for row in self._struck(vector, scores):
            struck = struck or row == nearest
            scores[row] = -1.0
        if struck:
            first = int(scores.argmax())
        best = float(scores[first])
        scores[first] = -1.0
        second = float(scores.max()) if len(scores) > 1 else -1.0
        return Match(self.people[first] if best > -1.0 else "", best, second, struck)

    def alike(self, vector: NDArray[np.float32], at_least: float, most: int = 5) -> tuple[str, ...]:
        """People whose similarity reaches `at_least`, the nearest first."""
        scores = self._scores(vector)
        found = np.flatnonzero(scores >= at_least)
        ranked = found[np.argsort(-scores[found], kind="stable")][:most]
        return tuple(self.people[row] for row in ranked)

    def _scores(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        if vector.shape != (self.dim,):
            raise ValueError(f"template of shape {vector.shape}, the gallery has {self.dim} numbers")
        return self.means @ vector.astype(np.float32, copy=False) if len(self.people) else np.empty(0, np.float32)

    def _struck(self, vector: NDArray[np.float32], scores: NDArray[np.float32]) -> Iterable[int]:
        if not len(self.unlike_of):
            return ()
        nearer = self.unlike @ vector >= scores[self.unlike_of]
        return (int(row) for row in np.unique(self.unlike_of[nearer]))


def edited(gallery: Gallery, edit: GalleryEdit) -> Gallery:
    """The gallery after an edit: first everything of `removed` goes, then the new rows come.

    An edit that is older than the gallery is contained in it already and changes nothing. Raises `GalleryFault`.
    """
    if (edit.model, edit.dim) != (gallery.model, gallery.dim):
        raise GalleryFault(f"edit for {edit.model!r} with {edit.dim} numbers, the gallery is of {gallery.model!r}")
    if edit.version < gallery.version:
        return gallery
    gone = set(edit.removed)
    draft = _Draft(edit.version, gallery.model, gallery.dim)
    kept = np.array([row for row, person in enumerate(gallery.people) if person not in gone], np.intp)
    draft.begin(gallery, kept)
    draft.add(edit.people, edit.negative, _matrix(edit.vectors, edit.dim))
    return draft.finished()


class GalleryBuilder:
    """Puts the parts of a new gallery together; holds at most one unfinished gallery."""

    def __init__(self) -> None:
        self._draft: _Draft | None = None
        self._next = (0, 0)

    def take(self, part: GalleryPart) -> Gallery | None:
        """The gallery once its last part is here. Raises `GalleryFault`."""
        if part.part == 0:
            self._draft, self._next = _Draft(part.version, part.model, part.dim), (0, part.parts)
        draft = self._draft
        if draft is None or (part.part, part.parts) != self._next or not draft.fits(part):
            raise GalleryFault(f"part {part.part} of {part.parts} does not follow")
        draft.add(part.people, part.negative, _matrix(part.vectors, part.dim))
        self._next = (part.part + 1, part.parts)
        if part.part + 1 < part.parts:
            return None
        self._draft = None
        return draft.finished()


def _matrix(vectors: bytes, dim: int) -> Matrix:
    """Rows of little-endian float32; each must be finite and of length 1."""
    rows = np.frombuffer(vectors, "<f4").reshape(-1, dim).astype(np.float32, copy=False)
    lengths = np.linalg.norm(rows, axis=1)
    if not bool(np.all(np.abs(lengths - 1.0) <= _LENGTH_TOLERANCE)):  # also where it is not a number
        raise GalleryFault("a template is not of length 1")
    return rows


class _Draft:
    """A gallery in the making: sums of templates by person, in blocks."""

    def __init__(self, version: int, model: str, dim: int) -> None:
        self._version, self._model, self._dim = version, model, dim
        self._index: dict[str, int] = {}
        self._blocks: list[Matrix] = []
        self._owners: list[Rows] = []
        self._weights: list[Rows] = []
        self._unlike: list[Matrix] = []
        self._unlike_of: list[str] = []
        self._rows = 0

    def fits(self, part: GalleryPart) -> bool:
        return (part.version, part.model, part.dim) == (self._version, self._model, self._dim)

    def begin(self, gallery: Gallery, kept: Rows) -> None:
        """Start from these rows of another gallery, and from the look-alikes of these people."""
        self._put([gallery.people[row] for row in kept], gallery.means[kept] * gallery.sums[kept, None])
        self._weights[-1] = gallery.counts[kept]
        stays = np.isin(gallery.unlike_of, kept)
        self._unlike.append(gallery.unlike[stays])
        self._unlike_of += [gallery.people[row] for row in gallery.unlike_of[stays]]
        self._rows = int(gallery.counts[kept].sum()) + int(stays.sum())

    def add(self, people: Sequence[str], negative: Sequence[int], rows: Matrix) -> None:
        """More rows; those of `negative` are look-alikes."""
        self._rows += len(people)
        if self._rows > ROWS_MAX:
            raise GalleryFault(f"more than {ROWS_MAX} templates")
        unlike = np.zeros(len(people), bool)
        unlike[list(negative)] = True
        self._put([person for person, not_them in zip(people, unlike, strict=True) if not not_them], rows[~unlike])
        self._unlike.append(rows[unlike])
        self._unlike_of += [people[row] for row in sorted(set(negative))]

    def _put(self, people: Sequence[str], sums: Matrix) -> None:
        owners = [self._index.setdefault(person, len(self._index)) for person in people]
        self._blocks.append(sums)
        self._owners.append(np.array(owners, np.intp))
        self._weights.append(np.ones(len(people), np.intp))

    def finished(self) -> Gallery:
        """Sums to means; look-alikes of people who have no template of their own are left out."""
        owners, weights = np.concatenate(self._owners), np.concatenate(self._weights)
        order = np.argsort(owners, kind="stable")
        starts = np.searchsorted(owners[order], np.arange(len(self._index)))
        blocks = np.concatenate([block.reshape(-1, self._dim) for block in self._blocks])
        means = np.add.reduceat(blocks[order], starts, axis=0) if len(starts) else np.empty((0, self._dim), np.float32)
        sums = np.linalg.norm(means, axis=1)
        if not bool(np.all(sums > 0.1)):
            raise GalleryFault("two templates of one person are opposites")
        unlike = np.concatenate([block.reshape(-1, self._dim) for block in self._unlike])
        known = np.array([person in self._index for person in self._unlike_of], bool)
        return Gallery(
            version=self._version,
            model=self._model,
            dim=self._dim,
            people=tuple(self._index),
            means=np.ascontiguousarray(means / sums[:, None], np.float32),
            sums=sums.astype(np.float32),
            counts=np.add.reduceat(weights[order], starts) if len(starts) else np.empty(0, np.intp),
            unlike=np.ascontiguousarray(unlike[known], np.float32),
            unlike_of=np.array([self._index[p] for p in self._unlike_of if p in self._index], np.intp),
        )
