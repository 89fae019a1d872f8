"""Shell: starts one eyes process and carries bytes to and from it. Knows nothing of restarts."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

from vision.errors import mask_credentials

_ROOT = Path(__file__).resolve().parents[2]
"""Where the rooms lie: the checkout, or site-packages of an installed wheel."""
_KEPT_VARIABLES = frozenset(
    {"PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV"}
)
_LINE_BYTES_MAX = 500
_LINES_PER_WINDOW = 60
_WINDOW_S = 10.0
_READ_BYTES = 256 * 1024
_TERM_WAIT_S = 2.0
_KILL_WAIT_S = 5.0
"""A process that waits for a broken device in the kernel cannot be killed; the restart must not wait for it."""

log = logging.getLogger("menwei.eyes")


def child_environment() -> dict[str, str]:
    """The variables that the eyes get: none of the hub's secrets, and OpenCV bounded and quiet."""
    kept = {name: value for name, value in os.environ.items() if name in _KEPT_VARIABLES}
    path = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return kept | {
        "PYTHONPATH": os.pathsep.join(path),
        "PYTHONUNBUFFERED": "1",
        "OPENCV_LOG_LEVEL": "ERROR",
        "OPENCV_FFMPEG_LOGLEVEL": "8",
        "OPENCV_IO_MAX_IMAGE_PIXELS": str(40_000_000),  # pictures for enrolment; frames have limits of their own
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


class EyesProcess:
    """One running eyes process."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.pid = process.pid
        self._process, self._reader, self._writer = process, reader, writer
        self._log_task = asyncio.create_task(self._carry_log(), name="eyes-log")

    @classmethod
    async def spawn(cls, start_message: bytes) -> EyesProcess:
        """Start it and say what to do. Raises `OSError`."""
        ours, theirs = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=ours)
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-P", "-X", "faulthandler", "-m", "vision.eyes"),
                *("--fd", str(theirs.fileno()), "--parent", str(os.getpid())),
                pass_fds=(theirs.fileno(),),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                env=child_environment(),
            )
        except BaseException:
            writer.close()
            raise
        finally:
            theirs.close()
        writer.write(start_message)
        return cls(process, reader, writer)

    async def receive(self, take: Callable[[bytes], None]) -> None:
        """Hand every piece that comes to `take` until the eyes hang up."""
        try:
            while data := await self._reader.read(_READ_BYTES):
                take(data)
        except ConnectionError:
            return

    async def send(self, data: bytes) -> None:
        """Say something; waits while the eyes do not take it. Raises `ConnectionError` once they are gone."""
        self._writer.write(data)
        await self._writer.drain()

    async def wait(self) -> int:
        """The exit status; negative is a signal."""
        return await self._process.wait()

    def rss_mb(self) -> float:
        """Resident memory, 0 once it is gone."""
        try:
            pages = int(Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1])
        except (OSError, IndexError):
            return 0.0
        return pages * resource.getpagesize() / (1024 * 1024)

    async def end(self, *, gently: bool) -> None:
        """End it, by SIGTERM first if `gently`, and clean up. SIGKILL also ends a stopped process."""
        if gently and self._process.returncode is None:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), _TERM_WAIT_S)
            except TimeoutError:
                log.info("eyes did not end by themselves")
        if self._process.returncode is None:
            self._process.kill()
        try:
            await asyncio.wait_for(self._process.wait(), _KILL_WAIT_S)
        except TimeoutError:
            log.error("eyes (process %d) do not end although killed; going on without them", self.pid)
        self._writer.close()
        try:
            # Shielded: who is cancelled here calls us again, and must not find a closing that was cancelled with them.
            await asyncio.shield(self._writer.wait_closed())
        except ConnectionError:
            log.debug("eyes' socket was already broken")
        # A process that the eyes left behind could hold the pipe open.
        await asyncio.wait([self._log_task], timeout=_TERM_WAIT_S)
        self._log_task.cancel()

    async def _carry_log(self) -> None:
        """Their standard error into our log: masked, cut, and at a bounded rate."""
        stderr = self._process.stderr
        assert stderr is not None, "spawned with a pipe"
        limiter = _LineLimiter()
        rest = b""
        while data := await stderr.read(8192):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                limiter.log(line)
            if len(rest) > _LINE_BYTES_MAX:
                limiter.log(rest)
                rest = b""
        if rest:
            limiter.log(rest)
        limiter.report()


class _LineLimiter:
    """Passes so many lines per window on and counts the rest."""

    def __init__(self) -> None:
        self._window_s = time.monotonic()
        self._passed = 0
        self._suppressed = 0

    def log(self, line: bytes) -> None:
        now_s = time.monotonic()
        if now_s - self._window_s >= _WINDOW_S:
            self.report()
            self._window_s, self._passed = now_s, 0
        if self._passed >= _LINES_PER_WINDOW:
            self._suppressed += 1
            return
        self._passed += 1
        text = mask_credentials(line[:_LINE_BYTES_MAX].decode("utf-8", "replace").rstrip())
        log.info("eyes: %s", "".join(char if char.isprintable() else "·" for char in text))

    def report(self) -> None:
        if self._suppressed:
            log.warning("eyes: %d more lines were suppressed", self._suppressed)
            self._suppressed = 0


def exit_cause(status: int) -> str:
    """What an exit status says, in words."""
    if status >= 0:
        return f"exited with status {status}"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"
