"""The only door into the loop. Shell: asyncio and threads.

Bounded: when full, the oldest *vision* item is dropped, counted and reported; what devices and people say never is.
"""

from __future__ import annotations

import asyncio
from collections import deque

from edge.observations import InboxOverflow, Observation, Tick
from vision.observations import Observation as EyesObservation

_DROPPABLE = EyesObservation


class Inbox:
    """A queue with one taker, on the hub's event loop."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items: deque[Observation] = deque()
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._empty = asyncio.Event()
        self._dropped = 0
        self._tick_waits = False

    def __len__(self) -> int:
        return len(self._items)

    def offer(self, observation: Observation) -> None:
        """Put an observation in; on the event loop only."""
        if isinstance(observation, Tick):
            if self._tick_waits:
                return  # a tick that still waits says all that a second one would
            self._tick_waits = True
        if len(self._items) >= self._limit:
            self._drop_oldest_vision()
        self._items.append(observation)
        self._wake.set()

    def offer_from_thread(self, observation: Observation) -> None:
        """Put an observation in from any other thread; after the loop has closed it has nowhere to go."""
        try:
            self._loop.call_soon_threadsafe(self.offer, observation)
        except RuntimeError:
            if not self._loop.is_closed():
                raise

    async def take(self) -> Observation:
        """The next observation, in the order of arrival."""
        while not self._items:
            self._wake.clear()
            await self._wake.wait()
        if self._dropped and len(self._items) < self._limit // 2:
            dropped, self._dropped = self._dropped, 0
            return InboxOverflow(dropped=dropped)
        item = self._items.popleft()
        if isinstance(item, Tick):
            self._tick_waits = False
        if not self._items:
            self._empty.set()
        return item

    async def emptied(self, timeout_s: float) -> bool:
        """Wait until everything was taken; False when the time is over."""
        if not self._items:
            return True
        self._empty.clear()
        try:
            await asyncio.wait_for(self._empty.wait(), timeout_s)
        except TimeoutError:
            return False
        return True

    def _drop_oldest_vision(self) -> None:
        for index, item in enumerate(self._items):
            if isinstance(item, _DROPPABLE):
                del self._items[index]
                self._dropped += 1
                return
