"""Core: when the next live picture may be made: so many per second and camera, and so much of a core in all."""

from __future__ import annotations

from collections.abc import Iterable


class Pace:
    """Keeps both limits; time is passed in. One thread at a time."""

    def __init__(self, *, fps_max: float, share_max: float) -> None:
        self._period_s = 1.0 / fps_max
        self._rest = 1.0 / share_max - 1.0
        self._due_s: dict[str, float] = {}
        self._free_s = float("-inf")

    def choose(self, waiting: Iterable[str], now_s: float) -> str | None:
        """The camera that has been due longest, or None when none may be made now."""
        if now_s < self._free_s:
            return None
        due = [name for name in waiting if self._due_s.get(name, float("-inf")) <= now_s]
        return min(due, key=lambda name: self._due_s.get(name, float("-inf")), default=None)

    def wait_s(self, waiting: Iterable[str], now_s: float) -> float:
        """How long until `choose` can name one of these; infinite when there are none."""
        due_s = min((self._due_s.get(name, float("-inf")) for name in waiting), default=float("inf"))
        return max(0.0, max(due_s, self._free_s) - now_s)

    def made(self, camera: str, now_s: float, cost_s: float) -> None:
        """A picture of this camera took `cost_s` of processor time and is finished now."""
        # A late one does not earn a burst.
        self._due_s[camera] = max(self._due_s.get(camera, now_s) + self._period_s, now_s + self._period_s / 2)
        self._free_s = now_s + cost_s * self._rest

    def forget(self, camera: str) -> None:
        """Nobody watches it any more; its next picture is due at once."""
        self._due_s.pop(camera, None)
