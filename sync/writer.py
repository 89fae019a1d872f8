"""The owner thread: takes all that waits, writes one transaction, resolves, announces. Shell: thread, SQLite, files.

While the disk refuses, everything waits in a bounded spill and is tried again with back-off. A full disk releases
the ballast; from then on only access and alarms are written, without pictures, until there is room again.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from pathlib import Path

from sync.append import Batch, Identity, Landed, write_acks
from sync.ballast import Ballast
from sync.clock import Clock
from sync.database import open_writer
from sync.erasing import Eraser
from sync.errors import LogFull, StoreClosed
from sync.health import Figures, Hooks, StoreHealth, WriterSettings, guarded, is_full, is_trouble
from sync.media import MediaStore
from sync.policy import applied, faces_touched
from sync.records import Policy
from sync.spill import ACCESS_PRIORITY, Dropped, Job, Spill
from sync.tables import Database

_LOG = logging.getLogger(__name__)
_BATCH_MAX = 512
_BACKOFF_MIN_S = 0.05
_BACKOFF_MAX_S = 5.0
_ANY_PRIORITY = 9
_ACKS_MAX = 256


class Writer:
    """Owns the writing connection. ``submit`` may be called from any thread and never waits for the disk."""

    def __init__(
        self,
        *,
        path: Path,
        db: Database,
        media: MediaStore,
        ballast: Ballast,
        identity: Identity,
        clock: Clock,
        policy: Policy,
        newest: int,
        settings: WriterSettings,
    ) -> None:
        self.policy = policy
        self.newest = newest
        self.figures = Figures()
        self.hooks = Hooks()
        self.changed = threading.Condition()
        """Notified after each commit, each edge of trouble and at closing."""
        self._path = path
        self._db = db
        self._media = media
        self._ballast = ballast
        self._identity = identity
        self._clock = clock
        self._settings = settings
        self._spill = Spill(settings.spill_max, settings.spill_bytes_max)
        self._eraser = Eraser(db, clock)
        self._in_flight = 0
        self._acks: dict[str, tuple[str, int, int, int]] = {}
        self._wake = threading.Condition()
        self._closing = False
        self._error = ""
        self._since_s = time.monotonic()
        self._told_ok = True
        self._batch = _BATCH_MAX
        """Events per transaction; 1 after a refusal, then doubled with each success."""
        self._reserve = False
        self._reserve_tried_s = 0.0
        self._checkpoint_due_s = time.monotonic() + settings.checkpoint_s
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Queue a job; its future resolves when it is durable."""
        job.future.set_running_or_notify_cancel()  # an impatient waiter must not be able to take the event back
        with self._wake:
            gone = [] if self._closing else self._spill.add(job)
            refused = self._closing
            self._wake.notify()
        if refused:
            job.future.set_exception(StoreClosed.now())
        self._give_up(gone)

    def acknowledge(self, central: str, epoch: int, seq: int) -> None:
        """Remember what a centre has; written within ``acks_s`` (losing it only keeps data longer)."""
        with self._wake:
            if central in self._acks or len(self._acks) < _ACKS_MAX:
                self._acks[central] = (central, epoch, seq, self._clock.wall_us())

    def health(self) -> StoreHealth:
        """A snapshot, cheap enough to ask for at every tick."""
        with self._wake:
            return StoreHealth(
                ok=not self._error and not self._reserve,
                pending=len(self._spill) + self._in_flight,
                last_error=self._error,
                since_mono_s=self._since_s,
                dropped=self.figures.dropped,
                reserve=self._reserve,
            )

    def close(self) -> None:
        """Write what waits (bounded), then stop; what could not be written fails with StoreClosed."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._thread.ident is not None:
            self._thread.join(self._settings.close_timeout_s + 30.0)
        with self.changed:
            self.changed.notify_all()

    def _run(self) -> None:
        backoff_s = 0.0
        while True:
            jobs = self._next_jobs(backoff_s)
            if jobs is None:
                break
            trouble = self._try_write(jobs)
            backoff_s = min(max(backoff_s * 2, _BACKOFF_MIN_S), _BACKOFF_MAX_S) if trouble else 0.0
            if trouble and self._closing:
                break
            if not trouble and (proof := self._eraser.erase(self._db)):
                with self._wake:
                    self._spill.add(proof)
        for job in self._spill.take(2**31, _ANY_PRIORITY):  # nobody adds any more
            job.future.set_exception(StoreClosed.now())
        self._db.conn.close()

    def _next_jobs(self, backoff_s: float) -> list[Job] | None:
        """What to write now, after waiting for something to do; None when it is time to stop."""
        with self._wake:
            if backoff_s:
                self._wake.wait_for(lambda: self._closing, backoff_s)
            self._wake.wait_for(self._something_to_do, self._wait_s())
            take = self._spill.take if self._batch == _BATCH_MAX else self._spill.take_urgent
            jobs = take(self._batch, self._lowest_priority())
            if self._reserve:
                self._spill.dropped.pictures += sum(job.forget_pictures("disk full") for job in jobs)
            if not jobs and self._closing and not self._acks:
                return None
            self._in_flight = sum(len(job.drafts) for job in jobs)
            return jobs

    def _something_to_do(self) -> bool:
        return self._closing or self._spill.has(ACCESS_PRIORITY if self._reserve else _ANY_PRIORITY)

    def _wait_s(self) -> float:
        longest_s = self._settings.reserve_retry_s if self._reserve else self._settings.acks_s
        longest_s = self._eraser.retry_s if self._eraser.due else longest_s
        return max(0.0, min(self._checkpoint_due_s - time.monotonic(), longest_s))

    def _lowest_priority(self) -> int:
        """In reserve only access and alarms may be written, until the ballast can be held again."""
        if not self._reserve:
            return _ANY_PRIORITY
        now_s = time.monotonic()
        if now_s - self._reserve_tried_s < self._settings.reserve_retry_s:
            return ACCESS_PRIORITY
        self._reserve_tried_s = now_s
        self._reserve = not self._ballast.hold()
        return ACCESS_PRIORITY if self._reserve else _ANY_PRIORITY

    def _try_write(self, jobs: list[Job]) -> bool:
        """Write a batch; True when the disk refused and what is left of it waits again."""
        try:
            self._write(jobs)
        except Exception as error:  # noqa: BLE001 - goes to the job's future, or is retried and told
            if is_trouble(error):
                self._refused(jobs, error)
                return True
            if len(jobs) == 1:
                self._fail(jobs[0], error)
                return False
            return self._one_by_one(jobs)
        return False

    def _one_by_one(self, jobs: list[Job]) -> bool:
        """One job of the batch cannot be stored: let it fail alone, write the others."""
        for position, job in enumerate(jobs):
            try:
                self._write([job])
            except Exception as error:  # noqa: BLE001 - as above
                if is_trouble(error):
                    self._refused(jobs[position:], error)
                    return True
                self._fail(job, error)
        return False

    def _write(self, jobs: list[Job]) -> None:
        self._media.put_all(part for job in jobs for part in job.pictures)
        with self._wake:
            acks = list(self._acks.values())
            dropped, self._spill.dropped = self._spill.dropped, Dropped()
        try:
            with self._db.atomic():
                batch = Batch(self._db, self._clock, self._identity)
                for job in jobs:
                    batch.job(job)
                if dropped:
                    batch.own("log.dropped", dropped.body(), priority=1)
                if self._checkpoint_due(batch.landed):
                    batch.checkpoint()
                write_acks(self._db.conn, acks)
        except BaseException:
            with self._wake:
                self._spill.dropped.add(dropped)
            raise
        self._landed(jobs, batch.landed, acks)

    def _checkpoint_due(self, landed: Landed) -> bool:
        many = landed.seq - landed.checkpoint_seq >= self._settings.checkpoint_events
        return many or time.monotonic() >= self._checkpoint_due_s

    def _landed(self, jobs: list[Job], landed: Landed, acks: list[tuple[str, int, int, int]]) -> None:
        """The transaction is durable: publish the lists, resolve the futures, then tell everybody."""
        self._eraser.due |= landed.erased
        if landed.changes:
            self.policy = applied(self.policy, tuple(landed.changes))
        if landed.checkpoint_seq == landed.seq or time.monotonic() >= self._checkpoint_due_s:
            self._checkpoint_due_s = time.monotonic() + self._settings.checkpoint_s
        with self._wake:
            self._in_flight = 0
            self._batch = min(self._batch * 2, _BATCH_MAX)
            if self._batch == _BATCH_MAX or not len(self._spill):
                self._batch, self._error = _BATCH_MAX, ""
            self._acks = {central: ack for central, ack in self._acks.items() if ack not in acks}
        self.figures.commits += 1
        self.figures.events += landed.added
        self.newest = landed.seq
        for job in jobs:
            job.future.set_result(landed.events[job])
        if landed.added:
            with self.changed:
                self.changed.notify_all()
            self.hooks.landed(landed.seq, faces_touched(landed.changes))
        self._tell_edge()

    def _refused(self, jobs: list[Job], error: Exception) -> None:
        """The disk refused: everything waits again; a full one gives the ballast up first."""
        full = is_full(error)
        with self._wake:
            self._in_flight = 0
            self._batch = 1
            self._error = f"{type(error).__name__}: {error}"
            self.figures.failed_commits += 1
            if full and self._ballast.release():
                self._reserve = True
                self._reserve_tried_s = time.monotonic()
            gone = self._spill.put_back(jobs)
        self._give_up(gone)
        if not full:
            self._reopen()
        self._tell_edge()

    def _reopen(self) -> None:
        """After an I/O error a fresh connection believes nothing that the old one had cached."""
        try:
            fresh = open_writer(self._path)
        except sqlite3.Error as error:
            _LOG.warning("cannot reopen %s yet: %s", self._path, error)
            return
        self._db.conn.close()
        self._db = fresh

    def _give_up(self, jobs: list[Job]) -> None:
        for job in jobs:
            self.figures.dropped += len(job.drafts)
            job.future.set_exception(LogFull.now())

    def _fail(self, job: Job, error: Exception) -> None:
        with self._wake:
            self._in_flight = 0
        job.future.set_exception(error)

    def _tell_edge(self) -> None:
        health = self.health()
        if health.ok == self._told_ok:
            return
        self._told_ok = health.ok
        with self._wake:
            self._since_s = time.monotonic()
        with self.changed:
            self.changed.notify_all()
        for tell in self.hooks.trouble:
            guarded(tell, self.health())
