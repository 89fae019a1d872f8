"""The Bluetooth reader on a virtual radio: the service in its thread over HCI, phones written from the page."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("bumble", reason="the extra `ble` is not installed")

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from config.model import Site
from config.model_gate import Reader
from devices.ble_door import ble_reader
from devices.ble_format import Refusal
from devices.ble_protocol import CONNECTIONS_MAX
from devices.messages import (
    CommandDone,
    CommandFailed,
    FailReason,
    PhoneProof,
    ReaderBack,
    ReaderLost,
)
from devices.readers import build_readers
from devices.sim.phone import Air, Answer
from devices.sim.phone_air import PhoneAir
from tests.devices.ble_book import BookPhone
from tests.devices.ble_rig import ANNA, BEN, Hub, by_the_book, door, joined, the_verdict
from tests.devices.rig import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("response", [True, False])
async def test_a_phone_written_from_the_page_opens_and_hears_it(response: bool) -> None:
    async with door() as (air, _, hub):
        phone = await joined(air)
        assert await asyncio.wait_for(by_the_book(phone, ANNA, response=response), PATIENCE_S) == (0, 0, "请进")
        assert hub.people == ["a"]
        assert (await hub.news(CommandDone)).device == "east"  # type: ignore[union-attr]
        await phone.disconnect()


async def test_the_virtual_phone_opens_with_our_own_encoder() -> None:
    async with door() as (air, _, hub):
        phone, key = await joined(air), Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
        answer = await asyncio.wait_for(phone.press(key.public_key().public_bytes_raw(), key.sign), PATIENCE_S)
        assert answer == Answer(0, 0, "请进")
        stranger = Ed25519PrivateKey.generate()
        answer = await asyncio.wait_for(
            phone.press(stranger.public_key().public_bytes_raw(), stranger.sign), PATIENCE_S
        )
        assert answer == Answer(1, Refusal.GATEWAY, "不认识")
        assert hub.people == ["a"]


async def test_two_phones_at_once_piece_by_piece_each_hear_their_own_verdict() -> None:
    async with door() as (air, _, hub):
        one, two = await joined(air), await joined(air)
        hello = await one.hello()
        assert hello == await two.hello()
        for phone, who in ((one, ANNA), (two, BEN)):
            await phone.write(who.press(hello)[0])
        a = ANNA.answer(hello, await one.hear(one.challenges))
        b = BookPhone(b"x" * 32).answer(hello, await two.hear(two.challenges))
        for left, right in zip(a, b, strict=True):
            await one.write(left)
            await two.write(right)
        assert await the_verdict(one) == (0, 0, "请进")
        assert await the_verdict(two) == (1, Refusal.GATEWAY, "不认识")
        assert hub.people == ["a"]


async def test_a_proof_overheard_is_no_good_on_another_connection_nor_again() -> None:
    async with door() as (air, _, hub):
        owner, thief = await joined(air), await joined(air)
        hello = await owner.hello()
        await owner.write(ANNA.press(hello)[0])
        proof = ANNA.answer(hello, await owner.hear(owner.challenges))
        for piece in proof:
            await thief.write(piece)
        assert (await the_verdict(thief))[1] == Refusal.OTHER_CONNECTION
        for piece in proof:
            await owner.write(piece)
        assert (await the_verdict(owner))[0] == 0
        for phone in (owner, thief):
            for piece in proof:
                await phone.write(piece)
            assert (await the_verdict(phone))[1] == Refusal.SPENT_NONCE
        assert hub.people == ["a"]


async def test_a_phone_that_leaves_midway_disturbs_nobody_and_its_verdict_finds_nobody() -> None:
    async with door() as (air, _, hub):
        hub.answers = False
        leaver = await joined(air)
        hello = await leaver.hello()
        await leaver.write(ANNA.press(hello)[0])
        for piece in ANNA.answer(hello, await leaver.hear(leaver.challenges)):
            await leaver.write(piece)
        proof = await hub.news(PhoneProof)
        assert isinstance(proof, PhoneProof)
        await leaver.disconnect()
        halfway = await joined(air)
        await halfway.write(ANNA.press(hello)[0])
        await halfway.write(ANNA.answer(hello, await halfway.hear(halfway.challenges))[0])
        await halfway.disconnect()
        hub.answers = True
        other = await joined(air)
        assert await by_the_book(other, BEN) == (0, 0, "请进")
        late = hub.signal(proof.connection, granted=True)
        failed = await asyncio.to_thread(hub.verdict, late)
        assert isinstance(failed, CommandFailed)
        assert failed.reason is FailReason.LINK_DOWN
        assert hub.people == ["b"]


async def test_a_long_write_and_a_reserved_byte_are_refused_on_the_air() -> None:
    async with door() as (air, _, hub):
        phone = await joined(air)
        await phone.write_raw(b"".join(ANNA.press(await phone.hello())) + bytes(7), response=False)
        await phone.write(b"\x7f\0\1\1x")
        with pytest.raises(ValueError, match="at most 20"):
            await phone.write(bytes(21))
        assert {(await the_verdict(phone))[1], (await the_verdict(phone))[1]} == {
            Refusal.OVERSIZE,
            Refusal.UNKNOWN_KIND,
        }
        assert hub.of(PhoneProof) == []


async def test_a_phone_that_writes_nonsense_without_end_is_sent_away() -> None:
    async with door() as (air, _, hub):
        phone = await joined(air)
        while not phone.gone.is_set():
            await phone.write_raw(b"nonsense", response=False)
            await asyncio.sleep(0.01)
        again = await joined(air)
        assert (await by_the_book(again, ANNA))[0] == 0
        assert hub.people == ["a"]


async def test_more_phones_than_connections() -> None:
    async with door() as (air, _, hub):
        phones = [await joined(air) for _ in range(CONNECTIONS_MAX)]
        late = await air.phone()
        waiting = asyncio.create_task(late.connect())
        await asyncio.sleep(0.5)
        assert not waiting.done(), "a full reader does not advertise"
        await phones[3].disconnect()
        await asyncio.wait_for(waiting, PATIENCE_S)
        assert (await by_the_book(late, ANNA))[0] == 0
        assert (await by_the_book(phones[0], BEN))[0] == 0
        assert hub.people == ["a", "b"]


async def test_an_adapter_unplugged_and_back_is_told_once_each_and_works_again() -> None:
    async with door() as (air, adapter, hub):
        phone = await joined(air)
        await adapter.unplug()
        lost = await hub.news(ReaderLost)
        assert isinstance(lost, ReaderLost)
        assert "蓝牙适配器" in lost.cause
        await asyncio.wait_for(phone.gone.wait(), PATIENCE_S)
        failed = await asyncio.to_thread(hub.verdict, hub.signal("1", granted=True))
        assert isinstance(failed, CommandFailed)
        assert failed.reason is FailReason.LINK_DOWN
        since = len(hub.reports)
        await adapter.replug()
        await hub.news(ReaderBack, since=since)
        again = await joined(air)
        assert (await by_the_book(again, ANNA))[0] == 0
        assert [type(r) for r in hub.reports if isinstance(r, ReaderLost | ReaderBack)] == [
            ReaderBack,
            ReaderLost,
            ReaderBack,
        ]


async def test_an_adapter_that_is_absent_at_start_or_misspelt_is_told_once_and_stop_is_prompt() -> None:
    for adapter in ("tcp-client:127.0.0.1:1", "no-such:thing", "tcp-client:nonsense"):
        hub = Hub()
        reader = hub.reader = ble_reader("east", Reader(kind="ble", door="front", adapter=adapter), hub)
        reader.start()
        lost = await hub.news(ReaderLost)
        assert isinstance(lost, ReaderLost)
        assert adapter in lost.cause
        await asyncio.sleep(1.2)  # time to try again
        await asyncio.to_thread(reader.stop)
        assert not reader._thread.is_alive()
        assert len(hub.of(ReaderLost)) == 1


async def test_a_frozen_adapter_is_noticed() -> None:
    async with door() as (_, adapter, hub):
        adapter.freeze()
        lost = await hub.news(ReaderLost)
        assert isinstance(lost, ReaderLost)


async def test_commands_that_cannot_be_carried_out_say_why() -> None:
    async with door() as (_, __, hub):
        for ident, reason in (
            (hub.signal("", granted=True), FailReason.REFUSED),
            (hub.signal("99", granted=True), FailReason.LINK_DOWN),
            (hub.signal("98", granted=True, life_s=0.0), FailReason.EXPIRED),
        ):
            failed = await asyncio.to_thread(hub.verdict, ident)
            assert isinstance(failed, CommandFailed)
            assert failed.reason is reason
    failed = await asyncio.to_thread(hub.verdict, hub.signal("97", granted=True))
    assert isinstance(failed, CommandFailed)
    assert failed.reason is FailReason.LINK_DOWN


async def test_the_readers_of_a_site_have_the_bluetooth_ones_among_them() -> None:
    air, hub = Air(), Hub()
    adapter = await air.adapter()
    plan = {"readers": {"east": {"kind": "ble", "door": "front", "adapter": adapter.name}}}
    hub.reader = readers = build_readers(Site.model_validate(plan), hub)
    readers.start()
    try:
        await hub.news(ReaderBack)
        assert (await by_the_book(await joined(air), ANNA))[0] == 0
        assert readers.counters()["east"]["granted"] == 1
    finally:
        await asyncio.to_thread(readers.stop)
        await adapter.unplug()


def test_the_virtual_phones_in_their_thread_press_one_after_the_other() -> None:
    phones, hub = PhoneAir(), Hub()
    phones.start()
    reader = hub.reader = ble_reader("east", Reader(kind="ble", door="front", adapter=phones.adapter), hub)
    reader.start()
    try:
        keys = [Ed25519PrivateKey.from_private_bytes(bytes(range(32))), Ed25519PrivateKey.generate()]
        said = [phones.press(key.public_key().public_bytes_raw(), key.sign) for key in keys * 9]
        assert [(a.status, a.reason) for a in said] == [(0, 0), (1, Refusal.GATEWAY)] * 9
        phones.unplug()
        hub.wait_for(ReaderLost)
        phones.replug()
        assert phones.press(keys[0].public_key().public_bytes_raw(), keys[0].sign).status == 0
    finally:
        reader.stop()
        phones.stop()


def test_without_the_library_the_reader_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    hub = Hub()
    hub.reader = ble_reader("east", Reader(kind="ble", door="front"), hub)
    hub.reader.start()
    (lost,) = hub.of(ReaderLost)
    assert "pip install 'menwei[ble]'" in lost.cause
    failed = hub.verdict(hub.signal("1", granted=True))
    assert isinstance(failed, CommandFailed)
    assert failed.reason is FailReason.LINK_DOWN
    hub.reader.stop()


def test_bumble_is_loaded_by_nothing_but_a_running_reader() -> None:
    program = (
        "import sys; from config.model_gate import Reader; import devices.ble_door as d, edge.access.phone_keys; "
        "d.ble_reader('east', Reader(kind='ble'), print); print('bumble' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"
