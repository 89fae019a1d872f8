"""What waits for the disk: a bounded queue that drops the oldest of the least important. Core: pure data structure.

Jobs are taken in the order of their arrival. Above the bounds first pictures go, then events; both are counted.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from sync.event import Attachment, Event, EventDraft
from sync.prepare import Prepared
from sync.records import Change

ACCESS_PRIORITY = 2


@dataclass(eq=False, slots=True)
class Job:
    """Drafts and changes that land together or not at all, or a task of the store's own."""

    drafts: tuple[Prepared, ...]
    changes: tuple[Change, ...]
    future: Future[list[Event]] = field(repr=False)
    task: Callable[[Any], Sequence[EventDraft]] | None = None
    """Called with the database in the transaction; its drafts are appended there too."""
    number: int = 0
    """Order of arrival."""

    @property
    def priority(self) -> int:
        """Its most important draft's; changes of the lists and tasks rank as access, so that they keep their order."""
        if self.changes or self.task or not self.drafts:
            return ACCESS_PRIORITY
        return min(draft.priority for draft in self.drafts)

    @property
    def pictures(self) -> list[Attachment]:
        """Those that are to be stored."""
        return [part for draft in self.drafts if not draft.lost for part in draft.attachments]

    @property
    def media_bytes(self) -> int:
        """Bytes of pictures that it still holds."""
        return sum(draft.attachment_bytes for draft in self.drafts)

    def forget_pictures(self, why: str) -> int:
        """Let its pictures go, with a reason that the event will tell; returns how many."""
        count = sum(len(draft.attachments) for draft in self.drafts if not draft.lost)
        self.drafts = tuple(draft.without_media(why) for draft in self.drafts)
        return count


@dataclass(slots=True)
class Dropped:
    """What was let go since the log last said so."""

    events: Counter[int] = field(default_factory=Counter)
    """By priority."""
    pictures: int = 0

    def __bool__(self) -> bool:
        return bool(self.events) or self.pictures > 0

    def add(self, other: Dropped) -> None:
        """Count what another one counted as well."""
        self.events.update(other.events)
        self.pictures += other.pictures

    def body(self) -> dict[str, Any]:
        """The body of ``log.dropped``."""
        by_priority = {str(priority): count for priority, count in sorted(self.events.items())}
        return {"events": self.events.total(), "by_priority": by_priority, "pictures": self.pictures}


class Spill:
    """The queue; ``events_max`` counts events, ``bytes_max`` the bytes of their pictures."""

    def __init__(self, events_max: int, bytes_max: int) -> None:
        self._events_max = events_max
        self._bytes_max = bytes_max
        self._jobs: deque[Job] = deque()
        self._events = 0
        self._bytes = 0
        self._arrived = 0
        self.dropped = Dropped()

    def __len__(self) -> int:
        return self._events

    def has(self, lowest_priority: int) -> bool:
        """Whether a job of at least this importance waits."""
        return any(job.priority <= lowest_priority for job in self._jobs)

    def add(self, job: Job) -> list[Job]:
        """Queue a job; returns the jobs that had to go for it."""
        self._arrived += 1
        job.number = self._arrived
        self._jobs.append(job)
        self._count(job, 1)
        return self._shrink()

    def take(self, events_max: int, lowest_priority: int) -> list[Job]:
        """Remove and return the oldest jobs of at least this importance, up to about this many events."""
        taken: list[Job] = []
        passed: list[Job] = []
        room = events_max
        while self._jobs and room > 0:
            job = self._jobs.popleft()
            if job.priority <= lowest_priority:
                taken.append(job)
                self._count(job, -1)
                room -= max(1, len(job.drafts))
            else:
                passed.append(job)
        self._jobs.extendleft(reversed(passed))
        return taken

    def take_urgent(self, events_max: int, lowest_priority: int) -> list[Job]:
        """Like ``take``, but the most important first, and before all the store's own tasks: they may free space."""
        ranked = sorted(self._jobs, key=lambda job: (job.task is None, job.priority))
        self._jobs = deque(ranked)
        taken = self.take(events_max, lowest_priority)
        self._jobs = deque(sorted(self._jobs, key=lambda job: job.number))
        return taken

    def put_back(self, jobs: list[Job]) -> list[Job]:
        """Return jobs that could not be written to the front; returns those that had to go."""
        self._jobs = deque(sorted([*jobs, *self._jobs], key=lambda job: job.number))
        for job in jobs:
            self._count(job, 1)
        return self._shrink()

    def _count(self, job: Job, sign: int) -> None:
        self._events += sign * len(job.drafts)
        self._bytes += sign * job.media_bytes

    def _shrink(self) -> list[Job]:
        while self._bytes > self._bytes_max:
            job = self._least(lambda job: job.media_bytes > 0)
            self._bytes -= job.media_bytes
            self.dropped.pictures += job.forget_pictures("memory full")
        gone: list[Job] = []
        while self._events > self._events_max:
            job = self._least(lambda job: bool(job.drafts))
            self._jobs.remove(job)
            self._count(job, -1)
            self.dropped.events.update(draft.priority for draft in job.drafts)
            gone.append(job)
        return gone

    def _least(self, which: Callable[[Job], bool]) -> Job:
        """The oldest of the least important jobs."""
        return max((job for job in self._jobs if which(job)), key=lambda job: job.priority)
