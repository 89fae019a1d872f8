"""One thread owns one serial port: commands by urgency, polls in between. Shell: thread, clock and port.

    submit() --> CommandQueue --\\
                                 >-- next --> transaction (one request, one reply) --> report()
    BoardLink.due (polls) ------/

A command waits behind at most the one transaction that is under way. Its expiry is looked at right before its
first byte. When the port or the board is lost, everything queued fails at once: nothing opens late. A relay that was
switched on for a beat is switched off by ``switch_off``; while the port opens, all such relays are.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace

from config import model
from devices.errors import BadReply, DeviceError, NoReply
from devices.messages import CommandDone, CommandFailed, FailReason, Priority, Report
from devices.modbus import Answer, ModbusMaster
from devices.own_frames import Ask, OwnMaster, States
from devices.port_loop import keep_port
from devices.relay_board import ATTEMPTS_MAX, Asking, Heard, Phase, Pulse, Verdict, poll_request
from devices.schedule import BoardLink, CommandQueue, lost_verdict
from devices.switch_off import SwitchedOn, SwitchOff
from devices.wire import SerialWire, Wire, character_s

log = logging.getLogger(__name__)

JOIN_S = 5.0  # far above the longest transaction; a thread still alive then is reported


class Bus:
    """A port, its boards and its commands. ``report`` is called from its thread and from submitters."""

    def __init__(
        self,
        name: str,
        settings: model.Bus,
        boards: Sequence[BoardLink],
        report: Callable[[Report], None],
        open_wire: Callable[[model.Bus], Wire] = SerialWire.open,
    ) -> None:
        self.name = name
        self._settings = settings
        self._links = {board.name: board for board in boards}
        self._report = report
        self._open_wire = open_wire
        reply_timeout_s, char_s = settings.reply_timeout_ms / 1000, character_s(settings)
        self._modbus = ModbusMaster(reply_timeout_s=reply_timeout_s, char_s=char_s)
        self._own_frames = OwnMaster(reply_timeout_s=reply_timeout_s, char_s=char_s)
        self._switched = SwitchedOn()  # only this bus's thread touches it
        self._queue = CommandQueue()
        self._wake = threading.Condition()  # guards queue, links and the two flags
        self._stopping = False
        self._port_open = False
        self._quiet_mono_s = 0.0  # end of the last transaction
        self._unasked_bytes = 0
        self._opened = 0
        self._thread = threading.Thread(target=self._run, name=f"bus-{name}", daemon=True)

    def start(self) -> None:
        """Begin to own the port; an absent port is no error, it is tried again."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the transaction under way, read back what was sent, fail what waits, give the port back."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        if self._thread.ident is not None:
            self._thread.join(JOIN_S)
            if self._thread.is_alive():
                log.error("bus %s did not stop within %.0f s", self.name, JOIN_S)
        with self._wake:
            waiting = self._queue.clear()
        self._say([], waiting, "网关停止 / the gateway stops")

    def counters(self) -> dict[str, int]:
        """What the line did so far, for the health page."""
        other = asdict(self._own_frames.counters)
        return {name: count + other[name] for name, count in asdict(self._modbus.counters).items()} | {
            "unasked_bytes": self._unasked_bytes,
            "opened": self._opened,
        }

    def submit(self, pulse: Pulse) -> None:
        """Queue a command and return at once; its verdict comes as a report, a refusal right here."""
        with self._wake:
            refusal = self._refusal(pulse)
            if self._links[pulse.board].up is not True:
                pulse = replace(pulse, attempt=ATTEMPTS_MAX)  # a silent board is tried once, behind the others
            refused = pulse if refusal else self._queue.offer(pulse)
            self._wake.notify()
        if refused is not None:
            full = Verdict(FailReason.QUEUE_FULL, "more urgent or earlier commands wait, nothing was sent")
            self._finish(refused, refusal or refused.last_failure or full)

    def _refusal(self, pulse: Pulse) -> Verdict | None:
        if self._stopping or not self._port_open:
            return Verdict(FailReason.LINK_DOWN, "端口未连接 / the port is not open")
        # On fire a silent board is tried all the same: a relay may still hear what it cannot answer.
        if self._links[pulse.board].up is not True and pulse.command.priority is not Priority.FIRE:
            return Verdict(FailReason.LINK_DOWN, "继电器板无应答 / the board does not answer")
        return None

    # The thread.

    def _run(self) -> None:
        keep_port(
            lambda: self._open_wire(self._settings),
            self._own,
            self._after,
            self._sleep,
            stopping=lambda: self._stopping,
            log=log,
            name=f"bus {self.name}",
        )

    def _after(self, cause: str | None) -> None:
        if cause is not None:
            self._lose_port(cause)

    def _sleep(self, for_s: float) -> None:
        with self._wake:
            self._wake.wait_for(lambda: self._stopping, for_s)

    def _own(self, wire: Wire) -> None:
        """Serve the port until it is lost or the bus stops."""
        with self._wake:
            self._port_open = True
        self._opened += 1
        for link in self._links.values():
            self._switched.let_go(link.name, link.map, link.unit, link.switched)
        try:
            while (job := self._next()) is not None:
                if isinstance(job, Pulse):
                    self._step(wire, job)
                elif isinstance(job, SwitchOff):
                    self._let_go(wire, job)
                else:
                    self._poll(wire, job)
            for off in self._switched.all_now():
                wire.write(off.request().frame())  # the gateway stops: no answer is waited for
        finally:
            wire.close()

    def _next(self) -> Pulse | SwitchOff | BoardLink | None:
        """Wait for what is due: a command, a relay to let go, else a poll; None when the bus stops."""
        gap_s = self._settings.gap_ms / 1000
        with self._wake:
            while not self._stopping or self._queue.sent():
                now = time.monotonic()
                wait_s = self._quiet_mono_s + gap_s - now
                if wait_s <= 0:
                    if self._stopping:
                        return self._queue.take_sent()
                    if not self._queue.urgent() and (off := self._switched.take(now)) is not None:
                        return off
                    if (pulse := self._queue.take()) is not None:
                        return pulse
                    link = min(self._links.values(), key=lambda board: board.due_mono_s)
                    wait_s = min(link.due_mono_s, self._switched.due_mono_s()) - now
                    if link.due_mono_s <= now:
                        return link
                self._wake.wait(wait_s)
        return None

    def _transact(self, wire: Wire, asking: Asking, first_byte: list[float]) -> Heard:
        """One request and its outcome; the time of the first byte goes into ``first_byte`` once it is out."""
        master: ModbusMaster | OwnMaster = self._modbus
        if isinstance(asking, Ask):
            master, frame = self._own_frames, self._own_frames.begin(asking, time.monotonic())
        else:
            frame = self._modbus.request(asking.unit, asking.function, asking.payload, time.monotonic())
        first_byte.append(wire.write(frame))
        while (outcome := master.poll(time.monotonic())) is None:
            master.receive(wire.read(master.deadline_mono_s), time.monotonic())
        self._quiet_mono_s = time.monotonic()
        return outcome

    def _step(self, wire: Wire, pulse: Pulse) -> None:
        """Send one request of a command and go on with what came of it."""
        first_byte: list[float] = []
        try:
            self._unasked_bytes += wire.drain()
            if (expired := pulse.expired(time.monotonic())) is not None:
                self._finish(pulse, expired)
                return
            outcome = self._transact(wire, pulse.request(), first_byte)
        except Exception as error:
            cut = pulse.sent(first_byte[0]) if first_byte else pulse
            self._finish(cut, lost_verdict(cut, str(error)))
            raise
        now = time.monotonic()
        pulse = pulse.sent(first_byte[0])
        if pulse.map.can_switch and pulse.phase is Phase.WRITE:
            self._switched.beat(pulse, first_byte[0] + pulse.length_s)
        after = pulse.advance(outcome, now)
        lost = isinstance(outcome, NoReply | BadReply) and self._failed(self._links[pulse.board], outcome, now)
        if isinstance(after, Verdict):
            self._finish(pulse, after)
        elif lost:
            self._finish(pulse, lost_verdict(after, "the board was lost"))
        else:
            with self._wake:
                self._queue.put(after)

    def _let_go(self, wire: Wire, off: SwitchOff) -> None:
        """One step of switching a relay off, and what is left to do."""
        self._unasked_bytes += wire.drain()
        outcome = self._transact(wire, off.request(), [])
        now = time.monotonic()
        if (after := off.advance(outcome, now)) is not None:
            self._switched.put(after)

    def _poll(self, wire: Wire, link: BoardLink) -> None:
        """Read a board's inputs; one without inputs is only asked whether it is there, one that is mute not at all."""
        self._unasked_bytes += wire.drain()
        asking = poll_request(link.map, link.unit)
        outcome = self._transact(wire, asking, []) if asking is not None else None
        now = time.monotonic()
        if isinstance(outcome, States):
            self._switched.saw(link.name, link.map, link.unit, link.switched, outcome.on)
        if (relay := self._switched.stuck(link.name)) is not None:
            outcome = BadReply(f"继电器 {relay} 断不开 / relay {relay} does not let go")
        if isinstance(outcome, DeviceError):
            self._failed(link, outcome, now)
            return
        with self._wake:
            reports = link.read(outcome.bits(link.map.inputs) if isinstance(outcome, Answer) else (), now)
        self._say(reports, [], "")

    def _failed(self, link: BoardLink, outcome: DeviceError, now_mono_s: float) -> bool:
        """Count a transaction without a good answer; True when the board is lost by it, and its queue with it."""
        with self._wake:
            reports = link.failed(f"继电器板 {link.name} 无有效应答 / board {link.name}: {outcome}", now_mono_s)
            waiting = self._queue.clear(link.name) if reports else []
        self._say(reports, waiting, f"board {link.name} was lost")
        return bool(reports)

    def _lose_port(self, cause: str) -> None:
        now = time.monotonic()
        with self._wake:
            self._port_open = False
            self._modbus.abandon()
            self._own_frames.abandon()
            reports = [report for link in self._links.values() for report in link.port_lost(cause, now)]
            waiting = self._queue.clear()
        self._say(reports, waiting, cause)

    def _say(self, reports: Sequence[Report], cut: Sequence[Pulse], cause: str) -> None:
        """Tell news of links first, then the end of the commands that waited for them."""
        for report in reports:
            self._tell(report)
        for pulse in cut:
            self._finish(pulse, lost_verdict(pulse, cause))

    def _finish(self, pulse: Pulse, verdict: Verdict) -> None:
        """Say how a command ended."""
        now = time.monotonic()
        if verdict.reason is None:
            first = pulse.first_byte_mono_s if pulse.first_byte_mono_s is not None else now
            done = CommandDone(id=pulse.command.id, device=pulse.board, first_byte_mono_s=first, done_mono_s=now)
            self._tell(done if verdict.verified else replace(done, verified=False))
            return
        self._tell(
            CommandFailed(
                id=pulse.command.id,
                device=pulse.board,
                reason=verdict.reason,
                detail=verdict.detail,
                at_mono_s=now,
            )
        )

    def _tell(self, report: Report) -> None:
        try:
            self._report(report)
        except RuntimeError:  # the hub's loop is closed: it stops, and nobody is left to be told
            log.warning("bus %s: nobody takes %s", self.name, type(report).__name__)
