"""What the tests of the centre share: comparing a copy with its log, and answers that come from a function."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sync.central.client import Answer, Client
from sync.central.puller import Puller, PullResult
from sync.feed import Cursor, respond
from sync.store import Store


def copy_equals_log(store: Store, path: Path) -> bool:
    with closing(sqlite3.connect(path)) as conn:
        rows = conn.execute("SELECT seq, hash FROM events ORDER BY epoch, seq").fetchall()
    return rows == [(event.seq, event.hash) for event in store.read_after(0, 10**6)]


def alarms(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as conn:
        return [kind for (kind,) in conn.execute("SELECT kind FROM alarms ORDER BY number")]


class Scripted(Client):
    """A client whose answers come from a function instead of a socket."""

    def __init__(self, url: str, answer: Callable[[dict[str, object]], tuple[int, bytes]]) -> None:
        super().__init__(url, "", 1.0)
        self._answer = answer

    def get(self, path: str, query: dict[str, object], wait_s: float = 0.0) -> Answer:
        status, body = self._answer(query)
        return Answer(status, body)


def serve(store: Store, query: dict[str, object]) -> tuple[int, bytes]:
    cursor = Cursor(after=query["after"], epoch=query["epoch"], head=query["head"])  # type: ignore[arg-type]
    reply = respond(store, cursor, int(str(query["limit"])), query["central_id"])  # type: ignore[arg-type]
    return reply.status, reply.body


def answer_with(
    tmp_path: Path, copy: Path, url: str, answer: Callable[[dict[str, object]], tuple[int, bytes]]
) -> PullResult:
    with Puller(url, copy, client=Scripted(url, answer)) as puller:
        return puller.pull_once()
