"""A serial adapter that does not exist: a pty behind a stable path, with a machine at its far end. Shell: thread, pty.

``path`` is a symlink to the pty's slave, as ``/dev/serial/by-path/...`` is to an adapter. ``unplug`` takes both
away (the hub sees EIO or end of file); ``replug`` makes a new pty behind the same path.
"""

from __future__ import annotations

import os
import random
import select
import threading
import time
import tty
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

READ_MAX = 1024


@dataclass(slots=True, kw_only=True)
class LineFaults:
    """How the line misbehaves; may be changed while it runs. Probabilities count per reply."""

    delay_s: float = 0.0
    """Turnaround of the far end."""
    loss: float = 0.0
    """Probability that a reply is lost."""
    garbage: float = 0.0
    """Probability that a reply is damaged or has noise around it."""
    split_s: float | None = None
    """Replies come in two pieces with this pause between."""
    echo: bool = False
    """The adapter hears its own sending."""
    baud: int | None = None
    """Line speed to keep to (10 bits a character); None: at once."""
    random: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - noise, no secret


class PtyLink:
    """The adapter and its thread. ``machine(data, now_s)`` takes the hub's bytes and returns the replies."""

    def __init__(self, path: Path, machine: Callable[[bytes, float], bytes], faults: LineFaults | None = None) -> None:
        self.path = path
        self.faults = faults or LineFaults()
        self.machine = machine
        """May be replaced while it runs, to listen in."""
        self._thread: threading.Thread | None = None
        self._leave = threading.Event()
        self._closing = threading.Lock()  # nobody writes to a descriptor that is being closed
        self._fds: tuple[int, ...] = ()

    @property
    def plugged(self) -> bool:
        """Whether the adapter is there."""
        return self._thread is not None

    def replug(self) -> None:
        """Make the port appear under its path; nothing happens when it is there.

        FileExistsError: something that is no symlink has that path; a real port is never replaced.
        """
        if self.plugged:
            return
        if self.path.exists() and not self.path.is_symlink():
            raise FileExistsError(f"{self.path} is not a simulated port")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        wake_out, wake_in = os.pipe()
        # The slave stays open here, else the master would see a hang-up whenever the hub closes the port.
        self._fds = (master, slave, wake_out, wake_in)
        self._leave.clear()
        self._point_to(os.ttyname(slave))
        self._thread = threading.Thread(target=self._pump, args=(master, wake_out), name="sim-line", daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        """Take the port away, in the middle of whatever it did."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._leave.set()
        os.write(self._fds[3], b"x")
        self.path.unlink(missing_ok=True)
        thread.join()
        with self._closing:
            for fd in self._fds:
                os.close(fd)

    start, stop = replug, unplug

    def say(self, data: bytes) -> None:
        """Send something unasked, as a keypad does; nothing happens while it is unplugged."""
        with self._closing:
            if self.plugged:
                self._send(self._fds[0], data)

    def _point_to(self, target: str) -> None:
        """Replace the symlink in one step."""
        fresh = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(target)
        fresh.replace(self.path)

    def _pump(self, master: int, wake: int) -> None:
        poll = select.poll()
        poll.register(master, select.POLLIN)
        poll.register(wake, select.POLLIN)
        while not self._leave.is_set():
            poll.poll()
            try:
                data = os.read(master, READ_MAX)
            except OSError:  # woken to leave; the pause is for a pty that fails for good
                self._leave.wait(0.05)
                continue
            self._serve(master, data)

    def _serve(self, master: int, data: bytes) -> None:
        faults = self.faults
        self._line_time(data)
        if faults.echo:
            self._send(master, data)
        reply = self.machine(data, time.monotonic())
        if not reply:
            return
        self._leave.wait(faults.delay_s)
        self._line_time(reply)
        if faults.random.random() < faults.loss:
            return
        for piece in self._pieces(self._damage(reply)):
            self._send(master, piece)

    def _line_time(self, data: bytes) -> None:
        if self.faults.baud:
            self._leave.wait(len(data) * 10 / self.faults.baud)

    def _pieces(self, reply: bytes) -> tuple[bytes, ...]:
        if self.faults.split_s is None or len(reply) < 2:
            return (reply,)
        cut = self.faults.random.randrange(1, len(reply))
        return reply[:cut], reply[cut:]

    def _damage(self, reply: bytes) -> bytes:
        """Noise before, inside or after, or a cut end."""
        chance = self.faults.random
        if chance.random() >= self.faults.garbage:
            return reply
        noise = chance.randbytes(chance.randint(1, 6))
        at = chance.randrange(len(reply))
        bent = bytearray(reply)
        bent[at] ^= 1 << chance.randrange(8)
        return chance.choice((noise + reply, reply + noise, reply[:at] + noise + reply[at:], bytes(bent), reply[:at]))

    def _send(self, master: int, data: bytes) -> None:
        try:
            os.write(master, data)
        except BlockingIOError:  # nobody reads: a real line would lose it as well
            return
        if self.faults.split_s is not None:
            self._leave.wait(self.faults.split_s)
