"""Who goes next on a port, and whether a board is there. Core: no thread and no clock here.

Order: first sendings of fire, safety and open commands; read-backs of pulses under way (they must come while
the pulse lasts); normal commands; re-sendings (a dead unit never holds up the others); polls. First in, first
out inside a rank.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

from devices.messages import FailReason, InputsRead, LinkBack, LinkLost, Priority, Report
from devices.relay_board import BoardMap, Phase, Pulse, Verdict

WAITING_MAX = 8  # per board; a ninth is refused at once, since stale commands help nobody
LOST_AFTER_FAILURES = 3
SAY_AGAIN_S = 1.0
BACK_OFF_FIRST_S, BACK_OFF_MAX_S = 0.25, 3.0

_READ_BACK_RANK = 3
_RESEND_RANK = 10


def _rank(pulse: Pulse) -> int:
    if pulse.phase is Phase.VERIFY:
        return _READ_BACK_RANK
    if pulse.attempt > 1:
        return _RESEND_RANK + pulse.command.priority
    return pulse.command.priority if pulse.command.priority <= Priority.OPEN else pulse.command.priority + 2


@dataclass(slots=True)
class CommandQueue:
    """Commands that wait for the port, at most ``WAITING_MAX`` per board."""

    _heap: list[tuple[int, int, Pulse]] = field(default_factory=list)
    _number: int = 0

    def __len__(self) -> int:
        return len(self._heap)

    def offer(self, pulse: Pulse) -> Pulse | None:
        """Take a new command in. Returns the one refused for lack of room: itself, or a less urgent one."""
        waiting = [p for _, _, p in self._heap if p.board == pulse.board and p.phase is Phase.WRITE]
        refused = None
        if len(waiting) >= WAITING_MAX:
            least = max(waiting, key=lambda p: p.command.priority)
            if least.command.priority <= pulse.command.priority:
                return pulse
            refused = least
            self._heap = [entry for entry in self._heap if entry[2] is not least]
            heapq.heapify(self._heap)
        self.put(pulse)
        return refused

    def put(self, pulse: Pulse) -> None:
        """Queue a step of a command already admitted."""
        self._number += 1
        heapq.heappush(self._heap, (_rank(pulse), self._number, pulse))

    def urgent(self) -> bool:
        """Whether a fire, safety or open command waits for its first sending."""
        return bool(self._heap) and self._heap[0][0] <= Priority.OPEN

    def take(self) -> Pulse | None:
        """The most urgent one."""
        return heapq.heappop(self._heap)[2] if self._heap else None

    def sent(self) -> bool:
        """Whether a command is out and only its read-back waits."""
        return any(pulse.phase is Phase.VERIFY for _, _, pulse in self._heap)

    def take_sent(self) -> Pulse:
        """The first one whose read-back waits; there must be one."""
        entry = min(entry for entry in self._heap if entry[2].phase is Phase.VERIFY)
        self._heap.remove(entry)
        heapq.heapify(self._heap)
        return entry[2]

    def clear(self, board: str | None = None) -> list[Pulse]:
        """Take out all, or all of one board."""
        out = [p for _, _, p in sorted(self._heap, key=lambda e: e[:2]) if board in (None, p.board)]
        self._heap = [entry for entry in self._heap if board not in (None, entry[2].board)]
        heapq.heapify(self._heap)
        return out


def lost_verdict(pulse: Pulse, cause: str) -> Verdict:
    """What to say of a queued command when its link is lost: it will not be sent (again)."""
    if pulse.first_byte_mono_s is None:
        return Verdict(FailReason.LINK_DOWN, cause)
    return pulse.last_failure or Verdict(FailReason.NO_REPLY, f"sent, then the link was lost: {cause}")


@dataclass(slots=True, kw_only=True)
class BoardLink:
    """One board's place in the polling round, its link and its inputs; tells each change once."""

    name: str
    map: BoardMap
    unit: int
    period_s: float
    switched: tuple[int, ...] = ()
    """Relays that the gateway must let go itself."""
    up: bool | None = None
    """None until the first verdict after start."""
    due_mono_s: float = 0.0
    failures: int = 0
    _levels: tuple[bool, ...] = ()
    _said_mono_s: float = 0.0

    def read(self, levels: tuple[bool, ...], now_mono_s: float) -> list[Report]:
        """The board answered a poll."""
        reports: list[Report] = []
        if self.up is not True:
            reports.append(LinkBack(board=self.name, levels=levels, at_mono_s=now_mono_s))
        due_again = now_mono_s + self.period_s - self._said_mono_s > SAY_AGAIN_S
        if reports or levels != self._levels or due_again:
            reports.append(InputsRead(board=self.name, levels=levels, at_mono_s=now_mono_s))
            self._said_mono_s = now_mono_s
        self.up, self.failures, self._levels = True, 0, levels
        self.due_mono_s = now_mono_s + self.period_s
        return reports

    def failed(self, cause: str, now_mono_s: float) -> list[Report]:
        """The board did not answer a poll, or not properly."""
        self.failures += 1
        over = self.failures - LOST_AFTER_FAILURES
        if over < 0:
            self.due_mono_s = now_mono_s + self.period_s
            return []
        wait_s = min(BACK_OFF_MAX_S, BACK_OFF_FIRST_S * 2 ** min(over, 10))
        self.due_mono_s = now_mono_s + wait_s
        return self._lose(cause, now_mono_s)

    def port_lost(self, cause: str, now_mono_s: float) -> list[Report]:
        """The whole port is gone; the board is asked at once when it is back."""
        self.failures, self.due_mono_s = LOST_AFTER_FAILURES - 1, 0.0
        return self._lose(cause, now_mono_s)

    def _lose(self, cause: str, now_mono_s: float) -> list[Report]:
        if self.up is False:
            return []
        self.up = False
        return [LinkLost(board=self.name, cause=cause, at_mono_s=now_mono_s)]
