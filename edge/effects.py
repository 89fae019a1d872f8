"""Carries intents out: append the events, *then* queue the command. Shell: asyncio.

A command waits for its events at most ``append_wait_ms``; then the gate opens all the same and the events stay in
the store's memory until they can be written. Fire and safety do not wait at all. One worker keeps the order.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace

from devices.messages import Command, Priority
from edge.intents import Answer, Intent, Record, Send
from sync.event import Event
from sync.store import Store

log = logging.getLogger(__name__)

Submit = Callable[[Command], None]


@dataclass(frozen=True, slots=True)
class _Job:
    after: asyncio.Future[list[Event]] | None
    deadline_s: float
    what: Send | Answer


class Effects:
    """The hands of the hub."""

    def __init__(self, store: Store, submit: Submit, answer: Callable[[Answer], None], *, append_wait_s: float) -> None:
        self._store = store
        self._submit = submit
        self._answer = answer
        self._append_wait_s = append_wait_s
        self._jobs: asyncio.Queue[_Job] = asyncio.Queue()
        self.late_appends = 0
        """Commands and answers that went out before their event was durable."""

    def carry_out(self, intents: Sequence[Intent]) -> None:
        """Start everything that one step wants; never blocks."""
        appended = self._append([i for i in intents if isinstance(i, Record)])
        deadline_s = asyncio.get_running_loop().time() + self._append_wait_s
        for intent in intents:
            if isinstance(intent, Send) and intent.command.priority <= Priority.SAFETY:
                self._submit(intent.command)
            elif isinstance(intent, Send | Answer):
                self._jobs.put_nowait(_Job(appended, deadline_s, intent))

    async def run(self) -> None:
        """The worker; runs until cancelled."""
        while True:
            job = await self._jobs.get()
            durable = await self._wait_durable(job)
            if isinstance(job.what, Send):
                self._submit(job.what.command)
            else:
                detail = {**job.what.detail, "durable": "yes" if durable else "not yet"}
                self._answer(replace(job.what, detail=detail))

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
