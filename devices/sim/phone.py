"""Phones and Bluetooth adapters without a radio: bumble's virtual controllers on one link. Shell: asyncio, loopback.

    Air -- adapter() --> an HCI controller behind a TCP port, for a reader's ``adapter = "tcp-client:127.0.0.1:PORT"``
        \\- phone() ----> a central that writes and takes at most 20 bytes at a time, as a mini-program does

All this runs in one event loop; the reader has its own thread and speaks HCI over the port, as to a real adapter.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from bumble.controller import Controller
from bumble.core import UUID, AdvertisingData, BaseBumbleError
from bumble.device import Advertisement, Connection, Device, Peer
from bumble.gatt_client import CharacteristicProxy
from bumble.hci import Address
from bumble.host import Host
from bumble.link import LocalLink
from bumble.transport.common import AsyncPipeSink, StreamPacketSink, StreamPacketSource

from devices import ble_format
from devices.ble_format import ACTION_OPEN, HEADER, NONCE_BYTES, PIECE_MAX, VERSION, Kind, pieces, signed_message

SUPERVISION_TIMEOUT = 0x08  # Bluetooth Core 5.3, Vol 1, Part F, 2.8
HEARD_MAX = 64


class Air:
    """Whoever is on it hears everybody else."""

    def __init__(self) -> None:
        self.link = LocalLink()  # type: ignore[no-untyped-call]
        self._numbers = count(1)

    def address(self) -> Address:
        """A static random address that nobody else here has."""
        number = next(self._numbers)
        return Address(f"C0:00:00:00:{number >> 8:02X}:{number & 0xFF:02X}")

    async def adapter(self) -> Adapter:
        """A plugged adapter."""
        adapter = Adapter(self)
        await adapter.replug()
        return adapter

    async def phone(self) -> Phone:
        """A phone, switched on, connected to nobody."""
        address = self.address()
        controller = Controller(str(address), link=self.link, public_address=str(address))
        device = Device(address=address, host=Host(controller, AsyncPipeSink(controller)))
        await device.power_on()
        return Phone(device, lambda: self.link.remove_controller(controller))


class _Plug(StreamPacketSource):
    """One HCI connection and the controller behind it."""

    def __init__(self, adapter: Adapter) -> None:
        super().__init__()
        self._adapter = adapter
        self.transport: asyncio.Transport | None = None
        self.controller: Controller | None = None
        self.lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        air = self._adapter.air
        self.controller = Controller("reader", self, StreamPacketSink(transport), air.link, air.address())
        self._adapter.plugs.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        """The controller is gone: so it is for those that were connected to it."""
        self._adapter.plugs.discard(self)
        self.lost.set()
        controller, self.controller = self.controller, None
        if controller is None:
            return
        controller.le_legacy_advertiser.stop()
        for advertising in controller.advertising_sets.values():
            advertising.stop()
        self._adapter.air.link.remove_controller(controller)
        mine = {connection.self_address for connection in controller.le_connections.values()}
        for other in self._adapter.air.link.controllers:
            for connection in [c for c in other.le_connections.values() if c.peer_address in mine]:
                other.on_le_disconnected(connection, SUPERVISION_TIMEOUT)


class Adapter:
    """An adapter that may be unplugged; its name stays."""

    def __init__(self, air: Air) -> None:
        self.air = air
        self.port = 0
        self.plugs: set[_Plug] = set()
        self._server: asyncio.Server | None = None

    @property
    def name(self) -> str:
        """For ``Reader.adapter``."""
        return f"tcp-client:127.0.0.1:{self.port}"

    async def replug(self) -> None:
        """Be there again, as a fresh controller."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Plug(self), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def unplug(self) -> None:
        """Be gone, in the middle of whatever went on."""
        if self._server is not None:
            self._server.close()
        for plug in tuple(self.plugs):
            if plug.transport is not None:
                plug.transport.abort()
            await plug.lost.wait()

    def freeze(self) -> None:
        """Stop answering without going away, as a crashed firmware does."""
        for plug in self.plugs:
            if plug.transport is not None:
                plug.transport.pause_reading()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reader said to a proof."""

    status: int
    reason: int
    text: str


class PhoneGone(ConnectionError):
    """The connection ended while the phone waited for an answer."""


class Phone:
    """A central. ``connect`` first; then the characteristics of docs/phone-door.md, and ``press`` for all of it."""

    def __init__(self, device: Device, leave: Callable[[], None]) -> None:
        self._device = device
        self._leave = leave
        self._connection: Connection | None = None
        self._at: dict[str, CharacteristicProxy[bytes]] = {}
        self.gone = asyncio.Event()
        self.challenges: asyncio.Queue[bytes] = asyncio.Queue(HEARD_MAX)
        self.verdicts: asyncio.Queue[bytes] = asyncio.Queue(HEARD_MAX)

    async def find(self) -> Address:
        """The address of a reader that advertises the service; waits until there is one."""
        found: asyncio.Future[Address] = asyncio.get_running_loop().create_future()

        def heard(advertisement: Advertisement) -> None:
            services = advertisement.data.get(AdvertisingData.Type.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS)
            if services and UUID(ble_format.SERVICE) in services and not found.done():
                found.set_result(advertisement.address)

        self._device.on(self._device.EVENT_ADVERTISEMENT, heard)
        await self._device.start_scanning()
        try:
            return await found
        finally:
            await self._device.stop_scanning()
            self._device.remove_listener(self._device.EVENT_ADVERTISEMENT, heard)

    async def connect(self, address: Address | None = None) -> None:
        """Connect to a reader (the first one found), discover its service and listen to it."""
        connection = await self._device.connect(address or await self.find())
        self.gone.clear()
        connection.on(connection.EVENT_DISCONNECTION, lambda _: self.gone.set())
        self._connection = connection
        peer = Peer(connection)
        await peer.discover_service(UUID(ble_format.SERVICE))
        for name in (ble_format.HELLO, ble_format.CHALLENGE, ble_format.REQUEST, ble_format.VERDICT):
            await peer.discover_characteristics([UUID(name)])
            (self._at[name],) = peer.get_characteristics_by_uuid(UUID(name))
        await self._at[ble_format.CHALLENGE].subscribe(self.challenges.put_nowait)
        await self._at[ble_format.VERDICT].subscribe(self.verdicts.put_nowait)

    async def disconnect(self) -> None:
        """Go away."""
        if self._connection is not None and not self.gone.is_set():
            await self._connection.disconnect()

    async def switch_off(self) -> None:
        """Go away for good."""
        await self.disconnect()
        await self._device.power_off()
        self._leave()

    async def hello(self) -> bytes:
        """Read Hello."""
        return bytes(await self._at[ble_format.HELLO].read_value())

    async def challenge(self) -> bytes:
        """Read Challenge."""
        return bytes(await self._at[ble_format.CHALLENGE].read_value())

    async def write(self, piece: bytes, *, response: bool = True) -> None:
        """Write one piece. ValueError: more than a phone without MTU exchange can write. PhoneGone: not connected."""
        if len(piece) > PIECE_MAX:
            raise ValueError(f"a piece has at most {PIECE_MAX} bytes")
        await self.write_raw(piece, response=response)

    async def write_raw(self, data: bytes, *, response: bool = True) -> None:
        """Write what an ill-behaved phone would."""
        if self.gone.is_set():
            raise PhoneGone
        try:
            await self._at[ble_format.REQUEST].write_value(data, with_response=response)
        except (BaseBumbleError, asyncio.CancelledError) as error:
            if self.gone.is_set():
                raise PhoneGone from error
            raise

    async def hear(self, queue: asyncio.Queue[bytes]) -> bytes:
        """The next notification of one kind. PhoneGone: the connection ended first."""
        tasks: list[asyncio.Task[Any]] = [asyncio.create_task(queue.get()), asyncio.create_task(self.gone.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if tasks[0].done():
                return bytes(tasks[0].result())
        finally:
            for task in tasks:  # a forgotten one would take what the next caller waits for
                task.cancel()
        raise PhoneGone

    async def verdict(self) -> Answer:
        """The next whole verdict."""
        first = await self.hear(self.verdicts)
        rest = [await self.hear(self.verdicts) for _ in range(first[2] - 1)]
        message = b"".join(piece[HEADER:] for piece in (first, *rest))
        return Answer(message[0], message[1], message[2:].decode())

    async def press(self, public_key: bytes, sign: Callable[[bytes], bytes]) -> Answer:
        """The user presses: ask, sign the nonce, prove, and hear the verdict (the first one; a second may follow)."""
        reader = (await self.hello())[1:]
        for piece in pieces(Kind.OPEN, bytes((VERSION, ACTION_OPEN)) + reader):
            await self.write(piece)
        asked, refused = asyncio.create_task(self.hear(self.challenges)), asyncio.create_task(self.verdict())
        await asyncio.wait([asked, refused], return_when=asyncio.FIRST_COMPLETED)
        if refused.done():
            asked.cancel()
            return refused.result()
        refused.cancel()
        nonce = asked.result()[HEADER : HEADER + NONCE_BYTES]
        key = ble_format.key_id(public_key)
        signature = sign(signed_message(reader, nonce, ACTION_OPEN, key))
        for piece in pieces(Kind.PROOF, key + nonce + signature):
            await self.write(piece)
        return await self.verdict()
