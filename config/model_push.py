"""Settings of the self-test of alarms and of push channels. Core: pure data, no I/O."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from config.base import Model, Name, TimeOfDay, described

Level = Literal["guard", "supervisor", "manager"]


class SelfTest(Model):
    """``[alarms.selftest]``: proof of the chain from the inbox to siren, page and channels."""

    at: TimeOfDay | None = described(
        "每日自检时间，时:分；省略则只手动", "every day at HH:MM; only by hand when absent", default=None
    )
    chirp: bool = described(
        "自检时声光短鸣一声；否则只核对继电器板在线",
        "sirens chirp once; otherwise it is only checked that their board answers",
        default=True,
    )
    log_s: float = described("日志多久内须落盘", "on disk within", default=3.0, gt=0, le=60)
    page_s: float = described("页面多久内须显示", "painted by a page within", default=15.0, gt=0, le=300)
    siren_s: float = described("声光多久内须核实", "sirens read back within", default=10.0, gt=0, le=300)
    push_s: float = described("推送多久内须送达", "channels have delivered within", default=60.0, gt=0, le=600)


class Channel(Model):
    """``[push.channels.NAME]``: one way to reach people who are not at the page."""

    url_file: Path = described(
        "存放 Apprise 地址的密钥文件（权限 0600，一行）",
        "secret file (mode 0600) that holds one Apprise address, such as wecombot://… or mailtos://…",
    )
    priority: int = described(
        "推送此级别及更紧急的告警", "alarms of this priority or more urgent", default=2, ge=1, le=3
    )
    kinds: tuple[str, ...] = described(
        "只推送这些类型（按前缀），空为全部", "only kinds that begin so; all when empty", default=()
    )
    levels: tuple[Level, ...] = described(
        "推送哪些层级：告警发生、逾期报主管、逾期报项目经理",
        "when: as it opens (guard), when a limit passed (supervisor), when it passed again (manager)",
        default=("guard", "supervisor", "manager"),
        min_length=1,
    )
    drills: bool = described("演练也推送（标明演练）", "drills too, marked as such", default=True)
    per_minute: int = described(
        "每分钟最多几条，超出的合并计数", "messages a minute at most; the others are counted", default=6, ge=1, le=60
    )
    language: Literal["zh", "en"] = described("文字语言", "language of the text", default="zh")


class Push(Model):
    """``[push]``: messages to phones and mail, through Apprise (extra ``push``)."""

    channels: dict[Name, Channel] = described("渠道", "channels", default_factory=dict)
    retry_s: float = described("首次重试间隔，之后加倍", "first pause before a retry; it doubles", default=5.0, gt=0)
    fault_after_s: float = described(
        "连续失败多久后告警", "a channel that fails so long is an alarm", default=60.0, ge=0, le=3600
    )
    give_up_s: float = described("一条消息最多重试多久", "a message is tried so long", default=900.0, gt=0, le=86400)
