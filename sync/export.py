"""Reading a log's file from outside, also while the gateway runs: verify, tail, export. Shell: read-only SQLite.

Pages are read one by one, so that a long check never keeps the writer's WAL from being folded away.
"""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

from sync.append import event_of, get_meta, read_head
from sync.chain import ChainCheck, Fault, GapRecord
from sync.database import open_reader
from sync.errors import StoreUnusable, WireError
from sync.event import GENESIS_HASH, Event
from sync.keys import signature_holds
from sync.schema import EVENT_COLUMNS
from sync.wire import decode_event, encode_event

_PAGE = 500
_COLUMNS = EVENT_COLUMNS.split(", ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a check of a whole log found."""

    ok: bool
    gateway: str
    events: int
    """Events whose place in the chain holds, before the fault if there is one."""
    first_seq: int
    last_seq: int
    last_hash: str
    checkpoints: int
    """Signed checkpoints that hold."""
    fault: Fault | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def verify_file(path: Path) -> Verdict:
    """Check the whole chain, its checkpoints and its start; raises StoreUnusable when there is no such log."""
    try:
        with closing(_open(path)) as conn:
            return _verify(conn)
    except sqlite3.OperationalError as error:
        raise StoreUnusable(f"无法读取日志 {path}：{error}", f"cannot read the log {path}: {error}") from error
    except sqlite3.DatabaseError as error:
        return _verdict(ChainCheck(), "", 0, Fault(1, f"unreadable: {error}"))


def verify_export(lines: Iterable[str]) -> Verdict:
    """Check an NDJSON export by itself; its first line is taken as the start."""
    walk: ChainCheck | None = None
    first, events = 1, 0
    for line in lines:
        try:
            event = decode_event(line)
        except WireError:
            at = walk.seq + 1 if walk else 1
            return _verdict(walk or ChainCheck(), "", first, Fault(at, "unreadable"), events)
        if walk is None:
            first = event.seq
            walk = ChainCheck(check=signature_holds, seq=event.seq - 1, hash=event.prev)
        fault = walk.step(event)
        if fault:
            return _verdict(walk, "", first, fault, events)
        events += 1
    return _verdict(walk or ChainCheck(), "", first, None, events)


def read_events(path: Path, *, after: int = 0, upto: int = 2**62) -> Iterator[Event]:
    """Events with ``after < seq <= upto``, oldest first, in pages; raises StoreUnusable when there is no such log."""
    try:
        with closing(_open(path)) as conn:
            for event in _pages(conn, after):
                if event.seq > upto:
                    return
                yield event
    except sqlite3.Error as error:
        raise StoreUnusable(f"无法读取日志 {path}：{error}", f"cannot read the log {path}: {error}") from error


def newest_seq(path: Path) -> int:
    """Seq of the newest event in a file, 0 for an empty log."""
    try:
        with closing(_open(path)) as conn:
            return read_head(conn)[0]
    except sqlite3.Error as error:
        raise StoreUnusable(f"无法读取日志 {path}：{error}", f"cannot read the log {path}: {error}") from error


def write_ndjson(events: Iterable[Event], out: TextIO) -> int:
    """One line per event, in the very form of the pull feed; returns how many."""
    count = 0
    for event in events:
        out.write(encode_event(event) + "\n")
        count += 1
    return count


def write_csv(events: Iterable[Event], out: TextIO) -> int:
    """RFC 4180 with a header line, all fields and hashes included; returns how many.

    Cells that a spreadsheet would run as a formula get a leading apostrophe; check NDJSON, not CSV, against the chain.
    """
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    count = 0
    for event in events:
        writer.writerow([_cell(value) for value in asdict(event).values()])
        count += 1
    return count


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def _open(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise StoreUnusable(f"没有日志文件 {path}", f"there is no log at {path}")
    conn = open_reader(path)
    try:
        conn.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.DatabaseError:
        conn.close()
        raise
    return conn


def _verify(conn: sqlite3.Connection) -> Verdict:
    gateway, key = get_meta(conn, "gateway_id"), get_meta(conn, "public_key")
    walk = ChainCheck(gateway=gateway, check=signature_holds, public_key=key)
    row = conn.execute("SELECT seq, prev FROM events ORDER BY seq LIMIT 1").fetchone()
    first = int(row[0]) if row else 1
    if first > 1:
        record = _gap(conn, first - 1)
        if record is None or (record.last_hash, record.gateway) != (row[1], gateway):
            return _verdict(walk, gateway, first, Fault(first, "gap"))
        if not signature_holds(key, record.message(), record.signature):
            return _verdict(walk, gateway, first, Fault(first, "gap"))
        walk.seq, walk.hash = record.last_seq, record.last_hash
    events = 0
    try:
        for event in _pages(conn, first - 1):
            fault = walk.step(event)
            if fault:
                return _verdict(walk, gateway, first, fault, events)
            events += 1
    except sqlite3.DatabaseError:
        return _verdict(walk, gateway, first, Fault(walk.seq + 1, "unreadable"), events)
    return _verdict(walk, gateway, first, None, events)


def _pages(conn: sqlite3.Connection, after: int) -> Iterator[Event]:
    sql = f"SELECT {EVENT_COLUMNS} FROM events WHERE seq > ? ORDER BY seq LIMIT ?"  # noqa: S608 - column names
    while rows := conn.execute(sql, (after, _PAGE)).fetchall():
        for row in rows:
            yield event_of(row)
        after = rows[-1][0]


def _gap(conn: sqlite3.Connection, last_seq: int) -> GapRecord | None:
    row = conn.execute("SELECT record FROM gaps WHERE last_seq = ?", (last_seq,)).fetchone()
    try:
        return GapRecord.from_dict(json.loads(row[0])) if row else None
    except ValueError:
        return None


def _verdict(walk: ChainCheck, gateway: str, first: int, fault: Fault | None, events: int = 0) -> Verdict:
    return Verdict(
        ok=fault is None,
        gateway=gateway,
        events=events,
        first_seq=first,
        last_seq=walk.seq,
        last_hash=walk.hash or GENESIS_HASH,
        checkpoints=walk.checkpoints,
        fault=fault,
    )
