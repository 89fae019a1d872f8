"""Kill -9 of gateway and puller at random moments: what is lost, doubled or out of order?

A child appends to a store and acknowledges an event on a pipe only after its future has resolved; the parent kills
it in each cycle, and in each second one a puller that copies the log meanwhile. At the end the log must hold every
acknowledged id once, in order, and the copy must equal the log.

    python benchmarks/kill_log.py --cycles 200
"""

from __future__ import annotations

import argparse
import itertools
import json
import multiprocessing
import os
import random
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.kill_log_child import gateway, puller
from sync.central.puller import pull

# Forked from a server that has imported everything once, so that a cycle costs its kills and not its imports.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["benchmarks.kill_log_child"])


@dataclass
class Outcome:
    """The figures that must be zero, and those that must not."""

    gateway_kills: int = 0
    puller_kills: int = 0
    acknowledged: int = 0
    lost: int = 0
    duplicated: int = 0
    out_of_order: int = 0
    pictures_missing: int = 0
    copy_equals_log: bool = False
    chain_ok: bool = False
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        bad = self.lost + self.duplicated + self.out_of_order + self.pictures_missing
        return bad == 0 and self.copy_equals_log and self.chain_ok and self.acknowledged > 0


@dataclass
class Child:
    """A process and the pipe on which it says what it has done."""

    process: BaseProcess
    pipe: Connection

    @staticmethod
    def start(work: Callable[..., None], *words: object) -> Child:
        ours, theirs = CONTEXT.Pipe(duplex=False)
        process = CONTEXT.Process(target=work, args=(theirs, *words), daemon=True)
        process.start()
        theirs.close()
        return Child(process, ours)

    def first_line(self) -> str:
        said = b""
        while not said.endswith(b"\n"):
            said += os.read(self.pipe.fileno(), 1)
        return said.decode().strip()

    def kill(self, after_s: float) -> list[str]:
        """Let it live for a while, kill it, and return the whole lines that it had said."""
        heard = bytearray()
        reader = threading.Thread(target=self._listen, args=(heard,))
        reader.start()
        time.sleep(after_s)
        self.process.kill()
        self.process.join(60)
        reader.join(60)
        self.pipe.close()
        self.process.close()
        # A line without its end was not said yet.
        return heard[: heard.rfind(b"\n") + 1].decode().split()

    def _listen(self, heard: bytearray) -> None:
        while chunk := os.read(self.pipe.fileno(), 65536):
            heard += chunk


def run(folder: Path, cycles: int, seed: int, longest_s: float = 0.5) -> Outcome:
    """Kill a gateway each cycle and a puller each second cycle; then compare."""
    rng = random.Random(seed)
    outcome = Outcome()
    started_s = time.monotonic()
    acknowledged: list[str] = []
    database, copy = folder / "gate" / "log.db", folder / "central.db"
    for cycle in range(cycles):
        gate = Child.start(gateway, str(database), rng.randrange(2**31))
        port = gate.first_line()
        if cycle % 2:
            Child.start(puller, port, str(copy)).kill(rng.uniform(0.05, longest_s))
            outcome.puller_kills += 1
        acknowledged += gate.kill(rng.uniform(0.0, longest_s))
        outcome.gateway_kills += 1
    finish(outcome, database, copy, acknowledged)
    outcome.seconds = round(time.monotonic() - started_s, 1)
    return outcome


def finish(outcome: Outcome, database: Path, copy: Path, acknowledged: list[str]) -> None:
    """One last gateway and puller in peace, then count."""
    gate = Child.start(gateway, str(database), -1)
    result = pull(f"http://127.0.0.1:{gate.first_line()}", copy)
    gate.kill(0.0)
    log = ids(database, "SELECT id, hash, seq FROM events ORDER BY seq")
    order = {one: place for place, (one, _, _) in enumerate(log)}
    places = [order[one] for one in acknowledged if one in order]
    outcome.acknowledged = len(acknowledged)
    outcome.lost = len(acknowledged) - len(places)
    outcome.duplicated = len(log) - len(order)
    outcome.out_of_order = sum(later <= earlier for earlier, later in itertools.pairwise(places))
    outcome.pictures_missing = missing_pictures(database)
    outcome.copy_equals_log = ids(copy, "SELECT id, hash, seq FROM events ORDER BY epoch, seq") == log
    outcome.chain_ok = result.chain_ok


def ids(path: Path, sql: str) -> list[tuple[str, str, int]]:
    with closing(sqlite3.connect(path)) as conn:
        return conn.execute(sql).fetchall()


def missing_pictures(database: Path) -> int:
    """Events that name a picture which is not there whole."""
    with closing(sqlite3.connect(database)) as conn:
        rows = conn.execute("SELECT sha256, size FROM media").fetchall()
    blobs = database.parent / "blobs"
    files = [(blobs / sha256[:2] / sha256[2:], size) for sha256, size in rows]
    return sum(not path.exists() or path.stat().st_size != size for path, size in files)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cycles", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    words = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="menwei-kill-") as folder:
        outcome = run(Path(folder), words.cycles, words.seed)
    print(json.dumps(asdict(outcome)))
    return 0 if outcome.ok else 1


if __name__ == "__main__":
    sys.exit(main())
