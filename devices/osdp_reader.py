"""OSDP readers on one port, spoken to through libosdp with Secure Channel. Shell: native code and the port.

Ours is the control panel's side (IEC 60839-11-5). The secure channel is enforced with the key of the site; install
mode, which would hand that key to whoever answers, is never used. libosdp's own Python class keeps every event for
ever and brings a thread of its own, so its inner class is driven here, by the thread that owns the port.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from devices.keypad import Keypad
from devices.messages import (
    CardRead,
    CommandDone,
    CommandFailed,
    FailReason,
    KeysTyped,
    ReaderBack,
    ReaderLost,
    Report,
    SignalReader,
)
from devices.osdp_channel import Channel, Panel
from devices.osdp_link import STALE_S, Lost, ReaderLink, Restart, Step
from devices.osdp_signal import parts_of
from devices.wire import Wire

REFRESH_S = 0.02
"""libosdp wants to be called at least every 50 ms."""
INBOX_MAX = 4096
EVENTS_MAX = 64
WAITING_MAX = 8
"""Signals of one reader under way; libosdp holds 32 commands, three a signal."""
ANSWER_S = 3.0
CARD_BITS_MAX = 1024
START_OF_MESSAGE = 0x53  # IEC 60839-11-5, packet format: SOM, then the address with bit 7 set in replies


@dataclass(frozen=True, slots=True, kw_only=True)
class OsdpReader:
    """One reader's settings."""

    name: str
    address: int
    key: bytes = field(repr=False)
    """Secure Channel base key (SCBK), 16 bytes."""


@dataclass(slots=True)
class _Signal:
    """A signal under way and how many of its OSDP commands are still open."""

    id: str
    parts: int
    sent_mono_s: float
    ok: bool = True


class _Unit:
    """A reader and everything that is kept for it."""

    def __init__(self, settings: OsdpReader, began_mono_s: float) -> None:
        self.settings = settings
        self.link = ReaderLink(settings.name, began_mono_s)
        self.keypad = Keypad()
        self.signals: deque[_Signal] = deque()
        self.restarting = False
        self.asked_health = False


class OsdpLine:
    """All OSDP readers of one port. Every method is called by the port's thread."""

    def __init__(self, readers: Sequence[OsdpReader], report: Callable[[Report], None]) -> None:
        import osdp_sys  # an extra: build_readers looks for it first

        self._sys = osdp_sys
        self._report = report
        self._channel = Channel()
        self._events: deque[tuple[int, dict[str, Any]]] = deque(maxlen=EVENTS_MAX)
        self._answers: deque[tuple[int, int]] = deque(maxlen=EVENTS_MAX)
        self._last_byte = 0
        self._stepped_mono_s = time.monotonic()
        self._units = [_Unit(reader, self._stepped_mono_s) for reader in readers]
        osdp_sys.set_loglevel(osdp_sys.LOG_EMERG)  # it writes to standard error by itself; we say what matters
        self._panel: Panel = osdp_sys.ControlPanel([self._info(reader) for reader in readers])
        # Callbacks only keep what they get: an exception in them would be lost inside native code.
        self._panel.set_event_callback(self._keep_event)
        self._panel.set_command_completion_callback(self._keep_answer)

    def _info(self, reader: OsdpReader) -> dict[str, Any]:
        flags = self._sys.FLAG_ENFORCE_SECURE | self._sys.FLAG_ENABLE_NOTIFICATION
        about = dict.fromkeys(("version", "model", "vendor_code", "serial_number", "firmware_version"), 0)
        return about | {
            "name": reader.name,
            "address": reader.address,
            "flags": flags,
            "scbk": reader.key,
            "channel": self._channel,
        }

    def _keep_event(self, pd: int, event: dict[str, Any]) -> int:
        self._events.append((pd, dict(event)))
        event.clear()  # libosdp 3.2.9 never lets the dictionary go: what leaks shall be an empty one
        return 0

    def _keep_answer(self, pd: int, command: dict[str, Any], status: int) -> None:
        self._answers.append((pd, status))
        command.clear()

    def attach(self, wire: Wire) -> None:
        """The port is open."""
        self._channel.wire, self._channel.fault = wire, None
        self._channel.flush()
        now = self._stepped_mono_s = time.monotonic()
        for pd, unit in enumerate(self._units):
            self._follow(pd, unit.link.port_back(now), now)

    def detach(self, cause: str) -> None:
        """The port is gone, or the gateway stops."""
        self._channel.wire = None
        self._channel.flush()
        now = time.monotonic()
        for pd, unit in enumerate(self._units):
            self._follow(pd, unit.link.port_lost(cause), now)
            self._drop_signals(pd, unit, FailReason.LINK_DOWN, now)

    def step(self, wire: Wire) -> None:
        """Listen for up to 20 ms, let libosdp work, and pass on what came of it. LinkDown: the port is gone."""
        data = wire.read(time.monotonic() + REFRESH_S)
        now = time.monotonic()
        if now - self._stepped_mono_s > STALE_S:  # this machine slept or was stopped
            wire.drain()
            data = b""
            self._channel.flush()
            for unit in self._units:
                unit.link.stalled(now)
        self._stepped_mono_s = now
        self._listen(data, now)
        self._panel.refresh()
        if self._channel.fault is not None:
            raise self._channel.fault
        now = time.monotonic()
        secure = self._panel.sc_status()
        while self._events:
            self._event(*self._events.popleft(), now)
        for pd, unit in enumerate(self._units):
            self._watch(pd, unit, bool(secure >> pd & 1), now)

    def _listen(self, data: bytes, now: float) -> None:
        """Hand bytes to libosdp, and note whose they are."""
        room = INBOX_MAX - len(self._channel.inbox)
        self._channel.inbox += data[:room]
        for byte in data:
            if self._last_byte == START_OF_MESSAGE and byte & 0x80:
                for unit in self._units:
                    if unit.settings.address == byte & 0x7F:
                        unit.link.heard(now)
            self._last_byte = byte

    def _watch(self, pd: int, unit: _Unit, secure: bool, now: float) -> None:
        if unit.restarting:
            if not self._panel.is_pd_enabled(pd):
                self._panel.enable_pd(pd)
                self._forget_answers(pd)
                unit.restarting = False
            return
        self._follow(pd, unit.link.watch(secure, now), now)
        if unit.link.secure and not unit.asked_health:
            report = {"command": self._sys.CMD_STATUS, "type": self._sys.STATUS_REPORT_LOCAL, "report": b""}
            unit.asked_health = bool(self._panel.submit_command(pd, report))
            if unit.asked_health:
                unit.signals.append(_Signal("", 1, now))
        for keys in unit.keypad.expire(now):
            self._report(KeysTyped(reader=unit.settings.name, keys=keys, at_mono_s=now))
        self._settle_signals(pd, unit, now)

    def _follow(self, pd: int, steps: Sequence[Step], now: float) -> None:
        unit = self._units[pd]
        for step in steps:
            if isinstance(step, Restart):
                unit.restarting = bool(self._panel.disable_pd(pd))
                unit.asked_health = False
                unit.keypad.forget()
                self._drop_signals(pd, unit, FailReason.NO_REPLY, now)
            elif isinstance(step, Lost):
                self._report(ReaderLost(reader=unit.settings.name, cause=step.cause, at_mono_s=now))
            else:
                self._report(ReaderBack(reader=unit.settings.name, at_mono_s=now))

    # What readers say.

    def _event(self, pd: int, event: dict[str, Any], now: float) -> None:
        unit, kind = self._units[pd], event["event"]
        if kind == self._sys.EVENT_NOTIFICATION:
            gone = event["type"] == self._sys.EVENT_NOTIFICATION_PD_STATUS and not event["arg0"]
            if gone and not unit.restarting:
                unit.link.failed(now)
        elif kind == self._sys.EVENT_STATUS:
            self._health(pd, event, now)
        elif kind in (self._sys.EVENT_CARDREAD, self._sys.EVENT_KEYPRESS) and unit.link.takes(now):
            if kind == self._sys.EVENT_CARDREAD:
                self._card(unit.settings.name, event, now)
            else:
                for keys in unit.keypad.feed(event["data"], now):
                    self._report(KeysTyped(reader=unit.settings.name, keys=keys, at_mono_s=now))

    def _health(self, pd: int, event: dict[str, Any], now: float) -> None:
        link, report = self._units[pd].link, event["report"]
        if event["type"] == self._sys.STATUS_REPORT_LOCAL and len(report) >= 2 and link.secure:
            self._follow(pd, link.health(bool(report[0]), bool(report[1])), now)

    def _card(self, reader: str, event: dict[str, Any], now: float) -> None:
        data: bytes = event["data"]
        bits = int(event.get("length", 8 * len(data)))  # in bytes for cards sent as text, which have no length
        if data and 0 < bits <= CARD_BITS_MAX:
            self._report(CardRead(reader=reader, uid=data.hex().upper(), bits=bits, at_mono_s=now))

    # What readers are told.

    def submit(self, command: SignalReader) -> None:
        """Begin a signal; its verdict comes as a report."""
        now = time.monotonic()
        pd = next(pd for pd, unit in enumerate(self._units) if unit.settings.name == command.reader)
        unit = self._units[pd]
        if now > command.expires_mono_s:
            self._fail(command.id, unit, FailReason.EXPIRED, now)
        elif not unit.link.secure or unit.restarting:
            self._fail(command.id, unit, FailReason.LINK_DOWN, now)
        elif len(unit.signals) >= WAITING_MAX:
            self._fail(command.id, unit, FailReason.QUEUE_FULL, now)
        else:
            parts = parts_of(command, lambda code: self._panel.check_capability(pd, code)[0] > 0)
            sent = sum(bool(self._panel.submit_command(pd, part)) for part in parts)
            if sent < max(1, len(parts)):
                self._fail(command.id, unit, FailReason.REFUSED, now)
            if sent:
                unit.signals.append(_Signal(command.id if sent == len(parts) else "", sent, now))

    def _settle_signals(self, pd: int, unit: _Unit, now: float) -> None:
        """Match libosdp's answers, which come in order, with the signals."""
        mine = [status for at, status in self._answers if at == pd]
        self._forget_answers(pd)
        for status in mine:
            if not unit.signals:
                break
            signal = unit.signals[0]
            signal.parts, signal.ok = signal.parts - 1, signal.ok and status == self._sys.COMPLETION_OK
            if signal.parts == 0:
                unit.signals.popleft()
                self._finish(signal, unit, now)
        if unit.signals and now - unit.signals[0].sent_mono_s > ANSWER_S:
            self._drop_signals(pd, unit, FailReason.NO_REPLY, now)

    def _finish(self, signal: _Signal, unit: _Unit, now: float) -> None:
        if not signal.ok:
            self._fail(signal.id, unit, FailReason.REFUSED, now)
        elif signal.id:
            done = CommandDone(
                id=signal.id, device=unit.settings.name, first_byte_mono_s=signal.sent_mono_s, done_mono_s=now
            )
            self._report(done)

    def _drop_signals(self, pd: int, unit: _Unit, reason: FailReason, now: float) -> None:
        self._panel.flush_commands(pd)
        self._forget_answers(pd)
        while unit.signals:
            self._fail(unit.signals.popleft().id, unit, reason, now)

    def _forget_answers(self, pd: int) -> None:
        self._answers = deque((item for item in self._answers if item[0] != pd), maxlen=EVENTS_MAX)

    def _fail(self, command_id: str, unit: _Unit, reason: FailReason, now: float) -> None:
        if command_id:
            self._report(CommandFailed(id=command_id, device=unit.settings.name, reason=reason, at_mono_s=now))

    def counters(self) -> dict[str, dict[str, int]]:
        """Per reader, what was dropped."""
        return {
            unit.settings.name: {f"dropped_{name}": count for name, count in asdict(unit.link.dropped).items()}
            for unit in self._units
        }
