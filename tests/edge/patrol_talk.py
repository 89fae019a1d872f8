"""A site with a patrol on made-up clocks."""

from __future__ import annotations

from typing import Any

from config.model import Site
from devices.messages import CardRead
from edge.observations import Operator, Tick
from edge.patrol.acts import EndRound, ScanPoint, StartRound
from edge.patrol.model import Round
from edge.reports.acts import MakeReport, NoteAlarm
from edge.state import initial
from sync.event import Attachment
from sync.records import Key, Person, Policy
from tests.edge.duty_talk import LIN, NOON_S, ZHANG, Desk

BOSS = Operator(name="boss", role="supervisor")
TEN_S = NOON_S + 10 * 3600.0
"""22:00 in Shanghai, when the round is due."""
CODES = {"shed": "7f3a-shed", "roof": "91bc-roof", "pump": "c0de-pump"}
ROUND = "night@2026-06-01T22:00"
PATROL: dict[str, Any] = {
    "guards": {"p-1": "zhang"},
    "maps": {"ground": {"picture": "ground.png"}},
    "points": {
        "shed": {"place": "电动车棚", "code": CODES["shed"], "map": "ground", "at": [0.2, 0.4]},
        "roof": {"place": "3号楼天台", "kind": "nfc", "code": CODES["roof"], "typed": False},
        "pump": {"place": "水泵房", "code": CODES["pump"]},
        "door": {"place": "单元门", "kind": "reader", "reader": "unit-3"},
    },
    "routes": {
        "all": {
            "title": "夜间全园",
            "within_s": 3600,
            "points": [
                {"point": "shed"},
                {"point": "roof", "after_s": 900, "tolerance_s": 300, "walk_s": 60},
                {"point": "pump"},
            ],
        },
    },
    "plans": {"night": {"route": "all", "times": ["22:00"], "start_early_s": 600, "start_late_s": 900}},
}


def patrol_with(**route: Any) -> dict[str, Any]:
    """The patrol with another route."""
    return {**PATROL, "routes": {"all": {**PATROL["routes"]["all"], **route}}}


class Walk(Desk):
    """A desk with a patrol, a while before its first round."""

    def __init__(self, wall_s: float = TEN_S - 3600.0, patrol: dict[str, Any] | None = None) -> None:
        super().__init__(wall_s)
        gate = {
            "buses": {"b": {"port": "/dev/null"}},
            "boards": {"io": {"bus": "b"}},
            "doors": {"unit-3": {"lock": {"board": "io", "relay": 3}}},
            "readers": {"unit-3": {"kind": "keypad", "door": "unit-3", "port": "/dev/null"}},
        }
        self.site = Site.model_validate(
            {"desk": {"watch_every_s": 0}, "patrol": PATROL if patrol is None else patrol, **gate}
        )
        people = {"p-1": Person(id="p-1", name="张"), "p-2": Person(id="p-2", name="住户")}
        owners = {"AB12": "p-1", "CD34": "p-2"}
        keys = {("card", uid): Key(kind="card", value=uid, person=person) for uid, person in owners.items()}
        self.state = initial(self.site, "run0-")
        self.policy = Policy(people=people, keys=keys)
        self.say(Tick())

    def round(self, id_: str = ROUND) -> Round:
        return self.state.patrol.rounds[id_]

    def until(self, wall_s: float, step_s: float = 60.0) -> None:
        """Time passes to this moment."""
        self.wait(wall_s - self.wall_s, step_s)

    def start(self, who: Operator = ZHANG, id_: str = ROUND) -> tuple[bool, str]:
        return self.say(StartRound(request_id="r", round=id_, operator=who))

    def scan(self, point: str, who: Operator = ZHANG, how: str = "qr", **more: Any) -> tuple[bool, str]:
        code = CODES.get(point, point)
        return self.say(ScanPoint(request_id="p", code=code, how=how, operator=who, **more))

    def scanned_before(
        self, point: str, ago_s: float, seq: int = 0, who: Operator = ZHANG, device: str = "tab-1"
    ) -> tuple[bool, str]:
        """A scan that was made without a link and is sent now."""
        return self.scan(point, who, at_s=self.wall_s - ago_s, device=device if seq else "", seq=seq)

    def end(self, reason: str = "", who: Operator = ZHANG) -> tuple[bool, str]:
        return self.say(EndRound(request_id="e", round=ROUND, reason=reason, operator=who))

    def card(self, uid: str = "AB12") -> None:
        self.say(CardRead(reader="unit-3", uid=uid, bits=32, at_mono_s=self.mono_s))

    def report(self, what: str = "damage", **more: Any) -> tuple[bool, str]:
        given: dict[str, Any] = {"words": "护栏被撞", "place": "东门", **more}
        return self.say(MakeReport(request_id="m", what=what, operator=ZHANG, **given))

    def add(self, alarm: str, note: str = "", photos: tuple[Attachment, ...] = ()) -> tuple[bool, str]:
        return self.say(NoteAlarm(request_id="n", alarm=alarm, note=note, operator=LIN, attachments=photos))

    def bodies(self, kind: str) -> list[dict[str, Any]]:
        return [dict(draft.body) for draft in self.log if draft.kind == kind]

    def ends(self) -> list[str]:
        """How rounds ended, in order."""
        over = {"patrol.done", "patrol.missed", "patrol.aborted", "patrol.made_good"}
        return [draft.kind for draft in self.log if draft.kind in over]
