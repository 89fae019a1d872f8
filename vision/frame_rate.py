"""Core: whether a camera gives as many whole frames a second as it can. Time is passed in."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

SLOW_SHARE = 0.5
_WINDOW_S = 20.0
_MARKS_MAX = 2048


def _row() -> deque[float]:
    return deque(maxlen=_MARKS_MAX)


@dataclass(slots=True)
class Rate:
    """The frames of the last seconds."""

    fps_asked: float
    _whole: deque[float] = field(default_factory=_row)
    _damaged: deque[float] = field(default_factory=_row)
    _best: float = 0.0

    def came(self, now_s: float, *, damaged: bool) -> None:
        """A frame has come; after a long silence they are counted anew."""
        newest_s = max((row[-1] for row in (self._whole, self._damaged) if row), default=now_s)
        if now_s - newest_s > _WINDOW_S:
            self.clear()
        (self._damaged if damaged else self._whole).append(now_s)

    def clear(self) -> None:
        """What was counted says nothing of what follows."""
        self._whole.clear()
        self._damaged.clear()

    def fault(self, now_s: float) -> str | None:
        """That it is too slow, in zh and en. Its own best rate counts as asked for: one set to 5 is not slow at 5."""
        for row in (self._whole, self._damaged):
            while row and now_s - row[0] > _WINDOW_S:
                row.popleft()
        span_s = now_s - min((row[0] for row in (self._whole, self._damaged) if row), default=now_s)
        if span_s < 0.8 * _WINDOW_S:
            return None
        came = len(self._whole) + len(self._damaged)
        self._best = min(self.fps_asked, max(self._best, (came - 1) / span_s))
        rate = max(0, len(self._whole) - 1) / span_s
        if rate >= SLOW_SHARE * self._best:
            return None
        if len(self._damaged) > len(self._whole):
            share = len(self._damaged) / came
            return (
                f"{share:.0%} 的画面数据损坏，请查网络 / {share:.0%} of the pictures arrive damaged; check the network"
            )
        return f"每秒 {rate:.1f} 帧，应有 {self._best:.1f} / {rate:.1f} frames a second instead of {self._best:.1f}"
