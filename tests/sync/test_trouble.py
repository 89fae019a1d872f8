"""A disk that refuses: nothing acknowledged is lost, nothing waits in secret, writing goes on by itself."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sync.ballast import Ballast
from sync.chain import verify_chain
from sync.errors import LogFull, StoreClosed
from sync.event import EventDraft
from sync.health import StoreHealth
from sync.store import Store
from sync.tables import Database
from tests.sync.helpers import DEADLINE_S, draft, fill, open_store, picture, until

ROOT = Path(__file__).resolve().parents[2]
MIB = 1024 * 1024


def limit_pages(store: Store, more: int) -> None:
    """Let the database grow by this many pages only, as a full disk would."""

    def task(db: Database) -> list[object]:
        count = db.conn.execute("PRAGMA page_count").fetchone()[0]
        db.conn.execute(f"PRAGMA max_page_count = {count + more}")
        return []

    store.transact(task).result(DEADLINE_S)  # type: ignore[arg-type]


@contextmanager
def held(store: Store) -> Iterator[None]:
    """Keep the writer busy, as a slow disk would, so that what waits does not depend on timing."""
    entered, gate = threading.Event(), threading.Event()

    def task(_: Database) -> list[EventDraft]:
        entered.set()
        gate.wait(DEADLINE_S)
        return []

    done = store.transact(task)
    assert entered.wait(DEADLINE_S)
    try:
        yield
    finally:
        gate.set()
    done.result(DEADLINE_S)


def test_a_full_disk_keeps_the_futures_pending_and_recovers_by_itself(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        edges: list[StoreHealth] = []
        store.on_trouble(edges.append)
        fill(store, 3)
        limit_pages(store, 4)
        futures = [store.append([draft(n, body={"x": "y" * 2000})]) for n in range(40)]
        until(lambda: not store.health().ok, "trouble noticed")
        assert not futures[-1].done()
        until(
            lambda: store.health().pending == sum(not future.done() for future in futures), "all that wait is counted"
        )
        assert "full" in store.health().last_error
        limit_pages(store, 10_000)
        seqs = [future.result(DEADLINE_S)[0].seq for future in futures]
        assert seqs == list(range(4, 44))
        until(lambda: store.health().ok, "health restored")
        assert [edge.ok for edge in edges] == [False, True]
        assert verify_chain(store.read_after(0)) is None
        assert store.health().pending == 0


def test_what_is_dropped_is_the_oldest_of_the_least_important_and_the_log_says_so(tmp_path: Path) -> None:
    with open_store(tmp_path, spill_max=10) as store:
        with held(store):
            access = [store.append([draft(n, priority=2)]) for n in range(6)]
            ordinary = [store.append([draft(n, priority=4)]) for n in range(8)]
            assert store.health().dropped == 4
            for future in ordinary[:4]:
                with pytest.raises(LogFull):
                    future.result(0)
        for future in access + ordinary[4:]:
            future.result(DEADLINE_S)
        said = [event for event in store.read_after(0) if event.kind == "log.dropped"]
        assert [event.data() for event in said] == [{"events": 4, "by_priority": {"4": 4}, "pictures": 0}]
        assert store.health().dropped == 4


def test_pictures_go_before_events_when_memory_is_short(tmp_path: Path) -> None:
    with open_store(tmp_path, spill_bytes_max=10_000) as store:
        with held(store):
            waiting = [store.append([draft(n, attachments=(picture(os.urandom(4000)),))]) for n in range(5)]
        events = [future.result(DEADLINE_S)[0] for future in waiting]
        lost = [event.data()["media"][0].get("lost", "") for event in events]
        assert lost.count("memory full") == 3
        said = [event.data() for event in store.read_after(0) if event.kind == "log.dropped"]
        assert sum(body["pictures"] for body in said) == 3
        assert sum(body["events"] for body in said) == 0


def test_closing_during_trouble_tells_those_who_wait(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    limit_pages(store, 0)
    future = store.append([draft(body={"x": "y" * 9000})])
    until(lambda: not store.health().ok, "trouble noticed")
    store.close()
    with pytest.raises(StoreClosed):
        future.result(0)
    with open_store(tmp_path) as again:
        assert again.newest == 0


def test_the_ballast_holds_real_blocks_and_is_given_back_once(tmp_path: Path) -> None:
    ballast = Ballast(tmp_path / "ballast", MIB)
    assert ballast.hold()
    assert ballast.hold()
    assert (tmp_path / "ballast").stat().st_blocks * 512 >= MIB
    assert ballast.release()
    assert not ballast.release()
    assert not Ballast(tmp_path / "ballast", 2**60).hold()
    assert not (tmp_path / "ballast").exists()
    assert Ballast(tmp_path / "none", 0).hold()
    assert not (tmp_path / "none").exists()


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MiB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "menwei-test", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("needs the right to mount a tmpfs")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_really_full_disk_still_takes_access_events_and_heals(tiny_disk: Path) -> None:
    hog = tiny_disk / "hog"
    with open_store(tiny_disk, ballast_bytes=MIB, reserve_retry_s=0.1) as store:
        fill(store, 5)
        fill_up(hog)
        low = store.append([draft(1, priority=4, body={"x": "y" * 20_000}, attachments=(picture(os.urandom(50_000)),))])
        until(lambda: store.health().reserve, "ballast released")
        assert not (tiny_disk / "log.db.ballast").exists()
        shot = picture(os.urandom(50_000))
        high = [store.append([draft(n, priority=1, attachments=(shot,))]) for n in range(10)]
        for future in high:
            assert future.result(DEADLINE_S)[0].data()["media"][0]["lost"] == "disk full"
        assert not low.done()
        assert not store.health().ok
        hog.unlink()
        assert low.result(DEADLINE_S)[0].priority == 4
        until(lambda: store.health().ok, "health restored")
        assert (tiny_disk / "log.db.ballast").stat().st_size == MIB
        assert "lost" not in low.result()[0].data()["media"][0]
        assert verify_chain(store.read_after(0)) is None


def test_a_full_disk_does_not_keep_the_store_from_opening(tiny_disk: Path) -> None:
    with open_store(tiny_disk, ballast_bytes=MIB) as store:
        fill(store, 5)
    fill_up(tiny_disk / "hog")
    with open_store(tiny_disk, ballast_bytes=MIB) as store:
        fill(store, 5, priority=1)
        assert store.newest == 10
    assert not (tiny_disk / "log.db.ballast").exists()


def fill_up(path: Path) -> None:
    """Take every block that is left."""
    with path.open("wb", buffering=0) as file:
        for size in (65536, 4096):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue


LIMITED = """
import resource, signal, sys, time
from pathlib import Path
from tests.sync.helpers import draft, open_store, until
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, resource.RLIM_INFINITY))
with open_store(Path(sys.argv[1])) as store:
    futures = [store.append([draft(n, body={"x": "y" * 20_000})]) for n in range(60)]
    until(lambda: not store.health().ok, "refused by the file size limit")
    assert not futures[-1].done()
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert [future.result(60)[0].seq for future in futures] == list(range(1, 61))
    until(lambda: store.health().ok, "healed")
print("healed")
"""


def test_write_errors_of_the_operating_system_heal_too(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", LIMITED, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.stdout.strip() == "healed", done.stderr
