"""LCUS USB relays: the frames of their page, and the states they tell."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.lcus import QUERY, states, switch_frame
from devices.sim.lcus import SimLcus


def test_the_bytes_are_those_of_the_page() -> None:
    assert switch_frame(1, True).hex(" ") == "a0 01 01 a2"
    assert switch_frame(1, False).hex(" ") == "a0 01 00 a1"


@pytest.mark.parametrize("channel", [0, 9, -1])
def test_there_are_eight_channels_at_most(channel: int) -> None:
    with pytest.raises(ValueError, match=re.escape("outside 1..8")):
        switch_frame(channel, True)


@settings(deadline=None)
@given(channels=st.integers(2, 8), wanted=st.lists(st.tuples(st.integers(1, 8), st.booleans()), max_size=20))
def test_what_was_switched_is_what_is_told(channels: int, wanted: list[tuple[int, bool]]) -> None:
    board, now = SimLcus(channels), [False] * channels
    for channel, on in wanted:
        board.receive(switch_frame(channel, on), 0.0)
        if channel <= channels:
            now[channel - 1] = on
    assert states(board.receive(QUERY, 0.0), channels) == tuple(now)


def test_a_board_with_one_channel_tells_nothing() -> None:
    board = SimLcus(1)
    board.receive(switch_frame(1, True), 0.0)
    assert board.on == [True]
    assert states(board.receive(QUERY, 1e9), 1) is None


@pytest.mark.parametrize(
    "answer", [b"", b"CH1: ON\r\n", b"CH1: ON\r\nCH1: ON\r\n", b"CH2: ON\r\nCH1: OFF\r\n", b"CH1: ON"]
)
def test_half_an_answer_tells_nothing(answer: bytes) -> None:
    assert states(answer, 2) is None


@settings(deadline=None)
@given(st.lists(st.binary(max_size=9), max_size=30), st.binary(max_size=400))
def test_no_bytes_break_either_end(pieces: list[bytes], answer: bytes) -> None:
    board = SimLcus(4)
    for piece in pieces:
        board.receive(piece, 0.0)
    told = states(answer, 4)
    assert told is None or len(told) == 4
    assert len(board.on) == 4
