"""Shell: what the hub tells the eyes after the start: the gallery at each start, its changes, and pictures to probe.

Nothing here waits for anybody: changes that find no room make the whole gallery be sent anew, probes that find none
are answered at once. Runs on the hub's event loop; only the gallery is read and put into bytes in a thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from config.model import Duty
from vision.commands import GalleryEdit, GalleryPart, ProbeFace, WatchLive
from vision.lane_ground import LaneGround
from vision.observations import DutyOff, FaceProbed
from vision.wire_commands import encode_command

EDITS_MAX = 64
"""Changes that wait; more of them and the whole gallery is sent anew."""
PROBES_MAX = 4
PROBE_TIMEOUT_S = 20.0
"""Twice what the eyes give a person before the camera."""
RETRY_S = 30.0
"""After this a gallery that could not be read is tried again."""

log = logging.getLogger("menwei.eyes")


class Peer(Protocol):
    """The process that is told."""

    async def send(self, data: bytes) -> None:
        """Wait until there is room; raises `ConnectionError` once it is gone."""


class EyesFeed:
    """The hub's mouth towards the eyes; outlives their processes."""

    def __init__(
        self,
        gallery: Callable[[], Iterable[GalleryPart]] | None,
        *,
        off: Callable[[DutyOff], None],
        cameras: Iterable[str],
        retry_s: float = RETRY_S,
        grounds: Callable[[], Iterable[LaneGround]] = tuple,
    ) -> None:
        """`gallery` gives all parts, in a thread; `off` hears when it cannot; `cameras` are those of faces.

        `grounds` gives the empty lanes that are kept, in a thread: told first, for they are of use only at once."""
        self._grounds = grounds
        self._gallery, self._off, self._cameras, self._retry_s = gallery, off, tuple(cameras), retry_s
        self._running = False
        self._stale = self._off_said = False
        self._delivered = False
        """Has this process the whole gallery?"""
        self._edits: deque[GalleryEdit] = deque()
        self._probes: deque[ProbeFace] = deque()
        self._watched = WatchLive(cameras=())
        self._watched_told = True
        self._asked: dict[str, asyncio.Future[FaceProbed]] = {}
        self._changed = asyncio.Event()

    def tell(self, edit: GalleryEdit) -> None:
        """Pass a change of the gallery on; eyes that do not run get it with the whole gallery at their start."""
        if not self._running or self._gallery is None:
            return
        if len(self._edits) >= EDITS_MAX:
            self._edits.clear()
            self._stale = True
        else:
            self._edits.append(edit)
        self._changed.set()

    def watch(self, command: WatchLive) -> None:
        """Whose live pictures are wanted; only the newest wish counts, and eyes that start anew are told it."""
        self._watched, self._watched_told = command, False
        self._changed.set()

    def refresh(self) -> None:
        """Send the whole gallery anew."""
        self._stale = True
        self._changed.set()

    async def probe(self, request: ProbeFace, timeout_s: float = PROBE_TIMEOUT_S) -> FaceProbed:
        """A template, or a problem: also for eyes that are busy, away, or do not answer in time."""
        if not self._running:
            return _unanswered(request, "no_eyes")
        if len(self._asked) >= PROBES_MAX or request.request_id in self._asked:
            return _unanswered(request, "busy")
        answer = self._asked[request.request_id] = asyncio.get_running_loop().create_future()
        self._probes.append(request)
        self._changed.set()
        try:
            return await asyncio.wait_for(answer, timeout_s)
        except TimeoutError:
            return _unanswered(request, "no_eyes")
        finally:
            del self._asked[request.request_id]
            with contextlib.suppress(ValueError):
                self._probes.remove(request)

    def answered(self, probed: FaceProbed) -> None:
        """Give an answer to who asked; one that comes too late is for nobody, and is not kept."""
        waiting = self._asked.get(probed.request_id)
        if waiting is not None and not waiting.done():
            waiting.set_result(probed)

    async def run(self, peer: Peer) -> None:
        """Tell one process all it has to know, until cancelled or it is gone."""
        self._running, self._stale, self._delivered = True, self._gallery is not None, False
        self._watched_told = not self._watched.cameras
        # One thread for the whole gallery: what reads it may belong to a thread.
        reading = ThreadPoolExecutor(1, "gallery")
        try:
            for ground in await asyncio.get_running_loop().run_in_executor(reading, list, self._grounds()):
                await peer.send(encode_command(ground))
            while True:
                self._changed.clear()
                if self._stale:
                    await self._send_gallery(peer, reading)
                await self._send_waiting(peer)
                await self._changed.wait()
        except ConnectionError:
            log.debug("eyes hung up while they were told something")
        finally:
            self._running = False
            reading.shutdown(wait=False, cancel_futures=True)
            for request_id, waiting in self._asked.items():
                if not waiting.done():
                    waiting.set_result(_unanswered(ProbeFace(request_id=request_id, camera=""), "no_eyes"))

    async def _send_waiting(self, peer: Peer) -> None:
        await self._send_probes(peer)
        if not self._delivered:
            self._edits.clear()  # there is nothing yet that they could change; the whole gallery will contain them
        while self._edits and not self._stale:
            await peer.send(encode_command(self._edits.popleft()))
            await self._send_probes(peer)

    async def _send_probes(self, peer: Peer) -> None:
        if not self._watched_told:
            self._watched_told = True
            await peer.send(encode_command(self._watched))
        while self._probes:
            await peer.send(encode_command(self._probes.popleft()))

    async def _send_gallery(self, peer: Peer, reading: ThreadPoolExecutor) -> None:
        """All parts, with probes in between; a gallery that cannot be read is said once and tried again."""
        self._stale = False
        self._edits.clear()  # what they change is read now
        loop = asyncio.get_running_loop()
        try:
            messages = await loop.run_in_executor(reading, self._messages)
            while (message := await loop.run_in_executor(reading, next, messages, b"")) != b"":
                await peer.send(message)
                await self._send_probes(peer)
        except ConnectionError:
            raise
        except Exception as error:  # noqa: BLE001  # store or key: the doors go on without faces, and it is said
            self._cannot_read(f"{type(error).__name__}: {error}")
            loop.call_later(self._retry_s, self.refresh)
        else:
            self._delivered, self._off_said = True, False

    def _messages(self) -> Iterator[bytes]:
        assert self._gallery is not None, "only a feed with a gallery sends one"
        return map(encode_command, self._gallery())

    def _cannot_read(self, reason: str) -> None:
        log.warning("the gallery cannot be read: %s; next attempt in %.0f s", reason, self._retry_s)
        if not self._off_said:
            self._off_said = True
            for camera in self._cameras:
                self._off(DutyOff(camera=camera, duty=Duty.FACES, reason=reason[:500]))


def _unanswered(request: ProbeFace, problem: str) -> FaceProbed:
    return FaceProbed(
        camera=request.camera,
        request_id=request.request_id,
        problem=problem,
        quality=0.0,
        live=-1.0,
        model="",
        box=(0, 0, 0, 0),
        template="",
    )
