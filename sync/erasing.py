"""After templates were removed: make their table anew, fold the WAL, then say so in the log. Shell: SQLite.

What was removed stands in ``meta`` until the event that proves its end is durable, so a crash in between is made good
at the next start.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from concurrent.futures import Future

from sync.clock import Clock
from sync.event import EventDraft
from sync.faces import TO_ERASE_KEY, ToErase, compact, to_erase
from sync.spill import Job
from sync.tables import Database

_LOG = logging.getLogger(__name__)
ERASED_KIND = "log.faces_erased"
READER_RETRY_S = 0.25
"""A reader that is in the midst of a page puts the folding off."""
ROOM_RETRY_S = 5.0
"""Where the disk has no room for the fresh table."""


class Eraser:
    """Belongs to the writer's thread. A full disk puts the erasing off, and nothing else: the removal has landed."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._clock = clock
        self.retry_s = READER_RETRY_S
        self.due = to_erase(db.conn).templates > 0
        """Templates were removed, and it is not yet proved that they are gone."""

    def erase(self, db: Database) -> Job | None:
        """Go on where it is due; returns the task that writes the proof, None while something is in the way."""
        if not self.due:
            return None
        if not _compacted(db):
            self.retry_s = ROOM_RETRY_S
            return None
        if not _folded(db.conn):
            self.retry_s = READER_RETRY_S
            return None
        self.due, self.retry_s = False, READER_RETRY_S
        gone = to_erase(db.conn)
        return Job((), (), Future(), lambda owner: self._prove(owner, gone))

    def _prove(self, db: Database, gone: ToErase) -> Sequence[EventDraft]:
        if not gone.templates or to_erase(db.conn) != gone:
            return ()  # more was removed meanwhile: the next round tells of both
        db.conn.execute("DELETE FROM meta WHERE key = ?", (TO_ERASE_KEY,))
        body = {"templates": gone.templates, "people": list(gone.people), "people_count": gone.people_count}
        return (
            EventDraft(
                kind=ERASED_KIND,
                source="log",
                body=body,
                priority=2,
                wall_us=self._clock.wall_us(),
                mono_ns=self._clock.mono_ns(),
            ),
        )


def _compacted(db: Database) -> bool:
    """Whether the table was made anew since the last removal; tries it, in a transaction of its own."""
    if to_erase(db.conn).compacted:
        return True
    try:
        with db.atomic():
            compact(db)
    except sqlite3.Error as error:
        _LOG.warning("the table of templates cannot be made anew yet: %s", error)
        return False
    return True


def _folded(conn: sqlite3.Connection) -> bool:
    """Whether every page is in the database file and the WAL is empty; never waits for readers."""
    try:
        conn.execute("PRAGMA busy_timeout = 0")
        busy = conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.OperationalError as error:
        _LOG.warning("the WAL cannot be folded yet: %s", error)
        return False
    finally:
        conn.execute("PRAGMA busy_timeout = 5000")
    return not busy
