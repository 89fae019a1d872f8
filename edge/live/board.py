"""Who watches which cameras, and every picture to all who watch it. Shell: asyncio, on the hub's loop.

The eyes are told the union of what the pages want, and again after each of their starts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from edge.live.window import Window
from vision.commands import WatchLive
from vision.live_picture import LivePicture


class Viewer:
    """One page that watches."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self.window = Window()
        self._changed = changed
        self._wake = asyncio.Event()

    def want(self, cameras: frozenset[str]) -> None:
        """Watch these cameras and no others."""
        self.window.want(cameras)
        self._changed()

    def offer(self, picture: LivePicture) -> None:
        """A new picture; never waits."""
        self.window.offer(picture)
        self._wake.set()

    def seen(self, number: int) -> None:
        """What the page has painted."""
        self.window.seen(number)
        self._wake.set()

    async def next(self, timeout_s: float) -> tuple[int, LivePicture] | None:
        """The next picture and its number; None when the time passed without one."""
        try:
            async with asyncio.timeout(timeout_s):
                while (item := self.window.take()) is None:
                    self._wake.clear()
                    await self._wake.wait()
        except TimeoutError:
            return None
        return item


class LiveBoard:
    """Between the eyes and the pages."""

    def __init__(self, cameras: Iterable[str], viewers_max: int) -> None:
        self.cameras = frozenset(cameras)
        self.pictures = 0
        """Pictures that came from the eyes."""
        self.refused = 0
        """Pages that found no room; counted, never silent."""
        self._viewers_max = viewers_max
        self._viewers: set[Viewer] = set()
        self._tell: Callable[[WatchLive], None] | None = None
        self._told: tuple[str, ...] = ()

    def connect(self, tell: Callable[[WatchLive], None]) -> None:
        """From now on the eyes are told through this."""
        self._tell = tell
        self._changed()

    def join(self) -> Viewer | None:
        """A new page; None when there are too many."""
        if len(self._viewers) >= self._viewers_max:
            self.refused += 1
            return None
        viewer = Viewer(self._changed)
        self._viewers.add(viewer)
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """A page is gone; the last one who watched a camera ends its pictures."""
        self._viewers.discard(viewer)
        self._changed()

    def take(self, picture: LivePicture) -> None:
        """A picture from the eyes."""
        self.pictures += 1
        for viewer in self._viewers:
            viewer.offer(picture)

    def _changed(self) -> None:
        wanted = tuple(sorted(frozenset().union(*(viewer.window.wanted for viewer in self._viewers))))
        if self._tell is not None and wanted != self._told:
            self._told = wanted
            self._tell(WatchLive(cameras=wanted))
