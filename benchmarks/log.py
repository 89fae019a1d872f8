"""The log against plain SQLite with a commit per event, on the same disk in the same run.

Both are durable before they acknowledge (WAL, synchronous=FULL). Plain SQLite stores the same columns, without number
checks, hash chain, signature, lists or pictures; so its figures are the price of the disk, ours that of the promises.

    python benchmarks/log.py --events 2000
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sync.event import EventDraft
from sync.store import Store

BODY = {"plate": "京A12345", "lane": "east-in", "decision": "grant", "reason": "owner", "confidence": 0.97}


def draft() -> EventDraft:
    return EventDraft(
        kind="access.granted",
        source="lane:east-in",
        body=BODY,
        wall_us=time.time_ns() // 1000,
        mono_ns=time.monotonic_ns(),
    )


class Plain:
    """sqlite3, one connection behind a lock, one commit per event."""

    def __init__(self, path: Path) -> None:
        self._conn = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._conn.execute("PRAGMA journal_mode = WAL")
        self._conn.execute("PRAGMA synchronous = FULL")
        self._conn.execute(
            "CREATE TABLE events (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, "
            "kind TEXT, source TEXT, wall_us INTEGER, body TEXT)"
        )
        self._lock = threading.Lock()

    def append(self) -> None:
        row = (uuid.uuid4().hex, "access.granted", "lane:east-in", time.time_ns() // 1000, json.dumps(BODY))
        with self._lock:
            self._conn.execute("INSERT INTO events (id, kind, source, wall_us, body) VALUES (?, ?, ?, ?, ?)", row)

    def close(self) -> None:
        self._conn.close()


def latencies(append: Callable[[], object], events: int) -> dict[str, float]:
    """One after the other: milliseconds from call to durable."""
    took = []
    for _ in range(events):
        started = time.perf_counter()
        append()
        took.append((time.perf_counter() - started) * 1000)
    cuts = statistics.quantiles(took, n=100)
    return {"p50_ms": round(cuts[49], 3), "p99_ms": round(cuts[98], 3)}


def throughput(append: Callable[[], object], events: int, threads: int) -> float:
    """Events per second that many threads bring, each waiting for its own to be durable."""
    workers = [threading.Thread(target=lambda: [append() for _ in range(events // threads)]) for _ in range(threads)]
    started = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return round(events / (time.perf_counter() - started))


def measure(folder: Path, events: int) -> dict[str, object]:
    figures: dict[str, object] = {"events": events}
    with closing(Plain(folder / "plain.db")) as plain:
        figures["plain"] = {
            **latencies(plain.append, events),
            "per_s_1_thread": throughput(plain.append, events, 1),
            "per_s_16_threads": throughput(plain.append, events, 16),
        }
    with Store.open(folder / "log.db", gateway_id="bench", ballast_bytes=0) as store:
        one = lambda: store.append([draft()]).result()  # noqa: E731 - passed three times
        figures["log"] = {
            **latencies(one, events),
            "per_s_1_thread": throughput(one, events, 1),
            "per_s_16_threads": throughput(one, events, 16),
            "per_s_queued": queued(store, events * 5),
            "events_per_commit": round(store.figures().events / store.figures().commits, 1),
        }
    return figures


def queued(store: Store, events: int) -> float:
    """Events per second when the hub queues without waiting."""
    started = time.perf_counter()
    futures = [store.append([draft()]) for _ in range(events)]
    for future in futures:
        future.result()
    return round(events / (time.perf_counter() - started))


def main() -> None:
    parser = argparse.ArgumentParser(description="append latency and throughput of the log beside plain SQLite")
    parser.add_argument("--events", type=int, default=2000)
    parser.add_argument("--folder", type=Path, default=None, help="where to write; another disk, for example")
    words = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="menwei-log-", dir=words.folder) as folder:
        print(json.dumps(measure(Path(folder), words.events), indent=2))


if __name__ == "__main__":
    main()
