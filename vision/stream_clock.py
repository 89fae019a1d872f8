"""Core: when a picture was taken, by the stream's own time stamps put on our clock.

Pictures come late and in bursts: the network, a busy box. What falls is judged by tenths of a second, so the time of
arrival will not do. A stamp plus the smallest delay seen lately is free of that. The camera's clock may run a little
faster or slower than ours; the smallest delay may therefore rise slowly.
"""

from __future__ import annotations

DRIFT = 2e-4
"""Seconds by which the clocks may part in a second; quartz keeps a tenth of this."""
LAG_MAX_S = 3.0
"""Further behind it is another time base: the stream began anew, or the sender jumped."""
STEP_MIN_S = 1e-3


class StreamClock:
    """One stream's; times of pictures never go back."""

    def __init__(self, lag_max_s: float = LAG_MAX_S) -> None:
        """A film's time has nothing to do with ours: there `lag_max_s` is infinite."""
        self._lag_max_s = lag_max_s
        self._offset_s: float | None = None
        self._stamp_s = 0.0
        self._taken_s = float("-inf")

    def at(self, stamp_s: float, arrived_s: float) -> float:
        """Our time of something else of the stream, such as a packet."""
        return arrived_s if self._offset_s is None else stamp_s + self._offset_s

    def taken(self, stamp_s: float, arrived_s: float) -> float:
        """Our time of a picture with this stamp (seconds in the stream's time base) that has just come."""
        offset_s, before_s = arrived_s - stamp_s, self._offset_s
        if before_s is None or stamp_s < self._stamp_s or not 0 <= offset_s - before_s < self._lag_max_s:
            # Earlier than ever before, or not of this time base any more.
            self._offset_s = offset_s
        else:
            self._offset_s = min(offset_s, before_s + DRIFT * (stamp_s - self._stamp_s))
        self._stamp_s = stamp_s
        self._taken_s = max(self._taken_s + STEP_MIN_S, min(stamp_s + self._offset_s, arrived_s))
        return self._taken_s
