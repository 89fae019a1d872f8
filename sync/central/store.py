"""The centre's copy of its gateways' logs. Shell: SQLite; cursor and events move in one transaction."""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from sync.central.schema import MIGRATIONS
from sync.chain import ChainCheck, GapRecord
from sync.database import migrate, open_writer
from sync.errors import CentralError
from sync.event import GENESIS_HASH
from sync.keys import signature_holds
from sync.wire import Page

_EVENT_SQL = f"INSERT INTO events VALUES ({', '.join('?' * 14)})"  # noqa: S608 - placeholders only


@dataclass(frozen=True, slots=True, kw_only=True)
class CentralCursor:
    """How far one gateway's line of history is known."""

    gateway: str
    epoch: int
    """The centre's number of this line."""
    gateway_epoch: int
    seq: int
    hash: str
    public_key: str = ""
    """The key that signed the first checkpoint or gap seen; later ones must be signed by it too."""


class CentralStore:
    """One SQLite file; one puller at a time moves a gateway's cursor, a second one is noticed and refused."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._db = open_writer(path)
            self.conn = self._db.conn
        except sqlite3.Error as error:
            raise unusable(path, error) from error
        try:
            migrate(self._db, path, MIGRATIONS)
            self.central_id = self._own_id()
        except sqlite3.Error as error:
            self.conn.close()
            raise unusable(path, error) from error
        except BaseException:
            self.conn.close()
            raise

    def __enter__(self) -> CentralStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go."""
        self.conn.close()

    def gateway_at(self, url: str) -> str | None:
        """Which gateway answered at this address before."""
        row = self.conn.execute("SELECT gateway FROM sources WHERE url = ?", (url,)).fetchone()
        return str(row[0]) if row else None

    def learn(self, url: str, gateway: str, gateway_epoch: int) -> CentralCursor:
        """Remember who answers at an address; a gateway seen for the first time starts at 0."""
        with self.transaction():
            self.conn.execute("INSERT OR REPLACE INTO sources (url, gateway) VALUES (?, ?)", (url, gateway))
            if self._cursor(gateway) is None:
                self._branch(gateway, gateway_epoch, None, 0, GENESIS_HASH)
                self._move(
                    CentralCursor(
                        gateway=gateway, epoch=gateway_epoch, gateway_epoch=gateway_epoch, seq=0, hash=GENESIS_HASH
                    )
                )
        return self.cursor(gateway)

    def cursor(self, gateway: str) -> CentralCursor:
        """The cursor of a known gateway."""
        found = self._cursor(gateway)
        if found is None:
            raise CentralError(f"中心尚不识网关 {gateway}", f"the centre does not know gateway {gateway} yet")
        return found

    def take(self, cursor: CentralCursor, page: Page) -> CentralCursor:
        """Check and store a page that follows the cursor; raises CentralError when its chain does not hold."""
        walk = ChainCheck(
            gateway=cursor.gateway,
            check=signature_holds,
            public_key=cursor.public_key,
            seq=cursor.seq,
            hash=cursor.hash,
        )
        for event in page.events:
            fault = walk.step(event)
            if fault:
                raise CentralError(
                    f"网关 {cursor.gateway} 的哈希链在 {fault.seq} 处断裂（{fault.why}），本页未入库",
                    f"the chain of gateway {cursor.gateway} breaks at {fault.seq} ({fault.why}); page not stored",
                )
        moved = CentralCursor(
            gateway=cursor.gateway,
            epoch=cursor.epoch,
            gateway_epoch=cursor.gateway_epoch,
            seq=walk.seq,
            hash=walk.hash,
            public_key=walk.public_key,
        )
        with self.transaction():
            self._expect(cursor)
            rows = [(cursor.gateway, cursor.epoch, *astuple(event)) for event in page.events]
            self.conn.executemany(_EVENT_SQL, rows)
            self._move(moved)
        return moved

    def skip(self, cursor: CentralCursor, record: GapRecord) -> CentralCursor:
        """Record that the gateway pruned what follows the cursor, and go on behind the gap."""
        key = cursor.public_key or record.public_key
        signed = record.gateway == cursor.gateway and signature_holds(key, record.message(), record.signature)
        moved = CentralCursor(
            gateway=cursor.gateway,
            epoch=cursor.epoch,
            gateway_epoch=cursor.gateway_epoch,
            seq=record.last_seq,
            hash=record.last_hash,
            public_key=key,
        )
        words = json.dumps(record.as_dict())
        with self.transaction():
            self._expect(cursor)
            self.conn.execute(
                "INSERT INTO gaps VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    cursor.gateway,
                    cursor.epoch,
                    cursor.seq + 1,
                    record.last_seq,
                    record.last_hash,
                    words,
                    signed,
                    _now(),
                ),
            )
            kind = "gap" if signed else "gap-unsigned"
            self._alarm(cursor.gateway, kind, {"first_seq": cursor.seq + 1, "last_seq": record.last_seq})
            self._move(moved)
        return moved

    def fork(self, cursor: CentralCursor, gateway_epoch: int, common: tuple[int, str], reason: str) -> CentralCursor:
        """Open a new line of history behind the last common event; what the old line had beyond it is kept."""
        seq, head = common
        with self.transaction():
            self._expect(cursor)
            top = self.conn.execute("SELECT max(epoch) FROM branches WHERE gateway = ?", (cursor.gateway,)).fetchone()[
                0
            ]
            epoch = max(gateway_epoch, top + 1)
            self._branch(cursor.gateway, epoch, (cursor.epoch, gateway_epoch), seq, head)
            self.conn.execute(
                "INSERT INTO forks VALUES (?, ?, ?, ?, ?, ?)",
                (cursor.gateway, epoch, reason, seq, cursor.seq - seq, _now()),
            )
            detail = {"reason": reason, "epoch": epoch, "common_seq": seq, "abandoned_events": cursor.seq - seq}
            self._alarm(cursor.gateway, "fork", detail)
            self._move(
                CentralCursor(
                    gateway=cursor.gateway,
                    epoch=epoch,
                    gateway_epoch=gateway_epoch,
                    seq=seq,
                    hash=head,
                    public_key=cursor.public_key,
                )
            )
        return self.cursor(cursor.gateway)

    def alarm(self, gateway: str, kind: str, detail: dict[str, Any]) -> None:
        """Leave a row that a person must look at."""
        with self.transaction():
            self._alarm(gateway, kind, detail)

    def known_at_or_before(self, gateway: str, epoch: int, seq: int) -> tuple[int, str]:
        """The nearest (seq, hash) of this line that the centre can vouch for; (0, genesis) at the latest."""
        branch: int | None = epoch
        while branch is not None:
            row = self.conn.execute(
                "SELECT seq, hash FROM (SELECT seq, hash FROM events WHERE gateway = :g AND epoch = :e AND seq <= :s "
                "UNION ALL SELECT last_seq, last_hash FROM gaps WHERE gateway = :g AND epoch = :e AND last_seq <= :s "
                "UNION ALL SELECT fork_seq, fork_hash FROM branches WHERE gateway = :g AND epoch = :e "
                "AND fork_seq <= :s) ORDER BY seq DESC LIMIT 1",
                {"g": gateway, "e": branch, "s": seq},
            ).fetchone()
            if row:
                return int(row[0]), str(row[1])
            branch = self.conn.execute(
                "SELECT parent FROM branches WHERE gateway = ? AND epoch = ?", (gateway, branch)
            ).fetchone()[0]
        return 0, GENESIS_HASH

    def count(self, table: str, gateway: str) -> int:
        """Rows of ``gaps``, ``forks``, ``alarms`` or ``events`` of one gateway."""
        if table not in ("gaps", "forks", "alarms", "events"):
            raise ValueError(f"no such table: {table}")
        sql = f"SELECT count(*) FROM {table} WHERE gateway = ?"  # noqa: S608 - one of four names
        return int(self.conn.execute(sql, (gateway,)).fetchone()[0])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, against other processes too."""
        self.conn.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.conn.execute("ROLLBACK")
            raise
        self.conn.execute("COMMIT")

    def _own_id(self) -> str:
        row = self.conn.execute("SELECT value FROM meta WHERE key = 'central_id'").fetchone()
        if row:
            return str(row[0])
        own = f"central-{uuid.uuid4().hex[:12]}"
        with self.transaction():
            self.conn.execute("INSERT INTO meta VALUES ('central_id', ?)", (own,))
        return own

    def _cursor(self, gateway: str) -> CentralCursor | None:
        row = self.conn.execute(
            "SELECT gateway, epoch, gateway_epoch, seq, hash, public_key FROM cursors WHERE gateway = ?", (gateway,)
        ).fetchone()
        names = ("gateway", "epoch", "gateway_epoch", "seq", "hash", "public_key")
        return CentralCursor(**dict(zip(names, row, strict=True))) if row else None

    def _expect(self, cursor: CentralCursor) -> None:
        if self._cursor(cursor.gateway) != cursor:
            raise CentralError(
                f"另一个拉取进程正在写 {self.path}",
                f"another puller is writing gateway {cursor.gateway} to {self.path}",
            )

    def _move(self, cursor: CentralCursor) -> None:
        self.conn.execute("INSERT OR REPLACE INTO cursors VALUES (?, ?, ?, ?, ?, ?, ?)", (*astuple(cursor), _now()))

    def _branch(self, gateway: str, epoch: int, parent: tuple[int, int] | None, seq: int, head: str) -> None:
        own, gateway_epoch = parent or (None, epoch)
        self.conn.execute(
            "INSERT INTO branches VALUES (?, ?, ?, ?, ?, ?)", (gateway, epoch, gateway_epoch, own, seq, head)
        )

    def _alarm(self, gateway: str, kind: str, detail: dict[str, Any]) -> None:
        words = json.dumps(detail, ensure_ascii=False)
        self.conn.execute(
            "INSERT INTO alarms (gateway, kind, detail, wall_us) VALUES (?, ?, ?, ?)", (gateway, kind, words, _now())
        )


def unusable(path: Path, error: sqlite3.Error) -> CentralError:
    """The centre's own file is at fault: full disk, damage, rights."""
    return CentralError(f"中心数据库 {path} 无法使用：{error}", f"the central store {path} cannot be used: {error}")


def _now() -> int:
    return time.time_ns() // 1000
