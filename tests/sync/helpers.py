"""What the tests of the record share: drafts, stores with small bounds, a server, and waiting with a deadline."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from sync.event import Attachment, EventDraft
from sync.pull_api import PullRouter, router
from sync.store import Store, WriterSettings

DEADLINE_S = 60.0


def draft(number: int = 0, **fields: Any) -> EventDraft:
    """An ordinary event; ``fields`` override."""
    values: dict[str, Any] = {
        "kind": "lane.opened",
        "source": "lane:east-in",
        "body": {"n": number, "plate": "京A12345"},
        "wall_us": 1_700_000_000_000_000 + number,
        "mono_ns": 1_000 + number,
    }
    return EventDraft(**{**values, **fields})


def picture(data: bytes = b"jpeg", role: str = "frame") -> Attachment:
    """A small attachment."""
    return Attachment(role, "image/jpeg", data)


def open_store(folder: Path, **settings: Any) -> Store:
    """A store without ballast unless asked for."""
    folder.mkdir(parents=True, exist_ok=True)
    ballast = settings.pop("ballast_bytes", 0)
    outer = {name: settings.pop(name) for name in ("clock", "new_epoch", "gateway_id") if name in settings}
    return Store.open(
        folder / "log.db",
        **{"gateway_id": "gate-1", **outer},
        ballast_bytes=ballast,
        settings=WriterSettings(**settings),
    )


def fill(store: Store, count: int, **fields: Any) -> None:
    """Append this many events and wait until they are durable."""
    futures = [store.append([draft(number, **fields)]) for number in range(count)]
    for future in futures:
        future.result(DEADLINE_S)


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for a condition; fails with its name after a generous deadline."""
    end_s = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < end_s, f"did not happen in {DEADLINE_S} s: {what}"
        time.sleep(0.01)


class Served:
    """A store's feed under a real server on a free port of the loopback."""

    def __init__(self, store: Store, central: Callable[..., Any] | None = None) -> None:
        self.router: PullRouter = router(store, central=central or (lambda: None))
        self.app = FastAPI()
        self.app.include_router(self.router)
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.server = uvicorn.Server(uvicorn.Config(self.app, log_level="error", lifespan="off"))
        self._thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self._socket]})

    def start(self) -> None:
        self._thread.start()
        until(lambda: self.server.started, "server started")

    def stop(self) -> None:
        self.router.stop()
        self.server.should_exit = True
        self._thread.join(DEADLINE_S)
        self._socket.close()
        assert not self._thread.is_alive()


@contextmanager
def served(store: Store, central: Callable[..., Any] | None = None) -> Iterator[Served]:
    """Serve a store for the length of a block."""
    server = Served(store, central)
    server.start()
    try:
        yield server
    finally:
        server.stop()
