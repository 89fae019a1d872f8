"""Shell: the hub's end of the eyes: starts them, watches them, restarts them, turns messages into observations.

Never imports OpenCV, numpy or a model runtime. The eyes are not trusted: bytes that are not our protocol, a
camera that is not ours, silence, too much memory or too many messages end them, and they start afresh.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from config.model import Duty, Site
from edge.faces.embedder import models_dir
from edge.observations import EyesBack, EyesLost, Observation
from edge.run.ceiling import Ceiling, after_loss
from edge.run.eyes_feed import PROBE_TIMEOUT_S, EyesFeed
from edge.run.eyes_life import Life
from edge.run.eyes_process import EyesProcess, exit_cause
from edge.run.grounds import Grounds
from vision.commands import GalleryEdit, GalleryPart, ProbeFace, WatchLive
from vision.errors import WireError
from vision.lane_ground import LaneGround
from vision.live_picture import LivePicture
from vision.observations import EyesBeat, FaceProbed, FaceSeen
from vision.wire import DEFAULT_FACE_READER, DEFAULT_READER, Decoder, Said, StartMessage, encode_start

WATCH_PERIOD_S = 0.25
DRAIN_S = 0.2

log = logging.getLogger("menwei.eyes")


@dataclass(frozen=True, slots=True, kw_only=True)
class EyesStats:
    """How the eyes fare, for the health page."""

    pid: int | None
    up: bool
    starts: int
    gave_up: bool
    last_cause: str
    messages: int
    wire_bytes: int
    rss_mb: float
    beat: EyesBeat | None
    """The newest heartbeat."""
    beat_age_s: float
    """-1 before the first."""


class EyesLink:
    """Keeps one eyes process running and offers what it says. All methods run on the hub's event loop.

    Every outage gives one `EyesLost`, one more with ``gave_up`` where the restart ceiling is reached, and one
    `EyesBack` when the eyes are ready again (also at the first start, with ``down_s=0``).
    """

    def __init__(
        self,
        site: Site,
        offer: Callable[[Observation], None],
        *,
        reader: str = DEFAULT_READER,
        face_reader: str = DEFAULT_FACE_READER,
        gallery: Callable[[], Iterable[GalleryPart]] | None = None,
        show: Callable[[LivePicture], None] = lambda _picture: None,
    ) -> None:
        """`show` gets the live pictures, which are no observations: nothing is decided on them.

        `gallery` gives everybody to be known: called in a thread at each start, where there are face cameras."""
        self._settings = site.eyes
        self._start_message = encode_start(
            StartMessage(
                cameras=site.cameras,
                plates=site.plates,
                eyes=site.eyes,
                reader=reader,
                faces=site.faces,
                models_dir=models_dir(site).absolute(),
                face_reader=face_reader,
                live=site.live,
            )
        )
        self._cameras = frozenset(site.cameras)
        self._face_cameras = frozenset(name for name, item in site.cameras.items() if Duty.FACES in item.duties)
        self._grounds = Grounds(site)
        self._feed = EyesFeed(
            gallery if self._face_cameras else None,
            off=offer,
            cameras=sorted(self._face_cameras),
            grounds=self._grounds.read,
        )
        self._offer, self._show = offer, show
        self._task: asyncio.Task[None] | None = None
        self._process: EyesProcess | None = None
        self._ceiling = Ceiling()
        self._up = False
        self._said_lost = self._gave_up = False
        self._lost_s: float | None = None
        self._starts = self._messages = self._wire_bytes = 0
        self._rss_mb = 0.0
        self._last_cause = ""
        self._beat: EyesBeat | None = None
        self._heard_s = 0.0

    async def start(self) -> None:
        """Start the eyes and keep them; returns at once."""
        assert self._task is None, "started twice"
        self._task = asyncio.create_task(self._keep(), name="eyes-link")

    async def stop(self) -> None:
        """End the eyes; says nothing about it."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None
        if self._process is not None:  # cancelled in the midst of ending them
            await self._process.end(gently=False)
            self._process = None
        await asyncio.to_thread(self._grounds.close)

    def tell(self, edit: GalleryEdit) -> None:
        """Pass a change of the gallery on; never waits."""
        self._feed.tell(edit)

    def watch(self, command: WatchLive) -> None:
        """Whose live pictures are wanted from now on; never waits."""
        self._feed.watch(command)

    def refresh_gallery(self) -> None:
        """Send the whole gallery anew."""
        self._feed.refresh()

    async def probe(self, request: ProbeFace, timeout_s: float = PROBE_TIMEOUT_S) -> FaceProbed:
        """A template of a picture or of a live look, or a problem; never raises for eyes that are away."""
        return await self._feed.probe(request, timeout_s)

    @property
    def stats(self) -> EyesStats:
        """Counters and the newest heartbeat."""
        return EyesStats(
            pid=self._process.pid if self._process is not None else None,
            up=self._up,
            starts=self._starts,
            gave_up=self._gave_up,
            last_cause=self._last_cause,
            messages=self._messages,
            wire_bytes=self._wire_bytes,
            rss_mb=self._rss_mb,
            beat=self._beat,
            beat_age_s=time.monotonic() - self._heard_s if self._beat is not None else -1.0,
        )

    async def _keep(self) -> None:
        while True:
            life = Life()
            cause = await self._live(life)
            await asyncio.sleep(self._lose(cause, life))

    def _lose(self, cause: str, life: Life) -> float:
        """Take note of a loss; how long to wait before the next start."""
        now_s = time.monotonic()
        self._ceiling, verdict = after_loss(self._ceiling, now_s)
        self._up, self._last_cause = False, cause
        if self._lost_s is None:
            self._lost_s = now_s if life.heard_s is None else life.heard_s  # blind since the last sign of life
        log.warning("eyes lost: %s; next start in %.1f s", cause, verdict.wait_s)
        if not self._said_lost or (verdict.gave_up and not self._gave_up):
            self._said_lost = True
            self._gave_up = self._gave_up or verdict.gave_up
            self._offer(EyesLost(cause=cause, gave_up=verdict.gave_up))
        return verdict.wait_s

    async def _live(self, life: Life) -> str:
        """One life of the process, from start to end; the cause of its end."""
        self._starts += 1
        try:
            process = await _spawned(self._start_message)
        except OSError as error:
            return f"could not be started: {error}"
        self._process = process
        watchers = [
            asyncio.create_task(self._listen(process, life), name="eyes-listen"),
            asyncio.create_task(self._watch(process, life), name="eyes-watch"),
            asyncio.create_task(_exited(process), name="eyes-exit"),
        ]
        feeding = asyncio.create_task(self._feed.run(process), name="eyes-feed")
        feeding.add_done_callback(_report_failure)
        gently = True
        try:
            done, _ = await asyncio.wait(watchers, return_when=asyncio.FIRST_COMPLETED)
            gently = False
            return next(iter(sorted(done, key=watchers.index))).result()
        finally:
            for watcher in watchers:
                watcher.cancel()
            feeding.cancel()
            await asyncio.gather(*watchers, feeding, return_exceptions=True)
            await process.end(gently=gently)
            self._process = None

    async def _listen(self, process: EyesProcess, life: Life) -> str:
        decoder = Decoder()

        def take(data: bytes) -> None:
            self._wire_bytes += len(data)
            for observation in decoder.feed(data):
                self._heard(observation, life)

        try:
            await process.receive(take)
        except WireError as error:
            return f"sent what was not agreed: {error}"
        # The socket closes a moment before the process is reaped; its exit status says more.
        return exit_cause(await process.wait())

    def _heard(self, observation: Said, life: Life) -> None:
        now_s = time.monotonic()
        life.count(now_s)
        self._messages += 1
        if isinstance(observation, FaceProbed):
            self._feed.answered(observation)  # for who asked, and nobody else: there is a template in it
            return
        if not isinstance(observation, EyesBeat):
            ours = self._face_cameras if isinstance(observation, FaceSeen) else self._cameras
            if observation.camera not in ours:
                raise WireError(f"camera {observation.camera[:40]!r} is not ours")
        else:
            if any(camera.camera not in self._cameras for camera in observation.cameras):
                raise WireError("heartbeat names a camera that is not ours")
            self._beat, self._heard_s, life.heard_s = observation, now_s, now_s
            if observation.ready and not self._up:
                self._come_back(now_s)
        if isinstance(observation, LivePicture):
            self._show(observation)
            return
        if isinstance(observation, LaneGround):
            self._grounds.keep(observation)
            return
        self._offer(observation)

    def _come_back(self, now_s: float) -> None:
        down_s = now_s - self._lost_s if self._lost_s is not None else 0.0
        self._up, self._said_lost, self._gave_up, self._lost_s = True, False, False, None
        log.info("eyes are ready, down for %.1f s", down_s)
        self._offer(EyesBack(down_s=down_s))

    async def _watch(self, process: EyesProcess, life: Life) -> str:
        """Silence, a start that takes too long, memory."""
        looked_s = time.monotonic()
        while True:
            await asyncio.sleep(WATCH_PERIOD_S)
            now_s = time.monotonic()
            # If the hub itself was held up, messages wait in the socket: that is not the eyes' silence.
            life.forgive(max(0.0, now_s - looked_s - 2 * WATCH_PERIOD_S))
            looked_s = now_s
            self._rss_mb = process.rss_mb()
            if self._rss_mb > self._settings.memory_max_mb:
                return f"memory of {self._rss_mb:.0f} MB is over {self._settings.memory_max_mb:.0f} MB"
            if not self._up and now_s - life.started_s > self._settings.start_timeout_s:
                return f"not ready after {self._settings.start_timeout_s:.0f} s"
            if life.heard_s is not None and now_s - life.heard_s > self._settings.heartbeat_timeout_s:
                return f"no heartbeat for {now_s - life.heard_s:.1f} s"


async def _spawned(start_message: bytes) -> EyesProcess:
    """A new process; if we are stopped in the midst of starting it, it is not left behind."""
    spawning = asyncio.ensure_future(EyesProcess.spawn(start_message))
    try:
        return await asyncio.shield(spawning)
    except asyncio.CancelledError:
        with contextlib.suppress(OSError):
            await (await spawning).end(gently=False)
        raise


def _report_failure(task: asyncio.Task[None]) -> None:
    """The eyes see on without what they should be told; that must not pass in silence."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("eyes are told nothing any more: %r", error)


async def _exited(process: EyesProcess) -> str:
    status = await process.wait()
    await asyncio.sleep(DRAIN_S)  # what they said last may still wait in the socket
    return exit_cause(status)
