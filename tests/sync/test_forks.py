"""Gateways that went back, lost their past or pruned it: noticed, recorded, and nothing new is missed."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from sync.central.puller import Puller, pull
from sync.export import verify_file
from sync.retention import prune
from sync.store import Store
from tests.sync.central_helpers import alarms
from tests.sync.helpers import DEADLINE_S, fill, open_store, served

FAR_US = 2**62


@contextmanager
def rolled_back(tmp_path: Path, lost: int, new: int, *, declared: bool) -> Iterator[tuple[Store, Path]]:
    """A gateway whose log went back to an older copy after a centre had pulled more; then it wrote something new."""
    gate, copy = tmp_path / "gate", tmp_path / "central.db"
    with open_store(gate) as store:
        fill(store, 40)
    shutil.copytree(gate, tmp_path / "backup")
    with open_store(gate) as store, served(store) as server:
        fill(store, lost)
        pull(server.url, copy)
    shutil.rmtree(gate)
    shutil.copytree(tmp_path / "backup", gate)
    with open_store(gate, new_epoch="restored" if declared else "") as store:
        fill(store, new)
        yield store, copy


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "silent"])
@pytest.mark.parametrize(("lost", "new"), [(7, 3), (3, 7), (5, 5), (1, 0), (17, 1)])
def test_a_rolled_back_gateway_is_noticed_and_nothing_new_is_missed(
    tmp_path: Path, lost: int, new: int, declared: bool
) -> None:
    with rolled_back(tmp_path, lost, new, declared=declared) as (store, copy), served(store) as server:
        with Puller(f"{server.url}", copy) as puller:
            result = puller.pull_until_level()
        assert (result.forks, result.chain_ok, result.last_seq) == (1, True, store.newest)
        assert alarms(copy) == ["fork"]
        with closing(sqlite3.connect(copy)) as conn:
            common, abandoned = conn.execute("SELECT common_seq, abandoned_events FROM forks").fetchone()
            assert (common, abandoned) == (40, lost)
            assert conn.execute("SELECT count(*) FROM events WHERE epoch = 1").fetchone()[0] == 40 + lost
            newer = conn.execute("SELECT seq, hash FROM events WHERE epoch = 2 ORDER BY seq").fetchall()
        assert newer == [(event.seq, event.hash) for event in store.read_after(40)]
        assert pull(server.url, copy).forks == 1


def test_a_quarantined_log_is_a_fork_from_nothing(tmp_path: Path) -> None:
    gate, copy = tmp_path / "gate", tmp_path / "central.db"
    with open_store(gate) as store, served(store) as server:
        fill(store, 30)
        pull(server.url, copy)
    (gate / "log.db").write_bytes(b"garbage" * 1000)
    with open_store(gate) as store, served(store) as server:
        fill(store, 5)
        with Puller(server.url, copy) as puller:
            result = puller.pull_until_level()
        assert (result.epoch, result.forks, result.chain_ok, result.last_seq) == (2, 1, True, 6)


@pytest.mark.parametrize("had", [0, 4])
def test_a_gap_is_recorded_and_pulling_goes_on_behind_it(tmp_path: Path, had: int) -> None:
    copy = tmp_path / "central.db"
    with open_store(tmp_path / "gate") as store, served(store) as server:
        if had:
            fill(store, had)
            pull(server.url, copy)
        fill(store, 20)
        prune(store, upto_seq=10, before_wall_us=FAR_US).result(DEADLINE_S)
        prune(store, upto_seq=15, before_wall_us=FAR_US).result(DEADLINE_S)
        result = pull(server.url, copy)
        assert (result.gaps, result.chain_ok, result.last_seq) == (1, True, store.newest)
        with closing(sqlite3.connect(copy)) as conn:
            assert conn.execute("SELECT first_seq, last_seq, signed FROM gaps").fetchall() == [(had + 1, 15, 1)]
        assert alarms(copy) == ["gap"]
        assert verify_file(store.path).ok
