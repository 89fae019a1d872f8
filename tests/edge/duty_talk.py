"""A night at the guards' desk on made-up clocks: alarms, acts, time, wall-clock jumps and restarts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from config.model import Site
from edge.alarms.acts import (
    AcknowledgeAlarm,
    AdvanceAlarm,
    CallBackAlarm,
    CloseAlarm,
    ShelveAlarm,
    UndoAcknowledge,
    UnshelveAlarm,
)
from edge.alarms.fold import fold
from edge.alarms.model import Alarm
from edge.alarms.rules import raise_alarm, returned
from edge.duty.fold import fold as fold_duty
from edge.intents import Answer, Record
from edge.observations import GatewayStarted, Now, Observation, Operator, Tick
from edge.patrol.fold import fold as fold_patrol
from edge.react.switchboard import react
from edge.state import State, initial
from edge.turn import Turn
from sync.event import Event, EventDraft
from sync.prepare import body_with_media, prepared

ZHANG, LIN = Operator(name="zhang", role="guard"), Operator(name="lin", role="guard")
NOON_S = 1_780_286_400.0
"""2026-06-01, 12:00 in Shanghai, a Monday."""


class Desk:
    """One gateway with its log; ``restart`` keeps only what the log holds."""

    def __init__(self, wall_s: float = NOON_S, **desk: Any) -> None:
        self.site = Site.model_validate({"desk": {"watch_every_s": 0, **desk}})
        self.mono_s, self.wall_s = 1000.0, wall_s
        self.log: list[EventDraft] = []
        self.state: State = initial(self.site, "run0-")
        self.runs = self.boots = 0
        self._boot_of: list[int] = []

    @property
    def now(self) -> Now:
        return Now(mono_s=self.mono_s, wall_s=self.wall_s)

    def say(self, observation: Observation) -> tuple[bool, str]:
        """Tell the gateway something; the answer to an act, or nothing."""
        self.state, intents = react(self.state, observation, self.now)
        self.log += [intent.draft for intent in intents if isinstance(intent, Record)]
        return next(((i.ok, i.reason) for i in intents if isinstance(i, Answer)), (True, ""))

    def open(self, priority: int = 1, kind: str = "lane.forced", source: str = "lane:east") -> Alarm:
        """The condition occurs."""
        turn = Turn(self.state, self.now)
        raise_alarm(turn, kind, priority, source, place="东门")
        self._keep(turn)
        return next(a for a in self.state.alarms.values() if a.condition == (kind, source))

    def gone(self, kind: str = "lane.forced", source: str = "lane:east") -> None:
        """The condition goes away by itself."""
        turn = Turn(self.state, self.now)
        returned(turn, kind, source)
        self._keep(turn)

    def _keep(self, turn: Turn) -> None:
        self.state = turn.state
        self.log += [intent.draft for intent in turn.intents if isinstance(intent, Record)]

    def wait(self, seconds: float, step_s: float | None = None) -> None:
        """Time passes on both clocks; one tick at the end, or one every ``step_s``."""
        left_s = seconds
        while left_s > 0:
            span_s = min(left_s, step_s or left_s)
            self.mono_s, self.wall_s, left_s = self.mono_s + span_s, self.wall_s + span_s, left_s - span_s
            self.say(Tick())

    def restart(self, down_s: float = 0.0, wall_jump_s: float = 0.0, reboot: bool = True) -> None:
        """The program ends and starts anew; with a reboot the monotonic clock begins again."""
        self.runs += 1
        self.wall_s += down_s + wall_jump_s
        self._note()
        if reboot:
            self.boots, self.mono_s = self.boots + 1, 5.0
        else:
            self.mono_s += down_s
        events, boot = self.events(), f"boot{self.boots}"
        standing = fold(events, boot, next((event for event in events if event.boot_id == boot), None))
        duty = fold_duty(events, boot, next((event for event in events if event.boot_id == boot), None))
        state = replace(initial(self.site, f"run{self.runs}-"), alarms=standing.alarms, duty=duty)
        patrol = fold_patrol(events, boot, next((event for event in events if event.boot_id == boot), None))
        newest_s = events[-1].wall_us / 1e6 if events else 0.0
        state = replace(state, patrol=replace(patrol, looked_s=max(patrol.looked_s, newest_s)))
        self.state = replace(state, shelves=standing.shelves, call_backs=standing.call_backs)
        self.say(GatewayStarted(version="t", site_file=""))
        self.say(Tick())

    def events(self) -> list[Event]:
        """The log as it would be read back."""
        self._note()
        return [
            Event(
                seq=number,
                id=draft.id,
                kind=draft.kind,
                source=draft.source,
                wall_us=draft.wall_us,
                mono_ns=draft.mono_ns,
                priority=draft.priority,
                boot_id=f"boot{self._boot_of[number - 1]}",
                clock="synced",
                body=body_with_media(prepared(draft)),
                prev="",
                hash="",
            )
            for number, draft in enumerate(self.log, start=1)
        ]

    def _note(self) -> None:
        """During which boot each line was written."""
        self._boot_of += [self.boots] * (len(self.log) - len(self._boot_of))

    def take(self, alarm: str, who: Operator = ZHANG) -> tuple[bool, str]:
        return self.say(AcknowledgeAlarm(request_id="t", alarm=alarm, operator=who))

    def undo(self, alarm: str, who: Operator = ZHANG) -> tuple[bool, str]:
        return self.say(UndoAcknowledge(request_id="u", alarm=alarm, operator=who))

    def advance(self, alarm: str, stage: str = "on_site", who: Operator = ZHANG) -> tuple[bool, str]:
        return self.say(AdvanceAlarm(request_id="a", alarm=alarm, stage=stage, operator=who))

    def close(self, alarm: str, outcome: str = "handled", note: str = "looked") -> tuple[bool, str]:
        return self.say(CloseAlarm(request_id="c", alarm=alarm, outcome=outcome, note=note, operator=ZHANG))

    def shelve(self, alarm: str, for_s: float = 600.0, reason: str = "works") -> tuple[bool, str]:
        return self.say(ShelveAlarm(request_id="s", alarm=alarm, reason=reason, for_s=for_s, operator=ZHANG))

    def unshelve(self, kind: str = "lane.forced", source: str = "lane:east") -> tuple[bool, str]:
        return self.say(UnshelveAlarm(request_id="x", kind=kind, source=source, operator=LIN))

    def call_back(self, alarm: str) -> tuple[bool, str]:
        return self.say(CallBackAlarm(request_id="b", alarm=alarm, note="told", operator=ZHANG))

    def kinds(self, prefix: str = "alarm.") -> list[str]:
        return [draft.kind for draft in self.log if draft.kind.startswith(prefix)]

    def overdue(self) -> list[tuple[str, str]]:
        """Every limit that was told, and to whom, in the order of telling."""
        return [(str(d.body["clock"]), str(d.body["to"])) for d in self.log if d.kind == "alarm.overdue"]
