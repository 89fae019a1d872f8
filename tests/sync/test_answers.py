"""Answers that a puller must not believe: damaged, senseless, overtaken."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from sync.central.puller import Puller
from sync.errors import CentralError
from tests.sync.central_helpers import Scripted, answer_with, copy_equals_log, serve
from tests.sync.helpers import fill, open_store

DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "no footer": lambda body: body[: body[:-1].rindex(b"\n") + 1],
    "cut": lambda body: body[: len(body) // 2],
    "empty": lambda _: b"",
    "html": lambda _: b"<html>log in first</html>\n",
    "line lost": lambda body: body[body.index(b"\n") + 1 :],
    "lines swapped": lambda body: b"".join([*(body.splitlines(True)[i] for i in (1, 0)), *body.splitlines(True)[2:]]),
    "body changed": lambda body: body.replace(b"12345", b"54321", 1),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_page_is_thrown_away_whole(tmp_path: Path, name: str) -> None:
    copy, url = tmp_path / "central.db", "http://gate"
    with open_store(tmp_path / "gate") as store:
        fill(store, 6)
        with Puller(url, copy, client=Scripted(url, lambda query: serve(store, query)), limit=2) as puller:
            puller.pull_once()

        def damaged(query: dict[str, object]) -> tuple[int, bytes]:
            status, body = serve(store, query)
            return status, DAMAGE[name](body)

        with pytest.raises(CentralError):
            answer_with(tmp_path, copy, url, damaged)
        with closing(sqlite3.connect(copy)) as conn:
            assert conn.execute("SELECT max(seq) FROM events").fetchone()[0] == 2
        with Puller(url, copy, client=Scripted(url, lambda query: serve(store, query))) as puller:
            assert puller.pull_until_level().chain_ok
        assert copy_equals_log(store, copy)


@pytest.mark.parametrize(
    ("status", "body"),
    [(409, b"{}"), (409, b"no json"), (410, b"{}"), (410, b'{"gap":null}'), (500, b"oops"), (302, b""), (200, b"{}\n")],
)
def test_answers_that_make_no_sense_store_nothing(tmp_path: Path, status: int, body: bytes) -> None:
    copy, url = tmp_path / "central.db", "http://gate"
    with open_store(tmp_path / "gate") as store:
        fill(store, 2)
        with Puller(url, copy, client=Scripted(url, lambda query: serve(store, query))) as puller:
            puller.pull_until_level()
        with pytest.raises(CentralError):
            answer_with(tmp_path, copy, url, lambda _: (status, body))
        assert copy_equals_log(store, copy)


def test_a_second_puller_on_the_same_store_loses_nothing(tmp_path: Path) -> None:
    copy, url = tmp_path / "central.db", "http://gate"
    with open_store(tmp_path / "gate") as store:
        fill(store, 6)

        def overtaken(query: dict[str, object]) -> tuple[int, bytes]:
            if query["after"] == 2:
                with Puller(url, copy, client=Scripted(url, lambda q: serve(store, q))) as other:
                    other.pull_until_level()
            return serve(store, query)

        with Puller(url, copy, client=Scripted(url, overtaken), limit=2) as puller:
            puller.pull_once()
            with pytest.raises(CentralError, match="another puller"):
                puller.pull_once()
            assert puller.pull_until_level().chain_ok
        assert copy_equals_log(store, copy)
