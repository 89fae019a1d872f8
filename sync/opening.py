"""Opening the store's file: check, set aside, migrate, epoch. Shell: files and SQLite.

The epoch also stands in ``<file>.epoch``, because a damaged database cannot tell it: a new file must never repeat an
epoch that a centre has already seen.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from sync.append import Identity, get_meta, read_head, set_meta
from sync.clock import Clock
from sync.database import damage, migrate, open_writer, set_aside
from sync.errors import StoreUnusable
from sync.event import EventDraft
from sync.files import write_durably
from sync.keys import SigningKey
from sync.tables import Database

_LOG = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Opened:
    """A store's file, ready for its owner."""

    path: Path
    db: Database
    identity: Identity
    store_id: str
    clock: Clock
    drafts: list[EventDraft] = field(default_factory=list)
    """What the log must say about its own opening."""


def open_database(path: Path, *, gateway_id: str, clock: Clock, new_epoch: str) -> Opened:
    """Open, or begin anew beside a corrupt file; the caller holds the owner's lock. Raises StoreUnusable."""
    try:
        return _open(path, gateway_id, clock, new_epoch)
    except (OSError, sqlite3.Error) as error:
        raise StoreUnusable(f"无法打开 {path}：{error}", f"cannot open {path}: {error}") from error


def _open(path: Path, gateway_id: str, clock: Clock, new_epoch: str) -> Opened:
    key = SigningKey.load_or_create(path.with_name("log-signing.key"))
    found = damage(path)
    aside = set_aside(path) if found else None
    if aside:
        _LOG.error("%s is damaged (%s); set aside as %s", path, found, aside.name)
    db = open_writer(path)
    try:
        migrate(db, path)
        reason = "quarantined" if aside else new_epoch
        epoch = _epoch(db, path, reason, clock)
        store_id = _identity(db, gateway_id, key)
    except BaseException:
        db.conn.close()
        raise
    opened = Opened(path=path, db=db, identity=Identity(gateway_id, epoch, key), store_id=store_id, clock=clock)
    if aside:
        opened.drafts.append(_draft(clock, "log.quarantined", {"file": aside.name, "damage": found, "epoch": epoch}))
    elif new_epoch:
        opened.drafts.append(_draft(clock, "log.epoch", {"epoch": epoch, "reason": new_epoch}))
    return opened


def _epoch(db: Database, path: Path, reason: str, clock: Clock) -> int:
    """The epoch that this opening writes under; a new one is recorded with its fork point."""
    beside = path.with_name(path.name + ".epoch")
    known = int(get_meta(db.conn, "epoch", "0"))
    seen = _seen(beside)
    epoch = known
    if not known:
        epoch = seen + 1
    elif reason:
        epoch = max(known, seen) + 1
    elif seen > known:
        # The database went back behind its companion: it was restored from an older copy.
        epoch, reason = seen + 1, "older copy"
    if epoch != known:
        seq, head = read_head(db.conn)
        with db.atomic():
            set_meta(db.conn, "epoch", str(epoch))
            db.conn.execute(
                "INSERT INTO epochs (epoch, fork_seq, fork_hash, reason, wall_us) VALUES (?, ?, ?, ?, ?)",
                (epoch, seq, head, reason or "new", clock.wall_us()),
            )
    if epoch != seen:
        write_durably(beside, json.dumps({"epoch": epoch}).encode())
    return epoch


def _seen(beside: Path) -> int:
    try:
        return int(json.loads(beside.read_text())["epoch"])
    except FileNotFoundError:
        return 0
    except (ValueError, KeyError, TypeError):
        # Damaged: the time is far above every epoch that was counted up from 1, so nothing is repeated.
        return int(beside.stat().st_mtime)


def _identity(db: Database, gateway_id: str, key: SigningKey) -> str:
    """The file's own random id; refuses a file that belongs to another gateway."""
    owner = get_meta(db.conn, "gateway_id", gateway_id)
    if owner != gateway_id:
        raise StoreUnusable(
            f"此日志属于网关 {owner}，而配置为 {gateway_id}；请改回 site.id 或换数据目录",
            f"this log is gateway {owner}'s, the site file says {gateway_id}; restore site.id or change data_dir",
        )
    store_id = get_meta(db.conn, "store_id") or uuid.uuid4().hex
    wanted = {"gateway_id": gateway_id, "store_id": store_id, "public_key": key.public_hex}
    changed = {name: value for name, value in wanted.items() if get_meta(db.conn, name) != value}
    if changed:
        with db.atomic():
            for name, value in changed.items():
                set_meta(db.conn, name, value)
    return store_id


def _draft(clock: Clock, kind: str, body: dict[str, object]) -> EventDraft:
    return EventDraft(
        kind=kind, source="gateway", body=body, priority=1, wall_us=clock.wall_us(), mono_ns=clock.mono_ns()
    )
