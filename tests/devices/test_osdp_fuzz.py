"""Hostile bytes at our side of OSDP: nothing raises, nothing is taken for a card, the reader is lost once."""

from __future__ import annotations

import random
import time

import pytest

from devices.messages import ReaderLost, Report
from devices.osdp_link import LOST_AFTER_S
from devices.osdp_reader import OsdpLine, OsdpReader

pytest.importorskip("osdp_sys", reason="the extra osdp is not installed")

FRAMES = 20_000
REPLIES = (0x40, 0x41, 0x45, 0x46, 0x48, 0x49, 0x4A, 0x4B, 0x50, 0x51, 0x53, 0x54, 0x76, 0x78, 0x79, 0x7A, 0x90)


class Hostile:
    """A line that answers every request with whatever the test made up."""

    def __init__(self) -> None:
        self.waiting, self.asked = b"", b"\0" * 5

    def write(self, data: bytes) -> float:
        self.asked = bytes(data)
        return time.monotonic()

    def read(self, until_mono_s: float) -> bytes:
        data, self.waiting = self.waiting, b""
        return data

    def drain(self) -> int:
        return 0

    def close(self) -> None:
        return


def crc(data: bytes) -> int:
    """CRC of IEC 60839-11-5: polynomial 0x1021, initial value 0x1D0F."""
    value = 0x1D0F
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = ((value << 1) ^ 0x1021 if value & 0x8000 else value << 1) & 0xFFFF
    return value


def frame(chance: random.Random, sequence: int) -> bytes:
    """A reply that mostly looks right: address, length and CRC fit; its content is anything."""
    block = bytes((2, chance.choice((0x12, 0x14, 0x16, 0x18)))) if chance.random() < 0.4 else b""
    content = bytes((chance.choice((*REPLIES, chance.randrange(256))),)) + chance.randbytes(
        chance.choice((0, 2, 12, 32))
    )
    size = 5 + len(block) + len(content) + 2
    made = bytes((0x53, 0x85, size & 255, size >> 8, sequence & 3 | 4 | (8 if block else 0))) + block + content
    made += crc(made).to_bytes(2, "little")
    if chance.random() < 0.3:
        bent = bytearray(made)
        bent[chance.randrange(len(bent))] ^= 1 << chance.randrange(8)
        made = bytes(bent)
    return made if chance.random() > 0.1 else chance.randbytes(chance.randrange(300))


def test_made_up_replies_are_never_a_card(capfd: pytest.CaptureFixture[str]) -> None:
    chance, wire, said = random.Random(11), Hostile(), list[Report]()
    line = OsdpLine([OsdpReader(name="door", address=5, key=bytes(range(0xA0, 0xB0)))], said.append)
    line.attach(wire)
    until, count = time.monotonic() + LOST_AFTER_S + 1, 0
    while count < FRAMES or time.monotonic() < until:
        wire.waiting = frame(chance, wire.asked[4])
        line.step(wire)
        count += 1
    assert [type(report) for report in said] == [ReaderLost]
    assert "A0A1A2A3" not in capfd.readouterr().err.upper()
