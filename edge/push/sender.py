"""One thread for each channel: takes messages, tries them, tells what became of them. Shell: threads.

A channel that hangs keeps only its own thread; ``watch`` tells it as failed.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from config.model_push import Channel, Push
from edge.push.gate import ChannelUnusable, Gate
from edge.push.model import Notice, PushDelivered, PushFailed, PushReport
from edge.push.outbox import Outbox, Waiting, words

log = logging.getLogger(__name__)

IDLE_S = 5.0
HANGS_S = 45.0
WATCH_S = 2.0


class Sends(Protocol):
    """What sends one message: ``Gate``."""

    def send(self, title: str, text: str) -> str:
        """Empty when it was taken, else one word."""


class ChannelThread:
    """One channel and its thread."""

    def __init__(
        self,
        name: str,
        channel: Channel,
        push: Push,
        tell: Callable[[PushReport], None],
        open_: Callable[[Path], Sends],
    ) -> None:
        self.name, self._channel, self._push, self._tell, self._open = name, channel, push, tell, open_
        self._box = Outbox(per_minute=channel.per_minute, retry_s=push.retry_s, give_up_s=push.give_up_s)
        self._changed = threading.Condition()
        self._ending = False
        self._told = False
        self.trying_since_s: float | None = None
        self._thread = threading.Thread(target=self._run, name=f"push {name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def put(self, notice: Notice) -> None:
        """Take a message; never blocks for the network."""
        with self._changed:
            self._box.put(notice, time.monotonic())
            self._changed.notify()

    def stop(self, timeout_s: float) -> None:
        """End; a send in flight is left to its own time-out (the thread is a daemon)."""
        with self._changed:
            self._ending = True
            self._changed.notify()
        self._thread.join(timeout_s)

    def check(self, now_s: float) -> None:
        """Tell a send that hangs, once."""
        since_s = self.trying_since_s
        if since_s is not None and now_s - since_s > HANGS_S and not self._told:
            self._told = True
            report = PushFailed(
                channel=self.name, reference="", detail="hangs", tries=1, failing_s=round(now_s - since_s, 1)
            )
            self._tell(report)

    def _run(self) -> None:
        gate: Sends | None = None
        while True:
            with self._changed:
                one = self._box.due(time.monotonic())
                while one is None and not self._ending:
                    self._changed.wait(self._pause_s())
                    one = self._box.due(time.monotonic())
                if self._ending or one is None:
                    return
            self.trying_since_s = time.monotonic()
            try:
                gate = gate or self._open(self._channel.url_file)
                said = gate.send(*words(one, self._channel.language))
            except ChannelUnusable as error:
                said = str(error)
            except Exception as error:  # noqa: BLE001 - whatever it was, the channel goes on and says so
                said = type(error).__name__
            self.trying_since_s = None
            self._settle(one, said)

    def _pause_s(self) -> float:
        now_s = time.monotonic()
        waits = [one.next_s - now_s for one in self._box.waiting]
        return min(IDLE_S, max(0.05, min(waits, default=IDLE_S)))

    def _settle(self, one: Waiting, said: str) -> None:
        now_s = time.monotonic()
        alarms = tuple((notice.alarm, notice.level) for notice in (one.notice, *one.held))
        if not said:
            with self._changed:
                self._box.delivered(one)
            self._told = False
            took_s = now_s - one.since_s
            self._tell(
                PushDelivered(
                    channel=self.name,
                    reference=one.notice.reference,
                    alarms=alarms,
                    tries=one.tries + 1,
                    took_s=took_s,
                    held=len(one.held),
                )
            )
            return
        with self._changed:
            gave_up = self._box.failed(one, now_s)
            failing_s = now_s - (self._box.failing_since_s or now_s)
        late = failing_s >= self._push.fault_after_s and not self._told
        if gave_up or late:
            self._told = True
            self._tell(
                PushFailed(
                    channel=self.name,
                    reference=one.notice.reference,
                    detail=said,
                    tries=one.tries,
                    failing_s=round(failing_s, 1),
                    lost=len(alarms) if gave_up else 0,
                )
            )


class Pusher:
    """All channels of a site."""

    def __init__(self, push: Push, tell: Callable[[PushReport], None], open_: Callable[[Path], Sends] = Gate) -> None:
        """``tell`` is called in the channels' threads."""
        self._threads = {
            name: ChannelThread(name, channel, push, tell, open_) for name, channel in push.channels.items()
        }

    def start(self) -> None:
        """Begin; the library is loaded in the first thread that needs it."""
        for thread in self._threads.values():
            thread.start()

    def send(self, notice: Notice, channels: tuple[str, ...]) -> None:
        """Hand a message to channels."""
        for name in channels:
            self._threads[name].put(notice)

    async def watch(self) -> None:
        """Tell channels that hang; runs until cancelled."""
        while True:
            await asyncio.sleep(WATCH_S)
            for thread in self._threads.values():
                thread.check(time.monotonic())

    def stop(self, timeout_s: float = 2.0) -> None:
        """End all threads."""
        for thread in self._threads.values():
            thread.stop(timeout_s)
