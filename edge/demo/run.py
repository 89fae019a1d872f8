"""``menwei demo``: the real program over a rendered gate. Shell: processes, signals.

The world (cars, barrier, board on a pty, cameras) is one child process, the centre's puller another; the gateway
itself runs here exactly as ``menwei serve`` runs it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
import signal
import sys
import tempfile
import uuid
from pathlib import Path
from typing import Any

import click

from config.load import load
from edge.demo.guard import Guard
from edge.demo.script import IN, OUT, Script, lists
from edge.demo.site import site_toml
from edge.demo.summary import summarise
from edge.demo.world_link import WorldLink
from edge.observations import ChangeLists, Operator
from edge.run.app import App, StartFacts
from edge.run.logs import set_up
from edge.run.serve import announce
from edge.users.auth import Role, issue_login_token
from sync.central.puller import Puller

log = logging.getLogger(__name__)

EYES_READY_S = 60.0
FIRST_ROUND_FACTOR = 2.0
"""On a slow machine the first round may take up to twice the time asked for, so that every act is seen."""


def parse_duration(text: str) -> float:
    """Seconds of ``60s``, ``2m``, ``1h`` or a bare number. Raises ValueError."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh]?)", text.strip())
    if match is None or float(match[1]) <= 0:
        raise ValueError(f"{text!r}: 例如 60s、2m / such as 60s or 2m")
    return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]


def run_demo(*, for_s: float | None, summary: Path | None, directory: Path | None, port: int) -> int:
    """Run the demonstration; returns the exit status."""
    set_up(as_json=False, level=logging.WARNING)
    with contextlib.ExitStack() as stack:
        if directory is None:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="menwei-demo-")))
        directory.mkdir(parents=True, exist_ok=True)
        demo = Demo(directory.resolve(), port)
        try:
            result = asyncio.run(demo.run(for_s))
        except RuntimeError as error:
            click.echo(f"menwei demo: {error}", err=True)
            return 1
    text = json.dumps(result, ensure_ascii=False, indent=2)
    if summary is not None:
        summary.write_text(text + "\n", encoding="utf-8")
    if for_s is not None:
        click.echo(text)
    return 0 if result["chain_ok"] else 1


class Demo:
    """The gateway, its world and its centre, from start to summary."""

    def __init__(self, directory: Path, port: int) -> None:
        self.directory = directory
        self.port = port
        self.world = WorldLink()
        self.stop = asyncio.Event()
        self.puller_process: asyncio.subprocess.Process | None = None

    async def run(self, for_s: float | None) -> dict[str, Any]:
        """Everything; returns the summary."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop.set)
        click.echo("门卫演示正在启动… / the demonstration is starting…")
        try:
            await self.world.start(self.directory, [IN, OUT])
            self.app = App(self._site(), StartFacts(site_file="demo", demo=True))
            await self.app.start()
            try:
                script = await self._play(for_s)
            finally:
                await self._end_puller()
                await self.app.stop("demo", last=self._level)
        finally:
            await self.world.stop()
        return summarise(self.directory / "data" / "menwei.db", self.central, script)

    @property
    def central(self) -> Path:
        """The centre's database."""
        return self.directory / "central.db"

    def _site(self) -> Any:
        file = self.directory / "site.toml"
        file.write_text(site_toml(self.world.ready, self.directory / "data"), encoding="utf-8")
        return load(file, environ={}, overrides={"web.port": self.port}).site

    async def _play(self, for_s: float | None) -> Script:
        await self._fill_lists()
        guard = Guard(self.app.web.url)
        token = issue_login_token(self.app.site.site.data_dir, Role.GUARD)
        await asyncio.to_thread(guard.log_in, token)
        await self._start_puller()
        await self._eyes_ready()
        self._say_addresses()
        script = Script(self.world, guard)
        playing = asyncio.create_task(script.run())
        try:
            await self._until_over(script, playing, for_s)
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
        return script

    async def _until_over(self, script: Script, playing: asyncio.Task[None], for_s: float | None) -> None:
        """Until the time is over and every act was seen once; at the latest after twice the time."""
        stopped = asyncio.create_task(self.stop.wait())
        try:
            await asyncio.wait({stopped, playing}, timeout=for_s, return_when=asyncio.FIRST_COMPLETED)
            if for_s is not None:
                extra_s = for_s * (FIRST_ROUND_FACTOR - 1)
                async with asyncio.timeout(extra_s):
                    while not script.rounds and not stopped.done() and not playing.done():  # noqa: ASYNC110 - rare
                        await asyncio.sleep(0.2)
        except TimeoutError:
            log.warning("the first round did not end within twice the time")
        finally:
            stopped.cancel()
        if playing.done():
            playing.result()

    async def _fill_lists(self) -> None:
        for change in lists():
            act = ChangeLists(request_id=uuid.uuid4().hex, change=change, operator=Operator(name="demo", role="admin"))
            await self.app.hub.act(act)

    async def _eyes_ready(self) -> None:
        async with asyncio.timeout(EYES_READY_S):
            while not self.app.hub.state.eyes_up and not self.stop.is_set():  # noqa: ASYNC110 - once at the start
                await asyncio.sleep(0.1)

    async def _start_puller(self) -> None:
        command = [sys.executable, "-m", "edge", "central", "pull", "--follow", "--gateway", self.app.web.url]
        command += ["--store", str(self.central), "--token-file", str(self._token_file())]
        self.puller_process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)

    async def _end_puller(self) -> None:
        if self.puller_process is None or self.puller_process.returncode is not None:
            return
        self.puller_process.terminate()
        try:
            await asyncio.wait_for(self.puller_process.wait(), 10)
        except TimeoutError:
            self.puller_process.kill()
            await self.puller_process.wait()

    async def _level(self) -> None:
        """The centre takes the last events while the gateway still answers."""
        await asyncio.to_thread(self._pull)

    def _pull(self) -> None:
        token = self._token_file().read_text(encoding="utf-8").strip()
        with Puller(self.app.web.url, self.central, token) as puller:
            puller.pull_until_level()

    def _token_file(self) -> Path:
        return self.app.site.sync.token_file or self.app.site.site.data_dir / "central-token"

    def _say_addresses(self) -> None:
        if not self.world.ready.get("phone"):
            click.echo(
                "未安装扩展 ble，演示不含手机开门：pip install 'menwei[ble]' / "
                "the extra ble is not installed, so the phone is left out: pip install 'menwei[ble]'"
            )
        pull = f"menwei central pull --gateway {self.app.web.url} --store central.db --token-file {self._token_file()}"
        click.echo(f"数据目录 data: {self.directory}")
        click.echo(f"中心拉取 the centre pulls: {pull}")
        click.echo("按 Ctrl-C 结束 / Ctrl-C ends it")
        announce(self.app, self.directory / "site.toml")
