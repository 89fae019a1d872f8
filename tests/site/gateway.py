"""A real gateway process on simulated devices: started, used over HTTP, killed, started again."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from config.load import load
from config.model import Site
from devices.sim.gate import SimGate
from edge.demo.guard import Guard
from sync.event import Event
from sync.export import read_events

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0
"""A slow machine only waits longer."""

SITE = """
version = 1
[site]
id = "test"
data_dir = "data"
[web]
port = 0
[limits]
login_per_minute = 1000
[buses.main]
port = "tty-main"
[boards.box]
bus = "main"
[lanes.east]
place = "东门入口"
[lanes.east.barrier]
board = "box"
open_relay = 1
[lanes.east.inputs]
up_limit = { board = "box", channel = 1 }
down_limit = { board = "box", channel = 2 }
safety = { board = "box", channel = 3, normally = "closed" }
approach = { board = "box", channel = 4 }
[fire]
input = { board = "box", channel = 8, normally = "closed" }
"""


def eventually(holds: Callable[[], Any], what: str, timeout_s: float = PATIENCE_S) -> Any:
    """Wait until it holds; the value that made it so."""
    deadline_s = time.monotonic() + timeout_s
    while time.monotonic() < deadline_s:
        value = holds()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"never came true within {timeout_s:.0f} s: {what}")


class Gateway:
    """One site in a folder: its gateway process, its street, its log."""

    def __init__(self, folder: Path, text: str = SITE, environ: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.file = folder / "site.toml"
        self.file.write_text(text, encoding="utf-8")
        self.environ = environ or {}
        self.site: Site = load(self.file, environ=self.environ).site
        self.street = SimGate(self.site)
        self.output: list[str] = []
        self.process: subprocess.Popen[str] | None = None
        self._pipe: threading.Thread | None = None

    @property
    def database(self) -> Path:
        return self.site.site.data_dir / "menwei.db"

    def start(self) -> None:
        """Start the process and log the guard in."""
        self.spawn()
        eventually(lambda: self._said("#token=") or self._ended(), "the gateway prints its address")
        line = self._said("#token=")
        assert line, f"ended at start with {self.process and self.process.returncode}: {''.join(self.output)}"
        match = re.search(r"(http\S+?)#token=(\S+)", line)
        assert match is not None
        self.url, self.token = match[1], match[2]
        self.guard = Guard(self.url)
        self.guard.log_in(self.token)

    def spawn(self) -> None:
        """Start the process and read what it prints."""
        self.output = []
        environ = {**os.environ, **self.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "edge", "serve", str(self.file)],
            cwd=self.folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self._pipe = threading.Thread(target=self._drain, args=(self.process,), daemon=True)
        self._pipe.start()

    def kill(self) -> None:
        """As a power cut: no time for anything."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to stop; its exit status."""
        return self._end(signal.SIGTERM)

    def state(self) -> dict[str, Any]:
        snapshot: dict[str, Any] = self.guard.get("/v1/state")
        return snapshot

    def lane(self, name: str = "east") -> dict[str, Any]:
        row: dict[str, Any] = next(lane for lane in self.state()["lanes"] if lane["name"] == name)
        return row

    def wait_lane(self, *states: str, name: str = "east") -> None:
        eventually(lambda: self.lane(name)["state"] in states, f"lane {name} is {states}")

    def events(self, prefix: str = "") -> list[Event]:
        """Everything durable so far whose kind starts with the prefix."""
        return [event for event in read_events(self.database) if event.kind.startswith(prefix)]

    def kinds(self, prefix: str = "") -> list[str]:
        return [event.kind for event in self.events(prefix)]

    def pull(self, store: Path, *, check: bool = True) -> dict[str, Any]:
        """``menwei central pull`` once, as the centre would run it."""
        command = [sys.executable, "-m", "edge", "central", "pull", "--gateway", self.url, "--store", str(store)]
        command += ["--token-file", str(self.site.site.data_dir / "central-token")]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1]) if done.stdout.strip() else {}
        return result

    def _end(self, how: signal.Signals) -> int:
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(how)
        status = self.process.wait(PATIENCE_S)
        assert self._pipe is not None
        self._pipe.join(PATIENCE_S)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status

    def _drain(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.output.append(line)

    def _said(self, word: str) -> str:
        return next((line for line in self.output if word in line), "")

    def _ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None


@contextlib.contextmanager
def running(folder: Path, text: str = SITE, **environ: str) -> Iterator[Gateway]:
    """A started gateway with its street; ended and unplugged whatever happens."""
    gateway = Gateway(folder, text, environ)
    gateway.street.start()
    try:
        gateway.start()
        yield gateway
    finally:
        if gateway.process is not None and gateway.process.poll() is None:
            gateway.kill()
        gateway.street.stop()
