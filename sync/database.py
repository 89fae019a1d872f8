"""The store's file: one owner (flock), WAL with synchronous=FULL, migrations, quarantine, readers. Shell: SQLite."""

from __future__ import annotations

import fcntl
import os
import queue
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sync.errors import SchemaTooNew, StoreLocked, StoreUnusable
from sync.schema import MIGRATIONS
from sync.tables import Database

_READERS_MAX = 4
_READER_WAIT_S = 10.0
Migrations = tuple[tuple[str, tuple[str, ...]], ...]
_CORRUPT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class OwnerLock:
    """An flock on ``<file>.lock``: a second writing process is refused; a killed one holds nothing."""

    def __init__(self, database: Path) -> None:
        path = database.with_name(database.name + ".lock")
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StoreUnusable(
                f"数据目录 {database.parent} 不可写：{error}", f"cannot write in {database.parent}: {error}"
            ) from error
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._handle)
            raise StoreLocked(
                f"{database} 正由另一个进程使用；请先停止它",
                f"{database} is in use by another process; stop that one first",
            ) from error

    def release(self) -> None:
        """Let another process have it."""
        os.close(self._handle)


def open_writer(path: Path, *, full: bool = True) -> Database:
    """The writing connection, with the pragmas that the promises rest on."""
    conn = sqlite3.connect(path, isolation_level=None, timeout=5.0, check_same_thread=False)
    try:
        conn.execute("PRAGMA journal_mode = WAL").fetchone()
        conn.execute(f"PRAGMA synchronous = {'FULL' if full else 'NORMAL'}")
        conn.execute("PRAGMA foreign_keys = ON")
        conn.execute("PRAGMA busy_timeout = 5000")
        conn.execute("PRAGMA secure_delete = ON").fetchone()
        conn.execute("PRAGMA journal_size_limit = 67108864")
        return Database(conn, execute_plugins=False)
    except BaseException:
        conn.close()
        raise


def is_corrupt(error: BaseException) -> bool:
    """Whether SQLite says that the file itself is damaged."""
    code = getattr(error, "sqlite_errorcode", 0) or 0
    return isinstance(error, sqlite3.DatabaseError) and (code & 0xFF) in _CORRUPT


def damage(path: Path) -> str:
    """What quick_check finds in the file; empty when it is sound or absent."""
    if not path.exists():
        return ""
    try:
        db = open_writer(path)
        try:
            row = db.conn.execute("PRAGMA quick_check(1)").fetchone()
        finally:
            db.conn.close()
    except sqlite3.DatabaseError as error:
        if is_corrupt(error):
            return str(error)
        raise StoreUnusable(f"无法打开 {path}：{error}", f"cannot open {path}: {error}") from error
    return "" if row[0] == "ok" else str(row[0])[:300]


def set_aside(path: Path) -> Path:
    """Rename a damaged file and its WAL to ``.corrupt-<time>``; nothing is deleted."""
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    aside = path.with_name(f"{path.name}.corrupt-{stamp}")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.corrupt-{stamp}-{number}")
    path.rename(aside)
    for suffix in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))
    return aside


def migrate(db: Database, path: Path, migrations: Migrations = MIGRATIONS) -> None:
    """Bring the tables up to this version, each migration in one transaction with its number."""
    conn = db.conn
    conn.execute("CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL)")
    done = conn.execute("SELECT coalesce(max(number), 0) FROM migrations").fetchone()[0]
    known = len(migrations)
    if done > known:
        raise SchemaTooNew(
            f"{path} 由更新的版本写成（结构 {done}，本版本识得 {known}）；请升级软件",
            f"{path} was written by a newer version (schema {done}, known {known}); upgrade the software",
        )
    for number, (name, statements) in enumerate(migrations[done:], start=done + 1):
        with db.atomic():
            for statement in statements:
                conn.execute(statement)
            conn.execute("INSERT INTO migrations (number, name) VALUES (?, ?)", (number, name))


@contextmanager
def read_errors(path: Path) -> Iterator[None]:
    """SQLite's errors as StoreUnusable, so that nobody above this room needs to know them."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreUnusable(f"无法读取日志 {path}：{error}", f"cannot read the log {path}: {error}") from error


class Readers:
    """A few read-only connections, lent one at a time; in WAL mode they never block the writer."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        self._permits: queue.LifoQueue[None] = queue.LifoQueue()
        for _ in range(_READERS_MAX):
            self._permits.put(None)
        self._closed = False

    @contextmanager
    def lend(self) -> Iterator[sqlite3.Connection]:
        """A connection for one short read; waits a bounded time when all are lent.

        Raises StoreUnusable, also when the read itself fails.
        """
        try:
            self._permits.get(timeout=_READER_WAIT_S)
        except queue.Empty:
            raise StoreUnusable("读取日志的连接已用尽", "all connections that read the log are in use") from None
        try:
            with read_errors(self._path):
                conn = self._take()
                try:
                    yield conn
                except BaseException:
                    conn.close()
                    raise
                self._give(conn)
        finally:
            self._permits.put(None)

    def close(self) -> None:
        """Close the idle ones; a lent one is closed when it comes back."""
        self._closed = True
        while True:
            try:
                self._idle.get_nowait().close()
            except queue.Empty:
                return

    def reopen(self) -> None:
        """Forget the idle ones, because the file behind the name has changed."""
        self.close()
        self._closed = False

    def _take(self) -> sqlite3.Connection:
        if self._closed:
            raise StoreUnusable("日志已关闭", "the log is closed")
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            return open_reader(self._path)

    def _give(self, conn: sqlite3.Connection) -> None:
        if self._closed:
            conn.close()
        else:
            self._idle.put(conn)


def open_reader(path: Path) -> sqlite3.Connection:
    """A read-only connection to a store that another thread or process may be writing."""
    conn = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=5.0, check_same_thread=False
    )
    conn.execute("PRAGMA query_only = ON")
    return conn
