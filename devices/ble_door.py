"""A Bluetooth reader for phones: one adapter, one thread, found again when it comes back. Shell: thread and clock.

``bumble`` is imported by the reader's own thread, so a gateway without such a reader never loads it.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from config.model import Site
from config.model_gate import Reader
from devices.ble_protocol import PhoneDoor
from devices.errors import LinkDown
from devices.messages import CommandDone, CommandFailed, FailReason, ReaderBack, ReaderLost, Report, SignalReader

if TYPE_CHECKING:
    from devices.ble_radio import GattDoor

log = logging.getLogger(__name__)

REOPEN_FIRST_S, REOPEN_MAX_S = 0.5, 15.0
CANCEL_S = 0.5
JOIN_S = 10.0  # above the longest step of a radio that is closed; a thread still alive then is reported


def problem(name: str) -> str | None:
    """Why no Bluetooth reader can run here, in both languages; None when one can."""
    if importlib.util.find_spec("bumble") is not None:
        return None
    return (
        f"readers.{name}: 缺少蓝牙库，请运行 pip install 'menwei[ble]' / "
        f"the Bluetooth library is missing: run pip install 'menwei[ble]'"
    )


def ble_reader(name: str, settings: Reader, report: Callable[[Report], None]) -> BleReader:
    """A reader of kind ``ble``, not yet started.

    ``report`` is called from the reader's thread and from whoever calls ``submit``; it must not block.
    """
    return BleReader(name, settings, report)


def ble_readers(_site: Site, readers: Mapping[str, Reader], report: Callable[[Report], None]) -> BleReaders:
    """All readers of kind ``ble`` of a site, as ``devices.readers.OTHER_KINDS`` wants them."""
    return BleReaders({name: ble_reader(name, settings, report) for name, settings in readers.items()})


class BleReaders:
    """The site's Bluetooth readers; each has its adapter and its thread."""

    def __init__(self, readers: Mapping[str, BleReader]) -> None:
        self._readers = dict(readers)

    def start(self) -> None:
        """Start them all."""
        for reader in self._readers.values():
            reader.start()

    def stop(self) -> None:
        """Stop them all."""
        for reader in self._readers.values():
            reader.stop()

    def submit(self, command: SignalReader) -> None:
        """Hand a verdict to its reader, which must be one of these."""
        self._readers[command.reader].submit(command)

    def counters(self) -> dict[str, dict[str, int]]:
        """Per reader, what phones did so far."""
        return {name: reader.counters() for name, reader in self._readers.items()}


class BleReader:
    """The thread of one adapter."""

    def __init__(self, name: str, settings: Reader, report: Callable[[Report], None]) -> None:
        self.name = name
        self._adapter = settings.adapter
        self._report = report
        self._door = PhoneDoor(name)
        self._lock = threading.Lock()  # guards loop and stopping against submitters
        self._loop: asyncio.AbstractEventLoop | None = None
        self._leave: asyncio.Event | None = None
        self._stopping = False
        self._up: bool | None = None  # None: never told yet
        self._radio: GattDoor | None = None  # touched by the thread alone
        self._opened = 0
        self._thread = threading.Thread(target=self._run, name=f"ble-{name}", daemon=True)

    def start(self) -> None:
        """Begin to own the adapter; an absent one is no error, it is told and tried again."""
        if (wrong := problem(self.name)) is not None:
            self._lose(LinkDown(wrong))
            return
        self._thread.start()

    def stop(self) -> None:
        """Let the phones go, give the adapter back, join the thread."""
        with self._lock:
            self._stopping = True
            if self._loop is not None and self._leave is not None:
                self._loop.call_soon_threadsafe(self._leave.set)
        if self._thread.ident is not None:
            self._thread.join(JOIN_S)
            if self._thread.is_alive():
                log.error("reader %s did not stop within %.0f s", self.name, JOIN_S)

    def submit(self, command: SignalReader) -> None:
        """Tell a phone the verdict; exactly one CommandDone or CommandFailed follows as a report."""
        with self._lock:
            loop = None if self._stopping else self._loop
            if loop is not None:
                loop.call_soon_threadsafe(self._answer, command)
        if loop is None:
            self._fail(command, FailReason.LINK_DOWN, "读头未运行 / the reader does not run")

    def counters(self) -> dict[str, int]:
        """What phones did so far, for the health page."""
        return {"opened": self._opened, **self._door.counters}

    # The thread.

    def _run(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        leave = asyncio.Event()
        with self._lock:
            if self._stopping:
                return
            self._loop, self._leave = asyncio.get_running_loop(), leave
        try:
            await self._keep(leave)
        finally:
            with self._lock:
                self._loop = None
            await asyncio.sleep(0)  # lets answers that were handed over meanwhile be failed

    async def _keep(self, leave: asyncio.Event) -> None:
        """Open the adapter, serve, and again, until ``leave``."""
        back_off_s = REOPEN_FIRST_S
        while not leave.is_set():
            serving, leaving = asyncio.create_task(self._own()), asyncio.create_task(leave.wait())
            await asyncio.wait([serving, leaving], return_when=asyncio.FIRST_COMPLETED)
            if leave.is_set():
                while not serving.done():  # wait_for of Python 3.11, as inside bumble, may swallow a cancellation
                    serving.cancel()
                    await asyncio.wait([serving], timeout=CANCEL_S)
                if not serving.cancelled() and not isinstance(error := serving.exception(), LinkDown | None):
                    log.error("reader %s failed while it stopped", self.name, exc_info=error)
                return
            leaving.cancel()
            served = self._up is True
            self._lose(None if serving.cancelled() else serving.exception())
            back_off_s = REOPEN_FIRST_S if served else min(REOPEN_MAX_S, back_off_s * 2)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(back_off_s):
                    await leave.wait()

    async def _own(self) -> None:
        """Serve the adapter until it is lost; ends by an exception."""
        from devices.ble_radio import GattDoor, open_radio

        transport = await open_radio(self._adapter)
        radio = GattDoor(self._door, transport, self._tell)
        try:
            await radio.start()
            self._radio, self._opened = radio, self._opened + 1
            self._up = True
            self._tell(ReaderBack(reader=self.name, at_mono_s=time.monotonic()))
            await radio.serve()
        finally:
            self._radio = None
            await radio.close()

    def _lose(self, error: BaseException | None) -> None:
        if not isinstance(error, LinkDown):  # a bug here must not leave a silent thread: say it, begin anew
            log.error("reader %s failed and begins anew", self.name, exc_info=error)
        if self._up is not False:
            self._up = False
            cause = (
                str(error) if isinstance(error, LinkDown) else "内部错误，见日志 / internal error, see the service log"
            )
            self._tell(ReaderLost(reader=self.name, cause=cause, at_mono_s=time.monotonic()))

    def _answer(self, command: SignalReader) -> None:
        """Carry out a command in the thread."""
        now = time.monotonic()
        if now >= command.expires_mono_s:
            self._fail(command, FailReason.EXPIRED, "it waited past its life, nothing was sent")
        elif self._radio is None:
            self._fail(command, FailReason.LINK_DOWN, "蓝牙适配器失联 / the Bluetooth adapter is lost")
        elif not command.connection:
            self._fail(
                command, FailReason.REFUSED, "蓝牙读头没有灯和蜂鸣器 / a Bluetooth reader has no light nor buzzer"
            )
        elif not self._radio.verdict(command.connection, command.granted, command.text):
            self._fail(command, FailReason.LINK_DOWN, "手机已离开或不再等待 / the phone has gone or waits no more")
        else:
            done = CommandDone(id=command.id, device=self.name, first_byte_mono_s=now, done_mono_s=time.monotonic())
            self._tell(done)

    def _fail(self, command: SignalReader, reason: FailReason, detail: str) -> None:
        now = time.monotonic()
        self._tell(CommandFailed(id=command.id, device=self.name, reason=reason, detail=detail, at_mono_s=now))

    def _tell(self, report: Report) -> None:
        try:
            self._report(report)
        except RuntimeError:  # the hub's loop is closed: it stops, and nobody is left to be told
            log.warning("reader %s: nobody takes %s", self.name, type(report).__name__)
