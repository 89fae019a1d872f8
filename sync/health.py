"""How the record fares: health, bounds, counters, listeners, and what an error means. Shell: logs listeners' bugs."""

from __future__ import annotations

import errno
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

_LOG = logging.getLogger(__name__)
_T = TypeVar("_T")
_FULL_ERRNOS = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class StoreHealth:
    """Whether the record is being kept."""

    ok: bool
    pending: int
    """Events that wait to become durable."""
    last_error: str
    since_mono_s: float
    """When ``ok`` last changed (time.monotonic)."""
    dropped: int
    """Events let go since the store was opened."""
    reserve: bool = False
    """The ballast is released: only access and alarms are written, without pictures."""


@dataclass(slots=True, kw_only=True)
class WriterSettings:
    """Bounds and periods."""

    spill_max: int = 10_000
    spill_bytes_max: int = 64 * 1024 * 1024
    checkpoint_events: int = 1000
    checkpoint_s: float = 300.0
    close_timeout_s: float = 10.0
    reserve_retry_s: float = 5.0
    acks_s: float = 20.0
    """What centres acknowledge is written at the latest after this time."""


@dataclass(slots=True)
class Figures:
    """Counters for metrics and benchmarks."""

    commits: int = 0
    events: int = 0
    failed_commits: int = 0
    dropped: int = 0


@dataclass(slots=True)
class Hooks:
    """Who wants to know; called in the owner thread."""

    commit: list[Callable[[int], None]] = field(default_factory=list)
    trouble: list[Callable[[StoreHealth], None]] = field(default_factory=list)
    faces: list[Callable[[tuple[str, ...]], None]] = field(default_factory=list)

    def landed(self, seq: int, people: tuple[str, ...]) -> None:
        """Tell of a commit, and of the people whose templates it changed."""
        for commit in self.commit:
            guarded(commit, seq)
        for faces in self.faces if people else ():
            guarded(faces, people)


def guarded(tell: Callable[[_T], None], value: _T) -> None:
    """A listener's bug must not stop the log."""
    try:
        tell(value)
    except Exception:  # noqa: BLE001 - logged; the log itself goes on
        _LOG.exception("a listener of the log failed")


def is_full(error: Exception) -> bool:
    code = (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
    return code == sqlite3.SQLITE_FULL or (isinstance(error, OSError) and error.errno in _FULL_ERRNOS)


def is_trouble(error: Exception) -> bool:
    """Whether the disk or the file is at fault, as against this one job."""
    of_the_job = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError, sqlite3.InterfaceError)
    return isinstance(error, (sqlite3.Error, OSError)) and not isinstance(error, of_the_job)
