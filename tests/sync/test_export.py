"""Reading the log from outside, while the gateway writes."""

from __future__ import annotations

import csv
import io
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sync.chain import verify_chain
from sync.errors import StoreUnusable
from sync.export import newest_seq, read_events, verify_export, verify_file, write_csv, write_ndjson
from sync.retention import prune
from sync.wire import decode_event
from tests.sync.helpers import DEADLINE_S, draft, fill, open_store


def test_verifying_and_reading_while_the_gateway_writes(tmp_path: Path) -> None:
    with open_store(tmp_path, checkpoint_events=50) as store:
        futures = [store.append([draft(n)]) for n in range(1500)]
        futures[200].result(DEADLINE_S)
        verdict = verify_file(store.path)
        assert verdict.ok
        assert verdict.events >= 200
        futures[-1].result(DEADLINE_S)
        assert list(read_events(store.path)) == store.read_after(0, 10_000)
        assert newest_seq(store.path) == store.newest
        assert [event.seq for event in read_events(store.path, after=3, upto=6)] == [4, 5, 6]
    verdict = verify_file(tmp_path / "log.db")
    assert (verdict.ok, verdict.gateway, verdict.first_seq, verdict.events) == (True, "gate-1", 1, verdict.last_seq)
    assert verdict.as_dict()["fault"] is None


def test_a_pruned_log_verifies_from_its_signed_gap_record(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        fill(store, 20)
        prune(store, upto_seq=12, before_wall_us=2**62).result(DEADLINE_S)
    verdict = verify_file(tmp_path / "log.db")
    assert (verdict.ok, verdict.first_seq, verdict.last_seq) == (True, 13, 21)
    with closing(sqlite3.connect(tmp_path / "log.db", isolation_level=None)) as conn:
        conn.execute("DELETE FROM events WHERE seq = 13")
        assert verify_file(tmp_path / "log.db").fault is not None
        conn.execute("DELETE FROM gaps")
        assert verify_file(tmp_path / "log.db").fault is not None


def test_an_ndjson_export_carries_its_chain(tmp_path: Path) -> None:
    with open_store(tmp_path, checkpoint_events=5) as store:
        fill(store, 12)
    out = io.StringIO()
    count = write_ndjson(read_events(tmp_path / "log.db", after=2), out)
    lines = out.getvalue().splitlines()
    assert len(lines) == count
    assert verify_chain(map(decode_event, lines), after_seq=2, after_hash=decode_event(lines[0]).prev) is None
    assert verify_export(lines).ok
    forged = "\n".join(lines).replace("12345", "12346", 1).splitlines()  # checkpoints fall where the clock wants
    for bad in ([*lines[:4], *lines[5:]], forged, [*lines, "{"]):
        assert not verify_export(bad).ok
    assert verify_export([]).events == 0


def test_a_csv_export_is_whole_and_harmless_to_spreadsheets(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.append([draft(source="=cmd()", body={"text": 'a,"b"\nc'})]).result(DEADLINE_S)
        event = store.read_after(0)[0]
    out = io.StringIO()
    assert write_csv(read_events(tmp_path / "log.db"), out) == 1
    row = next(csv.DictReader(io.StringIO(out.getvalue(), newline="")))
    assert row["source"] == "'=cmd()"
    assert (row["seq"], row["body"], row["hash"]) == ("1", event.body, event.hash)


@pytest.mark.parametrize("content", [None, b"", b"garbage" * 999])
def test_what_is_no_log_is_said_so(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "log.db"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StoreUnusable, match="log"):
        list(read_events(path))
    if content != b"garbage" * 999:
        with pytest.raises(StoreUnusable):
            verify_file(path)
    else:
        assert not verify_file(path).ok
