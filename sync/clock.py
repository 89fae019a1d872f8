"""The box's clocks and whether they may be trusted. Shell: asks the kernel.

``clock`` of an event is ``synced`` only when the kernel itself says so (adjtimex(2): STA_UNSYNC is clear); no
answer counts as ``unsynced``.
"""

from __future__ import annotations

import ctypes
import time
import uuid
from pathlib import Path
from typing import Protocol

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_TIME_ERROR = 5  # adjtimex's return value: clock not synchronised
_STA_UNSYNC = 0x0040
_FALLBACK_BOOT_ID = str(uuid.uuid4())


class Clock(Protocol):
    """What the store asks of time; tests bring their own."""

    def wall_us(self) -> int:
        """Unix time, microseconds."""

    def mono_ns(self) -> int:
        """Time since boot, nanoseconds."""

    def boot_id(self) -> str:
        """Changes with every boot, so that ``mono_ns`` of two boots are never compared."""

    def state(self) -> str:
        """``synced`` or ``unsynced``."""


class _Timex(ctypes.Structure):
    """The head of Linux's ``struct timex``; the rest is padding large enough for every architecture."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("padding", ctypes.c_byte * 256),
    )


def kernel_clock_state() -> str:
    """``synced`` when the kernel says that something disciplines its clock, else ``unsynced``."""
    try:
        timex = _Timex()
        state = ctypes.CDLL(None).adjtimex(ctypes.byref(timex))
    except (OSError, AttributeError):
        return "unsynced"
    return "unsynced" if state in (-1, _TIME_ERROR) or timex.status & _STA_UNSYNC else "synced"


class SystemClock:
    """The real clocks of this box."""

    def __init__(self) -> None:
        try:
            self._boot_id = _BOOT_ID.read_text().strip() or _FALLBACK_BOOT_ID
        except OSError:
            self._boot_id = _FALLBACK_BOOT_ID

    def wall_us(self) -> int:
        """Unix time, microseconds."""
        return time.time_ns() // 1000

    def mono_ns(self) -> int:
        """Time since boot, suspended time included, nanoseconds."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    def boot_id(self) -> str:
        """The kernel's boot id, or one per process where the kernel has none."""
        return self._boot_id

    def state(self) -> str:
        """``synced`` or ``unsynced``, as the kernel says."""
        return kernel_clock_state()
