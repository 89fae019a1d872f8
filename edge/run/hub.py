"""The loop: take, react, carry out. Shell: asyncio, the two clocks.

A bug in a rule costs one observation, never the gate: the old state is kept and ``internal.error`` says what came.
"""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from edge.events import draft
from edge.intents import Answer, Record
from edge.live.board import LiveBoard
from edge.observations import Audited, Now, Observation, OperatorAct, Tick
from edge.react.switchboard import react
from edge.run.effects import Effects, Submit
from edge.run.eyes_link import EyesLink
from edge.run.inbox import Inbox
from edge.snapshot import health_of, snapshot_of
from edge.state import State
from sync.clock import kernel_clock_state
from sync.store import Store

log = logging.getLogger(__name__)

TICK_S = 0.25
ANSWERS_KEPT = 1000
ANSWER_WAIT_S = 5.0


def read_clocks() -> Now:
    """Both clocks, once per observation."""
    return Now(mono_s=time.monotonic(), wall_s=time.time())


class Hub:
    """Owns the state; the only place where it changes."""

    def __init__(
        self,
        state: State,
        store: Store,
        *,
        submit: Submit,
        clock: Callable[[], Now] = read_clocks,
        facts: Callable[[], dict[str, Any]] = dict,
    ) -> None:
        """``facts``: what the page shows beside the state (version, centre's last pull)."""
        self.state = state
        self.inbox = Inbox(state.settings.limits.inbox)
        wait_s = state.settings.limits.append_wait_ms / 1e3
        self.effects = Effects(store, submit, self._answered, self.inbox.offer, append_wait_s=wait_s)
        self._store = store
        self._clock = clock
        self._facts = facts
        self._waiting: dict[str, asyncio.Future[Answer]] = {}
        self._answers: OrderedDict[str, Answer] = OrderedDict()
        self.errors = 0
        self.ticking = True
        """Off once the stop has been written down: nothing is to begin after that."""
        self.live = LiveBoard(state.settings.cameras, state.settings.live.viewers_max)
        self.eyes: EyesLink | None = None
        """Who looks at pictures for enrolment; set once they are started."""

    @property
    def store(self) -> Store:
        """The event log and the lists."""
        return self._store

    async def run(self) -> None:
        """The loop; runs until cancelled."""
        while True:
            self.handle(await self.inbox.take())

    async def tick(self) -> None:
        """Time as an observation; runs until cancelled."""
        while True:
            await asyncio.sleep(TICK_S)
            if not self.ticking:
                continue
            self.inbox.offer(Tick(clock_synced=kernel_clock_state() == "synced"))

    def handle(self, observation: Observation) -> None:
        """One step."""
        now = self._clock()
        try:
            state, intents = react(self.state, observation, now)
        except Exception:  # noqa: BLE001 - a bug in a rule must not close the gate; it is written down in full
            self._report_bug(observation, now)
            return
        self.state = state
        self.effects.carry_out(intents)

    async def act(self, act: OperatorAct) -> Answer:
        """Put a person's act through the inbox and wait for its verdict; the same request id acts once."""
        known = self._answers.get(act.request_id)
        if known is not None:
            return known
        future = self._waiting.get(act.request_id)
        if future is None:
            future = asyncio.get_running_loop().create_future()
            self._waiting[act.request_id] = future
            self.inbox.offer(act)
        done, _ = await asyncio.wait({future}, timeout=ANSWER_WAIT_S)
        return future.result() if done else Answer(act.request_id, ok=False, reason="no_verdict_in_time")

    def audit(self, act: Audited) -> None:
        """Write something a person did into the log."""
        self.inbox.offer(act)

    def snapshot(self) -> dict[str, Any]:
        """The state for the page (docs/http-api.md)."""
        return snapshot_of(self.state, self._clock(), self._store, self._facts())

    def health(self) -> dict[str, Any]:
        """Function, not liveness."""
        return health_of(self.state, self._store)

    def _answered(self, answer: Answer) -> None:
        self._answers[answer.request_id] = answer
        while len(self._answers) > ANSWERS_KEPT:
            self._answers.popitem(last=False)
        future = self._waiting.pop(answer.request_id, None)
        if future is not None and not future.done():
            future.set_result(answer)

    def _report_bug(self, observation: Observation, now: Now) -> None:
        self.errors += 1
        trace = traceback.format_exc(limit=-6)
        log.error("a rule failed on %s:\n%s", type(observation).__name__, trace)
        request_id = getattr(observation, "request_id", None)
        if request_id is not None:
            self._answered(Answer(request_id, ok=False, reason="internal_error"))
        body = {"observation": type(observation).__name__, "trace": trace[-4000:]}
        if isinstance(observation, Tick) and self.errors > 1 and self.errors % 240:
            return  # four ticks a second would fill the log with one bug
        event_id = f"{self.state.run_id}e{self.errors:07x}"
        self.effects.carry_out([Record(draft(now, event_id, "internal.error", "gateway", body))])
