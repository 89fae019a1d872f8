"""Questions to the log by wall time. Shell: reads through lent read-only connections.

The index ``events_by_time`` (kind, wall_us) holds the sequence number too, so which events lie in a span is known
without touching one of them; they are then fetched a few hundred at a time, and no read lasts long.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple

from sync.append import event_of
from sync.database import open_reader, read_errors
from sync.errors import StoreUnusable
from sync.event import Event
from sync.schema import EVENT_COLUMNS
from sync.store import Store

LAST_CHARACTER = "\U0010ffff"
SPAN_MAX = 1_000_000
"""Numbers of events held at once; the newest ones count when there are more."""
_FETCH = 500
Lend = Callable[[], AbstractContextManager[sqlite3.Connection]]


class Stamp(NamedTuple):
    """What the index alone tells of an event."""

    seq: int
    kind: str
    wall_us: int


class Timeline:
    """The log by wall time; spans are half open, Unix microseconds. Kinds are prefixes (``alarm.``) or whole."""

    def __init__(self, lend: Lend) -> None:
        self._lend = lend

    def walk(
        self, prefixes: Sequence[str], since_us: int, until_us: int, limit: int = SPAN_MAX, *, saying: str = ""
    ) -> Iterator[Event]:
        """The newest ``limit`` events of a span in the order of the log; ``saying`` is a piece of their body."""
        with self._lend() as conn:
            seqs = self._seqs(conn, prefixes, since_us, until_us, limit)
        for at in range(0, len(seqs), _FETCH):
            yield from self._fetch(seqs[at : at + _FETCH], saying)

    def backwards(self, prefixes: Sequence[str], since_us: int, until_us: int, before: int) -> Iterator[Event]:
        """Events of a span with a smaller seq, newest first."""
        with self._lend() as conn:
            seqs = [seq for seq in self._seqs(conn, prefixes, since_us, until_us, SPAN_MAX) if seq < before]
        for end in range(len(seqs), 0, -_FETCH):
            yield from reversed(self._fetch(seqs[max(0, end - _FETCH) : end], ""))

    def about(self, field: str, values: Sequence[str], prefixes: Sequence[str], since_us: int) -> list[Event]:
        """Events since a time whose body names one of these in a field, in the order of the log."""
        found: list[Event] = []
        for at in range(0, len(values), _FETCH):
            some = values[at : at + _FETCH]
            with self._lend() as conn:
                kinds = _kinds(conn, prefixes)
                sql = (
                    f"SELECT {EVENT_COLUMNS} FROM events WHERE kind IN ({_marks(kinds)}) AND wall_us >= ? "  # noqa: S608
                    f"AND json_extract(body, ?) IN ({_marks(some)}) ORDER BY +seq"
                )
                found += map(event_of, conn.execute(sql, (*kinds, since_us, f"$.{field}", *some)))
        return sorted(found, key=lambda event: event.seq)

    def stamps(self, prefixes: Sequence[str], since_us: int, until_us: int) -> list[Stamp]:
        """Number, kind and time of every event of a span, from the index alone."""
        with self._lend() as conn:
            kinds = _kinds(conn, prefixes)
            sql = (
                f"SELECT seq, kind, wall_us FROM events WHERE kind IN ({_marks(kinds)}) "  # noqa: S608 - marks
                "AND wall_us >= ? AND wall_us < ? ORDER BY +seq DESC LIMIT ?"
            )
            rows = conn.execute(sql, (*kinds, since_us, until_us, SPAN_MAX)).fetchall()
        return [Stamp(*row) for row in reversed(rows)]

    def _seqs(
        self, conn: sqlite3.Connection, prefixes: Sequence[str], since_us: int, until_us: int, limit: int
    ) -> list[int]:
        kinds = _kinds(conn, prefixes)
        sql = (
            f"SELECT seq FROM events WHERE kind IN ({_marks(kinds)}) "  # noqa: S608 - marks
            "AND wall_us >= ? AND wall_us < ? ORDER BY +seq DESC LIMIT ?"
        )
        return [row[0] for row in conn.execute(sql, (*kinds, since_us, until_us, limit))][::-1]

    def _fetch(self, seqs: Sequence[int], saying: str) -> list[Event]:
        sql = (
            f"SELECT {EVENT_COLUMNS} FROM events WHERE seq IN ({_marks(seqs)}) "  # noqa: S608 - marks
            "AND (? = '' OR instr(body, ?) > 0) ORDER BY seq"
        )
        with self._lend() as conn:
            return [event_of(row) for row in conn.execute(sql, (*seqs, saying, saying))]


def timeline_of(store: Store) -> Timeline:
    """The log of a store that this process has open."""
    return Timeline(store.reading().lend)


@contextmanager
def timeline_in(path: Path) -> Iterator[Timeline]:
    """The log in a file, also while the gateway runs; raises StoreUnusable when it cannot be read."""
    if not path.is_file():
        raise StoreUnusable(f"没有日志文件 {path}", f"there is no log at {path}")
    with read_errors(path):
        conn = open_reader(path)
        try:

            @contextmanager
            def lend() -> Iterator[sqlite3.Connection]:
                with read_errors(path):
                    yield conn

            yield Timeline(lend)
        finally:
            conn.close()


def _kinds(conn: sqlite3.Connection, prefixes: Sequence[str]) -> list[str]:
    """The kinds that the log holds and that begin with one of the prefixes; a step in the index for each."""
    found: set[str] = set()
    for prefix in prefixes:
        row = conn.execute("SELECT min(kind) FROM events WHERE kind >= ?", (prefix,)).fetchone()
        while row[0] is not None and row[0] < prefix + LAST_CHARACTER:
            found.add(row[0])
            row = conn.execute("SELECT min(kind) FROM events WHERE kind > ?", (row[0],)).fetchone()
    return sorted(found)


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
