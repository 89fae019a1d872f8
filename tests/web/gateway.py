"""A small honest gateway for the web's tests: a real store, real events, acts that change what the page sees.

It implements ``edge.web.port.GatewayPort`` the way the hub does, without devices and without the rules.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.model import Site
from edge.access.slips import check
from edge.intents import Answer
from edge.live.board import LiveBoard
from edge.observations import (
    AcknowledgeAlarm,
    Audited,
    ChangeLists,
    CheckSlip,
    CloseAlarm,
    CorrectRegister,
    HoldByHand,
    OpenByHand,
    OperatorAct,
    RefuseByHand,
    ReleaseByHand,
    ResetFire,
    ResetLane,
    ResetSirens,
    UnlockByHand,
)
from edge.web.port import FaceProber
from sync.event import Attachment, EventDraft
from sync.records import Change, WentOut
from sync.store import Store
from tests.web.by_rules import ACTS, ByRules

SITE = Site.model_validate(
    {
        "site": {"id": "test-1", "name": "翠湖花园"},
        "buses": {"gate": {"port": "/dev/null"}},
        "boards": {"io": {"bus": "gate"}},
        "lanes": {
            "east-in": {"place": "东门入口", "direction": "in", "barrier": {"board": "io", "open_relay": 1}},
            "east-out": {"place": "东门出口", "direction": "out", "barrier": {"board": "io", "open_relay": 2}},
        },
        "cameras": {
            "east": {"source": "0", "place": "东门入口相机", "lane": "east-in"},
            "out": {"source": "1", "place": "东门出口相机", "lane": "east-out"},
        },
        "doors": {
            "unit-3": {"place": "3号楼单元门", "lock": {"board": "io", "relay": 3}},
            "garage": {"place": "地库人行门", "lock": {"board": "io", "relay": 4}},
        },
        "readers": {"unit-3": {"kind": "keypad", "place": "3号楼键盘", "door": "unit-3", "port": "/dev/null"}},
        "equipment": {
            "lens": {"device": "camera:east", "installed": "2020-01-11", "maintenance_days": 90, "brand": "某牌"},
            "arm": {"device": "lane:east-in"},
        },
        "sirens": {"yard": {"place": "电动车棚", "output": {"board": "io", "relay": 5}}},
    }
)


def lane_state(name: str, place: str, direction: str) -> dict[str, Any]:
    """A lane at rest, in the snapshot's shape."""
    return {
        "name": name,
        "place": place,
        "kind": "vehicle",
        "direction": direction,
        "state": "closed",
        "fault": "",
        "fire": False,
        "hold_until_s": None,
        "sensors": {"up": False, "down": True, "safety": False, "approach": None, "manual": None},
        "waiting": [],
        "last": None,
    }


def door_state(name: str, place: str) -> dict[str, Any]:
    """A locked door, in the snapshot's shape."""
    return {
        "name": name,
        "place": place,
        "state": "locked",
        "contact": False,
        "unlocked_until_s": None,
        "interlocked": False,
        "escape_route": True,
        "fault": "",
        "since_s": None,
    }


@dataclass
class Gateway:
    """The port's implementation; tests change ``lanes``, ``alarms`` and ``fire`` directly."""

    store: Store
    lanes: dict[str, dict[str, Any]] = field(default_factory=dict)
    doors: dict[str, dict[str, Any]] = field(default_factory=dict)
    sirens: dict[str, dict[str, Any]] = field(default_factory=dict)
    readers_up: bool = True
    alarms: dict[str, dict[str, Any]] = field(default_factory=dict)
    fire: dict[str, Any] = field(default_factory=lambda: {"active": False, "latched": False})
    cameras_up: bool = True
    ready: bool = True
    demo: bool = True
    started_s: float = field(default_factory=time.time)
    verdicts: dict[str, Answer] = field(default_factory=dict)
    acted: list[OperatorAct] = field(default_factory=list)
    eyes: FaceProber | None = None
    rules: ByRules | None = None
    """For acts that the hub's own rules decide here too; a site without a patrol unless a test gives another."""
    live: LiveBoard = field(default_factory=lambda: LiveBoard(SITE.cameras, SITE.live.viewers_max))

    def __post_init__(self) -> None:
        for name, lane in SITE.lanes.items():
            self.lanes[name] = lane_state(name, lane.place, lane.direction)
        for name, door in SITE.doors.items():
            self.doors[name] = door_state(name, door.place)
        for name, siren in SITE.sirens.items():
            self.sirens[name] = {"name": name, "place": siren.place, "state": "off", "cause": ""}

    def snapshot(self) -> dict[str, Any]:
        """As documented in docs/http-api.md."""
        policy = self.store.policy()
        return {
            "site": {
                "id": "test-1",
                "name": SITE.site.name,
                "language": "zh",
                "timezone": SITE.site.timezone,
                "version": "0",
                "demo": self.demo,
            },
            "now_s": time.time(),
            "head": self.store.newest,
            "lanes": list(self.lanes.values()),
            "cameras": [
                {
                    "name": name,
                    "place": camera.place,
                    "lane": camera.lane,
                    "up": self.cameras_up,
                    "fault": "" if self.cameras_up else "stalled",
                    "since_s": self.started_s,
                    "age_s": 0.1,
                    "fps": 8.0,
                    "dropped": 0,
                }
                for name, camera in SITE.cameras.items()
            ],
            "boards": [{"name": "io", "up": True, "since_s": self.started_s}],
            "doors": list(self.doors.values()),
            "sirens": list(self.sirens.values()),
            "readers": [
                {"name": name, "place": reader.place, "up": self.readers_up, "since_s": self.started_s}
                for name, reader in SITE.readers.items()
            ],
            "alarms": [*self.alarms.values(), *(self.rules.alarms().values() if self.rules else ())],
            **(self.rules.rows() if self.rules else {"patrol": {"rounds": []}}),
            "eyes": {"up": True, "rss_mb": 210.0},
            "log": {"ok": True, "head": self.store.newest, "pending": 0, "last_pull_s": time.time() - 4},
            "lists": {"version": policy.version, "vehicles": len(policy.vehicles), "bookings": 0},
            "fire": self.fire,
            "banner": None,
        }

    def health(self) -> dict[str, Any]:
        """Ready or not, with one problem."""
        return {"ready": self.ready, "problems": [] if self.ready else ["camera east: stalled"]}

    async def act(self, act: OperatorAct) -> Answer:
        """The same request id acts once."""
        if act.request_id not in self.verdicts:
            self.acted.append(act)
            ok, reason = self._by_rules(act) if isinstance(act, ACTS) else self._decide(act)
            self.verdicts[act.request_id] = Answer(act.request_id, ok, reason)
        return self.verdicts[act.request_id]

    def audit(self, act: Audited) -> None:
        """Straight into the log."""
        self.record(act.kind, f"operator:{act.operator}", act.body)

    def record(
        self,
        kind: str,
        source: str,
        body: dict[str, Any],
        *,
        changes: tuple[Change, ...] = (),
        picture: bytes = b"",
    ) -> int:
        """Append one event and wait until it is durable; its seq."""
        draft = EventDraft(
            kind=kind,
            source=source,
            body=body,
            wall_us=time.time_ns() // 1000,
            mono_ns=time.monotonic_ns(),
            attachments=(Attachment("frame", "image/jpeg", picture),) if picture else (),
        )
        return self.store.append([draft], changes).result(timeout=30)[0].seq

    def arrive(self, lane: str, text: str, picture: bytes, **visitor: Any) -> str:
        """A vehicle stops before a lane and waits for the guard."""
        visit = uuid.uuid4().hex
        sha256 = Attachment("frame", "image/jpeg", picture).sha256 if picture else None
        waiting = {
            "visit": visit,
            "text": text,
            "confidence": 0.97,
            "outcome": "sure",
            "color": "blue",
            "candidates": [],
            "reason": "unknown_plate",
            "picture": sha256,
            "since_s": time.time(),
            "camera": "east",
            **visitor,
        }
        body = {"visit": visit, "plate": text, "reason": waiting["reason"], "picture": sha256}
        self.record("access.referred", f"lane:{lane}", body, picture=picture)
        self.lanes[lane]["waiting"].append(waiting)
        return visit

    def raise_alarm(self, kind: str, priority: int, source: str, **more: Any) -> str:
        """An alarm opens."""
        id_ = uuid.uuid4().hex
        self.alarms[id_] = {
            "id": id_,
            "kind": kind,
            "priority": priority,
            "source": source,
            "place": "",
            "opened_at_s": time.time(),
            "count": 1,
            "returned_at_s": None,
            "acknowledged_by": "",
            "acknowledged_at_s": None,
            "event_id": "",
            "detail": "",
            "picture": None,
            **more,
        }
        self.record("alarm.opened", source, {"alarm": id_, "kind": kind, "alarm_priority": priority})
        return id_

    def _by_rules(self, act: OperatorAct) -> tuple[bool, str]:
        self.rules = self.rules or ByRules(self.store, SITE)
        answer = self.rules.say(act)
        assert answer is not None
        return answer.ok, answer.reason

    def _decide(self, act: OperatorAct) -> tuple[bool, str]:
        by = f"operator:{act.operator.name}"
        match act:
            case OpenByHand() | RefuseByHand():
                return self._passage(act, by)
            case HoldByHand() | ReleaseByHand() | ResetLane():
                return self._lane(act, by)
            case ResetFire():
                self.fire = {"active": False, "latched": False}
                return True, "reset"
            case AcknowledgeAlarm() | CloseAlarm():
                return self._alarm(act)
            case UnlockByHand():
                return self._unlock(act, by)
            case ResetSirens():
                for siren in self.sirens.values():
                    siren |= {"state": "off", "cause": ""}
                return True, "reset"
            case CheckSlip():
                verdict = check(self.store.policy(), act.slip, act.seen, act.plate, time.time())
                kind = "slip.checked" if verdict.released else "slip.refused"
                body = {"slip": act.slip, "reason": verdict.reason.value}
                self.record(kind, by, body, changes=verdict.changes, picture=act.photo)
                return verdict.released, verdict.reason.value
            case CorrectRegister():
                if act.key not in self.store.policy().inside:
                    return False, "not_inside"
                body = {"key": act.key, "reason": act.reason}
                self.record("register.corrected", by, body, changes=(WentOut(act.key),))
                return True, "corrected"
            case ChangeLists():
                self.record("lists.changed", by, {"change": type(act.change).__name__}, changes=(act.change,))
                return True, "changed"
        raise AssertionError(f"this small gateway carries out no {type(act).__name__}")

    def _passage(self, act: OpenByHand | RefuseByHand, by: str) -> tuple[bool, str]:
        lane = self.lanes[act.lane]
        if lane["state"] == "offline":
            return False, "lane_offline"
        visitor = next((v for v in lane["waiting"] if v["visit"] == act.visit), None)
        opened = isinstance(act, OpenByHand)
        body = {"lane": act.lane, "reason": act.reason}
        if visitor is not None:
            lane["waiting"].remove(visitor)
            body |= {"plate": visitor["text"], "picture": visitor["picture"]}
            lane["last"] = {
                "text": visitor["text"],
                "who": act.operator.name,
                "place": "",
                "decision": "granted" if opened else "denied",
                "reason": "by_hand",
                "at_s": time.time(),
                "picture": visitor["picture"],
            }
        if opened:
            lane["state"] = "open"
            lane["sensors"] |= {"up": True, "down": False}
        self.record("operator.opened" if opened else "operator.refused", by, body)
        return True, "opening" if opened else "refused"

    def _unlock(self, act: UnlockByHand, by: str) -> tuple[bool, str]:
        door = self.doors[act.door]
        if door["state"] == "offline":
            return False, "door_offline"
        door |= {"state": "unlocked", "unlocked_until_s": time.time() + 3}
        self.record("operator.unlocked", by, {"door": act.door, "reason": act.reason})
        return True, "unlocking"

    def _lane(self, act: HoldByHand | ReleaseByHand | ResetLane, by: str) -> tuple[bool, str]:
        lane = self.lanes[act.lane]
        if isinstance(act, HoldByHand):
            lane |= {"state": "held", "hold_until_s": time.time() + act.for_s}
            self.record("operator.held", by, {"lane": act.lane, "reason": act.reason})
            return True, "held"
        if isinstance(act, ReleaseByHand) and lane["state"] != "held":
            return False, "not_held"
        lane |= {"state": "closed", "hold_until_s": None, "fault": ""}
        return True, "reset" if isinstance(act, ResetLane) else "released"

    def _alarm(self, act: AcknowledgeAlarm | CloseAlarm) -> tuple[bool, str]:
        alarm = self.alarms.get(act.alarm)
        if alarm is None:
            return False, "unknown_alarm"
        if isinstance(act, AcknowledgeAlarm):
            alarm |= {"acknowledged_by": act.operator.name, "acknowledged_at_s": time.time()}
            return True, "acknowledged"
        if act.outcome == "false" and not act.note:
            return False, "reason_needed"
        del self.alarms[act.alarm]
        return True, "closed"


def open_store(directory: Path) -> Store:
    """A real store in a test's directory."""
    return Store.open(directory / "menwei.db", gateway_id="test-1", ballast_bytes=4096)
