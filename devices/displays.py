"""One thread owns the port of one or more displays and shows what is sent to it. Shell: thread, clock and port.

A display has room for one text: a newer one takes the place of the one that still waits. Nothing is shown late: the
expiry is looked at before the first byte, and what waits when the port is lost fails at once. Most displays answer
nothing; then a ``CommandDone`` means that the bytes are out. Where a display answers, set its ``reply_ms``.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from config import model
from config.displays import parameter_problem
from config.model_gate import Display
from devices.lane_display import Dialect, Reader, show_frames
from devices.messages import CommandDone, CommandFailed, FailReason, Report, Show
from devices.port_loop import keep_port
from devices.wire import Wire

log = logging.getLogger(__name__)

LOOK_S = 1.0  # how often an idle port is asked whether it is still there
JOIN_S = 5.0
BITS_PER_CHARACTER = 10  # 8N1


@dataclass(slots=True, kw_only=True)
class DisplayCounters:
    """What one display was given so far, for the health page."""

    shown: int = 0
    failed: int = 0
    superseded: int = 0
    """Texts that a newer one replaced before they were sent."""
    characters_replaced: int = 0
    characters_cut: int = 0


def display_problems(displays: Mapping[str, Display]) -> list[str]:
    """What cannot be asked of displays, in both languages."""
    found = []
    for name, display in displays.items():
        if (wrong := parameter_problem(display.family, display.parameters)) is not None:
            found.append(f"displays.{name}.parameters: {wrong[0]} / {wrong[1]}")
    return found


def build_lines(
    displays: Mapping[str, Display],
    report: Callable[[Report], None],
    open_wire: Callable[[model.Bus], Wire],
) -> list[DisplayLine]:
    """An owner for each port, not yet started."""
    ports: dict[Path, dict[str, Display]] = {}
    for name, display in displays.items():
        ports.setdefault(display.port, {})[name] = display
    return [DisplayLine(port, group, report, open_wire) for port, group in ports.items()]


class DisplayLine:
    """A port and its displays. ``report`` is called from its thread and from submitters."""

    def __init__(
        self,
        port: Path,
        displays: Mapping[str, Display],
        report: Callable[[Report], None],
        open_wire: Callable[[model.Bus], Wire],
    ) -> None:
        self.names = tuple(displays)
        self._settings = model.Bus(port=port, baud=next(iter(displays.values())).baud)
        self._dialects = {
            name: Dialect(display.family, display.address, display.parameters) for name, display in displays.items()
        }
        self._voices = {name for name, display in displays.items() if display.voice}
        self._counters = {name: DisplayCounters() for name in displays}
        self._report = report
        self._open_wire = open_wire
        self._waiting: dict[str, Show] = {}
        self._wake = threading.Condition()  # guards what waits and the two flags
        self._stopping = False
        self._port_open = False
        self._thread = threading.Thread(target=self._run, name=f"display-{port.name}", daemon=True)

    def start(self) -> None:
        """Begin to own the port; an absent port is no error, it is tried again."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the frame under way, fail what waits, give the port back."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        if self._thread.ident is not None:
            self._thread.join(JOIN_S)
            if self._thread.is_alive():
                log.error("display line %s did not stop within %.0f s", self._settings.port, JOIN_S)
        self._fail_waiting("网关停止 / the gateway stops")

    def counters(self, name: str) -> dict[str, int]:
        """What a display was given so far."""
        return asdict(self._counters[name])

    def submit(self, show: Show) -> None:
        """Queue a text and return at once; its verdict comes as a report."""
        with self._wake:
            ready = self._port_open and not self._stopping
            older = self._waiting.get(show.display) if ready else None
            # An urgent text is never replaced by a lesser one; the lesser one is then the one that is dropped.
            dropped = show if older is not None and older.priority < show.priority else older
            if ready and dropped is not show:
                self._waiting[show.display] = show
            self._wake.notify()
        if not ready:
            self._fail(show, FailReason.LINK_DOWN, "显示屏串口未连接 / the display's port is not open")
        elif dropped is not None:
            self._counters[show.display].superseded += 1
            self._fail(dropped, FailReason.QUEUE_FULL, "另一条文字取代了它 / another text took its place")

    def _run(self) -> None:
        keep_port(
            lambda: self._open_wire(self._settings),
            self._own,
            self._after,
            self._pause,
            stopping=lambda: self._stopping,
            log=log,
            name=f"display line {self._settings.port}",
        )

    def _after(self, cause: str | None) -> None:
        with self._wake:
            self._port_open = False
        self._fail_waiting(cause or "")

    def _own(self, wire: Wire) -> None:
        with self._wake:
            self._port_open = True
        try:
            while not self._stopping:
                wire.drain()  # also notices a port that was unplugged
                if (show := self._next()) is not None:
                    self._serve(wire, show)
        finally:
            wire.close()

    def _next(self) -> Show | None:
        """The most urgent text, or nothing after a while."""
        with self._wake:
            self._wake.wait_for(lambda: self._stopping or bool(self._waiting), LOOK_S)
            if self._stopping or not self._waiting:
                return None
            show = min(self._waiting.values(), key=lambda s: s.priority)
            return self._waiting.pop(show.display)

    def _serve(self, wire: Wire, show: Show) -> None:
        began = time.monotonic()
        if began >= show.expires_mono_s:
            late_s = began - show.expires_mono_s
            self._fail(show, FailReason.EXPIRED, f"{late_s:.3f} s too late, nothing sent")
            return
        dialect, counters = self._dialects[show.display], self._counters[show.display]
        message = show_frames(dialect, show.lines, show.voice if show.display in self._voices else "")
        counters.characters_replaced += message.replaced
        counters.characters_cut += message.cut
        try:
            sent = [self._send(wire, dialect, frame) for frame in message.frames]
        except Exception as error:
            self._fail(show, FailReason.LINK_DOWN, str(error))
            raise
        if not all(sent):
            self._fail(show, FailReason.NO_REPLY, "显示屏无应答 / the display does not answer")
            return
        counters.shown += 1
        now = time.monotonic()
        self._tell(CommandDone(id=show.id, device=show.display, first_byte_mono_s=began, done_mono_s=now))

    def _send(self, wire: Wire, dialect: Dialect, frame: bytes) -> bool:
        """One frame, its reply where there is one, and the pause after it; False: no reply."""
        began = wire.write(frame)
        out_s = len(frame) * BITS_PER_CHARACTER / self._settings.baud
        answered = not dialect["reply_ms"]
        reader, deadline = Reader(dialect), began + out_s + dialect["reply_ms"] / 1000
        while not answered and time.monotonic() < deadline:
            # Our own frame is an adapter that hears itself, no answer.
            answered = any(heard != frame for heard in reader.receive(wire.read(deadline)))
        self._pause(max(0.0, began + out_s - time.monotonic()) + dialect["gap_ms"] / 1000)
        return answered

    def _pause(self, for_s: float) -> None:
        with self._wake:
            self._wake.wait_for(lambda: self._stopping, for_s)

    def _fail_waiting(self, cause: str) -> None:
        with self._wake:
            waiting, self._waiting = list(self._waiting.values()), {}
        for show in waiting:
            self._fail(show, FailReason.LINK_DOWN, cause)

    def _fail(self, show: Show, reason: FailReason, detail: str) -> None:
        self._counters[show.display].failed += 1
        now = time.monotonic()
        self._tell(CommandFailed(id=show.id, device=show.display, reason=reason, detail=detail, at_mono_s=now))

    def _tell(self, report: Report) -> None:
        try:
            self._report(report)
        except RuntimeError:  # the hub's loop is closed: it stops, and nobody is left to be told
            log.warning("display line %s: nobody takes %s", self._settings.port, type(report).__name__)
