"""After templates were removed: fold the WAL, cut it to nothing, then say so in the log. Shell: SQLite.

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
from sync.faces import TO_ERASE_KEY, ToErase, to_erase
from sync.spill import Job
from sync.tables import Database

_LOG = logging.getLogger(__name__)
ERASED_KIND = "log.faces_erased"
RETRY_S = 0.25
"""A reader that is in the midst of a page puts the folding off."""


class Eraser:
    """Belongs to the writer's thread."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._clock = clock
        self.due = to_erase(db.conn).templates > 0
        """Templates were removed and the WAL was not folded since."""

    def fold(self, db: Database) -> Job | None:
        """Fold the WAL if that is due; returns the task that writes the proof, None while a reader is in the way."""
        if not self.due or not _folded(db.conn):
            return None
        self.due = False
        gone = to_erase(db.conn)
        return Job((), (), Future(), lambda owner: self._prove(owner, gone))

    def _prove(self, db: Database, gone: ToErase) -> Sequence[EventDraft]:
        if to_erase(db.conn) != gone:
            return ()  # more was removed meanwhile: the next folding tells of both
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
