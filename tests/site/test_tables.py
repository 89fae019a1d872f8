"""Tables that two rooms keep apart, because neither may import the other, say the same."""

from __future__ import annotations

from config.boards import BOARD_MODELS
from devices.relay_board import BOARDS


def test_the_site_file_and_the_drivers_know_the_same_boards() -> None:
    known = {name: (b.relays, b.inputs, b.times_pulses) for name, b in BOARD_MODELS.items()}
    driven = {name: (b.relays, b.inputs, b.can_pulse) for name, b in BOARDS.items()}
    assert known == driven
