"""Opening: damaged, newer, foreign and restored files."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from sync.database import Readers, open_reader
from sync.errors import SchemaTooNew, StoreUnusable
from sync.queries import last_pull_s, policy_of
from sync.schema import MIGRATIONS
from tests.sync.helpers import DEADLINE_S, draft, fill, open_store, picture, until

ROOT = Path(__file__).resolve().parents[2]


def damage_bytes(path: Path, kind: str) -> None:
    data = bytearray(path.read_bytes())
    if kind == "header":
        data[:16] = b"garbage garbage!"
    elif kind == "cut":
        data = data[: len(data) // 2]
    else:
        data[4096:] = bytes(len(data) - 4096)
    path.write_bytes(data)


@pytest.mark.parametrize("kind", ["header", "cut", "zeroed"])
def test_a_corrupt_file_is_set_aside_and_a_new_epoch_says_so(tmp_path: Path, kind: str) -> None:
    with open_store(tmp_path) as store:
        fill(store, 300)
    damage_bytes(tmp_path / "log.db", kind)
    with open_store(tmp_path) as store:
        until(lambda: store.newest == 1, "the log tells of its quarantine")
        said = store.read_after(0)[0]
        assert (said.kind, said.data()["epoch"], store.epoch) == ("log.quarantined", 2, 2)
        assert (tmp_path / said.data()["file"]).is_file()
        assert store.append([draft()]).result(DEADLINE_S)[0].seq == 2
    with open_store(tmp_path) as store:
        assert (store.epoch, store.newest) == (2, 2)


def test_a_second_quarantine_never_repeats_an_epoch(tmp_path: Path) -> None:
    for epoch in (1, 2, 3):
        with open_store(tmp_path) as store:
            fill(store, 50)
            assert store.epoch == epoch
        damage_bytes(tmp_path / "log.db", "header")
    assert len(list(tmp_path.glob("log.db.corrupt-*"))) >= 2


def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    conn = sqlite3.connect(tmp_path / "log.db")
    conn.execute("INSERT INTO migrations VALUES (?, 'from the future')", (len(MIGRATIONS) + 1,))
    conn.commit()
    conn.close()
    with pytest.raises(SchemaTooNew, match="upgrade the software"):
        open_store(tmp_path)
    assert not list(tmp_path.glob("*.corrupt-*"))


def test_another_gateways_log_is_refused(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    with pytest.raises(StoreUnusable, match="gateway gate-1's"):
        open_store(tmp_path, gateway_id="gate-2")
    open_store(tmp_path).close()


@pytest.mark.parametrize("kind", ["short", "readable"])
def test_a_bad_key_file_is_refused_with_its_remedy(tmp_path: Path, kind: str) -> None:
    open_store(tmp_path).close()
    key = tmp_path / "log-signing.key"
    assert key.stat().st_mode & 0o777 == 0o600
    if kind == "short":
        key.write_bytes(b"short")
    else:
        key.chmod(0o644)
    with pytest.raises(StoreUnusable, match="move it away" if kind == "short" else "chmod 600"):
        open_store(tmp_path)


def test_a_declared_restore_starts_a_new_epoch_with_its_fork_point(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        fill(store, 4)
        head = store.head().hash
    with open_store(tmp_path, new_epoch="restored") as store:
        until(lambda: store.newest == 5, "the log tells of its epoch")
        assert store.read_after(4)[0].kind == "log.epoch"
        assert store.epoch == 2
        with store.reading().lend() as conn:
            row = conn.execute("SELECT fork_seq, fork_hash, reason FROM epochs WHERE epoch = 2").fetchone()
        assert row == (4, head, "restored")


def test_an_older_copy_behind_its_epoch_file_is_noticed(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        fill(store, 4)
    shutil.copy(tmp_path / "log.db", tmp_path / "old")
    open_store(tmp_path, new_epoch="restored").close()
    shutil.copy(tmp_path / "old", tmp_path / "log.db")
    with open_store(tmp_path) as store:
        assert store.epoch == 3
    (tmp_path / "log.db.epoch").write_text("not json")
    with open_store(tmp_path) as store:
        assert store.epoch > 3


def test_readers_cannot_write(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        fill(store, 1)
        conn = open_reader(store.path)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            conn.execute("DELETE FROM events")
        conn.close()


def test_a_damaged_log_is_an_error_of_ours_to_whoever_reads(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        fill(store, 300)
    damage_bytes(tmp_path / "log.db", "header")
    readers = Readers(tmp_path / "log.db")
    with pytest.raises(StoreUnusable, match="cannot read the log"), readers.lend() as conn:
        conn.execute("SELECT * FROM events")
    with pytest.raises(StoreUnusable, match="cannot read the log"):
        policy_of(tmp_path / "log.db")
    readers.close()


def test_a_log_that_vanished_is_an_error_of_ours_and_is_read_again_when_it_is_back(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        fill(store, 3)
        store.reading().reopen()  # forgets the open ones
        store.path.rename(tmp_path / "away.db")
        questions = (lambda: store.read_after(0), lambda: store.by_id("x"), store.head, lambda: last_pull_s(store))
        for question in questions:
            with pytest.raises(StoreUnusable, match="cannot read the log"):
                question()
        (tmp_path / "away.db").rename(store.path)
        assert len(store.read_after(0)) == 3


def test_the_durability_pragmas_are_in_force(tmp_path: Path) -> None:
    seen: dict[str, object] = {}
    with open_store(tmp_path) as store:

        def task(db: object) -> list[object]:
            for name in ("journal_mode", "synchronous", "foreign_keys"):
                seen[name] = db.conn.execute(f"PRAGMA {name}").fetchone()[0]  # type: ignore[attr-defined]
            return []

        store.transact(task).result(DEADLINE_S)  # type: ignore[arg-type]
    assert seen == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    assert json.loads((tmp_path / "log.db.epoch").read_text()) == {"epoch": 1}


def test_the_store_brings_no_numpy_into_the_hub() -> None:
    code = "import sys, sync.store, sync.pull_api, sync.central.puller, sync.export, sync.retention\n"
    code += "heavy = {'numpy', 'pandas', 'cv2', 'onnxruntime'} & set(sys.modules); assert not heavy, heavy"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_picture_its_name_and_its_folder_are_synced_before_the_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut cannot be made here; but what the kernel was told to make durable, and when, can be seen."""
    synced: list[str] = []
    real = os.fsync

    def recording(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").readlink().as_posix())
        real(handle)

    shot = picture(b"shot")
    with open_store(tmp_path) as store:
        at_commit: list[list[str]] = []
        store.on_commit(lambda _: at_commit.append(list(synced)))
        monkeypatch.setattr(os, "fsync", recording)
        store.append([draft(attachments=(shot,))]).result(DEADLINE_S)
        until(lambda: bool(at_commit), "commit announced")
        path = store.media.path(shot.sha256)
    file, *folders = at_commit[0]
    assert file.startswith(path.as_posix())
    assert file.endswith(".tmp"), "the content is synced before it gets its name"
    assert set(folders) == {path.parent.as_posix(), store.media.root.as_posix()}
