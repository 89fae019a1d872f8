"""The hub's end of the demonstration's world: a child process with JSON lines both ways. Shell: asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

READY_TIMEOUT_S = 60.0
LINE_MAX = 1 << 20


class WorldLink:
    """Starts the world, tells it what to do, waits for what happens there."""

    def __init__(self) -> None:
        self.ready: dict[str, Any] = {}
        self.events: list[dict[str, Any]] = []
        self._changed = asyncio.Condition()

    async def start(self, directory: Path, lanes: list[str]) -> None:
        """Start the process; raises RuntimeError when it does not come up."""
        command = [sys.executable, "-m", "edge.demo.world", "--dir", str(directory), "--lanes", ",".join(lanes)]
        self._process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=LINE_MAX
        )
        try:
            self.ready = await asyncio.wait_for(self._line(), READY_TIMEOUT_S)
        except TimeoutError as error:
            raise RuntimeError("演示场景未能启动 / the demonstration's world did not start") from error
        self._reader = asyncio.create_task(self._read())

    async def do(self, action: str, **details: Any) -> None:
        """Send one command."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": action, **details}).encode() + b"\n")
        await self._process.stdin.drain()

    async def wait_for(self, wanted: Callable[[dict[str, Any]], bool], after: int, timeout_s: float) -> bool:
        """Wait until an event after position ``after`` is wanted; False when the time is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s), self._changed:
                await self._changed.wait_for(lambda: any(map(wanted, self.events[after:])))
                return True
        return False

    def count(self, name: str) -> int:
        """How often an event came."""
        return sum(event.get("event") == name for event in self.events)

    async def stop(self) -> None:
        """Close its stdin, which ends it; kill it if it does not listen."""
        if not hasattr(self, "_process"):
            return
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), 5)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        if hasattr(self, "_reader"):
            await self._reader

    async def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError("演示场景提前结束 / the demonstration's world ended early")
        value: dict[str, Any] = json.loads(line)
        return value

    async def _read(self) -> None:
        with contextlib.suppress(RuntimeError):
            while True:
                event = await self._line()
                async with self._changed:
                    self.events.append(event)
                    self._changed.notify_all()
