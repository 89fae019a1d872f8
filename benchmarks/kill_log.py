"""Kill -9 of gateway and puller at random moments: what is lost, doubled or out of order?

A child appends to a store and acknowledges an event on its standard output only after its future has resolved; the
parent serves nothing itself: each cycle kills the child, and every few cycles a puller that copies the (reopened) log
is killed too. At the end the log must hold every acknowledged id once, in order, and the copy must equal the log.

    python benchmarks/kill_log.py --cycles 200
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[1]
CHILD = ["-m", "benchmarks.kill_log_child"]


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


def child(*words: str) -> subprocess.Popen[str]:
    command = [sys.executable, *CHILD, *words]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def kill(process: subprocess.Popen[str], after_s: float) -> list[str]:
    """Let it live for a while, kill it, and return the whole lines that it had said."""
    time.sleep(after_s)
    process.send_signal(signal.SIGKILL)
    said = read_all(process.stdout)
    process.wait(30)
    return said


def read_all(stream: IO[str] | None) -> list[str]:
    assert stream is not None
    with stream:
        text = stream.read()
    # A line without its end was not said yet.
    return text[: text.rfind("\n") + 1].split()


def run(folder: Path, cycles: int, seed: int, longest_s: float = 0.5) -> Outcome:
    """Kill a gateway each cycle and a puller each second cycle; then compare."""
    rng = random.Random(seed)
    outcome = Outcome()
    started_s = time.monotonic()
    acknowledged: list[str] = []
    database, copy = folder / "gate" / "log.db", folder / "central.db"
    for cycle in range(cycles):
        gateway = child("gateway", str(database), str(rng.randrange(2**31)))
        port = first_line(gateway)
        puller = child("puller", port, str(copy)) if cycle % 2 else None
        if puller is not None:
            kill(puller, rng.uniform(0.05, longest_s))
            outcome.puller_kills += 1
        acknowledged += kill(gateway, rng.uniform(0.0, longest_s))
        outcome.gateway_kills += 1
    finish(outcome, database, copy, acknowledged)
    outcome.seconds = round(time.monotonic() - started_s, 1)
    return outcome


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def finish(outcome: Outcome, database: Path, copy: Path, acknowledged: list[str]) -> None:
    """One last gateway and puller in peace, then count."""
    gateway = child("gateway", str(database), "-1")
    result = subprocess.run(
        [sys.executable, *CHILD, "pull", first_line(gateway), str(copy)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    kill(gateway, 0.0)
    log = ids(database, "SELECT id, hash, seq FROM events ORDER BY seq")
    order = {one: place for place, (one, _, _) in enumerate(log)}
    places = [order[one] for one in acknowledged if one in order]
    outcome.acknowledged = len(acknowledged)
    outcome.lost = len(acknowledged) - len(places)
    outcome.duplicated = len(log) - len(order)
    outcome.out_of_order = sum(later <= earlier for earlier, later in itertools.pairwise(places))
    outcome.pictures_missing = missing_pictures(database)
    outcome.copy_equals_log = ids(copy, "SELECT id, hash, seq FROM events ORDER BY epoch, seq") == log
    outcome.chain_ok = bool(json.loads(result.stdout)["chain_ok"])


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
