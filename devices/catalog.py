"""From the site file to running buses. Shell: builds and starts threads.

A new board is one entry in ``relay_board.BOARDS``, its simulator in ``sim.board.SIMULATED`` and one run of the
contract test.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from config import model
from devices.bus import Bus
from devices.errors import Unsuitable
from devices.messages import Command, CommandFailed, FailReason, OpenLane, Report
from devices.relay_board import BOARDS, BoardMap, Pulse
from devices.schedule import BoardLink
from devices.wire import SerialWire, Wire


def _relays(lane: model.Lane) -> tuple[int, ...]:
    """The relays that a lane drives."""
    barrier = lane.barrier
    closes = lane.closing == "gateway" and barrier.close_relay is not None
    return (barrier.open_relay, barrier.close_relay) if closes and barrier.close_relay else (barrier.open_relay,)


def _lane_problem(site: model.Site, name: str) -> str | None:
    lane = site.lanes[name]
    board = site.boards.get(lane.barrier.board)
    if board is None:
        return f"lanes.{name}.barrier.board: 没有名为 {lane.barrier.board} 的板 / no board of that name"
    known = BOARDS.get(board.model)
    if known is None:
        return None  # said once, for the board
    if not known.can_pulse:
        return (
            f"lanes.{name}.barrier: {board.model} 不能自行计时脉冲，不可用于道闸，请换 {_pulsing()} / "
            f"{board.model} cannot time its pulses and may not move a barrier: use {_pulsing()}"
        )
    if max(_relays(lane)) > known.relays:
        return f"lanes.{name}.barrier: {board.model} 只有 {known.relays} 路 / it has only {known.relays} relays"
    return None


def _pulsing() -> str:
    return ", ".join(name for name, board in BOARDS.items() if board.can_pulse)


def problems(site: model.Site) -> tuple[str, ...]:
    """What the devices of a site file cannot do, one sentence each, in both languages; touches no hardware."""
    found = [
        f"boards.{name}.model: 未知型号 {board.model}，可用 {', '.join(BOARDS)} / unknown model, known: see left"
        for name, board in site.boards.items()
        if board.model not in BOARDS
    ]
    found += [
        f"boards.{name}.bus: 没有名为 {board.bus} 的串口 / no bus of that name"
        for name, board in site.boards.items()
        if board.bus not in site.buses
    ]
    found += [problem for name in site.lanes if (problem := _lane_problem(site, name)) is not None]
    found += [problem for where, ref in _inputs(site) if (problem := _input_problem(site, where, ref)) is not None]
    return tuple(found)


def _inputs(site: model.Site) -> list[tuple[str, model.InputRef]]:
    """Every input that the site file names, with its place there."""
    named = [(f"lanes.{name}.inputs.{key}", ref) for name, lane in site.lanes.items() for key, ref in lane.inputs]
    named += [("fire.input", site.fire.input), ("fire.line_ok", site.fire.line_ok)]
    return [(where, ref) for where, ref in named if ref is not None]


def _input_problem(site: model.Site, where: str, ref: model.InputRef) -> str | None:
    board = site.boards.get(ref.board)
    if board is None:
        return f"{where}.board: 没有名为 {ref.board} 的板 / no board of that name"
    known = BOARDS.get(board.model)
    if known is not None and ref.channel > known.inputs:
        return f"{where}.channel: {board.model} 只有 {known.inputs} 路输入 / it has only {known.inputs} inputs"
    return None


@dataclass(frozen=True, slots=True)
class _Actuator:
    """Where a lane's pulse goes."""

    bus: Bus
    board: str
    map: BoardMap
    unit: int
    relay: int
    pulse_s: float


class Devices:
    """All buses of a site. Made by ``build``."""

    def __init__(
        self,
        buses: dict[str, Bus],
        openers: dict[str, _Actuator],
        closers: dict[str, _Actuator],
        report: Callable[[Report], None],
    ) -> None:
        self._buses = buses
        self._openers = openers
        self._closers = closers
        self._report = report

    def start(self) -> None:
        """Start one thread per bus. Missing ports are reported as LinkLost once and tried again for ever."""
        for bus in self._buses.values():
            bus.start()

    def stop(self) -> None:
        """Fail what waits, give every port back, join the threads."""
        for bus in self._buses.values():
            bus.stop()

    def submit(self, command: Command) -> None:
        """Hand a command over and return at once; exactly one CommandDone or CommandFailed follows as a report."""
        table = self._openers if isinstance(command, OpenLane) else self._closers
        actuator = table.get(command.lane)
        if actuator is None:
            self._report(_unknown(command))
            return
        actuator.bus.submit(
            Pulse(
                command=command,
                board=actuator.board,
                map=actuator.map,
                unit=actuator.unit,
                relay=actuator.relay,
                pulse_s=actuator.pulse_s,
            )
        )

    def counters(self) -> dict[str, dict[str, int]]:
        """Per bus, what the line did so far."""
        return {name: bus.counters() for name, bus in self._buses.items()}


def _unknown(command: Command) -> CommandFailed:
    what = "打开" if isinstance(command, OpenLane) else "关闭"
    return CommandFailed(
        id=command.id,
        device=command.lane,
        reason=FailReason.UNKNOWN_LANE,
        detail=f"没有可由网关{what}的车道 {command.lane} / the gateway moves no lane {command.lane} that way",
        at_mono_s=time.monotonic(),
    )


def build(
    site: model.Site,
    report: Callable[[Report], None],
    open_wire: Callable[[model.Bus], Wire] = SerialWire.open,
) -> Devices:
    """The devices of a site, not yet started. Unsuitable: a board cannot do what the site file asks of it.

    ``report`` is called from the buses' threads and from whoever calls ``submit``; it must not block.
    """
    if wrong := problems(site):
        raise Unsuitable("\n".join(wrong))
    buses = {}
    for name, settings in site.buses.items():
        links = [_link(board, site) for board, b in site.boards.items() if b.bus == name]
        if links:
            buses[name] = Bus(name, settings, links, report, open_wire)
    openers = {name: _actuator(site, buses, lane, lane.barrier.open_relay) for name, lane in site.lanes.items()}
    closers = {
        name: _actuator(site, buses, lane, lane.barrier.close_relay)
        for name, lane in site.lanes.items()
        if lane.closing == "gateway" and lane.barrier.close_relay is not None
    }
    return Devices(buses, openers, closers, report)


def _link(name: str, site: model.Site) -> BoardLink:
    board = site.boards[name]
    return BoardLink(name=name, map=BOARDS[board.model], unit=board.unit, period_s=board.poll_ms / 1000)


def _actuator(site: model.Site, buses: dict[str, Bus], lane: model.Lane, relay: int) -> _Actuator:
    barrier = lane.barrier
    board = site.boards[barrier.board]
    return _Actuator(buses[board.bus], barrier.board, BOARDS[board.model], board.unit, relay, barrier.pulse_s)
