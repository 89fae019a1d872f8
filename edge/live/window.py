"""Core: what one page still has to be shown. The newest picture of each camera waits, older ones go and are counted.

The page says which picture it has painted last; only a few may be under way before that. So a slow tablet or a bad
Wi-Fi sees fewer pictures, but never old ones.
"""

from __future__ import annotations

from vision.live_picture import LivePicture

UNDER_WAY_MAX = 12
"""More than the nine tiles of a full wall, so that a fast page never waits."""


class Window:
    """One page's pictures, in the order in which they became due."""

    def __init__(self, *, under_way_max: int = UNDER_WAY_MAX) -> None:
        self.wanted: frozenset[str] = frozenset()
        self.dropped = 0
        """Pictures that a newer one of the same camera replaced."""
        self.sent = 0
        self._seen = 0
        self._under_way_max = under_way_max
        self._waiting: dict[str, LivePicture] = {}

    def want(self, cameras: frozenset[str]) -> None:
        """Watch these and no others."""
        self.wanted = cameras
        self._waiting = {name: picture for name, picture in self._waiting.items() if name in cameras}

    def offer(self, picture: LivePicture) -> None:
        """A new picture of a camera that may be watched here; it keeps the place of the one that it replaces."""
        if picture.camera not in self.wanted:
            return
        self.dropped += picture.camera in self._waiting
        self._waiting[picture.camera] = picture

    def take(self) -> tuple[int, LivePicture] | None:
        """The next picture with its number, or None while there is none or too many are under way."""
        if not self._waiting or self.sent - self._seen >= self._under_way_max:
            return None
        self.sent += 1
        return self.sent, self._waiting.pop(next(iter(self._waiting)))

    def seen(self, number: int) -> None:
        """The page has painted everything up to this number; nonsense is ignored."""
        if self._seen < number <= self.sent:
            self._seen = number
