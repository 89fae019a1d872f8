"""``menwei serve``: one gateway until it is told to stop. Shell: signals, exit status."""

from __future__ import annotations

import asyncio
import logging
import signal
from pathlib import Path

import click

from config.errors import ConfigError, Problem
from config.last_good import load_or_last_good, save_last_good
from config.load import Loaded
from devices.errors import DeviceError
from edge.cli.tools import EXIT_CONFIG, EXIT_FAILED, problems_of, say_problems
from edge.run.app import App, StartFacts
from edge.run.logs import set_up
from edge.users.secret_files import SecretFileError
from sync.errors import SyncError

log = logging.getLogger(__name__)


def serve_forever(file: Path, *, log_json: bool = False) -> int:
    """Run the gateway of a site file; returns the exit status."""
    set_up(as_json=log_json)
    try:
        loaded, trouble = load_or_last_good(file, find=problems_of)
    except ConfigError as error:
        say_problems(list(error.problems))
        return EXIT_CONFIG
    if trouble is not None:
        say_problems(list(trouble.problems))
    say_problems(problems_of(loaded))  # warnings only: errors were refused above
    try:
        return asyncio.run(_run(loaded, file, trouble))
    except (SyncError, SecretFileError, DeviceError) as error:
        click.echo(f"menwei: {error}", err=True)
        return EXIT_FAILED
    except OSError as error:
        web = loaded.site.web
        click.echo(
            f"menwei: 无法在 {web.host}:{web.port} 上启动 / cannot start on {web.host}:{web.port}: {error}", err=True
        )
        return EXIT_FAILED


async def _run(loaded: Loaded, file: Path, trouble: ConfigError | None) -> int:
    stop = asyncio.Event()
    caught: list[str] = []
    loop = asyncio.get_running_loop()

    def end(number: signal.Signals) -> None:
        caught.append(number.name)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end, number)
    app = App(loaded.site, StartFacts(site_file=file.name, fallback=_banner(trouble)))
    await app.start()
    if trouble is None:
        _keep_good(loaded)
    announce(app, file)
    await stop.wait()
    await app.stop(caught[0] if caught else "stop")
    return 0


def _keep_good(loaded: Loaded) -> None:
    try:
        save_last_good(loaded)
    except OSError as error:
        log.warning("未能保存可用配置 / the good site file could not be kept: %s", error)


def announce(app: App, file: Path) -> None:
    """The page's address and how to log in, last of all that is printed at the start."""
    click.echo(f"门卫页面 guards' page:  {app.web.url}")
    if not app.token:  # terminals and journals are read by many; who has an account needs no open door
        click.echo(
            f"请用账户登录，或生成一次性令牌 / log in, or make a one-time token:  menwei users token --site {file}"
        )
        return
    click.echo(f"一次性令牌 one-time token:  {app.token}")
    click.echo(f"直接登录 log in at once:  {app.web.url}#token={app.token}")


def _banner(trouble: ConfigError | None) -> tuple[str, str] | None:
    if trouble is None:
        return None
    first: Problem = trouble.problems[0]
    zh = f"站点文件有误，正在使用上次可用的配置：{first.place} {first.key} {first.sentence('zh')}"
    en = f"the site file is broken, the last good one is in use: {first.place} {first.key} {first.sentence('en')}"
    return zh, en
