"""What one life of the eyes process is held to: signs of life, and no flood of messages. Shell: the clock."""

from __future__ import annotations

import time

from vision.errors import WireError

MESSAGES_PER_S_MAX = 1000
"""A camera says at most a few things a second; a flood would only starve the lanes."""


class Life:
    """What one process is held to."""

    def __init__(self) -> None:
        self.started_s = time.monotonic()
        self.heard_s: float | None = None
        """Last heartbeat; None before the first, when only the start time-out counts."""
        self._second_s = self.started_s
        self._in_second = 0

    def forgive(self, late_s: float) -> None:
        """The hub itself was held up this long: not the eyes' silence."""
        self.started_s += late_s
        if self.heard_s is not None:
            self.heard_s += late_s

    def count(self, now_s: float) -> None:
        """One more message. Raises `WireError` for a flood."""
        if now_s - self._second_s >= 1.0:
            self._second_s, self._in_second = now_s, 0
        self._in_second += 1
        if self._in_second > MESSAGES_PER_S_MAX:
            raise WireError(f"more than {MESSAGES_PER_S_MAX} messages in a second")
