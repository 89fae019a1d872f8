"""A log that another process may be writing, opened for reading only. Shell: SQLite."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sync.append import event_of, read_head
from sync.database import open_reader
from sync.errors import StoreUnusable
from sync.event import Event
from sync.lists import read_policy
from sync.records import Policy
from sync.schema import EVENT_COLUMNS


class LogReader:
    """Reads beside the running gateway; never blocks it. Use it as a context manager."""

    def __init__(self, path: Path) -> None:
        """Raises StoreUnusable when there is no log at the place."""
        if not path.is_file():
            raise StoreUnusable(f"{path} 不存在：网关尚未运行过？", f"{path} does not exist: has the gateway ever run?")
        try:
            self._conn = open_reader(path)
            read_head(self._conn)
        except sqlite3.DatabaseError as error:
            raise StoreUnusable(f"{path} 不是网关日志：{error}", f"{path} is not a gateway's log: {error}") from error

    def __enter__(self) -> LogReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._conn.close()

    def read_after(self, seq: int, limit: int = 500) -> list[Event]:
        """Events with a greater seq, oldest first."""
        sql = f"SELECT {EVENT_COLUMNS} FROM events WHERE seq > ? ORDER BY seq LIMIT ?"  # noqa: S608 - column names
        return [event_of(row) for row in self._conn.execute(sql, (seq, limit))]

    def newest(self) -> int:
        """Seq of the newest event; 0 for an empty log."""
        return read_head(self._conn)[0]

    def policy(self) -> Policy:
        """The lists as they stand."""
        return read_policy(self._conn)
