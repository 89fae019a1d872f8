"""From the site file to running buses and displays. Shell: builds and starts threads.

A new board is one entry in ``config.boards``, or a table in the site file; it must pass the contract test against its
far end in ``sim.board``. A board needs no lane: it may carry doors, sirens or inputs alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from config import model
from config.boards import model_problem, unfit
from config.check_boards import input_refs, line_problems, relay_refs
from devices.bus import Bus
from devices.displays import DisplayLine, build_lines, display_problems
from devices.errors import Unsuitable
from devices.messages import (
    CloseLane,
    Command,
    CommandFailed,
    FailReason,
    OpenLane,
    PulseOutput,
    Report,
    Show,
    SignalReader,
)
from devices.relay_board import BoardMap, Pulse, maps_of
from devices.schedule import BoardLink
from devices.wire import SerialWire, Wire


def problems(site: model.Site) -> tuple[str, ...]:
    """What the devices of a site file cannot do, one sentence each, in both languages; touches no hardware."""
    maps = maps_of(site.board_models)
    found = [*_model_problems(site, maps)]
    found += [problem for ref in relay_refs(site) if (problem := _relay_problem(site, maps, *ref)) is not None]
    found += [f"{key}: {zh} / {en}" for key, (zh, en) in line_problems(site)]
    found += [problem for key, _, ref in input_refs(site) if (problem := _input_problem(site, maps, key, ref))]
    return (*found, *display_problems(site.displays))


def _model_problems(site: model.Site, maps: dict[str, BoardMap]) -> Iterator[str]:
    for name, wiring in site.board_models.items():
        if (wrong := model_problem(wiring)) is not None:
            yield f"board_models.{name}: {wrong[0]} / {wrong[1]}"
    for name, board in site.boards.items():
        if board.model not in maps:
            yield f"boards.{name}.model: 未知型号 {board.model}，可用 {', '.join(maps)} / no such model, see left"
        if board.bus not in site.buses:
            yield f"boards.{name}.bus: 没有名为 {board.bus} 的串口 / no bus of that name"


def _relay_problem(site: model.Site, maps: dict[str, BoardMap], key: str, name: str, relay: int) -> str | None:
    where = key.rpartition(".")[0]
    board = site.boards.get(name)
    if board is None:
        return f"{where}.board: 没有名为 {name} 的板 / no board of that name"
    known = maps.get(board.model)
    if known is None:
        return None  # said once, for the board
    use, named = key.split(".")[:2]
    person = use == "lanes" and site.lanes[named].kind == "person"
    if (wrong := unfit(known.wiring, use, person=person)) is not None:
        able = ", ".join(name for name, map in maps.items() if unfit(map.wiring, use, person=person) is None)
        return f"{where}: {board.model} {wrong[0]}，请换 {able} / {board.model} {wrong[1]}; use {able}"
    if relay > known.relays:
        return f"{key}: {board.model} 只有 {known.relays} 路 / it has only {known.relays} relays"
    return None


def _input_problem(site: model.Site, maps: dict[str, BoardMap], where: str, ref: model.InputRef) -> str | None:
    board = site.boards.get(ref.board)
    if board is None:
        return f"{where}.board: 没有名为 {ref.board} 的板 / no board of that name"
    known = maps.get(board.model)
    if known is not None and ref.channel > known.inputs:
        return f"{where}.channel: {board.model} 只有 {known.inputs} 路输入 / it has only {known.inputs} inputs"
    return None


@dataclass(frozen=True, slots=True)
class _Output:
    """A board on its bus."""

    bus: Bus
    board: str
    map: BoardMap
    unit: int

    def pulse(self, command: Command, relay: int, pulse_s: float) -> None:
        self.bus.submit(
            Pulse(command=command, board=self.board, map=self.map, unit=self.unit, relay=relay, pulse_s=pulse_s)
        )


class Devices:
    """All buses and displays of a site. Made by ``build``."""

    def __init__(
        self, site: model.Site, outputs: dict[str, _Output], lines: list[DisplayLine], report: Callable[[Report], None]
    ) -> None:
        self._lanes = site.lanes
        self._outputs = outputs
        self._buses = {output.bus.name: output.bus for output in outputs.values()}
        self._lines = {display: line for line in lines for display in line.names}
        self._report = report

    def start(self) -> None:
        """Start one thread per port. Missing ports are reported as LinkLost once and tried again for ever."""
        for owner in self._owners():
            owner.start()

    def stop(self) -> None:
        """Fail what waits, give every port back, join the threads."""
        for owner in self._owners():
            owner.stop()

    def _owners(self) -> list[Bus | DisplayLine]:
        return [*self._buses.values(), *dict.fromkeys(self._lines.values())]

    def submit(self, command: Command) -> None:
        """Hand a command over and return at once; exactly one CommandDone or CommandFailed follows as a report."""
        match command:
            case PulseOutput(board=name, relay=relay, pulse_s=pulse_s):
                output = self._outputs.get(name)
                able = output is not None and (output.map.can_pulse or output.map.can_switch)
                if output is None or not able or not 1 <= relay <= output.map.relays:
                    self._unknown(command, name, f"{name} 的继电器 {relay}", f"relay {relay} of {name}")
                else:
                    output.pulse(command, relay, pulse_s)
            case Show(display=name):
                if (line := self._lines.get(name)) is None:
                    self._unknown(command, name, f"显示屏 {name}", f"display {name}")
                else:
                    line.submit(command)
            case SignalReader(reader=name):
                self._unknown(command, name, f"读头 {name}", f"reader {name} on its buses")
            case OpenLane() | CloseLane():
                self._move(command)

    def _move(self, command: OpenLane | CloseLane) -> None:
        name = command.lane
        lane = self._lanes.get(name)
        relay = None if lane is None else _relay_for(lane, command)
        if lane is None or relay is None:
            what = "打开" if isinstance(command, OpenLane) else "关闭"
            self._unknown(command, name, f"可由它{what}的车道 {name}", f"lane {name} that it moves that way")
        else:
            self._outputs[lane.barrier.board].pulse(command, relay, lane.barrier.pulse_s)

    def _unknown(self, command: Command, device: str, zh: str, en: str) -> None:
        detail = f"网关没有{zh} / the gateway has no {en}"
        reason, now = FailReason.UNKNOWN_LANE, time.monotonic()
        self._report(CommandFailed(id=command.id, device=device, reason=reason, detail=detail, at_mono_s=now))

    def counters(self) -> dict[str, dict[str, int]]:
        """Per bus and display, what the line did so far."""
        shown = {f"display {name}": line.counters(name) for name, line in self._lines.items()}
        return {name: bus.counters() for name, bus in self._buses.items()} | shown


def _relay_for(lane: model.Lane, command: OpenLane | CloseLane) -> int | None:
    """The relay that a command moves a lane with; None: the gateway does not move it that way."""
    if isinstance(command, OpenLane):
        return lane.barrier.open_relay
    return lane.barrier.close_relay if lane.closing == "gateway" else None


def _switched(site: model.Site, wiring: BoardMap, board: str) -> tuple[int, ...]:
    """The relays of a board that are in use and that only the gateway lets go."""
    return tuple(relay for _, name, relay in relay_refs(site) if name == board and wiring.can_switch)


def build(
    site: model.Site,
    report: Callable[[Report], None],
    open_wire: Callable[[model.Bus], Wire] = SerialWire.open,
) -> Devices:
    """The devices of a site, not yet started. Unsuitable: a board cannot do what the site file asks of it.

    ``report`` is called from the threads of buses and displays and from whoever calls ``submit``; it must not block.
    """
    if wrong := problems(site):
        raise Unsuitable("\n".join(wrong))
    maps = maps_of(site.board_models)
    outputs: dict[str, _Output] = {}
    for name, settings in site.buses.items():
        boards = {board: b for board, b in site.boards.items() if b.bus == name}
        links = [
            BoardLink(
                name=board,
                map=maps[b.model],
                unit=b.unit,
                period_s=b.poll_ms / 1000,
                switched=_switched(site, maps[b.model], board),
            )
            for board, b in boards.items()
        ]
        if links:
            bus = Bus(name, settings, links, report, open_wire)
            outputs |= {board: _Output(bus, board, maps[b.model], b.unit) for board, b in boards.items()}
    return Devices(site, outputs, build_lines(site.displays, report, open_wire), report)
