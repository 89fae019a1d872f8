"""Checks a central store offline: every line of history, every gap, every fork point. Shell: reads SQLite."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from sync.append import event_of
from sync.chain import ChainCheck, Fault
from sync.database import open_reader
from sync.keys import signature_holds
from sync.schema import EVENT_COLUMNS

_EVENTS = f"SELECT {EVENT_COLUMNS} FROM events WHERE gateway = ? AND epoch = ? ORDER BY seq"  # noqa: S608 - names


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One line of history."""

    gateway: str
    epoch: int
    events: int
    last_seq: int
    gaps: int
    chain_ok: bool
    fault: Fault | None = None


def verify(store_path: Path) -> list[Verdict]:
    """A verdict for each line of history in the file; raises sqlite3.Error when the file cannot be read at all."""
    conn = open_reader(store_path)
    try:
        rows = conn.execute(
            "SELECT b.gateway, b.epoch, b.fork_seq, b.fork_hash, c.epoch, c.seq, c.hash, c.public_key "
            "FROM branches b LEFT JOIN cursors c ON c.gateway = b.gateway ORDER BY b.gateway, b.epoch"
        ).fetchall()
        return [_line(conn, row) for row in rows]
    finally:
        conn.close()


def _line(conn: sqlite3.Connection, row: tuple[str, int, int, str, int | None, int, str, str]) -> Verdict:
    gateway, epoch, fork_seq, fork_hash, cursor_epoch, cursor_seq, cursor_hash, key = row
    gaps = {
        first: (last, head)
        for first, last, head in conn.execute(
            "SELECT first_seq, last_seq, last_hash FROM gaps WHERE gateway = ? AND epoch = ?", (gateway, epoch)
        )
    }
    walk = ChainCheck(gateway=gateway, check=signature_holds, public_key=key or "", seq=fork_seq, hash=fork_hash)
    events, fault = 0, None
    try:
        for stored in conn.execute(_EVENTS, (gateway, epoch)):
            _jump(walk, gaps)
            fault = walk.step(event_of(stored))
            if fault:
                break
            events += 1
    except sqlite3.DatabaseError:
        fault = Fault(walk.seq + 1, "unreadable")
    _jump(walk, gaps)
    if not fault and cursor_epoch == epoch and (walk.seq, walk.hash) != (cursor_seq, cursor_hash):
        fault = Fault(walk.seq + 1, "gap")
    return Verdict(
        gateway=gateway,
        epoch=epoch,
        events=events,
        last_seq=walk.seq,
        gaps=len(gaps),
        chain_ok=fault is None,
        fault=fault,
    )


def _jump(walk: ChainCheck, gaps: dict[int, tuple[int, str]]) -> None:
    """Step over a recorded gap."""
    while walk.seq + 1 in gaps:
        walk.seq, walk.hash = gaps[walk.seq + 1]
