"""One event and all that belongs to it, from a log's file, also while the gateway writes. Shell: read-only SQLite.

Events belong together by what their bodies say: the same ``visit``, the same ``alarm``, an ``event_id`` or a
``reference`` that names another event's id.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sync.append import event_of, get_meta
from sync.chain import CHECKPOINT_KIND
from sync.database import open_reader, read_errors
from sync.errors import StoreUnusable
from sync.event import Event
from sync.schema import EVENT_COLUMNS

MATTER_MAX = 200
"""Events of one matter; more are left out and the caller is told."""
RUN_MAX = 5000
"""Events from one event to its checkpoint; the gateway signs every thousand or every five minutes."""
_VISIT_SPAN = 5000
"""A vehicle's events lie close together; looking no further keeps a log of millions of lines quick."""
_ROUNDS_MAX = 6
_FIELD = "CASE WHEN json_valid(body) THEN json_extract(body, '$.{}') END"
_ALARMS = f"kind >= 'alarm.' AND kind < 'alarm/' AND ({_FIELD.format('alarm')} IN ({{0}}) OR {_FIELD.format('event_id')} IN ({{1}}))"  # noqa: E501
_NEAR = f"seq BETWEEN ? AND ? AND ({_FIELD.format('visit')} IN ({{0}}) OR {_FIELD.format('reference')} IN ({{1}}))"


class LogView:
    """Questions about single matters; use it inside `looking`."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn
        self.gateway = get_meta(conn, "gateway_id")
        self.epoch = int(get_meta(conn, "epoch", "0"))

    def find(self, key: str) -> Event | None:
        """The event with this id or sequence number; None when there is none."""
        found = self._events("id = ?", (key,))
        if not found and key.isdecimal() and len(key) < 19:
            found = self._events("seq = ?", (int(key),))
        return found[0] if found else None

    def matter(self, event: Event) -> tuple[list[Event], bool]:
        """The event and those that belong to it, oldest first; and whether all are there."""
        known = {event.seq: event}
        fresh = [event]
        for _ in range(_ROUNDS_MAX):
            found = {other.seq: other for other in self._joined(fresh) if other.seq not in known}
            if not found:
                break
            fresh = [found[seq] for seq in sorted(found)]
            known.update(found)
        nearest = sorted(known, key=lambda seq: abs(seq - event.seq))[:MATTER_MAX]
        return [known[seq] for seq in sorted(nearest)], len(nearest) == len(known)

    def runs(self, seqs: Iterable[int]) -> list[list[Event]]:
        """For each number the chain from its neighbour before to the next checkpoint (or the head), none twice."""
        spans: list[list[int]] = []
        for seq in sorted(seqs):
            sql = "SELECT min(seq) FROM events WHERE kind = ? AND seq > ?"
            row = self._conn.execute(sql, (CHECKPOINT_KIND, seq)).fetchone()
            end = min(row[0] if row[0] is not None else 2**62, seq + RUN_MAX)
            if spans and seq - 1 <= spans[-1][1]:
                spans[-1][1] = max(spans[-1][1], end)
            else:
                spans.append([seq - 1, end])
        return [self._events("seq BETWEEN ? AND ?", span) for span in spans]

    def mime(self, sha256: str) -> str:
        """What kind of file a picture is; empty when the log never named it."""
        row = self._conn.execute("SELECT mime FROM media WHERE sha256 = ?", (sha256,)).fetchone()
        return str(row[0]) if row else ""

    def _joined(self, events: Sequence[Event]) -> Iterator[Event]:
        bodies = [_body(event) for event in events]
        ids = [event.id for event in events]
        visits, alarms = _texts(bodies, "visit"), _texts(bodies, "alarm")
        named = _texts(bodies, "reference") + _texts(bodies, "event_id")
        yield from self._events(f"id IN ({_marks(named)})", named)
        yield from self._events(_ALARMS.format(_marks(alarms), _marks(ids)), (*alarms, *ids))
        span = (min(e.seq for e in events) - _VISIT_SPAN, max(e.seq for e in events) + _VISIT_SPAN)
        references = ids + _texts(bodies, "reference")
        yield from self._events(_NEAR.format(_marks(visits), _marks(references)), (*span, *visits, *references))

    def _events(self, where: str, values: Sequence[Any]) -> list[Event]:
        sql = f"SELECT {EVENT_COLUMNS} FROM events WHERE {where} ORDER BY seq LIMIT ?"  # noqa: S608 - only our words
        return [event_of(row) for row in self._conn.execute(sql, (*values, 2 * RUN_MAX))]


@contextmanager
def looking(path: Path) -> Iterator[LogView]:
    """One consistent look into a log; raises StoreUnusable when there is none or it cannot be read."""
    if not path.is_file():
        raise StoreUnusable(f"没有日志文件 {path}", f"there is no log at {path}")
    with read_errors(path), closing(open_reader(path)) as conn:
        conn.execute("BEGIN")
        yield LogView(conn)


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))


def _texts(bodies: Sequence[dict[str, Any]], name: str) -> list[str]:
    return sorted({value for body in bodies if isinstance(value := body.get(name), str) and value})


def _body(event: Event) -> dict[str, Any]:
    try:
        value = json.loads(event.body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
