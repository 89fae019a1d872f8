"""Shell: the eyes process. ``python -m vision.eyes --fd N --parent PID``; only the hub starts it.

Order at start: rights given up, start message read from the socket pair, heartbeat, cameras, models. The
heartbeat comes first, so that a slow disk is not taken for a hang. It dies with the hub (end of file on the
socket, and a signal of the kernel), and of itself when a thread fails or native code hangs: the hub restarts it.
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import secrets
import select
import signal
import socket
import sys
import threading
import time
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from vision import confine
from vision.errors import VisionError, WireError
from vision.makers import code_reader_maker, face_reader_maker, reader_maker, watch_maker
from vision.observations import EyesBeat
from vision.outbox import Outbox
from vision.wire import Said, StartDecoder, StartMessage
from vision.wire_commands import CommandDecoder

if TYPE_CHECKING:
    from vision.crew import Crew

BEAT_PERIOD_S = 1.0
START_WAIT_S = 10.0
FLUSH_S = 1.0
COMMAND_BYTES = 256 * 1024
EXIT_FAULT, EXIT_PROTOCOL, EXIT_HANG = 70, 71, 72
"""A thread failed; the hub did not speak our protocol; native code hangs."""


class Link:
    """The sending side towards the hub: an outbox and the thread that empties it."""

    def __init__(self, peer: socket.socket) -> None:
        self._peer = peer
        self._outbox = Outbox()
        self._changed = threading.Condition()
        self._sending = False
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)

    @property
    def lost_messages(self) -> int:
        """Observations that had to be dropped."""
        return self._outbox.lost_messages

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def say(self, observation: Said) -> None:
        """Queue it; never waits for the hub."""
        with self._changed:
            self._outbox.put(observation)
            self._changed.notify()

    def flush(self, timeout_s: float) -> None:
        """Wait until all is sent, but not longer."""
        deadline_s = time.monotonic() + timeout_s
        while time.monotonic() < deadline_s:
            with self._changed:
                if not len(self._outbox) and not self._sending:
                    return
            time.sleep(0.01)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._sending = False
                while not len(self._outbox):
                    self._changed.wait()
                self._sending = True
                try:
                    message = self._outbox.take()
                except WireError as error:
                    complain(f"an observation could not be sent: {error}")
                    continue
            if message is not None:
                try:
                    self._peer.sendall(message)
                except OSError:
                    os._exit(0)  # the hub is gone, so nobody needs us


def complain(text: str) -> None:
    """One line for the hub's log."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201  # standard error is the hub's log


def end(text: str, status: int) -> NoReturn:
    """End at once: threads inside native code can neither be asked nor waited for."""
    complain(text)
    os._exit(status)


def receive_start(peer: socket.socket) -> tuple[StartMessage, bytes]:
    """The hub's first message, and what came with it of the commands that follow. Raises `WireError`."""
    decoder = StartDecoder()
    peer.settimeout(START_WAIT_S)
    try:
        while data := peer.recv(65536):
            start = decoder.feed(data)
            if start is not None:
                return start, decoder.rest
    except TimeoutError:
        raise WireError(f"no start message within {START_WAIT_S:.0f} s") from None
    finally:
        peer.settimeout(None)
    raise WireError("the hub hung up before the start message")


class Beat:
    """Heartbeat, once a second; and the watchdog of the other threads."""

    def __init__(self, link: Link) -> None:
        self.crew: Crew | None = None
        self._link = link
        self._thread = threading.Thread(target=self._run, name="beat", daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def _run(self) -> None:
        ready_said = False
        due_s = time.monotonic()
        while True:
            crew = self.crew
            hang = crew.hang(time.monotonic()) if crew is not None else None
            if hang is not None:
                faulthandler.dump_traceback(all_threads=True)
                end(hang, EXIT_HANG)
            ready = crew is not None and crew.ready
            self._link.say(self.now(ready))
            ready_said = ready_said or ready
            # Until it is ready the hub waits for that word: say it soon.
            due_s = max(due_s + BEAT_PERIOD_S, time.monotonic())
            while (left_s := due_s - time.monotonic()) > 0:
                if not ready_said and self.crew is not None and self.crew.ready:
                    break
                time.sleep(min(left_s, 0.05 if not ready_said else left_s))

    def now(self, ready: bool) -> EyesBeat:
        """The state of this moment."""
        now_s = time.monotonic()
        return EyesBeat(
            at_mono_s=now_s,
            rss_mb=confine.rss_mb(),
            ready=ready,
            lost_messages=self._link.lost_messages,
            cameras=self.crew.stats(now_s) if self.crew is not None else (),
            gallery_version=self.crew.gallery[0] if self.crew is not None else -1,
            gallery_rows=self.crew.gallery[1] if self.crew is not None else -1,
        )


def serve(peer: socket.socket, start: StartMessage, first: bytes) -> NoReturn:
    """Run until the hub hangs up or SIGTERM comes; `first` are bytes of commands that are here already."""
    stopping = threading.Event()

    def on_term(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, on_term)
    link = Link(peer)
    link.start()
    beat = Beat(link)
    beat.start()
    # OpenCV is imported from here on, with the heart already beating.
    from vision.crew import Crew

    crew = Crew(
        start,
        reader_maker(start, link.say),
        say=link.say,
        visit_prefix=secrets.token_hex(4),
        make_code_reader=code_reader_maker(start, link.say),
        make_face_reader=face_reader_maker(start, link.say),
        make_watches=watch_maker(start),
    )
    crew.start()
    beat.crew = crew
    ear = CommandDecoder()
    obey(crew, ear, first)
    confined = False
    while not stopping.is_set():
        if crew.ready and not confined:
            confine.forbid_file_writes()
            confined = True
        readable, _, _ = select.select([peer], [], [], 0.25)
        if readable:
            said = peer.recv(COMMAND_BYTES)
            if not said:
                os._exit(0)
            obey(crew, ear, said)
    crew.stop()
    link.flush(FLUSH_S)
    os._exit(0)


def obey(crew: Crew, ear: CommandDecoder, said: bytes) -> None:
    """Do what these bytes complete; a hub that does not speak our protocol is no hub."""
    try:
        for command in ear.feed(said):
            crew.tell(command)
    except VisionError as error:
        end(f"the hub said what was not agreed: {error}", EXIT_PROTOCOL)
    except MemoryError:
        end("no memory for what the hub said", EXIT_FAULT)


def _on_thread_failure(failure: threading.ExceptHookArgs) -> None:
    sys.__excepthook__(failure.exc_type, failure.exc_value or failure.exc_type(), failure.exc_traceback)
    end(f"thread {failure.thread.name if failure.thread else '?'} failed", EXIT_FAULT)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Start the process; returns never."""
    parser = argparse.ArgumentParser(prog="vision.eyes", description="Eyes of the gateway; started by the hub.")
    parser.add_argument("--fd", type=int, required=True, help="socket pair to the hub")
    parser.add_argument("--parent", type=int, required=True, help="process id of the hub")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the hub's to decide
    confine.die_with_parent(options.parent)
    confine.step_back()
    threading.excepthook = _on_thread_failure
    peer = socket.socket(fileno=options.fd)
    try:
        start, first = receive_start(peer)
    except WireError as error:
        end(str(error), EXIT_PROTOCOL)
    confine.limit_memory(start.eyes.memory_max_mb)
    serve(peer, start, first)


if __name__ == "__main__":
    main()
