"""One batch into the tables in one transaction. Shell: SQL on the owner's connection.

Numbers, chain, list changes, media rows and acknowledgements land together or not at all.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import astuple, dataclass, field
from typing import Any

from sync.chain import CHECKPOINT_KIND, checkpoint_message
from sync.clock import Clock
from sync.event import GENESIS_HASH, STRANGER_ROLE, Event, EventDraft
from sync.keys import SigningKey
from sync.lists import write_changes
from sync.prepare import Prepared, media_entries, prepared, sealed
from sync.records import Change
from sync.schema import EVENT_COLUMNS
from sync.spill import Job
from sync.tables import Database

_INSERT = f"INSERT INTO events ({EVENT_COLUMNS}) VALUES ({', '.join('?' * 12)})"  # noqa: S608 - column names, no input
_BY_ID = f"SELECT {EVENT_COLUMNS} FROM events WHERE id = ?"  # noqa: S608 - column names, no input
_NAMES = EVENT_COLUMNS.split(", ")
_CHECKPOINT_SEQ = "checkpoint_seq"


@dataclass(slots=True)
class Landed:
    """What a batch did; only to be believed after its commit."""

    seq: int
    hash: str
    events: dict[Job, list[Event]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    added: int = 0
    erased: bool = False
    """Templates were removed, and must be erased."""
    checkpoint_seq: int = 0


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signs and under which epoch."""

    gateway: str
    epoch: int
    key: SigningKey


class Batch:
    """Writes jobs within a transaction that the caller holds."""

    def __init__(self, db: Database, clock: Clock, identity: Identity) -> None:
        self._db = db
        self._clock = clock
        self._identity = identity
        self._boot_id = clock.boot_id()
        self._clock_state = clock.state()
        seq, head = read_head(db.conn)
        self.landed = Landed(seq=seq, hash=head, checkpoint_seq=int(get_meta(db.conn, _CHECKPOINT_SEQ, "0")))

    def job(self, job: Job) -> None:
        """Append a job's drafts and apply its changes; drafts that landed before are found again."""
        before = self.landed.added
        events = [self._draft(draft) for draft in job.drafts]
        if job.task is not None:
            events += [self._draft(prepared(draft)) for draft in job.task(self._db)]
        if job.changes and (self.landed.added > before or not job.drafts):
            self.landed.erased |= write_changes(self._db, job.changes)
            self.landed.changes.extend(job.changes)
        self.landed.events[job] = events

    def own(self, kind: str, body: dict[str, object], *, priority: int = 3) -> Event:
        """Append an event of the log about itself."""
        draft = EventDraft(
            kind=kind,
            source="gateway",
            body=body,
            priority=priority,
            wall_us=self._clock.wall_us(),
            mono_ns=self._clock.mono_ns(),
        )
        return self._draft(prepared(draft))

    def checkpoint(self) -> None:
        """Append a signed checkpoint of the head; nothing where the head is one already."""
        head = self.landed
        if head.seq == head.checkpoint_seq:
            return
        own = self._identity
        body = {
            "gateway": own.gateway,
            "epoch": own.epoch,
            "seq": head.seq,
            "hash": head.hash,
            "key_id": own.key.id,
            "public_key": own.key.public_hex,
            "algorithm": "ed25519",
            "signature": own.key.sign(checkpoint_message(own.gateway, own.epoch, head.seq, head.hash)),
        }
        event = self.own(CHECKPOINT_KIND, body)
        head.checkpoint_seq = event.seq
        set_meta(self._db.conn, _CHECKPOINT_SEQ, str(event.seq))

    def _draft(self, item: Prepared) -> Event:
        known = self._db.conn.execute(_BY_ID, (item.id,)).fetchone()
        if known is not None:
            return event_of(known)
        event = sealed(
            item, seq=self.landed.seq + 1, prev=self.landed.hash, boot_id=self._boot_id, clock=self._clock_state
        )
        self._db.conn.execute(_INSERT, astuple(event))
        self._media(item, event)
        self.landed.seq, self.landed.hash = event.seq, event.hash
        self.landed.added += 1
        return event

    def _media(self, item: Prepared, event: Event) -> None:
        for entry in media_entries(event):
            stored = int(bool(item.attachments) and not item.lost)
            stranger = int(entry.get("role") == STRANGER_ROLE)
            self._db.conn.execute(
                "INSERT INTO media (sha256, mime, size, last_seq, priority, stored, stranger) "
                "VALUES (?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (sha256) DO UPDATE SET last_seq = excluded.last_seq, "
                "priority = min(priority, excluded.priority), stored = max(stored, excluded.stored), "
                "stranger = max(stranger, excluded.stranger)",
                (
                    entry["sha256"],
                    str(entry.get("mime", "")),
                    entry["size"],
                    event.seq,
                    event.priority,
                    stored,
                    stranger,
                ),
            )


def event_of(row: Sequence[Any]) -> Event:
    """An event from a row of EVENT_COLUMNS."""
    return Event(**dict(zip(_NAMES, row, strict=True)))


def read_head(conn: sqlite3.Connection) -> tuple[int, str]:
    """Newest seq and hash; ``(0, GENESIS_HASH)`` for an empty log."""
    row = conn.execute("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1").fetchone()
    return (row[0], row[1]) if row else (0, GENESIS_HASH)


def get_meta(conn: sqlite3.Connection, key: str, default: str = "") -> str:
    """A value of the meta table."""
    row = conn.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return str(row[0]) if row else default


def set_meta(conn: sqlite3.Connection, key: str, value: str) -> None:
    """Set a value of the meta table, in the caller's transaction."""
    conn.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (key, value),
    )


def write_acks(conn: sqlite3.Connection, acks: Sequence[tuple[str, int, int, int]]) -> None:
    """Remember what centres have: rows of (central, epoch, seq, wall_us)."""
    conn.executemany(
        "INSERT INTO acks (central, epoch, seq, wall_us) VALUES (?, ?, ?, ?) ON CONFLICT (central) DO UPDATE "
        "SET epoch = excluded.epoch, seq = excluded.seq, wall_us = excluded.wall_us",
        acks,
    )
