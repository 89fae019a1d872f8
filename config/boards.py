"""Boards that we know by model name. Core: one table; ``devices`` holds their bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class BoardModel:
    """What a board of this model has; channels are counted from 1 as printed on it."""

    relays: int
    inputs: int
    title: str
    times_pulses: bool = True
    """Whether the board itself ends a pulse; only such a board may move a barrier."""


BOARD_MODELS: Mapping[str, BoardModel] = MappingProxyType(
    {
        # Waveshare wiki "Modbus RTU Relay (D)": FC05 at 0x0200 + n pulses relay n+1, timed by the board.
        "waveshare-8": BoardModel(relays=8, inputs=8, title="Waveshare Modbus RTU Relay (D)"),
        # Switches on and off only (CSDN 112915034): a gateway that dies would leave its relay on.
        "lctech-8": BoardModel(relays=8, inputs=8, title="LCTech Modbus RTU relay board", times_pulses=False),
    }
)
