"""What may go when time or the disk asks for it. Shell around one pure decision, ``ladder``.

Events leave only as a prefix of the log, with a signed gap record, so that a centre that comes late is told.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from enum import StrEnum

from sync.append import get_meta, set_meta
from sync.chain import GapRecord
from sync.clock import Clock
from sync.event import Event, EventDraft
from sync.store import Store
from sync.tables import Database

_DAY_US = 86_400_000_000
_PRUNE_MAX = 5000
_MEDIA_MAX = 500
EVERYTHING = 2**62


class Step(StrEnum):
    """A rung of the disk ladder; each includes those before it."""

    WARN = "warn"
    ACKED_MEDIA = "acked_media"
    ACKED_EVENTS = "acked_events"
    UNACKED_LOW = "unacked_low"


_RUNGS = ((0.80, Step.WARN), (0.85, Step.ACKED_MEDIA), (0.90, Step.ACKED_EVENTS), (0.95, Step.UNACKED_LOW))


def ladder(used_fraction: float) -> tuple[Step, ...]:
    """What to do at this fill of the disk, mildest first: 80 % warn, 85 % acked pictures, 90 % old acked events,
    95 % pictures of low priority that nobody has yet."""
    return tuple(step for rung, step in _RUNGS if used_fraction >= rung)


@dataclass(frozen=True, slots=True)
class Report:
    """What a round of housekeeping did."""

    used_fraction: float
    steps: tuple[Step, ...]
    events: int = 0
    pictures: int = 0
    freed_bytes: int = 0


def used_fraction(store: Store) -> float:
    """Fill of the file system that holds the log, 0 to 1, as an ordinary user sees it."""
    space = os.statvfs(store.path.parent)
    reachable = space.f_blocks - space.f_bfree + space.f_bavail
    return 1.0 - space.f_bavail / reachable if reachable else 1.0


def acked_seq(store: Store, centrals: Sequence[str]) -> int:
    """The seq that every registered centre has; without a registered centre that is the newest."""
    if not centrals:
        return store.newest
    with store.reading().lend() as conn:
        rows = dict(conn.execute("SELECT central, seq FROM acks WHERE epoch = ?", (store.epoch,)).fetchall())
    return min(int(rows.get(central, 0)) for central in centrals)


def housekeep(
    store: Store,
    *,
    centrals: Sequence[str],
    keep_days: float,
    media_max_bytes: int,
    used: float | None = None,
    strangers_keep_h: float | None = None,
    wait_s: float = 60.0,
) -> Report:
    """One round: prune by age, keep the pictures' quota, climb the ladder; blocks, so run it in a thread.

    Raises what the store's futures raise, and TimeoutError.
    """
    used = used_fraction(store) if used is None else used
    steps = ladder(used)
    _tell_level(store, used, steps, wait_s)
    acked = acked_seq(store, centrals)
    gone: list[tuple[int, int]] = []
    if strangers_keep_h is not None:
        gone.append(end_strangers(store, keep_h=strangers_keep_h, wait_s=wait_s))
    over = store.media.usage().size_bytes - media_max_bytes
    if over > 0:
        gone.append(delete_media(store, upto_seq=acked, at_least_bytes=over, wait_s=wait_s))
    if Step.ACKED_MEDIA in steps:
        gone.append(delete_media(store, upto_seq=acked, wait_s=wait_s))
    if Step.UNACKED_LOW in steps:
        gone.append(delete_media(store, upto_seq=EVERYTHING, from_priority=3, wait_s=wait_s))
    days = keep_days / 3 if Step.ACKED_EVENTS in steps else keep_days
    before_us = store.clock.wall_us() - int(days * _DAY_US)
    pruned = prune(store, upto_seq=acked, before_wall_us=before_us).result(wait_s)
    if pruned:
        gone.append(delete_media(store, upto_seq=store.oldest() - 1, wait_s=wait_s))
    events = sum(int(event.data()["events"]) for event in pruned)
    return Report(used, steps, events, sum(count for count, _ in gone), sum(size for _, size in gone))


def prune(store: Store, *, upto_seq: int, before_wall_us: int) -> Future[list[Event]]:
    """Delete the prefix that is acknowledged and old, in one transaction with ``log.pruned`` and its gap record.

    At most some thousand events at once, so that the writer is not held up; the newest event always stays.
    """

    def task(db: Database) -> Sequence[EventDraft]:
        last = _last_to_go(db, upto_seq, before_wall_us)
        if last is None:
            return ()
        seq, head, count = last
        record = _signed_gap(store, seq, head)
        db.conn.execute("DELETE FROM events WHERE seq <= ?", (seq,))
        db.conn.execute("INSERT INTO gaps (last_seq, record) VALUES (?, ?)", (seq, json.dumps(record.as_dict())))
        set_meta(db.conn, "pruned_seq", str(seq))
        return (_draft(store, "log.pruned", {"events": count, "gap": record.as_dict()}),)

    return store.transact(task)


def delete_media(
    store: Store, *, upto_seq: int, wait_s: float, at_least_bytes: int = EVERYTHING, from_priority: int = 0
) -> tuple[int, int]:
    """Delete the oldest pictures whose last event is at most ``upto_seq``; returns (pictures, bytes)."""
    return _delete(store, lambda db: _oldest_media(db, upto_seq, at_least_bytes, from_priority), wait_s)


def end_strangers(store: Store, *, keep_h: float, wait_s: float) -> tuple[int, int]:
    """Delete strangers' pictures that are older than this, whether a centre knows of them or not.

    The age of what came since the box was started is told by the clock that never jumps.
    """
    return _delete(store, lambda db: _old_strangers(db, store.clock, keep_h * 3600.0), wait_s)


def _delete(store: Store, choose: Callable[[Database], list[str]], wait_s: float) -> tuple[int, int]:
    """Delete the pictures that are chosen in the transaction.

    The rows say "deleted" before the files go, so that a crash leaves a file too many, never a promise too many.
    Both happen in the owner thread: an append cannot bring a picture back in between.
    """
    chosen: list[str] = []
    freed: list[int] = []

    def mark(db: Database) -> Sequence[EventDraft]:
        chosen[:] = choose(db)
        db.conn.executemany("UPDATE media SET stored = 0 WHERE sha256 = ?", [(sha256,) for sha256 in chosen])
        return (_draft(store, "log.media_deleted", {"pictures": len(chosen)}),) if chosen else ()

    def remove(db: Database) -> Sequence[EventDraft]:
        for sha256 in chosen:
            row = db.conn.execute("SELECT stored FROM media WHERE sha256 = ?", (sha256,)).fetchone()
            if row is not None and not row[0]:
                freed.append(store.media.delete(sha256))
        return ()

    store.transact(mark).result(wait_s)
    if chosen:
        store.transact(remove).result(wait_s)
    return len(chosen), sum(freed)


def _tell_level(store: Store, used: float, steps: Sequence[Step], wait_s: float) -> None:
    """One event when the ladder is climbed or left, none while it stays."""
    level = steps[-1].value if steps else "ok"

    def task(db: Database) -> Sequence[EventDraft]:
        if get_meta(db.conn, "disk_level", "ok") == level:
            return ()
        set_meta(db.conn, "disk_level", level)
        return (_draft(store, "log.disk_level", {"level": level, "used_percent": round(used * 100)}),)

    store.transact(task).result(wait_s)


def _last_to_go(db: Database, upto_seq: int, before_wall_us: int) -> tuple[int, str, int] | None:
    """(seq, hash, count) of the prefix; it ends before the first event that must stay."""
    newest = db.conn.execute("SELECT max(seq) FROM events").fetchone()[0]
    seq, head, count = 0, "", 0
    rows = db.conn.execute("SELECT seq, hash, wall_us FROM events ORDER BY seq LIMIT ?", (_PRUNE_MAX,))
    for row_seq, row_hash, wall_us in rows:
        if row_seq > upto_seq or wall_us >= before_wall_us or row_seq == newest:
            break
        seq, head, count = row_seq, row_hash, count + 1
    rows.close()
    return (seq, head, count) if count else None


def _oldest_media(db: Database, upto_seq: int, at_least_bytes: int, from_priority: int) -> list[str]:
    chosen: list[str] = []
    freed = 0
    rows = db.conn.execute(
        "SELECT sha256, size FROM media WHERE stored = 1 AND last_seq <= ? AND priority >= ? "
        "ORDER BY priority DESC, last_seq LIMIT ?",
        (upto_seq, from_priority, _MEDIA_MAX),
    )
    for sha256, size in rows:
        if freed >= at_least_bytes:
            break
        chosen.append(sha256)
        freed += size
    rows.close()
    return chosen


def _old_strangers(db: Database, clock: Clock, keep_s: float) -> list[str]:
    before_us, before_ns = clock.wall_us() - int(keep_s * 1e6), clock.mono_ns() - int(keep_s * 1e9)
    rows = db.conn.execute(
        "SELECT sha256 FROM media LEFT JOIN events ON seq = last_seq WHERE stored = 1 AND stranger = 1 "
        "AND CASE WHEN boot_id = ? THEN mono_ns < ? ELSE coalesce(wall_us, 0) < ? END ORDER BY last_seq LIMIT ?",
        (clock.boot_id(), before_ns, before_us, _MEDIA_MAX),
    )
    return [sha256 for (sha256,) in rows]


def _signed_gap(store: Store, seq: int, head: str) -> GapRecord:
    fields = {
        "gateway": store.gateway_id,
        "epoch": store.epoch,
        "last_seq": seq,
        "last_hash": head,
        "wall_us": store.clock.wall_us(),
        "key_id": store.key.id,
        "public_key": store.key.public_hex,
    }
    unsigned = GapRecord.from_dict({**fields, "signature": ""})
    return GapRecord.from_dict({**fields, "signature": store.key.sign(unsigned.message())})


def _draft(store: Store, kind: str, body: dict[str, object]) -> EventDraft:
    clock = store.clock
    return EventDraft(
        kind=kind, source="gateway", body=body, wall_us=clock.wall_us(), mono_ns=clock.mono_ns(), priority=2
    )
