"""Settings of alarms and of the guards' duty. Core: pure data, no I/O."""

from __future__ import annotations

from config.base import Model, Name, TimeOfDay, described
from config.model_push import SelfTest


class Clocks(Model):
    """Limits of one class of alarms; one that is absent is not watched."""

    respond_s: float | None = described("多久内须接警", "taken by somebody within", default=None, gt=0)
    on_site_s: float | None = described("多久内须到场", "somebody on site within", default=None, gt=0)
    close_s: float | None = described("多久内须办结", "closed within", default=None, gt=0)
    call_back_s: float | None = described("办结后多久内须回访", "called back within, after closing", default=None, gt=0)


class UrgentClocks(Clocks):
    """``[alarms.urgent]``: 15 min, 30 min, and a call back within 1 h, unless the site says otherwise."""

    respond_s: float | None = described("多久内须接警", "taken by somebody within", default=900.0, gt=0)
    on_site_s: float | None = described("多久内须到场", "somebody on site within", default=1800.0, gt=0)
    call_back_s: float | None = described(
        "办结后多久内须回访", "called back within, after closing", default=3600.0, gt=0
    )


class GeneralClocks(Clocks):
    """``[alarms.general]``: 2 h and 24 h, unless the site says otherwise."""

    respond_s: float | None = described("多久内须接警", "taken by somebody within", default=7200.0, gt=0)
    close_s: float | None = described("多久内须办结", "closed within", default=86400.0, gt=0)


class SystemClocks(Clocks):
    """``[alarms.system]``: 24 h, unless the site says otherwise."""

    close_s: float | None = described("多久内须办结", "closed within", default=86400.0, gt=0)


class ActionCard(Model):
    """``[alarms.cards."KIND"]``: what to do (应急预案), at most three steps."""

    zh: tuple[str, ...] = described("步骤（中文）", "steps in Chinese", min_length=1, max_length=3)
    en: tuple[str, ...] = described("步骤（英文）", "steps in English", default=(), max_length=3)


class Alarms(Model):
    """``[alarms]``: clocks, chatter, flood, shelving."""

    urgent: UrgentClocks = described("紧急告警时限", "limits of urgent alarms", default_factory=UrgentClocks)
    general: GeneralClocks = described("一般告警时限", "limits of general alarms", default_factory=GeneralClocks)
    system: SystemClocks = described("系统告警时限", "limits of system alarms", default_factory=SystemClocks)
    manager_factor: float = described(
        "超过时限的几倍再报项目经理",
        "after so many times the limit the project manager is told",
        default=2.0,
        gt=1,
        le=100,
    )
    chatter_s: float = described(
        "恢复后多久内再次发生算同一告警",
        "coming back within this time it is the same alarm",
        default=30.0,
        ge=0,
        le=3600,
    )
    flood_window_s: float = described("告警泛滥统计时段", "window of the flood count", default=600.0, gt=0)
    flood_begin: int = described("时段内超过几条算泛滥", "more than this many in the window: a flood", default=10, ge=1)
    flood_end: int = described("时段内少于几条算结束", "fewer than this many: the flood is over", default=5, ge=0)
    shelve_max_s: float = described("最长搁置", "longest shelving", default=3600.0, gt=0, le=86400)
    shelve_night_max_s: float = described("夜间最长搁置", "longest shelving at night", default=1800.0, gt=0, le=86400)
    night: tuple[TimeOfDay, TimeOfDay] = described(
        "夜间起止，时:分", "night from and to, HH:MM", default=("22:00", "06:00")
    )
    stale_after_s: float = described("多久未办结算陈旧", "open longer than this: stale", default=86400.0, gt=0)
    siren_after_s: float = described(
        "无人接警多久后本机鸣响", "nobody took it for so long: the box's own sirens sound", default=60.0, gt=0, le=3600
    )
    undo_s: float = described("接警后多久内可撤销", "taking an alarm can be undone within", default=5.0, ge=0, le=60)
    selftest: SelfTest = described("告警自检", "self-test", default_factory=SelfTest)
    cards: dict[str, ActionCard] = described(
        "应急预案卡，按告警类型", "action cards by kind of alarm", default_factory=dict
    )


class Desk(Model):
    """``[desk]``: shifts, handing over, being asked at night (查岗)."""

    posts: tuple[Name, ...] = described("岗位", "posts that are manned", default=("gate",))
    handover_within_s: float = described(
        "交接多久未完成即上报", "a handing-over that takes longer is told", default=1800.0, gt=0
    )
    watch_every_s: float = described(
        "夜间多久查岗一次，0 为不查", "at night ask so often; 0 never", default=3600.0, ge=0, le=86400
    )
    watch_answer_s: float = described("多久内须应答", "answer within", default=300.0, gt=0, le=3600)
    drill_max_s: float = described("演练最长时间", "longest drill", default=7200.0, gt=0, le=86400)
    night: tuple[TimeOfDay, TimeOfDay] = described(
        "查岗起止，时:分", "asked from and to, HH:MM", default=("22:00", "06:00")
    )
