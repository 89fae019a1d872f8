"""A Bluetooth reader on a virtual radio, a hub that verifies, and phones that follow docs/phone-door.md."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from config.model_gate import Reader
from devices.ble_door import BleReader, ble_reader
from devices.messages import PhoneProof, ReaderBack, Report, SignalReader
from devices.readers import Readers
from devices.sim.phone import Adapter, Air, Phone
from edge.access.phone_keys import PhoneRefusal, verify
from sync.records import Key
from tests.devices.ble_book import BookPhone
from tests.devices.rig import PATIENCE_S, Heard

ANNA, BEN = BookPhone(bytes(range(32))), BookPhone(bytes(32))
KEYS = {
    ("phone", p.public.hex()): Key(kind="phone", value=p.public.hex(), person=n) for p, n in ((ANNA, "a"), (BEN, "b"))
}


class Hub(Heard):
    """Hears the reader and, like the hub, answers each proof by its signature."""

    def __init__(self) -> None:
        super().__init__()
        self.reader: BleReader | Readers | None = None
        self.answers = True
        self.people: list[str] = []

    def __call__(self, report: Report) -> None:
        super().__call__(report)
        if isinstance(report, PhoneProof) and self.answers:
            who = verify(report, KEYS, time.monotonic())
            granted = not isinstance(who, PhoneRefusal)
            self.people += [who.person] if isinstance(who, Key) else []
            self.signal(report.connection, granted=granted, text="请进" if granted else "不认识")

    def signal(self, connection: str, *, granted: bool | None, text: str = "", life_s: float = 60.0) -> str:
        """Submit a verdict; its command id."""
        assert self.reader is not None
        ident = f"c{connection}-{len(self.reports)}-{granted}"
        expires = time.monotonic() + life_s
        self.reader.submit(
            SignalReader(
                id=ident, reader="east", granted=granted, text=text, expires_mono_s=expires, connection=connection
            )
        )
        return ident

    async def news(self, kind: type[Report], fits: Callable[[Report], bool] = lambda _: True, since: int = 0) -> Report:
        """A report of a kind, waited for beside the loop."""
        return await asyncio.to_thread(self.wait_for, kind, fits, since)


@asynccontextmanager
async def door() -> AsyncIterator[tuple[Air, Adapter, Hub]]:
    """An air, an adapter and a reader on it, started and ready."""
    air, hub = Air(), Hub()
    adapter = await air.adapter()
    reader = hub.reader = ble_reader("east", Reader(kind="ble", door="front", adapter=adapter.name), hub)
    reader.start()
    try:
        await hub.news(ReaderBack)
        yield air, adapter, hub
    finally:
        await asyncio.to_thread(reader.stop)
        await adapter.unplug()
        assert not reader._thread.is_alive()


async def joined(air: Air) -> Phone:
    phone = await air.phone()
    await asyncio.wait_for(phone.connect(), PATIENCE_S)
    return phone


async def by_the_book(phone: Phone, who: BookPhone, *, response: bool = True) -> tuple[int, int, str]:
    """Press and prove as the page says; the verdict."""
    hello = await phone.hello()
    for piece in who.press(hello):
        await phone.write(piece, response=response)
    challenge = await phone.hear(phone.challenges)
    assert await phone.challenge() == challenge, "it may be read as well"
    for piece in who.answer(hello, challenge):
        await phone.write(piece, response=response)
    return await the_verdict(phone)


async def the_verdict(phone: Phone) -> tuple[int, int, str]:
    parts: list[bytes] = []
    while (said := BookPhone.verdict_in(parts)) is None:
        parts.append(await asyncio.wait_for(phone.hear(phone.verdicts), PATIENCE_S))
    return said
