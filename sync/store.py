"""The event log and the lists of one gateway: append, read after N, one snapshot of who may enter. Shell: opens it all.

Writing goes through one owner thread (``writer``), reading through a few read-only connections; neither blocks the
other. A future of ``append`` resolves when its events are on the disk, never earlier.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sync.append import event_of, read_head
from sync.ballast import Ballast
from sync.clock import Clock, SystemClock
from sync.database import OwnerLock, Readers
from sync.errors import DraftRefused, StoreUnusable
from sync.event import GENESIS_HASH, Event, EventDraft
from sync.health import Figures, StoreHealth, WriterSettings
from sync.lists import read_policy
from sync.media import MediaStore
from sync.opening import Opened, open_database
from sync.policy import checked
from sync.prepare import prepared
from sync.records import Change, Policy
from sync.schema import EVENT_COLUMNS
from sync.spill import Job
from sync.tables import Database
from sync.writer import Writer

BALLAST_BYTES = 64 * 1024 * 1024
_OPENING_WAIT_S = 5.0
_SELECT = f"SELECT {EVENT_COLUMNS} FROM events"  # noqa: S608 - column names, no input


@dataclass(frozen=True, slots=True)
class Head:
    """The newest event of the log; seq 0 and the genesis hash when there is none."""

    epoch: int
    seq: int
    hash: str


class Store:
    """One gateway's record. Open it with ``Store.open``; close it, or use it as a context manager."""

    def __init__(self, opened: Opened, lock: OwnerLock, writer: Writer, media: MediaStore, readers: Readers) -> None:
        self.gateway_id = opened.identity.gateway
        self.epoch = opened.identity.epoch
        self.store_id = opened.store_id
        self.key = opened.identity.key
        self.clock = opened.clock
        self.path = opened.path
        self.media = media
        self._lock = lock
        self._writer = writer
        self._readers = readers
        self._closers: list[Callable[[], None]] = []
        self._closed = False

    @staticmethod
    def open(
        path: Path,
        *,
        gateway_id: str,
        media_dir: Path | None = None,
        spill_max: int = 10_000,
        clock: Clock | None = None,
        ballast_bytes: int = BALLAST_BYTES,
        new_epoch: str = "",
        settings: WriterSettings | None = None,
    ) -> Store:
        """Open or create; ``new_epoch`` is the reason why a new epoch must start (``restored``), empty for none.

        Raises StoreLocked, SchemaTooNew or StoreUnusable. A corrupt file is set aside and a new one begun.
        """
        path = path.absolute()
        lock = OwnerLock(path)
        ballast = Ballast(path.with_name(path.name + ".ballast"), ballast_bytes)
        media = MediaStore(media_dir or path.parent / "blobs")
        try:
            opened = _opened(path, gateway_id, clock or SystemClock(), new_epoch, ballast)
        except BaseException:
            lock.release()
            raise
        media.sweep()
        ballast.hold()
        writer = _writer(opened, media, ballast, settings or WriterSettings(spill_max=spill_max))
        store = Store(opened, lock, writer, media, Readers(path))
        writer.start()
        for future in [store.append([draft]) for draft in opened.drafts]:
            with suppress(FutureTimeout):  # a full disk must not keep the gateway from starting
                future.result(_OPENING_WAIT_S)
        return store

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def append(self, drafts: Sequence[EventDraft], changes: Sequence[Change] = ()) -> Future[list[Event]]:
        """Queue events and the list changes that belong to them; they land together. Never blocks, never raises.

        The future fails with DraftRefused (at once), LogFull (dropped from the spill) or StoreClosed.
        """
        future: Future[list[Event]] = Future()
        try:
            job = Job(tuple(prepared(draft) for draft in drafts), tuple(checked(change) for change in changes), future)
        except DraftRefused as error:
            future.set_exception(error)
            return future
        self._writer.submit(job)
        return future

    def transact(self, task: Callable[[Database], Sequence[EventDraft]]) -> Future[list[Event]]:
        """Run a task of the store's own in the owner thread's transaction; its drafts land in the same one."""
        future: Future[list[Event]] = Future()
        self._writer.submit(Job((), (), future, task))
        return future

    def read_after(self, seq: int, limit: int = 500) -> list[Event]:
        """Events with a greater seq, oldest first."""
        return self._events(f"{_SELECT} WHERE seq > ? ORDER BY seq LIMIT ?", seq, limit)

    def read_before(self, seq: int, limit: int = 500) -> list[Event]:
        """Events with a smaller seq, newest first."""
        return self._events(f"{_SELECT} WHERE seq < ? ORDER BY seq DESC LIMIT ?", seq, limit)

    def by_id(self, event_id: str) -> Event | None:
        """The event of a draft's id."""
        return next(iter(self._events(f"{_SELECT} WHERE id = ?", event_id)), None)

    def head(self) -> Head:
        """Epoch, seq and hash of the newest durable event."""
        with self._readers.lend() as conn:
            return Head(self.epoch, *read_head(conn))

    def hash_at(self, seq: int) -> str | None:
        """Hash of the event with this seq, also of the last pruned one; None when it is unknown."""
        with self._readers.lend() as conn:
            return hash_at(conn, seq)

    def oldest(self) -> int:
        """Seq of the oldest event that is still here; 1 for an empty log."""
        with self._readers.lend() as conn:
            return oldest(conn)

    def policy(self) -> Policy:
        """The lists as they stand in the last commit."""
        return self._writer.policy

    def reading(self) -> Readers:
        """The pool of read-only connections, for the store's own modules."""
        return self._readers

    def health(self) -> StoreHealth:
        """Whether the record is being kept."""
        return self._writer.health()

    def figures(self) -> Figures:
        """Counters since opening."""
        return self._writer.figures

    @property
    def newest(self) -> int:
        """Seq of the newest durable event, without asking the disk."""
        return self._writer.newest

    def acknowledge(self, central: str, seq: int) -> None:
        """Remember that a centre has everything up to ``seq`` of this epoch."""
        self._writer.acknowledge(central, self.epoch, seq)

    def on_commit(self, tell: Callable[[int], None]) -> Callable[[], None]:
        """Be told the newest seq after each commit, in the owner thread; returns what unsubscribes."""
        return _subscribe(self._writer.hooks.commit, tell)

    def on_faces(self, tell: Callable[[tuple[str, ...]], None]) -> Callable[[], None]:
        """Be told after a commit, in the owner thread, whose templates came or went; returns what unsubscribes."""
        return _subscribe(self._writer.hooks.faces, tell)

    def on_trouble(self, tell: Callable[[StoreHealth], None]) -> Callable[[], None]:
        """Be told in the owner thread when the record can no longer be kept, and when it can again."""
        return _subscribe(self._writer.hooks.trouble, tell)

    def on_close(self, tell: Callable[[], None]) -> Callable[[], None]:
        """Be told when the store begins to close, so that waiters end."""
        return _subscribe(self._closers, tell)

    def wait_after(self, seq: int, timeout_s: float) -> bool:
        """Block this thread until there is an event after ``seq``; False when the time is over or the store closes."""
        writer = self._writer
        with writer.changed:
            writer.changed.wait_for(lambda: writer.newest > seq or self._closed, timeout_s)
            return writer.newest > seq

    def close(self) -> None:
        """Write what waits, then let everything go. Closing twice is harmless."""
        if self._closed:
            return
        self._closed = True
        for tell in tuple(self._closers):
            tell()
        self._readers.close()  # before the writer, so that it is the last one and can fold the WAL away
        self._writer.close()
        self._lock.release()

    def _events(self, sql: str, *values: object) -> list[Event]:
        with self._readers.lend() as conn:
            return [event_of(row) for row in conn.execute(sql, values)]


def oldest(conn: sqlite3.Connection) -> int:
    """Seq of the oldest event; 1 for an empty log."""
    row = conn.execute("SELECT min(seq) FROM events").fetchone()
    return 1 if row[0] is None else int(row[0])


def hash_at(conn: sqlite3.Connection, seq: int) -> str | None:
    """Hash at a seq; that of the event before the oldest is known from its ``prev``."""
    row = conn.execute("SELECT hash FROM events WHERE seq = ?", (seq,)).fetchone()
    if row is None and seq >= 0:
        row = conn.execute("SELECT prev FROM events WHERE seq = ?", (seq + 1,)).fetchone()
    if row is None and seq == 0 and read_head(conn)[0] == 0:
        return GENESIS_HASH
    return str(row[0]) if row else None


def _subscribe(listeners: list[Callable[..., None]], tell: Callable[..., None]) -> Callable[[], None]:
    listeners.append(tell)

    def unsubscribe() -> None:
        if tell in listeners:
            listeners.remove(tell)

    return unsubscribe


def _opened(path: Path, gateway_id: str, clock: Clock, new_epoch: str, ballast: Ballast) -> Opened:
    """Open; on a full disk the ballast makes the room that even opening needs."""
    try:
        return open_database(path, gateway_id=gateway_id, clock=clock, new_epoch=new_epoch)
    except StoreUnusable:
        if not ballast.release():
            raise
        return open_database(path, gateway_id=gateway_id, clock=clock, new_epoch=new_epoch)


def _writer(opened: Opened, media: MediaStore, ballast: Ballast, settings: WriterSettings) -> Writer:
    return Writer(
        path=opened.path,
        db=opened.db,
        media=media,
        ballast=ballast,
        identity=opened.identity,
        clock=opened.clock,
        policy=read_policy(opened.db.conn),
        newest=read_head(opened.db.conn)[0],
        settings=settings,
    )


__all__ = ["BALLAST_BYTES", "Head", "Store", "StoreHealth", "WriterSettings"]
