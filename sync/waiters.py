"""Long polls without threads: woken from the owner thread, ended at shutdown. Shell: asyncio."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress

from sync.store import Store

WAITERS_MAX = 64


class Waiters:
    """Requests that wait for news of one store; beyond the bound a request is answered at once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self._lock = threading.Lock()
        self._stopped = False
        store.on_commit(self._wake)
        store.on_close(self.stop)

    async def until_after(self, seq: int, timeout_s: float) -> None:
        """Return when there is an event after ``seq``, when the time is over, or when stopped."""
        waiter = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            if self._stopped or len(self._waiting) >= WAITERS_MAX:
                return
            self._waiting.add(waiter)
        try:
            # Looked at only after registering: a commit in between has either counted or will wake.
            if self._store.newest <= seq:
                with suppress(TimeoutError):
                    await asyncio.wait_for(waiter[1].wait(), timeout_s)
        finally:
            with self._lock:
                self._waiting.discard(waiter)

    def stop(self) -> None:
        """End all waiting, for good."""
        with self._lock:
            self._stopped = True
        self._wake(0)

    def _wake(self, _newest: int) -> None:
        with self._lock:
            waiting = tuple(self._waiting)
        for loop, event in waiting:
            with suppress(RuntimeError):  # that loop is closed; nobody waits there any more
                loop.call_soon_threadsafe(event.set)
