"""Push channels held against each other. Core: pure."""

from __future__ import annotations

from collections.abc import Iterator

from config.errors import Problem
from config.findings import Reporter
from config.model import Site


def check_push(site: Site, report: Reporter) -> Iterator[Problem]:
    """Warnings about channels that would tell twice, or too late."""
    seen: dict[str, str] = {}
    for name, channel in site.push.channels.items():
        key = f"push.channels.{name}.url_file"
        other = seen.setdefault(str(channel.url_file), name)
        if other != name:
            yield report.warning(
                key,
                f"与 push.channels.{other} 是同一地址文件，同一告警会发两次",
                f"push.channels.{other} has the same file: the same alarm is sent twice",
                remedy=("合并为一个渠道，或另建密钥文件", "make it one channel, or give it a file of its own"),
            )
    if site.push.channels and site.push.fault_after_s > site.push.give_up_s:
        yield report.warning(
            "push.fault_after_s",
            "大于 give_up_s：消息已放弃才算渠道故障",
            "longer than give_up_s: a message is given up before its channel counts as broken",
            remedy=("调小 fault_after_s", "make fault_after_s smaller"),
        )
