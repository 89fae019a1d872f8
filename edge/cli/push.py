"""``menwei push``: send a message through the channels of a site, without the gateway. Shell: network, secrets."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from edge.cli.tools import EXIT_FAILED, site_option, site_or_exit
from edge.push.gate import ChannelUnusable, Gate

_WHY = {
    "no_apprise": ("未安装 Apprise：pip install menwei[push]", "Apprise is not installed: pip install menwei[push]"),
    "secret_file": (
        "密钥文件不存在、为空或权限不是 0600",
        "the secret file is missing, empty or not of mode 0600",
    ),
    "bad_address": ("密钥文件中不是 Apprise 地址", "the secret file holds no Apprise address"),
    "refused": ("对方没有接受，或连接不上", "the service did not take it, or cannot be reached"),
}


@click.group()
def push() -> None:
    """Messages to phones and mail / 推送."""


@push.command("test")
@click.argument("channels", nargs=-1)
@site_option
def push_test(channels: tuple[str, ...], site_file: Path) -> None:
    """Send a test message through all channels, or those that are named / 发送测试消息.

    \b
    menwei push test --site site.toml
    menwei push test wecom
    """
    site = site_or_exit(site_file)
    known = site.push.channels
    unknown = [name for name in channels if name not in known]
    if unknown or not known:
        raise click.ClickException(
            f"没有渠道 {'、'.join(unknown) or '[push.channels.…]'}；已有 {'、'.join(known) or '无'} / no channel "
            f"{', '.join(unknown) or '[push.channels.…]'}; there are: {', '.join(known) or 'none'}"
        )
    failed = 0
    for name in channels or tuple(known):
        try:
            gate = Gate(known[name].url_file)
            said = gate.send(f"【测试】{site.site.name}", "门卫推送测试，无需处理 / test message, nothing to do")
        except ChannelUnusable as error:
            said = str(error)
        zh, en = _WHY.get(said, (said, said))
        click.echo(f"{name}: {'已送达 / delivered' if not said else f'失败 / FAILED: {zh} / {en}'}")
        failed += bool(said)
    sys.exit(EXIT_FAILED if failed else 0)
