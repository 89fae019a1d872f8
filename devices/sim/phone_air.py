"""Phones for those who have no event loop: a virtual adapter and its phones in a thread. Shell: thread, asyncio.

For the demonstration and for tests of the whole gateway, which runs in another process and reaches the adapter by the
name that ``adapter`` gives.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from devices.sim.phone import Adapter, Air, Answer

R = TypeVar("R")
PATIENCE_S = 30.0


class PhoneAir:
    """One adapter and as many phones as press."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sim-phones", daemon=True)
        self._air: Air | None = None
        self._adapter: Adapter | None = None

    @property
    def adapter(self) -> str:
        """For ``Reader.adapter``; valid after ``start``."""
        assert self._adapter is not None, "start first"
        return self._adapter.name

    def start(self) -> None:
        """Plug the adapter in."""
        self._thread.start()
        self._air, self._adapter = self._do(self._plugged())

    def stop(self) -> None:
        """Take everything away."""
        self.unplug()
        self._do(self._ended())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def unplug(self) -> None:
        """Take the adapter away, in the middle of whatever it did."""
        if self._adapter is not None:
            self._do(self._adapter.unplug())

    def replug(self) -> None:
        """Put the adapter back."""
        if self._adapter is not None:
            self._do(self._adapter.replug())

    def press(self, public_key: bytes, sign: Callable[[bytes], bytes], timeout_s: float = PATIENCE_S) -> Answer:
        """A user walks up, presses, and goes; what the reader said. TimeoutError: no reader, or no answer."""
        return self._do(asyncio.wait_for(self._pressed(public_key, sign), timeout_s))

    def _do(self, work: Coroutine[Any, Any, R]) -> R:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _plugged(self) -> tuple[Air, Adapter]:
        air = Air()
        return air, await air.adapter()

    async def _pressed(self, public_key: bytes, sign: Callable[[bytes], bytes]) -> Answer:
        assert self._air is not None, "start first"
        phone = await self._air.phone()
        try:
            await phone.connect()
            return await phone.press(public_key, sign)
        finally:
            await phone.switch_off()

    async def _ended(self) -> None:
        """Cancel what virtual controllers left running."""
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
