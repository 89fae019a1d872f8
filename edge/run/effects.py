"""Carries intents out: append the events, *then* queue the command. Shell: asyncio.

A command waits for its events at most ``append_wait_ms``; then the gate opens all the same and the events stay in the
store's memory until they can be written. Fire and safety do not wait at all. Events that carry pictures are appended
right after the commands of their step: a picture of 100 kB must not keep a car waiting. One worker keeps the order.

What uses something up (a code, a booking, a slip) never goes out before it is on disk: see ``Confirm``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace

from devices.messages import Command, Priority
from edge.intents import Answer, Confirm, Intent, Notify, Record, Send
from edge.observations import Written
from sync.event import Event
from sync.records import SpendPass, UseBooking, UseCode, UseSlip
from sync.store import Store

log = logging.getLogger(__name__)

COUNTED = (UseBooking, UseCode, UseSlip, SpendPass)
COUNTED_WAIT_S = 1.5
"""What uses something up waits so long for the disk, and is then left to the guard: a crash would give the use back."""
NOT_WRITTEN = "not_written"

Submit = Callable[[Command], None]


@dataclass(frozen=True, slots=True)
class _Job:
    after: asyncio.Future[list[Event]] | None
    deadline_s: float
    what: Send | Answer | Confirm | tuple[Record, ...]
    counted: bool = False


class Effects:
    """The hands of the hub."""

    def __init__(
        self,
        store: Store,
        submit: Submit,
        answer: Callable[[Answer], None],
        confirm: Callable[[Written], None],
        *,
        append_wait_s: float,
    ) -> None:
        self._store = store
        self._confirm = confirm
        self._submit = submit
        self._answer = answer
        self._append_wait_s = append_wait_s
        self._jobs: asyncio.Queue[_Job] = asyncio.Queue()
        self.notify: Callable[[Notify], None] | None = None
        """Who pushes messages; set once the channels run."""
        self.late_appends = 0
        """Commands and answers that went out before their event was durable."""

    def carry_out(self, intents: Sequence[Intent]) -> None:
        """Start everything that one step wants; never blocks."""
        records = [i for i in intents if isinstance(i, Record)]
        for notice in (i for i in intents if isinstance(i, Notify)):
            if self.notify is not None:
                self.notify(notice)
        acts = [i for i in intents if isinstance(i, Send | Answer | Confirm)]
        commands = any(isinstance(act, Send) for act in acts)
        later = tuple(r for r in records if r.draft.attachments and commands and not r.changes)
        appended = self._append([r for r in records if r not in later])
        counted = any(isinstance(change, COUNTED) for record in records for change in record.changes)
        patient = counted or any(isinstance(act, Confirm) for act in acts)
        wait_s = max(self._append_wait_s, COUNTED_WAIT_S) if patient else self._append_wait_s
        deadline_s = asyncio.get_running_loop().time() + wait_s
        for act in acts:
            if isinstance(act, Send) and act.command.priority <= Priority.SAFETY:
                self._submit(act.command)
            else:
                self._jobs.put_nowait(_Job(appended, deadline_s, act, counted))
        if later:
            self._jobs.put_nowait(_Job(appended, deadline_s, later))

    async def run(self) -> None:
        """The worker; runs until cancelled."""
        while True:
            job = await self._jobs.get()
            try:
                await self._do(job)
            finally:
                self._jobs.task_done()

    async def drained(self, timeout_s: float) -> bool:
        """Wait until everything was carried out; False when the time is over."""
        try:
            await asyncio.wait_for(self._jobs.join(), timeout_s)
        except TimeoutError:
            return False
        return True

    async def _do(self, job: _Job) -> None:
        durable = await self._wait_durable(job)
        match job.what:
            case Send(command=command):
                self._submit(command)
            case Confirm(reference=reference):
                self._confirm(Written(reference, durable))
            case Answer() as answer:
                if job.counted and not durable and answer.ok:
                    answer = replace(answer, ok=False, reason=NOT_WRITTEN)
                detail = {**answer.detail, "durable": "yes" if durable else "not yet"}
                self._answer(replace(answer, detail=detail))
            case records:
                self._append(list(records))

    def _append(self, records: list[Record]) -> asyncio.Future[list[Event]] | None:
        if not records:
            return None
        changes = [change for record in records for change in record.changes]
        future: Future[list[Event]] = self._store.append([r.draft for r in records], changes)
        wrapped = asyncio.wrap_future(future)
        wrapped.add_done_callback(_tell_failure)
        return wrapped

    async def _wait_durable(self, job: _Job) -> bool:
        """Whether the job's events are on disk, after waiting for them until the job's deadline."""
        if job.after is None:
            return True
        left_s = job.deadline_s - asyncio.get_running_loop().time()
        if left_s > 0 and not job.after.done():
            await asyncio.wait({job.after}, timeout=left_s)
        if not job.after.done():
            self.late_appends += 1
            return False
        return job.after.exception() is None


def _tell_failure(future: asyncio.Future[list[Event]]) -> None:
    if not future.cancelled() and future.exception() is not None:
        log.error("an event could not be written: %s", future.exception())
