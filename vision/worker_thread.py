"""Shell: a thread that works for the eyes process: started once, watched, asked to end, waited for."""

from __future__ import annotations

import sys
import threading
import time
from abc import ABC, abstractmethod

REPORT_PERIOD_S = 30.0


class WorkerThread(ABC):
    """One thread of its own; what it does is `_run`, which ends soon after `stop`."""

    def __init__(self, name: str) -> None:
        self.loaded = threading.Event()
        """What the work needs is there, or it is known that it will not be."""
        self.busy_since_s: float | None = None
        """Start of the piece of work in progress: a watchdog's proof that the thread lives."""
        self._stopping = threading.Event()
        self._reported_s = float("-inf")
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Load what the work needs, then work."""
        self._thread.start()

    def stop(self) -> None:
        """End after the piece of work in progress."""
        self._stopping.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; False if the piece of work in progress lasts longer."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @abstractmethod
    def _run(self) -> None:
        """The work, until `_stopping` is set."""

    def _report(self, text: str) -> None:
        """Into the hub's log, at most once per half minute: what fails may fail on every frame."""
        now_s = time.monotonic()
        if now_s - self._reported_s >= REPORT_PERIOD_S:
            self._reported_s = now_s
            print(text, file=sys.stderr, flush=True)  # noqa: T201
