"""A site with doors, alarm inputs and a siren to talk to; contacts are named, levels follow."""

from __future__ import annotations

from typing import Any

from config.model import Site
from devices.messages import InputsRead, LinkBack, LinkLost, PulseOutput
from edge.intents import Intent, Record, Send
from edge.observations import Now, Observation, Operator, Tick
from edge.react.switchboard import react
from edge.state import State, initial
from sync.event import EventDraft

GUARD = Operator(name="zhang", role="guard")
NOON_S = 1_780_286_400.0
"""2026-06-01, 12:00 in Shanghai, a Monday."""
LOBBY, OUTER, INNER, SIREN = 1, 2, 3, 4
"""Relays."""
WIRES = {"door": 1, "exit": 2, "outer": 3, "inner": 4, "smoke": 5, "panic": 6, "flood": 7, "fire": 8}
CLOSED_AT_REST = {"smoke", "fire"}

RAW: dict[str, Any] = {
    "buses": {"rs485": {"port": "/dev/null"}},
    "boards": {"box": {"bus": "rs485"}},
    "lanes": {},
    "doors": {
        "lobby": {
            "place": "大堂",
            "lock": {"board": "box", "relay": LOBBY},
            "contact": {"board": "box", "channel": WIRES["door"]},
            "exit_button": {"board": "box", "channel": WIRES["exit"]},
            "unlocked_during": "day",
        },
        "outer": {
            "lock": {"board": "box", "relay": OUTER},
            "contact": {"board": "box", "channel": WIRES["outer"]},
            "interlock": ["inner"],
        },
        "inner": {
            "lock": {"board": "box", "relay": INNER},
            "contact": {"board": "box", "channel": WIRES["inner"]},
            "interlock": ["outer"],
            "escape_route": True,
        },
        "store": {"lock": {"board": "box", "relay": 5}, "escape_route": False},
    },
    "inputs": {
        "shed": {
            "kind": "smoke",
            "place": "电动车棚",
            "input": {"board": "box", "channel": WIRES["smoke"], "normally": "closed"},
            "sirens": ["yard"],
        },
        "desk": {"kind": "panic", "place": "岗亭", "input": {"board": "box", "channel": WIRES["panic"]}},
        "cellar": {"kind": "flood", "input": {"board": "box", "channel": WIRES["flood"]}},
    },
    "sirens": {"yard": {"output": {"board": "box", "relay": SIREN}, "max_s": 30, "on_s": 2, "off_s": 1}},
    "schedules": {"day": {"windows": [{"days": ["mon"], "begin": "13:00", "end": "14:00"}]}},
    "fire": {"input": {"board": "box", "channel": WIRES["fire"], "normally": "closed"}},
}


class GateTalk:
    """One conversation with ``react`` on a made-up clock."""

    def __init__(self, raw: dict[str, Any] = RAW) -> None:
        self.state: State = initial(Site.model_validate(raw), "test")
        self.mono_s = 1000.0
        self.wall_ahead_s = NOON_S - 1000.0
        self.active: set[str] = set()
        self.live = False
        self.log: list[EventDraft] = []

    @property
    def now(self) -> Now:
        return Now(mono_s=self.mono_s, wall_s=self.mono_s + self.wall_ahead_s)

    @property
    def levels(self) -> tuple[bool, ...]:
        return tuple((name in self.active) != (name in CLOSED_AT_REST) for name in WIRES)

    def say(self, observation: Observation) -> list[Intent]:
        """Tell the site something; returns what it wants done."""
        self.state, intents = react(self.state, observation, self.now)
        self.log += [i.draft for i in intents if isinstance(i, Record)]
        return list(intents)

    def up(self, *active: str) -> list[Intent]:
        """The board answers, with these contacts active."""
        self.active, self.live = set(active), True
        return self.say(LinkBack(board="box", levels=self.levels, at_mono_s=self.mono_s))

    def down(self) -> list[Intent]:
        self.live = False
        return self.say(LinkLost(board="box", cause="unplugged", at_mono_s=self.mono_s))

    def set(self, **contacts: bool) -> list[Intent]:
        """Contacts change."""
        self.active |= {name for name, on in contacts.items() if on}
        self.active -= {name for name, on in contacts.items() if not on}
        return self.say(InputsRead(board="box", levels=self.levels, at_mono_s=self.mono_s))

    def wait(self, seconds: float) -> list[Intent]:
        """Let time pass, the inputs being refreshed while the board lives."""
        intents: list[Intent] = []
        for _ in range(round(seconds * 4)):
            self.mono_s += 0.25
            if self.live:
                intents += self.set()
            intents += self.say(Tick())
        return intents

    def door(self, name: str = "lobby") -> str:
        return self.state.doors[name].machine.state.value

    def kinds(self, prefix: str = "") -> list[str]:
        return [draft.kind for draft in self.log if draft.kind.startswith(prefix)]

    def alarms(self) -> list[str]:
        return [alarm.kind for alarm in self.state.alarms.values()]


def pulses(intents: list[Intent], relay: int = LOBBY) -> list[PulseOutput]:
    sent = [i.command for i in intents if isinstance(i, Send)]
    return [command for command in sent if isinstance(command, PulseOutput) and command.relay == relay]
