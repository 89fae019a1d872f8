"""Sealed templates as rows, and how they end: no byte of a removed one stays. Shell: SQL.

``secure_delete`` zeroes what is deleted, but SQLite moves rows between pages and may leave an old copy in the gap of a
page (seen with 3.40). So after a removal the rows that stay are copied into a fresh table and the old one is dropped,
whose pages are zeroed as a whole; then the WAL is folded and cut to nothing, and only then is it proved (``erasing``).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from sync.database import Readers
from sync.records import FaceTemplate
from sync.schema import FACE_COLUMNS, FACE_INDEX
from sync.tables import Database

TO_ERASE_KEY = "faces_to_erase"
"""In ``meta``: what was removed and may still stand in the WAL."""
PEOPLE_NAMED_MAX = 200
_FIELDS = "id, person, model, sealed, negative, source, quality, created_s"
_ASKED_MAX = 500


@dataclass(frozen=True, slots=True)
class ToErase:
    """Templates that were removed since the WAL was last folded."""

    templates: int = 0
    people: tuple[str, ...] = ()
    """At most ``PEOPLE_NAMED_MAX``."""
    people_count: int = 0
    compacted: bool = False
    """The table was made anew since."""


def add_face(conn: sqlite3.Connection, face: FaceTemplate) -> None:
    """Add a row where the person's consent stands in the lists; raises IntegrityError for an id that is there."""
    values = (
        face.id, face.person, face.model, face.sealed, int(face.negative), face.source, face.quality, face.created_s,
    )  # fmt: skip
    sql = f"INSERT INTO faces ({_FIELDS}) SELECT ?, ?, ?, ?, ?, ?, ?, ? FROM consents WHERE person = ?"  # noqa: S608
    conn.execute(sql, (*values, face.person))


def remove_faces(conn: sqlite3.Connection, person: str, *, negatives_only: bool = False) -> int:
    """Delete a person's rows and note that they must be erased; returns how many there were."""
    sql = "DELETE FROM faces WHERE person = ? AND negative >= ?"
    count = conn.execute(sql, (person, int(negatives_only))).rowcount
    if count:
        known = to_erase(conn)
        people = known.people if person in known.people else (*known.people, person)
        known = ToErase(
            templates=known.templates + count,
            people=people[:PEOPLE_NAMED_MAX],
            people_count=known.people_count + (person not in known.people),
        )
        _note(conn, known)
    return count


def to_erase(conn: sqlite3.Connection) -> ToErase:
    """What was removed and not yet proved to be gone."""
    row = conn.execute("SELECT value FROM meta WHERE key = ?", (TO_ERASE_KEY,)).fetchone()
    if row is None:
        return ToErase()
    body = json.loads(row[0])
    return ToErase(**{**body, "people": tuple(body["people"])})


def _note(conn: sqlite3.Connection, gone: ToErase) -> None:
    conn.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (TO_ERASE_KEY, json.dumps(asdict(gone))),
    )


def compact(db: Database) -> None:
    """Copy the rows that stay into a fresh table and drop the old one; the caller holds the transaction.

    Takes room for both tables until the WAL is folded.
    """
    conn = db.conn
    conn.execute(f"CREATE TABLE faces_fresh ({FACE_COLUMNS})")
    conn.execute(f"INSERT INTO faces_fresh (seq, {_FIELDS}) SELECT seq, {_FIELDS} FROM faces ORDER BY seq")  # noqa: S608
    conn.execute("DROP TABLE faces")
    conn.execute("ALTER TABLE faces_fresh RENAME TO faces")
    conn.execute(FACE_INDEX)
    _note(conn, replace(to_erase(conn), compacted=True))


def count_faces(conn: sqlite3.Connection) -> Mapping[str, int]:
    """Templates by person, without negatives."""
    return dict(conn.execute("SELECT person, count(*) FROM faces WHERE negative = 0 GROUP BY person"))


def sealed_faces(readers: Readers, *, model: str = "", chunk: int = 500) -> Iterator[list[FaceTemplate]]:
    """All rows of a model (all models when empty) in the order they came, a chunk at a time.

    Each chunk is a read of its own, so that a slow taker never holds the WAL; what is removed in between is left out.
    """
    after = 0
    while True:
        with readers.lend() as conn:
            rows = conn.execute(
                f"SELECT seq, {_FIELDS} FROM faces WHERE seq > ? AND (? = '' OR model = ?) ORDER BY seq LIMIT ?",  # noqa: S608
                (after, model, model, chunk),
            ).fetchall()
        if not rows:
            return
        after = rows[-1][0]
        yield [_face(row[1:]) for row in rows]


def faces_of(readers: Readers, people: Sequence[str]) -> list[FaceTemplate]:
    """All rows of some people, at most 500 of them at once."""
    if len(people) > _ASKED_MAX:
        raise ValueError(f"{len(people)} people at once, at most {_ASKED_MAX}")
    marks = ", ".join("?" * len(people))
    sql = f"SELECT {_FIELDS} FROM faces WHERE person IN ({marks}) ORDER BY seq"  # noqa: S608 - question marks
    with readers.lend() as conn:
        return [_face(row) for row in conn.execute(sql, tuple(people))]


def count_by_model(readers: Readers) -> Mapping[str, int]:
    """Rows of each model, negatives included; those of another model than the one in use wait for a new enrolment."""
    with readers.lend() as conn:
        return dict(conn.execute("SELECT model, count(*) FROM faces GROUP BY model"))


def negatives_by_person(readers: Readers) -> Mapping[str, int]:
    """Look-alikes of each person who has any."""
    with readers.lend() as conn:
        return dict(conn.execute("SELECT person, count(*) FROM faces WHERE negative = 1 GROUP BY person"))


def wal_is_empty(path: Path) -> bool:
    """Whether nothing waits beside the database file."""
    try:
        return path.with_name(path.name + "-wal").stat().st_size == 0
    except FileNotFoundError:
        return True


def _face(row: Sequence[Any]) -> FaceTemplate:
    id_, person, model, sealed, negative, source, quality, created_s = row
    return FaceTemplate(
        id=id_,
        person=person,
        model=model,
        sealed=sealed,
        negative=bool(negative),
        source=source,
        quality=quality,
        created_s=created_s,
    )
