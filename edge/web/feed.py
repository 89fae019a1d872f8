"""The live feed: one pump follows the log and samples the state, many browsers read behind it. Shell: asyncio.

Nothing is queued per browser. The pump keeps the last 100 lines; a browser that falls further behind is closed and
returns with its cursor, as does one that missed an announcement: the cursor heals everything.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from edge.web.port import GatewayPort
from sync.errors import SyncError
from sync.event import Event

log = logging.getLogger("menwei.web")

RING = 100
STATE_EVERY_S = 0.2
BEAT_S = 5.0
HEAL_S = 1.0
"""The log is looked at this often even without an announcement."""
BROWSERS_MAX = 64

_VOLATILE = {"now_s", "head", "box"}
_VOLATILE_CAMERA = {"age_s", "fps", "dropped"}


def event_json(event: Event) -> dict[str, Any]:
    """An event as the page and the history give it."""
    return {
        "seq": event.seq,
        "id": event.id,
        "kind": event.kind,
        "source": event.source,
        "priority": event.priority,
        "at_s": event.wall_us / 1e6,
        "clock": event.clock,
        "body": event.data(),
    }


def message(kind: str, data: Any, id_: int | None = None) -> bytes:
    """One server-sent event."""
    head = "" if id_ is None else f"id: {id_}\n"
    return f"{head}event: {kind}\ndata: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


def settled(snapshot: dict[str, Any]) -> str:
    """What of a snapshot counts as a change; clocks and rates alone do not."""
    calm = {k: v for k, v in snapshot.items() if k not in _VOLATILE}
    # Counted from two clocks, the end of a hold trembles by microseconds.
    lanes = [{**lane, "hold_until_s": round(lane["hold_until_s"] or 0)} for lane in snapshot.get("lanes", ())]
    cameras = [{k: v for k, v in c.items() if k not in _VOLATILE_CAMERA} for c in snapshot.get("cameras", ())]
    eyes = {"up": snapshot.get("eyes", {}).get("up")}
    log_ok = {"ok": snapshot.get("log", {}).get("ok")}
    return json.dumps({**calm, "lanes": lanes, "cameras": cameras, "eyes": eyes, "log": log_ok}, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Line:
    """A rendered event."""

    seq: int
    data: bytes


class Feed:
    """The pump and what it holds for the browsers."""

    def __init__(self, gateway: GatewayPort) -> None:
        self._gateway = gateway
        self.lines: deque[Line] = deque(maxlen=RING)
        self.head = 0
        self.state = b""
        self.state_number = 0
        self.browsers = 0
        self.closing = False
        self.closed_slow = 0
        """Browsers closed because they fell behind; counted, never silent."""
        self.read_failures = 0
        self._settled = ""
        self._changed = asyncio.Event()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._unsubscribe: Callable[[], None] | None = None

    async def start(self) -> None:
        """Begin to follow the log from its head; once."""
        if self._task is not None:
            raise RuntimeError("the live feed runs already; a second pump would tell everything twice")
        loop = asyncio.get_running_loop()
        self.head = self._gateway.store.newest

        def committed(_seq: int) -> None:  # in the store's thread
            with contextlib.suppress(RuntimeError):  # the loop has ended, and with it every browser
                loop.call_soon_threadsafe(self._wake.set)

        self._unsubscribe = self._gateway.store.on_commit(committed)
        self._task = asyncio.create_task(self._pump(), name="live feed")
        self._task.add_done_callback(_report)

    @property
    def running(self) -> bool:
        """Whether the pump lives; a stream must not beat on when nothing feeds it."""
        return not self.closing and self._task is not None and not self._task.done()

    def close(self) -> None:
        """End every stream now; new ones are refused. Call before the server is asked to stop."""
        self.closing = True
        self._announce()
        if self._unsubscribe is not None:
            self._unsubscribe()
        if self._task is not None:
            self._task.cancel()

    async def changed(self, timeout_s: float) -> bool:
        """Wait for news; False when the time passed without any."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._changed.wait()
        except TimeoutError:
            return False
        return True

    def behind(self, cursor: int) -> list[Line] | None:
        """The lines after a cursor, or None when the ring no longer reaches back to it."""
        if cursor >= self.head:
            return []
        if not self.lines or self.lines[0].seq > cursor + 1:
            return None
        return [line for line in self.lines if line.seq > cursor]

    def sample(self) -> None:
        """Render the state if it has changed."""
        snapshot = self._gateway.snapshot()
        now = settled(snapshot)
        if now != self._settled or not self.state:
            self._settled = now
            self.refresh(snapshot)

    def refresh(self, snapshot: dict[str, Any] | None = None) -> None:
        """Render the state whether or not it has changed, for the figures that always move."""
        self.state = message("state", snapshot or self._gateway.snapshot())
        self.state_number += 1
        self._announce()

    async def _pump(self) -> None:
        looked_s = refreshed_s = 0.0
        while True:
            pause_s = STATE_EVERY_S if self.browsers else HEAL_S
            try:
                async with asyncio.timeout(pause_s):
                    await self._wake.wait()
            except TimeoutError:
                pass
            announced = self._wake.is_set()
            self._wake.clear()
            now_s = time.monotonic()
            if announced or now_s - looked_s >= HEAL_S:
                looked_s = now_s
                await self._read()
            if self.browsers and now_s - refreshed_s >= BEAT_S:
                refreshed_s = now_s
                self.refresh()
            elif self.browsers:
                self.sample()
            if announced:
                await asyncio.sleep(STATE_EVERY_S / 4)  # a burst of commits becomes one reading

    async def _read(self) -> None:
        while events := await self._after(self.head):
            self.lines.extend(Line(e.seq, message("log", event_json(e), e.seq)) for e in events)
            self.head = events[-1].seq
            self._announce()

    async def _after(self, seq: int) -> list[Event]:
        try:
            return await asyncio.to_thread(self._gateway.store.read_after, seq, RING)
        except SyncError as error:  # the page goes on without new lines
            self.read_failures += 1
            log.warning("live feed cannot read the log, trying again: %s", error)
            return []

    def _announce(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.critical("live feed ended", exc_info=task.exception())
