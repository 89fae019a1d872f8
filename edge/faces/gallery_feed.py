"""Sealed rows to what the eyes are told: a whole gallery in parts, or the change of a few people. Shell: reads rows.

The hub joins bytes, nothing more. A message stays far below the wire's 8 MiB, a header below 1 MiB. A row that does
not open is left out and counted; when none opens the key is another one, and nobody is known.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from edge.faces.model import Embedder
from edge.faces.seal import SealError, unsealed
from sync.faces import count_by_model, faces_of, sealed_faces
from sync.records import FaceTemplate
from sync.store import Store
from vision.commands import GalleryEdit, GalleryPart

log = logging.getLogger(__name__)

ROWS_MAX = 500
VECTORS_BYTES_MAX = 4 * 1024 * 1024
ROWS_A_PERSON = 10
"""Five templates and five look-alikes (``rules``)."""


class WrongFaceKey(SealError):
    """Not one row opens."""

    def __init__(self) -> None:
        super().__init__(
            "没有一个人脸模板能解封：face.key 不是封存时的密钥；请从备份恢复它，或删除人脸重新登记",
            "no face template opens: face.key is not the key they were sealed with; "
            "restore it from a backup, or remove the faces and enrol anew",
        )


@dataclass(slots=True)
class Rows:
    """What goes into one message."""

    people: list[str]
    negative: list[int]
    vectors: bytearray
    refused: int = 0
    """Rows that did not open, or have another number of numbers."""

    @staticmethod
    def of(key: bytes, faces: Iterable[FaceTemplate], dim: int) -> Rows:
        """The rows that open."""
        rows = Rows([], [], bytearray())
        for face in faces:
            try:
                vector = unsealed(key, face)
            except SealError:
                rows.refused += 1
                continue
            if len(vector) != dim * 4:
                rows.refused += 1
                continue
            if face.negative:
                rows.negative.append(len(rows.people))
            rows.people.append(face.person)
            rows.vectors += vector
        return rows


class GalleryFeed:
    """Makes the messages for one store and one embedder; ``refused`` counts rows of the last whole gallery."""

    def __init__(self, store: Store, key: bytes, embedder: Embedder) -> None:
        self._store = store
        self._key = key
        self._embedder = embedder
        self.refused = 0

    def __repr__(self) -> str:
        return f"GalleryFeed({self._embedder.model}, refused={self.refused})"

    def parts(self) -> Iterator[GalleryPart]:
        """The whole gallery; at least one part, also for nobody. Raises WrongFaceKey before the first part.

        Rows that come while it is read may be left out: they are told as edits with a later version.
        """
        model, dim = self._embedder.model, self._embedder.dim
        version = self._store.policy().version
        rows_max = rows_a_part(dim)
        count = count_by_model(self._store.reading()).get(model, 0)
        total = max(1, -(-count // rows_max))
        self.refused = 0
        chunks = sealed_faces(self._store.reading(), model=model, chunk=rows_max)
        for number in range(total):
            rows = Rows.of(self._key, next(chunks, ()), dim)
            self.refused += rows.refused
            if rows.refused:
                log.warning(
                    "%d face templates do not open and are left out: changed, or sealed otherwise", rows.refused
                )
            if number == 0 and rows.refused and not rows.people:
                raise WrongFaceKey
            yield GalleryPart(
                version=version,
                part=number,
                parts=total,
                model=model,
                dim=dim,
                people=tuple(rows.people),
                negative=tuple(rows.negative),
                vectors=bytes(rows.vectors),
            )

    def edits(self, people: Sequence[str]) -> Iterator[GalleryEdit]:
        """These people as they stand now: everything of theirs goes, then what they have comes. Telling it twice is
        harmless; somebody who has nothing any more is only removed."""
        model, dim = self._embedder.model, self._embedder.dim
        wanted = sorted(set(people))
        at_once = max(1, rows_a_part(dim) // ROWS_A_PERSON)
        for start in range(0, len(wanted), at_once):
            some = tuple(wanted[start : start + at_once])
            version = self._store.policy().version
            faces = [face for face in faces_of(self._store.reading(), some) if face.model == model]
            rows = Rows.of(self._key, faces, dim)
            yield GalleryEdit(
                version=version,
                model=model,
                dim=dim,
                removed=some,
                people=tuple(rows.people),
                negative=tuple(rows.negative),
                vectors=bytes(rows.vectors),
            )


def parts(store: Store, key: bytes, embedder: Embedder) -> Iterator[GalleryPart]:
    """The whole gallery of a store as messages."""
    return GalleryFeed(store, key, embedder).parts()


def rows_a_part(dim: int) -> int:
    """Rows of one message."""
    return max(1, min(ROWS_MAX, VECTORS_BYTES_MAX // (dim * 4)))
