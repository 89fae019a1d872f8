"""Gateway and centre as one state machine: whatever crashes, is restored, pruned or lost, the copy equals the log.

The gateway's own losses (a restore from an older copy) are the only ones allowed; what the centre had seen of them
stays in the centre's abandoned line.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sync.central.client import Answer, Client, Unreachable
from sync.central.puller import Puller
from sync.central.store import CentralStore
from sync.central.verify import verify
from sync.event import EventDraft
from sync.export import verify_file
from sync.feed import Cursor, respond
from sync.retention import acked_seq, prune
from sync.store import Store
from tests.sync.helpers import DEADLINE_S, draft, open_store

URL = "http://gate"
FAR_US = 2**62


class Wire(Client):
    """Asks a store directly; can lose the reply after the gateway has answered."""

    def __init__(self, store: Store, lose_reply: bool) -> None:
        super().__init__(URL, "", 1.0)
        self._store = store
        self._lose_reply = lose_reply

    def get(self, path: str, query: dict[str, object], wait_s: float = 0.0) -> Answer:
        cursor = Cursor(after=query["after"], epoch=query["epoch"], head=query["head"])  # type: ignore[arg-type]
        reply = respond(self._store, cursor, int(str(query["limit"])), query["central_id"])  # type: ignore[arg-type]
        if self._lose_reply:
            raise Unreachable("丢失", "lost")
        return Answer(reply.status, reply.body)


class GatewayAndCentre(RuleBasedStateMachine):
    """The rules are what may happen; the invariant is what is promised."""

    @initialize()
    def begin(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="menwei-machine-"))
        self.gate = self.root / "gate"
        self.central = self.root / "central.db"
        self.copies = 0
        self.backups: list[tuple[Path, list[str]]] = []
        self.central_backups: list[Path] = []
        self.acked: list[str] = []
        """Ids whose futures have resolved, in order; a restore cuts it back to the backup's."""
        self.drafts: list[EventDraft] = []
        self.store = self._open()

    def _open(self, new_epoch: str = "") -> Store:
        return open_store(self.gate, checkpoint_events=7, new_epoch=new_epoch)

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            self.check_everything()
            shutil.rmtree(self.root)

    @rule(count=st.integers(1, 6))
    def append(self, count: int) -> None:
        made = [draft(len(self.drafts) + n) for n in range(count)]
        futures = [self.store.append([one]) for one in made]
        for future in futures:
            future.result(DEADLINE_S)
        self.drafts += made
        self.acked += [one.id for one in made]

    # Rules may only be enabled by what does not depend on timing; after a crash ``acked`` does.
    @precondition(lambda self: self.drafts)
    @rule(pick=st.integers(0, 10**6))
    def append_again(self, pick: int) -> None:
        again = self.drafts[pick % len(self.drafts)]
        if self.store.by_id(again.id) is None:
            return  # pruned, or lost with an older copy: then it would rightly be a new event
        assert self.store.append([again]).result(DEADLINE_S)[0].id == again.id

    @rule(extra=st.integers(0, 3))
    def crash(self, extra: int) -> None:
        """The process dies: only what is in the files at that moment is left; the unacknowledged may be or not."""
        made = [draft(10**6 + n) for n in range(extra)]
        futures = [self.store.append([one]) for one in made]
        self.drafts += made
        image = self._copy_of_files()
        self.store.close()
        for future in futures:
            future.result(DEADLINE_S)
        shutil.rmtree(self.gate)
        image.rename(self.gate)
        self.store = self._open()
        with self.store.reading().lend() as conn:
            ids = [row[0] for row in conn.execute("SELECT id FROM events WHERE kind NOT LIKE 'log.%' ORDER BY seq")]
        self.acked += [one for one in ids if one not in set(self.acked)]

    def _copy_of_files(self) -> Path:
        """What a dead machine's disk would hold; the WAL is copied first, as its pages count only when whole."""
        self.copies += 1
        image = self.root / f"image-{self.copies}"
        image.mkdir()
        # SQLite holds no half-written page here: the copy is taken under a read transaction that pins the WAL.
        with self.store.reading().lend() as conn:
            conn.execute("BEGIN")
            conn.execute("SELECT count(*) FROM events").fetchone()
            for path in sorted(self.gate.iterdir(), key=lambda one: one.suffix == ".db"):
                if path.is_file() and not path.name.endswith((".lock", "-shm")):
                    shutil.copy2(path, image / path.name)
            conn.execute("ROLLBACK")
        return image

    @rule()
    def back_up(self) -> None:
        self.copies += 1
        target = self.root / f"backup-{self.copies}.db"
        with self.store.reading().lend() as conn, closing(sqlite3.connect(target)) as copy:
            conn.backup(copy)
        self.backups.append((target, list(self.acked)))

    @precondition(lambda self: self.backups)
    @rule(pick=st.integers(0, 100), declared=st.booleans())
    def restore(self, pick: int, declared: bool) -> None:
        target, acked = self.backups[pick % len(self.backups)]
        self.store.close()
        for path in self.gate.glob("log.db*"):
            if path.suffix != ".epoch":
                path.unlink()
        shutil.copy(target, self.gate / "log.db")
        self.acked = list(acked)
        self.store = self._open("restored" if declared else "")

    @rule(share=st.floats(0, 1))
    def prune(self, share: float) -> None:
        centre = self._central_id()
        upto = int(acked_seq(self.store, [centre]) * share)
        prune(self.store, upto_seq=upto, before_wall_us=FAR_US).result(DEADLINE_S)

    def _central_id(self) -> str:
        with CentralStore(self.central) as store:
            return store.central_id

    @rule(limit=st.integers(1, 9), lose=st.booleans(), twice=st.booleans())
    def pull_once(self, limit: int, lose: bool, twice: bool) -> None:
        with Puller(URL, self.central, client=Wire(self.store, lose), limit=limit) as puller:
            for _ in range(1 + twice):
                try:
                    puller.pull_once()
                except Unreachable:
                    assert lose

    @rule(limit=st.integers(2, 50))
    def pull_until_level(self, limit: int) -> None:
        with Puller(URL, self.central, client=Wire(self.store, False), limit=limit) as puller:
            result = puller.pull_until_level()
        assert result.chain_ok
        assert result.last_seq == self.store.newest
        self._copy_equals_log(result.epoch)

    @precondition(lambda self: self.central.exists())
    @rule()
    def back_up_centre(self) -> None:
        self.copies += 1
        target = self.root / f"central-{self.copies}.db"
        shutil.copy(self.central, target)
        self.central_backups.append(target)

    @precondition(lambda self: self.central_backups)
    @rule(pick=st.integers(0, 100))
    def restore_centre(self, pick: int) -> None:
        for path in self.root.glob("central.db-*"):
            path.unlink()
        shutil.copy(self.central_backups[pick % len(self.central_backups)], self.central)

    def _copy_equals_log(self, epoch: int) -> None:
        """Along the current line every seq up to the newest is an event of the log, or lies in a recorded gap."""
        line: dict[int, str] = {}
        missing: set[int] = set()
        with closing(sqlite3.connect(self.central)) as conn:
            branch: int | None = epoch
            upto = 2**62
            while branch is not None:
                for seq, head in conn.execute(
                    "SELECT seq, hash FROM events WHERE epoch = ? AND seq <= ?", (branch, upto)
                ):
                    assert seq not in line, "one event twice in a line of history"
                    line[seq] = head
                for first, last in conn.execute("SELECT first_seq, last_seq FROM gaps WHERE epoch = ?", (branch,)):
                    missing |= set(range(first, min(last, upto) + 1))
                branch, upto = conn.execute(
                    "SELECT parent, fork_seq FROM branches WHERE epoch = ?", (branch,)
                ).fetchone()
        assert sorted(set(line) | missing) == list(range(1, self.store.newest + 1))
        assert not set(line) & missing
        for event in self.store.read_after(0, 10**6):
            assert line.get(event.seq, event.hash) == event.hash
            assert event.seq in line or event.seq in missing
            # A gap may only cover what the gateway no longer had when the centre asked.

    @invariant()
    def nothing_acknowledged_is_lost_doubled_or_out_of_order(self) -> None:
        if not hasattr(self, "store"):
            return
        events = self.store.read_after(0, 10**6)
        assert [event.seq for event in events] == list(range(self.store.oldest(), self.store.newest + 1))
        ids = [event.id for event in events if not event.kind.startswith("log.")]
        assert ids == self.acked[len(self.acked) - len(ids) :]
        if self.store.oldest() == 1:
            assert len(ids) == len(self.acked)

    def check_everything(self) -> None:
        verdict = verify_file(self.gate / "log.db")
        assert verdict.ok, verdict
        if self.central.exists():
            assert all(one.chain_ok for one in verify(self.central))


TestGatewayAndCentre = GatewayAndCentre.TestCase
TestGatewayAndCentre.settings = settings(
    max_examples=int(os.environ.get("MENWEI_MACHINE_EXAMPLES", "20")),
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
