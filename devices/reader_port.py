"""A port with a keypad, a scanner or OSDP readers behind it, and the one thread that owns it. Shell: thread, port."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

from config.model import Bus
from devices.keypad import Keypad
from devices.messages import (
    CodeScanned,
    CommandFailed,
    FailReason,
    KeysTyped,
    ReaderBack,
    ReaderLost,
    Report,
    SignalReader,
)
from devices.port_loop import keep_port
from devices.qr_scanner import QrScanner
from devices.wire import Wire

log = logging.getLogger(__name__)

Say = Callable[[Report], None]
OpenWire = Callable[[Bus], Wire]

IDLE_S = 0.25
"""A quiet port is left this often, to see whether the gateway stops."""
WAITING_MAX = 32
JOIN_S = 5.0


class Line(Protocol):
    """What a port's thread does with its port. Every method is called by that thread."""

    def attach(self, wire: Wire) -> None:
        """The port is open."""

    def step(self, wire: Wire) -> None:
        """Listen for a moment. LinkDown: the port is gone."""

    def detach(self, cause: str) -> None:
        """The port is gone, or the gateway stops."""

    def submit(self, command: SignalReader) -> None:
        """Begin a signal."""

    def counters(self) -> dict[str, dict[str, int]]:
        """Per reader."""


class TypedLine:
    """A serial keypad or QR scanner: it talks, and hears nothing. An open port is all that is known of it."""

    def __init__(self, name: str, kind: str, report: Say) -> None:
        self._name, self._report = name, report
        self._machine: Keypad | QrScanner = Keypad() if kind == "keypad" else QrScanner()
        self._up: bool | None = None

    def attach(self, wire: Wire) -> None:
        """The port is open; what its buffer held is of yesterday."""
        wire.drain()
        self._machine.forget()
        if self._up is not True:
            self._up = True
            self._report(ReaderBack(reader=self._name, at_mono_s=time.monotonic()))

    def step(self, wire: Wire) -> None:
        """Listen until something comes, an entry ends, or a moment has passed."""
        deadline = self._machine.deadline_mono_s if isinstance(self._machine, Keypad) else None
        idle = time.monotonic() + IDLE_S
        data = wire.read(min(idle, deadline or idle))
        now = time.monotonic()
        if isinstance(self._machine, Keypad):
            for keys in self._machine.feed(data, now):
                self._report(KeysTyped(reader=self._name, keys=keys, at_mono_s=now))
        else:
            for text in self._machine.feed(data, now):
                self._report(CodeScanned(reader=self._name, text=text, at_mono_s=now))

    def detach(self, cause: str) -> None:
        """The port is gone."""
        self._machine.forget()
        if self._up is not False:
            self._up = False
            self._report(ReaderLost(reader=self._name, cause=cause, at_mono_s=time.monotonic()))

    def submit(self, command: SignalReader) -> None:
        """It has no light."""
        self._report(failed(command, FailReason.REFUSED, "没有灯和蜂鸣器 / it has neither light nor buzzer"))

    def counters(self) -> dict[str, dict[str, int]]:
        """Per reader."""
        return {self._name: asdict(self._machine.counters)}


class PortOwner:
    """One port, one thread: opens it, opens it anew after it was unplugged, hands signals over."""

    def __init__(self, port: Path, baud: int, make: Callable[[], Line], open_wire: OpenWire) -> None:
        self._settings = Bus(port=port, baud=baud)
        self._make, self._open_wire = make, open_wire
        self._line: Line | None = None
        self._signals: deque[SignalReader] = deque()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"reader-{port.name}", daemon=True)

    def start(self) -> None:
        """Begin to own the port."""
        self._thread.start()

    def stop(self) -> None:
        """Give the port back; what waits fails."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(JOIN_S)
            if self._thread.is_alive():
                log.error("port %s was not given back within %.0f s", self._settings.port, JOIN_S)

    def offer(self, command: SignalReader) -> FailReason | None:
        """Queue a signal; the reason when it cannot be queued."""
        with self._lock:
            if self._stopping.is_set():
                return FailReason.LINK_DOWN
            if len(self._signals) >= WAITING_MAX:
                return FailReason.QUEUE_FULL
            self._signals.append(command)
        return None

    def counters(self) -> dict[str, dict[str, int]]:
        """Per reader."""
        return self._line.counters() if self._line is not None else {}

    def _run(self) -> None:
        line = self._line = self._make()  # here, for native code has one thread from its first call on

        def after(cause: str | None) -> None:
            if cause is not None:
                line.detach(cause)
            self._hand_over(line)

        keep_port(
            lambda: self._open_wire(self._settings),
            lambda wire: self._own(wire, line),
            after,
            self._stopping.wait,
            stopping=self._stopping.is_set,
            log=log,
            name=f"port {self._settings.port}",
        )
        self._hand_over(line)

    def _own(self, wire: Wire, line: Line) -> None:
        try:
            line.attach(wire)
            while not self._stopping.is_set():
                self._hand_over(line)
                line.step(wire)
        finally:
            wire.close()

    def _hand_over(self, line: Line) -> None:
        with self._lock:
            signals, self._signals = self._signals, deque()
        for signal in signals:
            line.submit(signal)


def failed(command: SignalReader, reason: FailReason, detail: str = "") -> CommandFailed:
    """A signal that was not given."""
    now = time.monotonic()
    return CommandFailed(id=command.id, device=command.reader, reason=reason, detail=detail, at_mono_s=now)
