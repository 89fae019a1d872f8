"""Shell: takes rights and room away from this process (Linux). What it decodes comes from strangers."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from pathlib import Path

# <sys/prctl.h>
_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38

NICENESS = 5
OOM_SCORE = 600
"""Of 1000: when memory runs out the kernel takes the eyes, not the hub."""
_MIB = 1024 * 1024


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option} failed")


def die_with_parent(parent_pid: int) -> None:
    """Be killed when the hub's thread that started us ends. Raises `ProcessLookupError` if that has happened."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:
        raise ProcessLookupError("the hub is gone")


def step_back() -> None:
    """Lower priority, first to go when memory is short, no new rights, no core file with people's faces in it."""
    os.nice(NICENESS)
    Path("/proc/self/oom_score_adj").write_text(str(OOM_SCORE), encoding="ascii")
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_memory(rss_max_mb: float) -> None:
    """Cap the data segment, so that a sudden blow-up fails here before the hub's look at the RSS sees it.

    Reserved but untouched memory (thread stacks, arenas) counts here, hence the surplus over `rss_max_mb`.
    """
    limit = int((rss_max_mb * 1.5 + 512) * _MIB)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def forbid_file_writes() -> None:
    """From now on no regular file can grow; sockets and pipes are not concerned."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def rss_mb() -> float:
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / _MIB
