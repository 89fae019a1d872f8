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
_LENGTH_MIN = 0.1
"""Of a sum of templates; a shorter one has no direction."""


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
    lengths: NDArray[np.float32] = field(repr=False, default_factory=lambda: np.empty(0, np.float32))
    """Of the sum of each person's templates, so that one more can be added."""
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
    draft = _Draft(edit.version, gallery.model, gallery.dim, gallery)
    draft.remove(edit.removed)
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
            self._draft, self._next = _Draft(part.version, part.model, part.dim, None), (0, part.parts)
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
    """A gallery in the making: a mean for each person, kept at length 1, with room for more.

    Only those whom a part or an edit names are touched, so that a change among 100,000 costs one copy of the matrix.
    """

    def __init__(self, version: int, model: str, dim: int, base: Gallery | None) -> None:
        self._version, self._model, self._dim = version, model, dim
        self._people: list[str] = list(base.people) if base is not None else []
        self._index = {person: row for row, person in enumerate(self._people)}
        self._means = base.means.copy() if base is not None else np.empty((0, dim), np.float32)
        self._lengths = base.lengths.copy() if base is not None else np.empty(0, np.float32)
        self._counts = base.counts.copy() if base is not None else np.empty(0, np.intp)
        self._unlike: list[tuple[str, Matrix]] = (
            [(base.people[row], base.unlike[at]) for at, row in enumerate(base.unlike_of)] if base is not None else []
        )
        self._rows = base.rows if base is not None else 0

    def fits(self, part: GalleryPart) -> bool:
        return (part.version, part.model, part.dim) == (self._version, self._model, self._dim)

    def remove(self, people: Sequence[str]) -> None:
        """Everything of theirs; the last row takes the place of each that goes."""
        for person in set(people) & self._index.keys():
            row, last = self._index.pop(person), len(self._people) - 1
            self._rows -= int(self._counts[row])
            moved = self._people.pop()
            if row != last:
                self._people[row], self._index[moved] = moved, row
                for column in (self._means, self._lengths, self._counts):
                    column[row] = column[last]
            self._lengths[last] = self._counts[last] = 0  # whoever comes to this row begins anew
        gone = set(people)
        left = [(person, vector) for person, vector in self._unlike if person not in gone]
        self._rows -= len(self._unlike) - len(left)
        self._unlike = left

    def add(self, people: Sequence[str], negative: Sequence[int], rows: Matrix) -> None:
        """More rows; those of `negative` are look-alikes."""
        self._rows += len(people)
        if self._rows > ROWS_MAX:
            raise GalleryFault(f"more than {ROWS_MAX} templates")
        unlike = set(negative)
        self._unlike += [(people[row], rows[row]) for row in sorted(unlike)]
        mine = [row for row in range(len(people)) if row not in unlike]
        if mine:
            self._put([people[row] for row in mine], rows[mine])

    def _put(self, people: Sequence[str], vectors: Matrix) -> None:
        """Add to the sums of these people, and bring them back to length 1."""
        owners = np.array([self._row_of(person) for person in people], np.intp)
        self._make_room()
        order = np.argsort(owners, kind="stable")
        rows, starts, more = np.unique(owners[order], return_index=True, return_counts=True)
        totals = self._means[rows] * self._lengths[rows, None] + np.add.reduceat(vectors[order], starts, axis=0)
        lengths = np.linalg.norm(totals, axis=1)
        if not bool(np.all(lengths > _LENGTH_MIN)):
            raise GalleryFault("two templates of one person are opposites")
        self._means[rows], self._lengths[rows] = totals / lengths[:, None], lengths
        self._counts[rows] += more

    def _row_of(self, person: str) -> int:
        row = self._index.setdefault(person, len(self._people))
        if row == len(self._people):
            self._people.append(person)
        return row

    def _make_room(self) -> None:
        """A row for everybody; half as many again, so that a long gallery is not copied for each part."""
        here, wanted = len(self._lengths), len(self._people)
        if wanted > here:
            extra = max(wanted, here + here // 2) - here
            self._means = np.concatenate([self._means, np.zeros((extra, self._dim), np.float32)])
            self._lengths = np.concatenate([self._lengths, np.zeros(extra, np.float32)])
            self._counts = np.concatenate([self._counts, np.zeros(extra, np.intp)])

    def finished(self) -> Gallery:
        """The gallery; look-alikes of people who have no template of their own are left out."""
        count = len(self._people)
        known = [(person, vector) for person, vector in self._unlike if person in self._index]
        return Gallery(
            version=self._version,
            model=self._model,
            dim=self._dim,
            people=tuple(self._people),
            means=self._means[:count],
            lengths=self._lengths[:count],
            counts=self._counts[:count],
            unlike=np.array([vector for _, vector in known], np.float32).reshape(-1, self._dim),
            unlike_of=np.array([self._index[person] for person, _ in known], np.intp),
        )
