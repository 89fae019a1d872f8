"""Questions to the log beyond "after N?". Shell: reads through the store's read-only connections."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sync.append import event_of
from sync.database import open_reader, read_errors
from sync.errors import StoreUnusable
from sync.event import Event
from sync.lists import read_policy
from sync.records import Policy
from sync.schema import EVENT_COLUMNS
from sync.store import Store
from sync.timeline import LAST_CHARACTER, timeline_of


def of_kinds(store: Store, prefixes: Sequence[str], *, after: int = 0, limit: int = 500) -> list[Event]:
    """Events whose kind starts with one of the prefixes (``alarm.``), oldest first, with a greater seq."""
    ranges = " OR ".join("(kind >= ? AND kind < ?)" for _ in prefixes)
    bounds = [bound for prefix in prefixes for bound in (prefix, prefix + LAST_CHARACTER)]
    sql = f"SELECT {EVENT_COLUMNS} FROM events WHERE seq > ? AND ({ranges}) ORDER BY seq LIMIT ?"  # noqa: S608 - bound
    with store.reading().lend() as conn:
        return [event_of(row) for row in conn.execute(sql, (after, *bounds, limit))]


def between(store: Store, prefixes: Sequence[str], since_us: int, until_us: int, limit: int) -> list[Event]:
    """The newest events of these kinds (by prefix) whose wall time lies in a span, oldest first."""
    return list(timeline_of(store).walk(prefixes, since_us, until_us, limit))


def newest_saying(store: Store, kind: str, words: str, since_us: int, limit: int) -> list[Event]:
    """The newest events of one kind whose body holds these words, since a wall time, oldest first."""
    sql = (
        f"SELECT {EVENT_COLUMNS} FROM events WHERE kind = ? AND wall_us >= ? AND instr(body, ?) > 0 "  # noqa: S608
        "ORDER BY seq DESC LIMIT ?"
    )
    with store.reading().lend() as conn:
        rows = conn.execute(sql, (kind, since_us, words, limit)).fetchall()
    return [event_of(row) for row in reversed(rows)]


def shows_stranger(store: Store, sha256: str) -> bool:
    """Whether a stored picture shows somebody's face whom nobody has enrolled."""
    with store.reading().lend() as conn:
        row = conn.execute("SELECT stranger FROM media WHERE sha256 = ?", (sha256,)).fetchone()
    return row is not None and bool(row[0])


def last_pull_s(store: Store) -> float | None:
    """Unix time of the latest acknowledgement by any centre; None when none ever pulled."""
    with store.reading().lend() as conn:
        row = conn.execute("SELECT max(wall_us) FROM acks").fetchone()
    return None if row[0] is None else row[0] / 1e6


def behind(store: Store, centrals: Sequence[str]) -> int | None:
    """Events that the slowest centre does not have yet; None where no centre ever pulled and none is named."""
    with store.reading().lend() as conn:
        rows = dict(conn.execute("SELECT central, seq FROM acks WHERE epoch = ?", (store.epoch,)).fetchall())
    seqs = [int(rows.get(central, 0)) for central in centrals or rows]
    return max(0, store.newest - min(seqs)) if seqs else None


def policy_of(path: Path) -> Policy:
    """The lists in a log's file, also while the gateway runs; raises StoreUnusable when it cannot be read."""
    if not path.is_file():
        raise StoreUnusable(f"没有日志文件 {path}", f"there is no log at {path}")
    with read_errors(path), closing(open_reader(path)) as conn:
        return read_policy(conn)
