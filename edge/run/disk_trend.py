"""Core: in how many days the disk is full, when things go on as they have."""

from __future__ import annotations

from collections import deque

EVERY_S = 600.0
SAMPLES_MAX = 288
"""Two days."""
SPAN_MIN_S = 6 * 3600.0
"""Less says nothing: a morning differs from a night."""
DAYS_MAX = 999.0


class DiskTrend:
    """Free space over time; asks for nothing but what it is told."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque(maxlen=SAMPLES_MAX)

    def note(self, now_s: float, free_bytes: float) -> None:
        """Free space now; kept every ten minutes."""
        if not self._samples or now_s - self._samples[-1][0] >= EVERY_S:
            self._samples.append((now_s, free_bytes))

    def days_left(self) -> float | None:
        """By least squares; None while too little is known or the free space does not shrink."""
        if len(self._samples) < 2 or self._samples[-1][0] - self._samples[0][0] < SPAN_MIN_S:
            return None
        count = len(self._samples)
        middle_s = sum(at for at, _ in self._samples) / count
        middle = sum(free for _, free in self._samples) / count
        spread = sum((at - middle_s) ** 2 for at, _ in self._samples)
        per_s = sum((at - middle_s) * (free - middle) for at, free in self._samples) / spread
        if per_s >= 0:
            return None
        return min(DAYS_MAX, round(max(0.0, self._samples[-1][1]) / -per_s / 86400, 1))
