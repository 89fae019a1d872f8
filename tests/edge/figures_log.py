"""A log written by hand for the figures: events at times of the test's choosing."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from edge.figures.spans import Span
from sync.event import Event, canonical

ZONE = ZoneInfo("Asia/Shanghai")
DAY_0_S = 1_793_462_400.0
"""2026-11-01 00:00 in Shanghai."""
DAY = Span(from_s=DAY_0_S, until_s=DAY_0_S + 86_400, name="2026-11-01")


class Log:
    """Events in the order in which they are written; times in seconds after the begin of the day."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def say(self, at_s: float, kind: str, source: str, /, **body: Any) -> Event:
        seq = len(self.events) + 1
        event = Event(
            seq=seq, id=f"e{seq}", kind=kind, source=source, priority=2,
            wall_us=int((DAY_0_S + at_s) * 1e6), mono_ns=int(at_s * 1e9) + 10**12, boot_id="b", clock="synced",
            body=canonical(body), prev="", hash="",
        )  # fmt: skip
        self.events.append(event)
        return event

    def alarm(self, at_s: float, id_: str, priority: int = 1, source: str = "lane:east", **more: Any) -> None:
        body = {"alarm": id_, "kind": "lane.forced", "alarm_priority": priority, "place": "东门"}
        self.say(at_s, "alarm.opened", source, **{**body, **more})

    def taken(self, id_: str, after_s: float, by: str = "li") -> None:
        self.say(self._opened(id_) + after_s, "alarm.acknowledged", f"operator:{by}", alarm=id_, after_s=after_s)

    def there(self, id_: str, age_s: float) -> None:
        self.say(self._opened(id_) + age_s, "alarm.on_site", "operator:li", alarm=id_, age_s=age_s)

    def closed(self, id_: str, age_s: float, outcome: str = "handled", count: int = 1, by: str = "operator:li") -> None:
        at_s = self._opened(id_) + age_s
        self.say(at_s, "alarm.closed", by, alarm=id_, age_s=age_s, outcome=outcome, count=count, note="")

    def kinds(self, *prefixes: str) -> list[Event]:
        return [event for event in self.events if event.kind.startswith(prefixes)]

    def _opened(self, id_: str) -> float:
        event = next(e for e in self.events if e.kind == "alarm.opened" and e.data()["alarm"] == id_)
        return event.wall_us / 1e6 - DAY_0_S
