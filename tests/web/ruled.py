"""The application over the hub's own rules: a real store, no devices; time passes with every look at the state."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from config.model import Site
from devices.messages import CommandDone, InputsRead
from edge.alarms.rules import raise_alarm
from edge.intents import Answer, Confirm, Intent, Record, Send
from edge.observations import Audited, Now, Observation, OperatorAct, Tick, Written
from edge.react.switchboard import react
from edge.snapshot import snapshot_of
from edge.state import initial
from edge.turn import Turn
from edge.web.port import FaceProber
from sync.store import Store


class Ruled:
    """``edge.web.port.GatewayPort`` by ``react``; devices answer at once, the disk too."""

    def __init__(self, store: Store, site: Site) -> None:
        self.store, self.site = store, site
        self.state = initial(site, "web-")
        self.eyes: FaceProber | None = None
        self._answers: dict[str, Answer] = {}
        for board in site.boards:
            self.say(InputsRead(board=board, levels=(False,) * 8, at_mono_s=time.monotonic()))

    def snapshot(self) -> dict[str, Any]:
        """What the page draws."""
        self.say(Tick())
        return snapshot_of(self.state, self.now(), self.store, {"version": "t"})

    def health(self) -> dict[str, Any]:
        return {"ready": True, "problems": []}

    async def act(self, act: OperatorAct) -> Answer:
        """The same request id acts once."""
        if act.request_id not in self._answers:
            answer = self.say(act)
            assert answer is not None
            self._answers[act.request_id] = answer
        return self._answers[act.request_id]

    def audit(self, act: Audited) -> None:
        self.say(act)

    def alarm(self, kind: str, priority: int, source: str, place: str) -> str:
        """A real alarm opens; its id."""

        def opens(turn: Turn) -> None:
            raise_alarm(turn, kind, priority, source, place=place)

        self._change(opens)
        return next(a.id for a in self.state.alarms.values() if a.condition == (kind, source))

    def say(self, observation: Observation) -> Answer | None:
        """One step; what it writes is in the store when this returns."""
        now = self.now()
        self.state, intents = react(self.state, observation, now)
        return self._carry_out(intents, now)

    @staticmethod
    def now() -> Now:
        return Now(mono_s=time.monotonic(), wall_s=time.time())

    def _change(self, change: Callable[[Turn], None]) -> None:
        turn = Turn(self.state, self.now())
        change(turn)
        self.state = turn.state
        self._carry_out(tuple(turn.intents), turn.now)

    def _carry_out(self, intents: tuple[Intent, ...], now: Now) -> Answer | None:
        answer = None
        for intent in intents:
            match intent:
                case Record():
                    self.store.append([intent.draft], intent.changes).result(timeout=30)
                case Confirm():
                    self.say(Written(intent.reference, durable=True))
                case Send(command=command):
                    at_s = now.mono_s
                    self.say(CommandDone(id=command.id, device="io", first_byte_mono_s=at_s, done_mono_s=at_s))
                case Answer():
                    answer = intent
        return answer
