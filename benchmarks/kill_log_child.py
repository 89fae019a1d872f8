"""The processes that ``kill_log`` kills: a gateway that appends and serves, a puller that follows."""

from __future__ import annotations

import os
import random
import socket
import threading
from collections import deque
from concurrent.futures import Future
from multiprocessing.connection import Connection
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from sync.central.puller import Puller
from sync.clock import SystemClock
from sync.event import Attachment, Event, EventDraft
from sync.pull_api import router
from sync.store import Store


def gateway(pipe: Connection, database: str, seed: int) -> None:
    """Say the port; then append for ever, saying each id once it is durable. Seed -1 only serves."""
    path = Path(database)
    path.parent.mkdir(parents=True, exist_ok=True)
    store = Store.open(path, gateway_id="gate-1", ballast_bytes=0)
    app = FastAPI()
    app.include_router(router(store, central=lambda: None))
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True).start()
    say(pipe, str(listener.getsockname()[1]))
    if seed >= 0:
        append(pipe, store, random.Random(seed))
    threading.Event().wait()


def append(pipe: Connection, store: Store, rng: random.Random) -> None:
    clock = SystemClock()
    waiting: deque[Future[list[Event]]] = deque()
    while True:
        picture = (Attachment("frame", "image/jpeg", rng.randbytes(5000)),) if rng.random() < 0.1 else ()
        draft = EventDraft(
            kind="lane.opened",
            source="lane:east-in",
            body={"n": rng.randrange(10**6), "plate": "京A12345"},
            wall_us=clock.wall_us(),
            mono_ns=clock.mono_ns(),
            attachments=picture,
        )
        waiting.append(store.append([draft]))
        while len(waiting) > 20 or (waiting and waiting[0].done()):
            say(pipe, waiting.popleft().result()[0].id)


def puller(_pipe: Connection, port: str, copy: str) -> None:
    """Follow for ever."""
    with Puller(f"http://127.0.0.1:{port}", Path(copy), limit=50) as one:
        one.follow(threading.Event())


def say(pipe: Connection, word: str) -> None:
    """One write, so that a killed process has said a whole line or none."""
    os.write(pipe.fileno(), f"{word}\n".encode())
