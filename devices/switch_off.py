"""Relays that no board lets go by itself: the gateway must, and it never forgets one. Core: no thread, no clock.

Such relays serve sirens alone. Each is switched off when its beat is over, when the port is opened (whoever died
before may have left it on), and again whenever it is seen on without a beat.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from devices.relay_board import Asking, BoardMap, Heard, Phase, Pulse, relay_states, relays_request, switch_request

AGAIN_FIRST_S, AGAIN_MAX_S = 0.25, 3.0
STUCK_AFTER = 3  # a relay that was told so often and is still seen on


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchOff:
    """One relay on its way to off, through write and read-back; frozen, each step gives the next."""

    board: str
    map: BoardMap
    unit: int
    relay: int
    due_mono_s: float
    phase: Phase = Phase.WRITE
    tries: int = 0

    def request(self) -> Asking:
        """What to send next."""
        if self.phase is Phase.WRITE:
            return switch_request(self.map, self.unit, self.relay, on=False)
        return relays_request(self.map, self.unit)

    def advance(self, outcome: Heard, now_mono_s: float) -> SwitchOff | None:
        """The next step; None: it is off, or the bytes are out to a board that answers nothing."""
        if self.phase is Phase.WRITE:
            if not self.map.wiring.answers:
                return None
            if not isinstance(outcome, Exception):
                return replace(self, phase=Phase.VERIFY, due_mono_s=now_mono_s)
        elif (states := relay_states(self.map, outcome)) is not None and not states[self.relay - 1]:
            return None
        wait_s = min(AGAIN_MAX_S, AGAIN_FIRST_S * 2 ** min(self.tries, 10))
        return replace(self, phase=Phase.WRITE, tries=self.tries + 1, due_mono_s=now_mono_s + wait_s)


@dataclass(slots=True)
class SwitchedOn:
    """Every relay that may be on, and when it is let go: one entry for a relay."""

    _offs: dict[tuple[str, int], SwitchOff] = field(default_factory=dict)

    def beat(self, pulse: Pulse, until_mono_s: float) -> None:
        """A relay was told to close; a beat that comes before the last one has ended prolongs it."""
        key = (pulse.board, pulse.relay)
        running = self._offs.get(key)
        until_mono_s = max(until_mono_s, running.due_mono_s if running is not None else until_mono_s)
        self.put(
            SwitchOff(board=pulse.board, map=pulse.map, unit=pulse.unit, relay=pulse.relay, due_mono_s=until_mono_s)
        )

    def put(self, off: SwitchOff) -> None:
        """Keep one in mind."""
        self._offs[off.board, off.relay] = off

    def take(self, now_mono_s: float) -> SwitchOff | None:
        """The one that is due longest, taken out; whoever takes it puts the next step back."""
        off = min(self._offs.values(), key=lambda off: off.due_mono_s, default=None)
        if off is None or off.due_mono_s > now_mono_s:
            return None
        return self._offs.pop((off.board, off.relay))

    def due_mono_s(self) -> float:
        """When the next one is due; infinite without any."""
        return min((off.due_mono_s for off in self._offs.values()), default=float("inf"))

    def all_now(self) -> list[SwitchOff]:
        """All of them, taken out: the gateway stops, or the port is gone."""
        offs = list(self._offs.values())
        self._offs.clear()
        return offs

    def let_go(self, board: str, wiring: BoardMap, unit: int, relays: Sequence[int]) -> None:
        """Switch relays off now: whoever owned the port before may have left them on."""
        for relay in relays:
            self.put(SwitchOff(board=board, map=wiring, unit=unit, relay=relay, due_mono_s=0.0))

    def saw(self, board: str, wiring: BoardMap, unit: int, relays: Sequence[int], on: Sequence[bool]) -> None:
        """A board told its states: what is on without a beat is switched off."""
        astray = [relay for relay in relays if on[relay - 1] and (board, relay) not in self._offs]
        self.let_go(board, wiring, unit, astray)

    def stuck(self, board: str) -> int | None:
        """A relay of a board that does not let go, however often it is told."""
        return next((o.relay for o in self._offs.values() if o.board == board and o.tries >= STUCK_AFTER), None)
