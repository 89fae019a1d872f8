"""One request to the feed and its three answers: a page, a fork, a gap. Shell: reads in one transaction.

The cursor is (epoch, seq, hash). A gateway that cannot confirm it says so instead of sending what does not follow.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from sync.append import event_of, read_head
from sync.event import Event
from sync.schema import EVENT_COLUMNS
from sync.store import Store, hash_at, oldest
from sync.wire import NDJSON, Footer, Page, encode_page

PAGE_BYTES = 4 * 1024 * 1024
"""A page is closed early when its bodies reach this size; it always holds at least one event."""

_FORK = (
    "中心所持历史与本网关不符，请找到最后一处相同的 (seq, hash) 后从那里继续",
    "this is not the history that the centre holds; find the last common (seq, hash) and go on from there",
)
_PRUNED = (
    "所求事件已清理；请记下缺口，从 gap.last_seq 之后继续",
    "these events were pruned; note the gap and go on after gap.last_seq",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where a centre stands. ``epoch`` and ``head`` are None for a centre that knows nothing yet."""

    after: int = 0
    epoch: int | None = None
    head: str | None = None


@dataclass(frozen=True, slots=True)
class Fork:
    """The centre's history is not this gateway's: JSON for 409."""

    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pruned:
    """What the centre asks for is gone: JSON for 410, with the signed gap record."""

    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes out, whatever carries it."""

    status: int
    media_type: str
    body: bytes
    empty: bool = False
    """A page without events: the asker may want to wait."""


def respond(store: Store, cursor: Cursor, limit: int, central_id: str | None = None) -> Reply:
    """Answer a centre: 200 with a page (which also acknowledges its cursor), 409 or 410."""
    answer = read_feed(store, cursor, limit)
    if isinstance(answer, Page):
        # Without its hash the cursor is not confirmed, and must not let anything be deleted.
        if central_id and cursor.head is not None and cursor.epoch is not None:
            store.acknowledge(central_id, cursor.after)
        return Reply(200, NDJSON, encode_page(answer.events, answer.footer), empty=not answer.events)
    status, (zh, en) = (409, _FORK) if isinstance(answer, Fork) else (410, _PRUNED)
    words = {**answer.body, "message": {"zh": zh, "en": en}}
    return Reply(status, "application/json", json.dumps(words, ensure_ascii=False).encode())


def read_feed(store: Store, cursor: Cursor, limit: int) -> Page | Fork | Pruned:
    """Answer a centre; everything in it is of one moment."""
    with store.reading().lend() as conn:
        conn.execute("BEGIN")
        try:
            return _answer(store, conn, cursor, limit)
        finally:
            conn.execute("ROLLBACK")


def _answer(store: Store, conn: sqlite3.Connection, cursor: Cursor, limit: int) -> Page | Fork | Pruned:
    newest, newest_hash = read_head(conn)
    first = oldest(conn)
    place = {"gateway": store.gateway_id, "epoch": store.epoch, "oldest": first, "newest": newest}
    known = hash_at(conn, cursor.after)
    reason = _fork_reason(store, cursor, newest, known)
    if reason:
        body = {"error": "fork", "reason": reason, **place, "newest_hash": newest_hash, "epochs": _epochs(conn)}
        return Fork(body)
    if cursor.after < first - 1:
        gap = conn.execute("SELECT record FROM gaps ORDER BY last_seq DESC LIMIT 1").fetchone()
        return Pruned({"error": "pruned", **place, "gap": json.loads(gap[0]) if gap else None})
    events = _events(conn, cursor.after, limit)
    tip = (events[-1].seq, events[-1].hash) if events else (cursor.after, str(known))
    return Page(tuple(events), _footer(store, len(events), tip, (first, newest)))


def _fork_reason(store: Store, cursor: Cursor, newest: int, known: str | None) -> str:
    if cursor.epoch is not None and cursor.epoch != store.epoch:
        return "epoch"
    if cursor.after > newest:
        return "ahead"
    return "hash" if cursor.head is not None and known is not None and cursor.head != known else ""


def _events(conn: sqlite3.Connection, after: int, limit: int) -> list[Event]:
    events: list[Event] = []
    size = 0
    sql = f"SELECT {EVENT_COLUMNS} FROM events WHERE seq > ? ORDER BY seq LIMIT ?"  # noqa: S608 - column names
    for row in conn.execute(sql, (after, limit)):
        event = event_of(row)
        size += len(event.body)
        if events and size > PAGE_BYTES:
            break
        events.append(event)
    return events


def _footer(store: Store, count: int, tip: tuple[int, str], span: tuple[int, int]) -> Footer:
    return Footer(
        count=count,
        last_seq=tip[0],
        last_hash=tip[1],
        oldest=span[0],
        newest=span[1],
        epoch=store.epoch,
        gateway=store.gateway_id,
        now_wall_us=store.clock.wall_us(),
        now_mono_ns=store.clock.mono_ns(),
        boot_id=store.clock.boot_id(),
        clock=store.clock.state(),
    )


def _epochs(conn: sqlite3.Connection) -> list[dict[str, Any]]:
    names = ("epoch", "fork_seq", "fork_hash", "reason", "wall_us")
    rows = conn.execute("SELECT epoch, fork_seq, fork_hash, reason, wall_us FROM epochs ORDER BY epoch DESC LIMIT 100")
    return [dict(zip(names, row, strict=True)) for row in rows]
