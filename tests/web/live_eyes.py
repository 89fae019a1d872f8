"""Eyes for the web's tests: a picture for each watched camera, so many times a second."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from edge.live.board import LiveBoard
from vision.commands import WatchLive
from vision.live_picture import LivePicture


class LiveEyes:
    """Shows the same picture of every camera that is watched."""

    def __init__(self, board: LiveBoard, jpeg: bytes, fps: float) -> None:
        self.watched: tuple[str, ...] = ()
        self.dead: set[str] = set()
        """Cameras that say nothing any more."""
        self._board, self._jpeg, self._period_s = board, jpeg, 1.0 / fps
        board.connect(self._told)

    def _told(self, command: WatchLive) -> None:
        self.watched = command.cameras

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            for camera in self.watched:
                if camera not in self.dead:
                    self._board.take(
                        LivePicture(
                            camera=camera,
                            width_px=640,
                            height_px=360,
                            captured_mono_s=time.monotonic(),
                            picture=self._jpeg,
                        )
                    )
            await asyncio.sleep(self._period_s)


@asynccontextmanager
async def live_eyes(board: LiveBoard, jpeg: bytes, fps: float = 5.0) -> AsyncIterator[LiveEyes]:
    """Eyes that show pictures inside of the block."""
    eyes = LiveEyes(board, jpeg, fps)
    task = asyncio.create_task(eyes.run(), name="test eyes")
    try:
        yield eyes
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
