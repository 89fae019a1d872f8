"""Which alarms go to which channels, and in what words. Core: pure functions of settings and alarms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from config.model_push import Channel
from edge.alarms.model import Alarm
from edge.events import KINDS
from edge.push.model import Notice

PRIORITIES = {1: ("紧急", "urgent"), 2: ("一般", "general"), 3: ("系统", "system")}
LEVELS = {
    "supervisor": ("逾期，请主管督办", "overdue: supervisor"),
    "manager": ("逾期，请项目经理督办", "overdue: project manager"),
}
DRILL = ("【演练】", "[DRILL] ")
TEST = ("【自检】", "[SELF-TEST] ")


def wanted(channel: Channel, alarm: Alarm, level: str) -> bool:
    """Whether a channel tells of this."""
    if level not in channel.levels or alarm.priority > channel.priority:
        return False
    if alarm.drill and not channel.drills:
        return False
    return not channel.kinds or alarm.kind.startswith(channel.kinds)


def channels_of(channels: Mapping[str, Channel], alarm: Alarm, level: str) -> tuple[str, ...]:
    """The channels that tell of it; never the one that it says is broken."""
    return tuple(
        name
        for name, channel in channels.items()
        if wanted(channel, alarm, level) and not (alarm.kind == "push.failed" and alarm.source == f"push:{name}")
    )


def notice_of(alarm: Alarm, level: str, reference: str, site: str) -> Notice:
    """An alarm in a few words of both languages: what, where, for whom."""
    kind = KINDS.get(alarm.kind)
    zh, en = (kind.zh, kind.en) if kind is not None else (alarm.kind, alarm.kind)
    marks = DRILL if alarm.drill else TEST if level == "test" else ("", "")
    priority = PRIORITIES.get(alarm.priority, ("", ""))
    more = LEVELS.get(level, ("", ""))
    place = alarm.place or alarm.source
    return Notice(
        reference=reference,
        alarm=alarm.id,
        level=level,
        priority=alarm.priority,
        title_zh=f"{marks[0]}{priority[0]}：{zh}",
        title_en=f"{marks[1]}{priority[1]}: {en}",
        text_zh="\n".join(filter(None, (place, more[0], site))),
        text_en="\n".join(filter(None, (place, more[1], site))),
    )


def telling(kind: str, body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(alarm, level) that an event tells of, if it does."""
    if kind in {"alarm.opened", "alarm.reopened"}:
        yield str(body["alarm"]), "guard"
    elif kind == "alarm.overdue":
        yield str(body["alarm"]), str(body["to"])
