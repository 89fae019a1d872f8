"""Tasks that must run: restarted when they fail, with a ceiling and a voice. Shell: asyncio."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

RESTARTS_MAX = 5
RESTART_WINDOW_S = 60.0
"""Frigate's watchdog uses the same ceiling: five in a minute, then stop pretending."""


class Supervisor:
    """Runs named tasks; a task that returns or fails too often stays down and is told."""

    def __init__(self, given_up: Callable[[str, str], None]) -> None:
        """``given_up(name, cause)`` is called when a task reached the ceiling."""
        self._given_up = given_up
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.down: dict[str, str] = {}

    def start(self, name: str, factory: Callable[[], Awaitable[None]]) -> None:
        """Run ``factory()`` for as long as the gateway runs."""
        self._tasks[name] = asyncio.create_task(self._keep(name, factory), name=name)

    async def stop(self) -> None:
        """Cancel everything and wait for it."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()

    async def _keep(self, name: str, factory: Callable[[], Awaitable[None]]) -> None:
        loop = asyncio.get_running_loop()
        failures: deque[float] = deque()
        while True:
            cause = "returned"
            try:
                await factory()
            except Exception as error:
                cause = f"{type(error).__name__}: {error}"
                log.exception("task %s failed", name)
            failures.append(loop.time())
            while failures and loop.time() - failures[0] > RESTART_WINDOW_S:
                failures.popleft()
            if len(failures) > RESTARTS_MAX:
                self.down[name] = cause
                log.error("task %s failed %d times in a minute and stays down: %s", name, len(failures), cause)
                self._given_up(name, cause)
                return
            await asyncio.sleep(0.1 * len(failures))
