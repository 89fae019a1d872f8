"""Input levels to meanings: polarity, staleness, which channel is which. Core: pure."""

from __future__ import annotations

from collections.abc import Mapping

from config.model import InputRef
from config.model import Site as Settings
from edge.lanes.machine import Sensors
from edge.state import BoardView


def value_of(ref: InputRef | None, boards: Mapping[str, BoardView]) -> bool | None:
    """Whether the input is active; None when it is not wired, unknown or stale."""
    if ref is None:
        return None
    board = boards.get(ref.board)
    if board is None or board.levels is None or ref.channel > len(board.levels):
        return None
    closed = board.levels[ref.channel - 1]
    return closed if ref.normally == "open" else not closed


def sensors_of(settings: Settings, lane: str, boards: Mapping[str, BoardView]) -> Sensors:
    """The sensors of a lane as its machine wants them."""
    inputs = settings.lanes[lane].inputs
    return Sensors(
        up=value_of(inputs.up_limit, boards),
        down=value_of(inputs.down_limit, boards),
        safety=value_of(inputs.safety, boards),
        manual=value_of(inputs.manual, boards),
    )


def approach_of(settings: Settings, lane: str, boards: Mapping[str, BoardView]) -> bool | None:
    """Whether a vehicle stands on the approach loop."""
    return value_of(settings.lanes[lane].inputs.approach, boards)


def fire_of(settings: Settings, boards: Mapping[str, BoardView]) -> bool | None:
    """The fire input: False where none is wired, None when its line is broken or its board silent."""
    fire = settings.fire
    if fire.input is None:
        return False
    if fire.line_ok is not None and value_of(fire.line_ok, boards) is not True:
        return None
    return value_of(fire.input, boards)


def fire_lanes(settings: Settings) -> tuple[str, ...]:
    """Lanes that the fire input opens."""
    return tuple(settings.lanes) if settings.fire.lanes is None else settings.fire.lanes


def boards_of(settings: Settings, lane: str) -> frozenset[str]:
    """Every board that a lane needs: of its barrier and of its sensors."""
    sensors = {ref.board for _, ref in settings.lanes[lane].inputs if ref is not None}
    return frozenset({settings.lanes[lane].barrier.board} | sensors)


def all_read(settings: Settings, lane: str, boards: Mapping[str, BoardView]) -> bool:
    """Whether the inputs of every board of a lane are known."""
    return all(boards[name].levels is not None for name in boards_of(settings, lane))


def lanes_of_board(settings: Settings, board: str) -> tuple[str, ...]:
    """Lanes whose barrier hangs on the board: they are offline when it is."""
    return tuple(name for name, lane in settings.lanes.items() if lane.barrier.board == board)


def lanes_reading(settings: Settings, board: str) -> tuple[str, ...]:
    """Lanes that need the board at all."""
    return tuple(name for name in settings.lanes if board in boards_of(settings, name))
