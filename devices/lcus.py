"""LCUS USB relays: frames, and the states they tell. Core: bytes in, bytes out.

``A0 channel on sum`` (wiki.diustou.com USB_Relay; tilga.com 5732195), sum of the three bytes modulo 256::

    A0 01 01 A2   channel 1 on          A0 01 00 A1   off          FF   states, 2 to 8 channels only

The answer is text, a line per channel: ``CH1: ON``. A degraded driver: the board times no pulses, so whatever dies may
leave a relay on. Sirens and strobes alone may hang on it; the config check refuses a barrier and a lock.
"""

from __future__ import annotations

import re

CHANNELS_MAX = 8
QUERY = b"\xff"
ANSWER_MAX = 256
_STATE = re.compile(rb"CH([1-8])\s*:\s*(ON|OFF)", re.IGNORECASE)


def switch_frame(channel: int, on: bool) -> bytes:
    """Switch a channel (from 1). ValueError: no such channel."""
    if not 1 <= channel <= CHANNELS_MAX:
        raise ValueError(f"channel {channel} is outside 1..{CHANNELS_MAX}")
    body = bytes((0xA0, channel, on))
    return body + bytes((sum(body) & 0xFF,))


def states(answer: bytes, channels: int) -> tuple[bool, ...] | None:
    """The states in an answer to ``QUERY``; None unless each channel is told exactly once."""
    told = _STATE.findall(answer[:ANSWER_MAX])
    if [int(number) for number, _ in told] != list(range(1, channels + 1)):
        return None
    return tuple(state.upper() == b"ON" for _, state in told)
