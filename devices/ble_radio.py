"""The phone door's GATT service on one Bluetooth controller, over bumble (extra ``ble``). Shell: asyncio, radio, clock.

One controller, from its opening to its loss. All methods run in one event loop (``devices/ble_door.py`` owns it);
what a phone may do is decided in ``devices/ble_protocol.py``.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Callable, Coroutine, Sequence
from itertools import count
from typing import Any

from bumble import data_types, gatt, hci
from bumble.core import UUID, AdvertisingData, BaseBumbleError
from bumble.device import Connection, Device, DeviceConfiguration
from bumble.host import Host
from bumble.pairing import PairingConfig, PairingDelegate
from bumble.transport import open_transport
from bumble.transport.common import Transport

from devices import ble_format
from devices.ble_protocol import CONNECTIONS_MAX, Drop, Output, PhoneDoor, Send
from devices.errors import LinkDown
from devices.messages import PhoneProof

log = logging.getLogger(__name__)

OPEN_S = 15.0  # a controller that takes longer to start is not there
TICK_S = 0.5
PROBE_S, ANSWER_S = 5.0, 3.0  # a dead adapter may hang instead of going away
CANCEL_S = 1.0
FAREWELL_S = 0.2  # lets the last verdict out before the connection ends
FAILURES = (OSError, BaseBumbleError, TimeoutError, asyncio.InvalidStateError)
"""What a controller that is absent, busy, lost or confused raises."""

UNPLUGGED = "蓝牙适配器被拔出或断开 / the Bluetooth adapter was unplugged or closed"

_serial = count(1)


class _NoPairing(PairingDelegate):
    """A phone proves itself by its key; bonds would only pile up."""

    async def accept(self) -> bool:
        return False


async def open_radio(adapter: str) -> Transport:
    """The HCI transport of an adapter, as bumble names it. LinkDown: absent, busy, forbidden or misspelt."""
    try:
        async with asyncio.timeout(OPEN_S):
            return await open_transport(adapter)
    except (*FAILURES, ValueError) as error:
        raise LinkDown(
            f"蓝牙适配器 {adapter} 打不开，请检查 adapter 设置、权限，或是否被系统占用 / cannot open Bluetooth adapter "
            f"{adapter}: check the setting, the rights, and whether the system holds it: {error!r}"
        ) from error


class GattDoor:
    """The service on an open controller. ``report`` must not block."""

    def __init__(self, door: PhoneDoor, transport: Transport, report: Callable[[PhoneProof], None]) -> None:
        self._door = door
        self._transport = transport
        self._report = report
        self._connections: dict[str, Connection] = {}
        self._ids: dict[Connection, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()  # a phone came or went, or the controller is gone
        transport.source.terminated.add_done_callback(lambda _: self._wake.set())
        # A fresh random address at every start; nothing is stored, nothing is ever paired.
        config = DeviceConfiguration(
            name="menwei", address=hci.Address.generate_static_address(), irk=secrets.token_bytes(16)
        )
        host = Host(transport.source, transport.sink)
        self._device = Device(config=config, host=host)
        self._device.pairing_config_factory = lambda _: PairingConfig(delegate=_NoPairing())
        self._challenge, self._verdict = self._add_service()

    def _add_service(self) -> tuple[gatt.Characteristic[bytes], gatt.Characteristic[bytes]]:
        """Hello, Challenge, Request and Verdict, as in docs/phone-door.md."""
        kind, may = gatt.Characteristic.Properties, gatt.Characteristic.Permissions
        hello = gatt.Characteristic(ble_format.HELLO, kind.READ, may.READABLE, self._door.hello)
        challenge: gatt.Characteristic[bytes] = gatt.Characteristic(
            ble_format.CHALLENGE, kind.READ | kind.NOTIFY, may.READABLE, gatt.CharacteristicValue(read=self._read)
        )
        request: gatt.Characteristic[bytes] = gatt.Characteristic(
            ble_format.REQUEST,
            kind.WRITE | kind.WRITE_WITHOUT_RESPONSE,
            may.WRITEABLE,
            gatt.CharacteristicValue(write=self._written),
        )
        verdict: gatt.Characteristic[bytes] = gatt.Characteristic(
            ble_format.VERDICT, kind.NOTIFY, gatt.Characteristic.Permissions(0), b""
        )
        self._device.add_service(gatt.Service(ble_format.SERVICE, [hello, challenge, request, verdict]))
        return challenge, verdict

    async def start(self) -> None:
        """Power on and advertise. LinkDown: the controller does not answer as one does."""
        self._device.on(self._device.EVENT_CONNECTION, self._connected)
        try:
            async with asyncio.timeout(OPEN_S):
                await self._device.power_on()
                await self._advertise()
        except FAILURES as error:
            raise LinkDown(f"蓝牙适配器不应答：{error!r} / the Bluetooth adapter does not answer: {error!r}") from error

    async def serve(self) -> None:
        """Serve until the controller is lost. LinkDown: always, with the cause."""
        probe_mono_s = time.monotonic() + PROBE_S
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(TICK_S):
                        await self._wake.wait()
                self._wake.clear()
                if self._transport.source.terminated.done():
                    raise LinkDown(UNPLUGGED)
                self._carry_out(self._door.tick(time.monotonic()))
                if time.monotonic() >= probe_mono_s:
                    await self._ask(self._device.host.send_sync_command(hci.HCI_Read_BD_ADDR_Command()))
                    probe_mono_s = time.monotonic() + PROBE_S
                if not self._device.is_advertising and len(self._connections) < CONNECTIONS_MAX:
                    await self._ask(self._advertise())
        except FAILURES as error:
            raise LinkDown(f"蓝牙适配器失联：{error!r} / the Bluetooth adapter was lost: {error!r}") from error

    async def _ask(self, work: Coroutine[Any, Any, object]) -> None:
        """Have the controller do something. TimeoutError: it does not answer; LinkDown: it is gone."""
        gone, asked = self._transport.source.terminated, asyncio.create_task(work)
        either: list[asyncio.Future[Any]] = [asked, gone]
        try:
            await asyncio.wait(either, timeout=ANSWER_S, return_when=asyncio.FIRST_COMPLETED)
            if gone.done() or asked.cancelled():
                raise LinkDown(UNPLUGGED)
            if not asked.done():
                raise TimeoutError(f"no answer within {ANSWER_S:.0f} s")
            asked.result()
        finally:
            await _ended({asked})

    async def close(self) -> None:
        """Let every phone go and give the controller back; never raises."""
        for name in list(self._connections):
            self._gone(name)
        await _ended(set(self._tasks))
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._transport.close()
        except FAILURES as error:
            log.info("closing the Bluetooth adapter: %r", error)

    def verdict(self, connection: str, granted: bool | None, text: str) -> bool:
        """Tell a phone what came of its proof; False when it does not wait for that any more."""
        said = self._door.verdict(connection, granted, text, time.monotonic())
        self._carry_out(said or ())
        return said is not None

    async def _advertise(self) -> None:
        flags = AdvertisingData.Flags.LE_GENERAL_DISCOVERABLE_MODE | AdvertisingData.Flags.BR_EDR_NOT_SUPPORTED
        services = data_types.CompleteListOf128BitServiceUUIDs([UUID(ble_format.SERVICE)])
        await self._device.start_advertising(
            advertising_data=bytes(AdvertisingData([data_types.Flags(flags), services])),
            scan_response_data=bytes(AdvertisingData([data_types.CompleteLocalName("menwei")])),
            advertising_interval_min=100.0,
            advertising_interval_max=150.0,
        )

    # What phones do.

    def _connected(self, connection: Connection) -> None:
        name = str(next(_serial))  # never used again: a late verdict finds nobody instead of the next phone
        self._connections[name], self._ids[connection] = connection, name
        connection.on(connection.EVENT_DISCONNECTION, lambda _: self._gone(name))
        self._carry_out(self._door.connect(name, time.monotonic()))
        self._wake.set()

    def _gone(self, name: str) -> None:
        connection = self._connections.pop(name, None)
        if connection is not None:
            self._ids.pop(connection, None)
        self._door.disconnect(name)
        self._wake.set()

    def _read(self, connection: Connection) -> bytes:
        return self._door.challenge(self._ids.get(connection, ""))

    def _written(self, connection: Connection, data: bytes) -> None:
        name = self._ids.get(connection, "")
        self._carry_out(self._door.receive(name, data, time.monotonic(), secrets.token_bytes(ble_format.NONCE_BYTES)))

    # What comes of it.

    def _carry_out(self, outputs: Sequence[Output]) -> None:
        for proof in [one for one in outputs if isinstance(one, PhoneProof)]:
            self._report(proof)
        if on_air := [one for one in outputs if isinstance(one, Send | Drop)]:
            self._spawn(self._say(on_air))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Bounded by the protocol: at most one for each piece that a phone was allowed to write."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _say(self, outputs: Sequence[Send | Drop]) -> None:
        for one in outputs:
            connection = self._connections.get(one.connection)
            if connection is None:
                return
            try:
                if isinstance(one, Drop):
                    await asyncio.sleep(FAREWELL_S)
                    await connection.disconnect()
                else:
                    on = self._challenge if one.on == "challenge" else self._verdict
                    await self._device.notify_subscriber(connection, on, one.piece)
            except FAILURES as error:  # it went away meanwhile
                log.info("phone %s: %r", one.connection, error)
                return


async def _ended(tasks: set[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait for them, but not for ever: inside bumble one may wait for a controller that is gone."""
    for task in tasks:
        task.cancel()
    if tasks:
        done, _ = await asyncio.wait(tasks, timeout=CANCEL_S)
        for task in done:
            if not task.cancelled() and (error := task.exception()) is not None:
                log.info("ended with %r", error)
