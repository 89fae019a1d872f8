"""Readers that do not exist, on ptys: OSDP readers (libosdp's own device side), a keypad, a QR scanner.

Shell: thread, pty. Like a reader on the wall an OSDP reader here lives on while its cable is pulled, and keeps its
events until it is asked.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from devices.sim.pty_link import PtyLink

REFRESH_S = 0.005

_KEPT: list[object] = []
"""Every reply of a command handler, for ever: libosdp 3.2.9 gives back one reference more than it took (pd_command_cb)
and keeps the tuple around it, so that the garbage collector would walk into freed memory."""


class _Line:
    """The device's end of the pair."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self.id = 0
        self.inbox = bytearray()
        self._send = send

    def read(self, size_max: int) -> bytes:
        data = bytes(self.inbox[:size_max])
        del self.inbox[:size_max]
        return data

    def write(self, data: bytes) -> int:
        self._send(data)
        return len(data)

    def flush(self) -> None:
        self.inbox.clear()


@dataclass(slots=True)
class SimOsdpReader:
    """One OSDP reader. ``key`` None: factory state, which waits for an installer."""

    address: int = 0
    key: bytes | None = field(default=None, repr=False)
    tampered: bool = False
    power_failed: bool = False
    powered: bool = True
    commands: list[dict[str, Any]] = field(default_factory=list)
    """Lights, sounds and texts, in order."""


class SimOsdpLine:
    """A pty with OSDP readers at its far end, driven by one thread."""

    def __init__(self, path: Path, readers: list[SimOsdpReader]) -> None:
        self.readers = readers
        self._link = PtyLink(path, self._hear)
        self._lock = threading.Lock()
        self._heard: deque[bytes] = deque(maxlen=256)
        self._todo: deque[Callable[[], None]] = deque(maxlen=64)
        self._devices: dict[int, tuple[Any, _Line]] = {}
        self._leave = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sim-osdp", daemon=True)

    def start(self) -> None:
        """Plug the adapter in and power the readers."""
        self._link.start()
        self._thread.start()

    def stop(self) -> None:
        """Take everything away."""
        self._leave.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._link.stop()

    def unplug(self) -> None:
        """Pull the adapter; the readers live on."""
        self._link.unplug()

    def replug(self) -> None:
        """Put the adapter back under the same path."""
        self._link.replug()

    def restart(self, reader: SimOsdpReader, off_s: float = 0.0) -> None:
        """Cut a reader's power for a while; what it kept is gone."""
        reader.powered = False
        self._do(lambda: self._devices.pop(id(reader), None))
        self._leave.wait(off_s)
        reader.powered = True

    def card(self, reader: SimOsdpReader, uid: bytes, bits: int) -> None:
        """Show a card."""
        event = {"event": self._sys().EVENT_CARDREAD, "reader_no": 0, "direction": 0, "length": bits, "data": uid}
        self._submit(reader, event | {"format": self._sys().CARD_FMT_RAW_UNSPECIFIED})

    def keys(self, reader: SimOsdpReader, keys: str) -> None:
        """Type keys; ``*`` and ``#`` go as OSDP wants them."""
        data = keys.replace("*", "\x7f").replace("#", "\r").encode()
        self._submit(reader, {"event": self._sys().EVENT_KEYPRESS, "reader_no": 0, "data": data})

    def health(self, reader: SimOsdpReader, *, tampered: bool, power_failed: bool = False) -> None:
        """Open the case or take the supply's second leg away."""
        reader.tampered, reader.power_failed = tampered, power_failed
        report = bytes((tampered, power_failed))
        status = {"event": self._sys().EVENT_STATUS, "type": self._sys().STATUS_REPORT_LOCAL, "report": report}
        self._submit(reader, status)

    def is_secure(self, reader: SimOsdpReader) -> bool:
        """Whether the reader has its secure channel."""
        device = self._devices.get(id(reader))
        return device is not None and bool(device[0].is_sc_active())

    @staticmethod
    def _sys() -> Any:
        import osdp_sys

        return osdp_sys

    def _submit(self, reader: SimOsdpReader, event: dict[str, Any]) -> None:
        self._do(lambda: self._devices[id(reader)][0].submit_event(event))

    def _do(self, act: Callable[[], object]) -> None:
        """Have the line's thread do something, and wait for it: native code has one caller."""
        done = threading.Event()

        def todo() -> None:
            try:
                act()
            finally:
                done.set()

        self._todo.append(todo)
        if not done.wait(10.0):
            raise TimeoutError("the simulated readers do not run")

    def _hear(self, data: bytes, _now_s: float) -> bytes:
        with self._lock:
            self._heard.append(data)
        return b""

    def _run(self) -> None:
        while not self._leave.wait(REFRESH_S):
            for reader in self.readers:
                if reader.powered and id(reader) not in self._devices:
                    self._devices[id(reader)] = self._device(reader)
            while self._todo:
                self._todo.popleft()()
            with self._lock:
                data = b"".join(self._heard)
                self._heard.clear()
            for device, line in list(self._devices.values()):
                line.inbox += data
                device.refresh()
        self._devices.clear()

    def _device(self, reader: SimOsdpReader) -> tuple[Any, _Line]:
        osdp = self._sys()
        line = _Line(self._link.say)
        about = dict.fromkeys(("version", "model", "vendor_code", "serial_number", "firmware_version"), 1)
        info = about | {"name": f"sim-{reader.address}", "address": reader.address, "channel": line}
        info |= {"flags": 0 if reader.key is None else osdp.FLAG_ENFORCE_SECURE, "scbk": reader.key}
        able = ("READER_LED_CONTROL", "READER_AUDIBLE_OUTPUT", "READER_TEXT_OUTPUT", "CONTACT_STATUS_MONITORING")
        capabilities = [
            {"function_code": getattr(osdp, f"CAP_{name}"), "compliance_level": 1, "num_items": 1} for name in able
        ]
        device = osdp.PeripheralDevice(info, capabilities=capabilities)

        def obey(command: dict[str, Any]) -> tuple[int, dict[str, Any] | None]:
            reply = None
            if command["command"] == osdp.CMD_STATUS:
                reply = command | {"report": bytes((reader.tampered, reader.power_failed))}
            else:
                reader.commands.append(command)
            _KEPT.append(reply)
            return 0, reply

        device.set_command_callback(obey)
        return device, line


class SimTyped:
    """A serial keypad or scanner: says what it is told to say, hears nothing."""

    def __init__(self, path: Path) -> None:
        self._link = PtyLink(path, lambda _data, _now_s: b"")
        self.start, self.stop = self._link.start, self._link.stop
        self.unplug, self.replug = self._link.unplug, self._link.replug

    def say(self, data: bytes, pause_s: float = 0.0) -> None:
        """Send bytes; with a pause, byte by byte as a person types."""
        for piece in (data,) if pause_s == 0 else (data[i : i + 1] for i in range(len(data))):
            self._link.say(piece)
            time.sleep(pause_s)
