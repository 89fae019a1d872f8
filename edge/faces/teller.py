"""From a commit to the eyes: whoever's templates came or went is told as an edit. Shell: asyncio, one thread.

Edits are read from the store after the commit, one at a time and in order, so that the last one told is the last one
that holds. What cannot be read is answered with the whole gallery, which tells by itself what is wrong.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from edge.faces.gallery_feed import GalleryFeed
from edge.users.secret_files import SecretFileError
from sync.errors import SyncError
from vision.commands import GalleryEdit
from vision.errors import VisionError

log = logging.getLogger(__name__)

PEOPLE_MAX = 500
"""More people than this at once are told as a whole gallery."""


class GalleryTeller:
    """Subscribe ``changed`` to ``store.on_faces``; run ``run`` as a task of the loop."""

    def __init__(
        self, feed: Callable[[], GalleryFeed], tell: Callable[[GalleryEdit], None], refresh: Callable[[], None]
    ) -> None:
        """``feed`` makes the source when it is first needed: key and manifest are read then, in a thread."""
        self._make = feed
        self._feed: GalleryFeed | None = None
        self._tell, self._refresh = tell, refresh
        self._people: dict[str, None] = {}
        self._woken = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def changed(self, people: tuple[str, ...]) -> None:
        """Templates of these people came or went; called in any thread."""
        self._loop.call_soon_threadsafe(self._note, people)

    async def run(self) -> None:
        """Tell the eyes; runs until cancelled."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            people, self._people = tuple(self._people), {}
            if len(people) > PEOPLE_MAX:
                self._refresh()
                continue
            try:
                edits = await asyncio.to_thread(self._edits, people)
            except (SyncError, SecretFileError, VisionError) as error:
                log.warning("a change of the gallery cannot be read: %s", error)
                self._refresh()
                continue
            for edit in edits:
                self._tell(edit)

    def _note(self, people: tuple[str, ...]) -> None:
        self._people |= dict.fromkeys(people)
        self._woken.set()

    def _edits(self, people: tuple[str, ...]) -> list[GalleryEdit]:
        if self._feed is None:
            self._feed = self._make()
        return list(self._feed.edits(people))
