"""Turnstile frames: the rule of the manual, its exceptions, and what a turnstile makes of them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.sim.turnstile import SimTurnstile
from devices.turnstile import BUFFER_MAX, Act, Reader, Told, frame

FRAMES = 20_000


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (Act.OPEN_LEFT, "eb 01 40 00 aa"),
        (Act.OPEN_RIGHT, "eb 01 41 00 ab"),
        (Act.DROP, "eb 01 42 00 a8"),
        (Act.RAISE, "eb 01 43 00 a9"),
        (Act.LOCK, "eb 01 4a 00 a0"),
        (Act.UNLOCK, "eb 01 4b 00 a1"),
    ],
)
def test_the_frames_follow_the_rule(act: Act, said: str) -> None:
    assert frame(1, act).hex(" ") == said


@settings(deadline=None)
@given(
    address=st.integers(0, 255),
    act=st.sampled_from(Act),
    data=st.integers(0, 255),
    other=st.integers(0, 255),
    noise=st.binary(max_size=8).filter(lambda b: 0xEB not in b),
)
def test_a_command_is_read_among_noise_and_only_with_its_check(
    address: int, act: Act, data: int, other: int, noise: bytes
) -> None:
    sent = frame(address, act, data, xor_with=other)
    assert Reader(other).receive(noise + sent) == [Told(address, act, data)]
    assert Reader(other ^ 1).receive(noise + sent) == []


def test_it_opens_for_a_while_and_closes_by_itself() -> None:
    gate = SimTurnstile(address=7)
    gate.receive(frame(7, Act.OPEN_RIGHT), 100.0)
    assert [gate.passable(at) for at in (100.0, 104.9, 105.0)] == [True, True, False]
    gate.receive(frame(8, Act.OPEN_LEFT), 200.0)
    assert gate.opened == [Act.OPEN_RIGHT], "the other was for somebody else"


def test_locked_it_opens_for_nobody_and_dropped_for_everybody() -> None:
    gate = SimTurnstile()
    for second, act in enumerate((Act.LOCK, Act.OPEN_LEFT)):
        gate.receive(frame(1, act), float(second))
    assert not gate.passable(1.0)
    gate.receive(frame(1, Act.DROP), 2.0)
    assert gate.passable(1e6)
    gate.receive(frame(1, Act.RAISE), 3.0)
    assert not gate.passable(3.0)


def test_halves_with_a_silence_between_make_no_command() -> None:
    gate, sent = SimTurnstile(), frame(1, Act.OPEN_LEFT)
    gate.receive(sent[:3], 0.0)
    gate.receive(sent[3:], 1.0)
    assert gate.opened == []


def test_noise_breaks_nothing() -> None:
    chance, reader = random.Random(4), Reader()
    for _ in range(FRAMES):
        data = bytearray(frame(chance.randrange(256), chance.choice(list(Act)), chance.randrange(256)))
        data[chance.randrange(5)] = chance.randrange(256)
        reader.receive(bytes(data[: chance.randrange(1, 6)]))
        assert len(reader._buffer) <= BUFFER_MAX
    reader.quiet()
    assert reader.receive(frame(1, Act.LOCK)) == [Told(1, Act.LOCK, 0)]
