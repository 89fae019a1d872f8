"""A site in memory to talk to: say what happens, read what it wants done."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from config.model import Site
from devices.messages import InputsRead, LinkBack, LinkLost, OpenLane
from edge.intents import Answer, Confirm, Intent, Record, Send
from edge.observations import Now, Observation, Operator, PolicyLoaded, Tick, Written
from edge.react.switchboard import react
from edge.state import State, initial
from sync.event import EventDraft
from sync.records import Booking, Policy, Vehicle
from vision.observations import PlateCandidate, PlateSeen

GUARD = Operator(name="zhang", role="guard")
NOON_S = 1_780_000_000.0
OWNER, BLOCKED, BOOKED, STRANGER = "粤B12345", "粤B00000", "沪A88888", "京N55555"

SITE: dict[str, Any] = {
    "cameras": {"east": {"source": "0", "lane": "east", "place": "东门"}},
    "buses": {"rs485": {"port": "/dev/null"}},
    "boards": {"box": {"bus": "rs485"}},
    "lanes": {
        "east": {
            "place": "东门入口",
            "require_approach": False,  # spoofs have conversations of their own
            "require_motion": False,
            "barrier": {"board": "box", "open_relay": 1},
            "inputs": {
                "up_limit": {"board": "box", "channel": 1},
                "down_limit": {"board": "box", "channel": 2},
                "safety": {"board": "box", "channel": 3, "normally": "closed"},
                "approach": {"board": "box", "channel": 4},
            },
        }
    },
    "fire": {"input": {"board": "box", "channel": 8, "normally": "closed"}},
}


def levels(*, up: bool = False, down: bool = True, safety: bool = False, approach: bool = False, fire: bool = False):
    """Raw contact levels of the board; safety and fire hang on normally-closed contacts."""
    return (up, down, not safety, approach, False, False, False, not fire)


class Talk:
    """One conversation with ``react`` on a made-up clock."""

    def __init__(self, **lane_settings: Any) -> None:
        raw = {**SITE, "lanes": {"east": {**SITE["lanes"]["east"], **lane_settings}}}
        self.state: State = initial(Site.model_validate(raw), "test")
        self.mono_s = 1000.0
        self.visits = 0
        self.log: list[EventDraft] = []
        self.say(PolicyLoaded(POLICY))

    @property
    def now(self) -> Now:
        return Now(mono_s=self.mono_s, wall_s=NOON_S + self.mono_s - 1000.0)

    def say(self, observation: Observation) -> list[Intent]:
        """Tell the site something; returns what it wants done."""
        self.state, intents = react(self.state, observation, self.now)
        self.log += [i.draft for i in intents if isinstance(i, Record)]
        confirms = [i for i in intents if isinstance(i, Confirm)]
        return [*intents, *(i for c in confirms for i in self.say(Written(c.reference, durable=True)))]

    def wait(self, seconds: float) -> list[Intent]:
        """Let time pass, a quarter of a second at a time, the inputs being refreshed as on a live board."""
        intents: list[Intent] = []
        for _ in range(int(seconds * 4)):
            self.mono_s += 0.25
            board = self.state.boards["box"]
            if board.levels is not None:
                intents += self.say(InputsRead(board="box", levels=board.levels, at_mono_s=self.mono_s))
            intents += self.say(Tick())
        return intents

    def link_up(self, **contacts: bool) -> list[Intent]:
        return self.say(LinkBack(board="box", levels=levels(**contacts), at_mono_s=self.mono_s))

    def link_down(self) -> list[Intent]:
        return self.say(LinkLost(board="box", cause="unplugged", at_mono_s=self.mono_s))

    def contacts(self, **contacts: bool) -> list[Intent]:
        return self.say(InputsRead(board="box", levels=levels(**contacts), at_mono_s=self.mono_s))

    def plate(self, text: str, outcome: str = "sure", visit: str | None = None, **seen: Any) -> list[Intent]:
        """A camera read a plate in a new visit, or again in a given one; ``seen`` is more of what it saw."""
        self.visits += visit is None
        return self.say(
            PlateSeen(
                camera="east",
                visit=visit or f"v{self.visits}",
                outcome="sure" if outcome == "sure" else "unsure",
                text=text,
                confidence=0.97 if outcome == "sure" else 0.4,
                color="blue",
                rows=1,
                box=(10, 10, 110, 40),
                candidates=(PlateCandidate(text, 0.97, 2),),
                frames=3,
                captured_mono_s=self.mono_s - 0.4,
                captured_at_s=NOON_S,
                read_mono_s=self.mono_s - 0.1,
                picture=b"\xff\xd8 a picture",
                **seen,
            )
        )

    @property
    def lane(self):
        return self.state.lanes["east"]

    def kinds(self, prefix: str = "") -> list[str]:
        """Kinds of everything written so far."""
        return [draft.kind for draft in self.log if draft.kind.startswith(prefix)]


def opens(intents: list[Intent]) -> list[OpenLane]:
    return [i.command for i in intents if isinstance(i, Send) and isinstance(i.command, OpenLane)]


def answer(intents: list[Intent]) -> Answer:
    [only] = [i for i in intents if isinstance(i, Answer)]
    return only


def drafts(intents: list[Intent], kind: str) -> list[EventDraft]:
    return [i.draft for i in intents if isinstance(i, Record) and i.draft.kind == kind]


BOOKING = Booking(
    id="b1", plate=BOOKED, visitor="李女士", host="3号楼", not_before_s=NOON_S - 60, not_after_s=NOON_S + 3600
)
POLICY = Policy(
    version=1,
    vehicles={
        OWNER: Vehicle(plate=OWNER, owner="王先生", place="1号楼101"),
        BLOCKED: Vehicle(plate=BLOCKED, owner="赵先生", blocked="欠费"),
    },
    bookings={BOOKED: (BOOKING,)},
)


def with_booking(**changes: Any) -> Policy:
    """The usual policy with the booking changed."""
    return replace(POLICY, bookings={BOOKED: (replace(BOOKING, **changes),)})
