"""Bytes with deadlines over a serial port: exclusive, opened by path. Shell: touches the port.

The path is opened anew each time, so a re-plugged adapter is found again under ``/dev/serial/by-path/...``.
A pty is a port like any other here. ``Wire`` is what a bus needs; a TCP wire can take its place later.
"""

from __future__ import annotations

import os
import select
import termios
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import serial

from config.model import Bus
from devices.errors import LinkDown

WRITE_TIMEOUT_S = 1.0  # a frame has at most 256 bytes; a port that takes longer is stuck
READ_MAX = 4096


class Wire(Protocol):
    """An open line. Every method raises LinkDown when the line is gone."""

    def write(self, data: bytes) -> float:
        """Send all bytes; returns the monotonic time just before the first one went out, in seconds."""

    def read(self, until_mono_s: float) -> bytes:
        """Whatever has come, as soon as something has; empty when ``until_mono_s`` passes first."""

    def drain(self) -> int:
        """Throw away what has come unasked; returns the number of bytes."""

    def close(self) -> None:
        """Give the port back; never raises."""


def character_s(bus: Bus) -> float:
    """Time of one character on the line in seconds: start, 8 data, parity and stop bits."""
    return (1 + 8 + (bus.parity != "N") + bus.stop_bits) / bus.baud


def _cause(path: Path, error: Exception) -> str:
    """What went wrong with a port, in both languages, with the remedy."""
    if not path.exists():
        return f"找不到串口 {path}，请检查转换器和线 / port {path} is missing: check the adapter and its cable"
    number = getattr(error, "errno", None)
    if number in (13, 1):
        return f"无权打开串口 {path}，请把用户加入 dialout 组 / no right to open {path}: join group dialout"
    if "lock" in str(error) or number in (11, 16):
        return f"串口 {path} 被其他程序占用 / port {path} is in use by another program"
    return f"串口 {path} 打不开：{error} / cannot open port {path}: {error}"


@dataclass(slots=True)
class SerialWire:
    """A serial port in raw mode, locked against other programs (``flock``)."""

    path: Path
    _port: serial.Serial
    _poll: select.poll = field(default_factory=select.poll)

    @classmethod
    def open(cls, bus: Bus) -> SerialWire:
        """Open the port of a bus. LinkDown: absent, busy or forbidden."""
        try:
            port = serial.Serial(
                str(bus.port),
                baudrate=bus.baud,
                parity=bus.parity,
                stopbits=bus.stop_bits,
                timeout=0,
                exclusive=True,
            )
        except (OSError, ValueError, termios.error) as error:  # SerialException is an OSError
            raise LinkDown(_cause(bus.port, error)) from error
        wire = cls(bus.port, port)
        wire._poll.register(port.fileno(), select.POLLIN)
        return wire

    def _gone(self, error: OSError | None = None) -> LinkDown:
        why = f": {error}" if error else ""
        return LinkDown(
            f"串口 {self.path} 断开，请检查线和转换器 / port {self.path} was unplugged, check the cable{why}"
        )

    def write(self, data: bytes) -> float:
        """Send all bytes; returns the time just before the first one."""
        view = memoryview(data)
        began_mono_s = time.monotonic()
        try:
            while view:
                try:
                    view = view[os.write(self._port.fileno(), view) :]
                except BlockingIOError:
                    self._wait_writable(began_mono_s + WRITE_TIMEOUT_S)
        except OSError as error:
            raise self._gone(error) from error
        return began_mono_s

    def _wait_writable(self, until_mono_s: float) -> None:
        poll = select.poll()
        poll.register(self._port.fileno(), select.POLLOUT)
        left_ms = (until_mono_s - time.monotonic()) * 1000
        if left_ms <= 0 or not poll.poll(left_ms):
            raise LinkDown(f"串口 {self.path} 写不出 / port {self.path} takes no bytes")

    def read(self, until_mono_s: float) -> bytes:
        """Whatever has come, or nothing at the deadline."""
        left_ms = max(0.0, (until_mono_s - time.monotonic()) * 1000)
        events = self._poll.poll(left_ms)
        if not events:
            return b""
        try:
            data = os.read(self._port.fileno(), READ_MAX)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise self._gone(error) from error
        if not data:  # readable and empty: hung up
            raise self._gone()
        return data

    def drain(self) -> int:
        """Throw away what has come unasked."""
        dropped = 0
        while dropped < 16 * READ_MAX and (data := self.read(0.0)):
            dropped += len(data)
        return dropped

    def close(self) -> None:
        """Give the port back."""
        self._poll = select.poll()
        try:
            self._port.close()
        except OSError:  # an unplugged adapter may refuse its last settings; the descriptor is gone either way
            return
