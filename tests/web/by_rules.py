"""Acts that the web's test gateway leaves to the hub's own rules: patrols and reports."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.model import Site
from edge.alarms.acts import AdvanceAlarm
from edge.intents import Answer, Record
from edge.observations import Now, Observation, Tick
from edge.patrol.acts import EndRound, ScanPoint, StartRound
from edge.react.switchboard import react
from edge.reports.acts import MakeReport, NoteAlarm
from edge.snapshot_alarms import alarm_rows
from edge.snapshot_patrol import patrol_rows
from edge.state import initial
from sync.store import Store
from tests.web.pictures import car_jpeg

if TYPE_CHECKING:
    from tests.web.rig import Web

ACTS = (StartRound, EndRound, ScanPoint, MakeReport, NoteAlarm, AdvanceAlarm)
CODES = {"shed": "7f3a-shed", "pump": "c0de-pump"}
HOURS = [f"{hour:02}:{minute:02}" for hour in range(24) for minute in (0, 30)]


def patrol_of(folder: Path) -> dict[str, Any]:
    """A patrol with a round every half hour; at any moment, and two minutes before, one may be under way."""
    return {
        "maps": {"ground": {"picture": str(folder / "ground.jpg"), "title": "总平面图"}},
        "points": {
            "shed": {"place": "电动车棚", "code": CODES["shed"], "map": "ground", "at": [0.2, 0.4]},
            "pump": {"place": "水泵房", "code": CODES["pump"], "map": "ground", "at": [0.7, 0.6]},
        },
        "routes": {"all": {"title": "夜间全园", "points": [{"point": "shed"}, {"point": "pump"}]}},
        "plans": {"night": {"route": "all", "times": HOURS, "start_early_s": 3600, "start_late_s": 1800}},
    }


def patrolled(web: Web, folder: Path) -> Web:
    """The application of a site with a patrol and a plan."""
    (folder / "ground.jpg").write_bytes(car_jpeg())
    site = web.app.state.site
    site = site.model_copy(update={"patrol": type(site.patrol).model_validate(patrol_of(folder))})
    web.app.state.site = site
    web.gateway.rules = ByRules(web.gateway.store, site)
    web.gateway.snapshot()
    return web


class ByRules:
    """The hub's rules over the test's store."""

    def __init__(self, store: Store, site: Site) -> None:
        self.state = initial(site, "web-")
        self._store = store

    def say(self, observation: Observation) -> Answer | None:
        """What the rules answer; what they write is in the store when this returns."""
        now = self.now()
        self.state, intents = react(self.state, observation, now)
        for intent in intents:
            if isinstance(intent, Record) and not intent.draft.kind.startswith("access."):
                self._store.append([intent.draft], intent.changes).result(timeout=30)
        return next((intent for intent in intents if isinstance(intent, Answer)), None)

    def day(self) -> str:
        """The day of the round that a scan counts for now: at half past eleven it is tomorrow's."""
        return self.state.patrol.open()[0].id.partition("@")[2][:10]

    def rows(self) -> dict[str, Any]:
        """The patrol as the page sees it."""
        self.say(Tick())
        return patrol_rows(self.state, self.now())

    def alarms(self) -> dict[str, dict[str, Any]]:
        """Alarms that the rules opened."""
        return {row["id"]: row for row in alarm_rows(self.state, self.now())["alarms"]}

    @staticmethod
    def now() -> Now:
        return Now(mono_s=time.monotonic(), wall_s=time.time())
