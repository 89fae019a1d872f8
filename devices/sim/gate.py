"""A whole site's far ends, wired as its site file says. Shell: threads and clock.

Ptys, boards, displays, barriers and cars::

    gate = SimGate(site)              # a pty behind every bus's port path
    gate.start()                      # lines answer, arms move in real time
    gate.set_car("east-in", -3.0)     # metres of the car's front; the arm is at 0; None: no car
    gate.barrier("east-in").angle     # 0 down, 1 up
    gate.unplug("main"); gate.replug("main")
    gate.stop()

Inputs follow from positions and arms, with the polarity of the site file; ``set_fire`` closes the fire contact.
Tests that want time by hand use ``start(real_time=False)`` and ``step(now_s)``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from config import model
from config.check_boards import input_refs
from devices.lane_display import Dialect
from devices.sim.barrier import Contacts, SimBarrier, on_approach_loop, on_safety_loop
from devices.sim.board import SimBoard
from devices.sim.board_kinds import FarEnd, far_end
from devices.sim.display import SimDisplay
from devices.sim.pty_link import LineFaults, PtyLink

STEP_S = 0.02


class SimGate:
    """The simulated street side of a site."""

    def __init__(self, site: model.Site) -> None:
        self._site = site
        self._lock = threading.RLock()
        self._boards = {
            name: far_end(b.model, b.unit, site.board_models.get(b.model)) for name, b in site.boards.items()
        }
        self._barriers = {name: SimBarrier() for name in site.lanes}
        self._cars: dict[str, float | None] = dict.fromkeys(site.lanes)
        self._mute: set[str] = set()
        self._fire, self._fire_line_ok, self._fire_at_barriers = False, True, False
        self._links = {name: PtyLink(bus.port, self._line(name)) for name, bus in site.buses.items()}
        self._displays = {
            name: SimDisplay(Dialect(d.family, d.address, d.parameters)) for name, d in site.displays.items()
        }
        ports = {str(display.port): display.port for display in site.displays.values()}
        self._links |= {f"display {key}": PtyLink(port, self._screens(port)) for key, port in ports.items()}
        self._rest()
        self._leave = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, *, real_time: bool = True) -> None:
        """Plug everything in; in real time the world moves by itself."""
        self.step(time.monotonic())
        for link in self._links.values():
            link.replug()
        if real_time:
            self._leave.clear()
            self._thread = threading.Thread(target=self._live, name="sim-gate", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Unplug everything and end the threads."""
        self._leave.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        for link in self._links.values():
            link.unplug()

    def set_car(self, lane: str, position_m: float | None) -> None:
        """Put the front of the lane's car there; None takes it away."""
        with self._lock:
            self._cars[lane] = position_m

    def barrier(self, lane: str) -> SimBarrier:
        """The lane's barrier, to look at and to give faults."""
        return self._barriers[lane]

    def board(self, name: str) -> SimBoard:
        """A Modbus board, to look at and to give faults. TypeError: it is no such board."""
        if not isinstance(board := self._boards[name], SimBoard):
            raise TypeError(f"{name} is no Modbus board, but {type(board).__name__}")
        return board

    def far_end(self, name: str) -> FarEnd:
        """A board of any kind, as a line knows it."""
        return self._boards[name]

    def display(self, name: str) -> SimDisplay:
        """A display, to look at and to give faults."""
        return self._displays[name]

    def link(self, bus: str) -> PtyLink:
        """A bus's adapter, to listen in."""
        return self._links[bus]

    def faults(self, bus: str) -> LineFaults:
        """The faults of a bus's line, to change."""
        return self._links[bus].faults

    def set_contact(self, wire: model.InputRef, active: bool) -> None:
        """A contact that no lane moves by itself: a door, an exit button, a smoke detector; polarity as wired."""
        with self._lock:
            self._set(wire, active)

    def output_on(self, wire: model.RelayRef) -> bool:
        """Whether a lock is released or a siren sounds now."""
        with self._lock:
            return self._boards[wire.board].relay_on(wire.relay, time.monotonic())

    def set_fire(self, active: bool, *, line_ok: bool = True, at_barriers: bool = False) -> None:
        """Close the fire contact, or cut its line; ``at_barriers``: it is wired to the barriers' own terminals too."""
        with self._lock:
            self._fire, self._fire_line_ok, self._fire_at_barriers = active, line_ok, at_barriers

    def mute(self, board: str, dead: bool = True) -> None:
        """A dead board: it neither hears nor answers."""
        with self._lock:
            (self._mute.add if dead else self._mute.discard)(board)

    def unplug(self, bus: str) -> None:
        """Pull the adapter out."""
        self._links[bus].unplug()

    def replug(self, bus: str) -> None:
        """Put it back: a new pty behind the same path."""
        self._links[bus].replug()

    def step(self, now_s: float) -> None:
        """Let the world go on until ``now_s`` (monotonic, as the boards' clocks)."""
        with self._lock:
            for name, lane in self._site.lanes.items():
                self._barriers[name].step(self._contacts(name, lane, now_s), now_s)
                self._wire_lane(name, lane.inputs)
            self._set(self._site.fire.input, self._fire)
            self._set(self._site.fire.line_ok, self._fire_line_ok)

    def _live(self) -> None:
        while not self._leave.wait(STEP_S):
            self.step(time.monotonic())

    def _contacts(self, name: str, lane: model.Lane, now_s: float) -> Contacts:
        wiring = lane.barrier
        board = self._boards[wiring.board]
        close = wiring.close_relay
        return Contacts(
            open=board.relay_on(wiring.open_relay, now_s),
            close=close is not None and board.relay_on(close, now_s),
            safety=on_safety_loop(self._cars[name]),
            fire=self._fire and self._fire_at_barriers,
        )

    def _wire_lane(self, name: str, inputs: model.LaneInputs) -> None:
        barrier, front_m = self._barriers[name], self._cars[name]
        self._set(inputs.up_limit, barrier.up_limit)
        self._set(inputs.down_limit, barrier.down_limit)
        self._set(inputs.safety, on_safety_loop(front_m))
        self._set(inputs.approach, on_approach_loop(front_m))
        self._set(inputs.manual, barrier.manual)

    def _rest(self) -> None:
        """Doors closed, buttons and alarms at rest: a contact that is normally closed is closed."""
        for _, _, wire in input_refs(self._site):
            self._set(wire, False)

    def _set(self, wire: model.InputRef | None, active: bool) -> None:
        if wire is not None:
            closed = active if wire.normally == "open" else not active
            self._boards[wire.board].set_input(wire.channel, closed)

    def _line(self, bus: str) -> Callable[[bytes, float], bytes]:
        """The far end of one line: every board hears every byte, also the replies of the others."""
        names = [name for name, board in self._site.boards.items() if board.bus == bus]

        def machine(data: bytes, now_s: float) -> bytes:
            with self._lock:
                heard = {n: self._boards[n].receive(data, now_s) for n in names if n not in self._mute}
                for name, reply in heard.items():
                    for other in heard:
                        if other != name and reply:
                            self._boards[other].receive(reply, now_s)
            return b"".join(heard.values())

        return machine

    def _screens(self, port: Path) -> Callable[[bytes, float], bytes]:
        """The far end of a display's line; every display on it hears every byte."""
        names = [name for name, display in self._site.displays.items() if display.port == port]

        def machine(data: bytes, now_s: float) -> bytes:
            with self._lock:
                return b"".join(self._displays[name].receive(data, now_s) for name in names)

        return machine
