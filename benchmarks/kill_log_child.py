"""The processes that ``kill_log`` kills: a gateway that appends and serves, a puller that follows."""

from __future__ import annotations

import json
import random
import socket
import sys
import threading
from collections import deque
from concurrent.futures import Future
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from sync.central.puller import Puller, pull
from sync.clock import SystemClock
from sync.event import Attachment, Event, EventDraft
from sync.pull_api import router
from sync.store import Store


def gateway(path: Path, seed: int) -> None:
    """Say the port; then append for ever, saying each id once it is durable. Seed -1 only serves."""
    path.parent.mkdir(parents=True, exist_ok=True)
    store = Store.open(path, gateway_id="gate-1", ballast_bytes=0)
    app = FastAPI()
    app.include_router(router(store, central=lambda: None))
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True).start()
    print(listener.getsockname()[1], flush=True)
    if seed >= 0:
        append(store, random.Random(seed))
    threading.Event().wait()


def append(store: Store, rng: random.Random) -> None:
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
            print(waiting.popleft().result()[0].id, flush=True)


def main() -> None:
    role, *words = sys.argv[1:]
    if role == "gateway":
        gateway(Path(words[0]), int(words[1]))
    elif role == "puller":
        with Puller(f"http://127.0.0.1:{words[0]}", Path(words[1]), limit=50) as puller:
            puller.follow(threading.Event())
    else:
        print(json.dumps(pull(f"http://127.0.0.1:{words[0]}", Path(words[1])).as_dict()), flush=True)


if __name__ == "__main__":
    main()
