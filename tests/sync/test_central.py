"""The puller: level, idempotent, and clear about forks, gaps and refusals."""

from __future__ import annotations

import socket
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from fastapi import HTTPException

from sync.central.client import Unreachable
from sync.central.puller import Forbidden, Puller, PullResult, pull
from sync.central.store import CentralStore
from sync.central.verify import verify
from sync.errors import CentralError
from sync.retention import acked_seq
from tests.sync.central_helpers import Scripted, answer_with, copy_equals_log, serve
from tests.sync.helpers import DEADLINE_S, fill, open_store, picture, served, until


def test_pulling_is_complete_and_idempotent(tmp_path: Path) -> None:
    copy = tmp_path / "central.db"
    with open_store(tmp_path / "gate", checkpoint_events=20) as store, served(store) as server:
        fill(store, 70)
        first = pull(server.url, copy, limit=20)
        assert first.pulled == first.last_seq == store.newest
        assert first.as_dict() == {
            "gateway": "gate-1",
            "epoch": 1,
            "pulled": store.newest,
            "last_seq": store.newest,
            "chain_ok": True,
            "gaps": 0,
            "forks": 0,
        }
        assert pull(server.url, copy).pulled == 0
        fill(store, 3)
        assert pull(server.url, copy).pulled == 3
        assert copy_equals_log(store, copy)
        with Puller(server.url, copy) as puller:
            puller.pull_once()
            fill(store, 1)
            with CentralStore(copy) as central:
                assert acked_seq(store, [central.central_id]) == store.newest - 1


def test_pictures_are_fetched_by_hash(tmp_path: Path) -> None:
    shot = picture(b"shot" * 1000)
    with open_store(tmp_path / "gate") as store, served(store) as server:
        fill(store, 1, attachments=(shot,))
        with Puller(server.url, tmp_path / "central.db") as puller:
            assert puller.fetch_blob(shot.sha256) == shot.data
            assert puller.fetch_blob("0" * 64) is None
            store.media.delete(shot.sha256)
            assert puller.fetch_blob(shot.sha256) is None


def test_an_empty_log_is_level_at_once(tmp_path: Path) -> None:
    with open_store(tmp_path / "gate") as store, served(store) as server:
        result = pull(server.url, tmp_path / "central.db")
        assert (result.pulled, result.last_seq, result.chain_ok) == (0, 0, True)


def test_following_brings_news_and_stops_when_told(tmp_path: Path) -> None:
    copy = tmp_path / "central.db"
    with open_store(tmp_path / "gate") as store, served(store) as server:
        stop = threading.Event()
        got: list[PullResult | CentralError] = []
        with Puller(server.url, copy) as puller:
            thread = threading.Thread(target=puller.follow, args=(stop,), kwargs={"tell": got.append})
            thread.start()
            for _ in range(3):
                fill(store, 4)
            until(lambda: puller.pulled == 12, "all pulled")
            stop.set()
            puller.interrupt()
            thread.join(DEADLINE_S)
            assert not thread.is_alive()
        assert copy_equals_log(store, copy)


def test_a_wholly_lost_central_starts_again(tmp_path: Path) -> None:
    copy = tmp_path / "central.db"
    with open_store(tmp_path / "gate") as store, served(store) as server:
        fill(store, 20)
        pull(server.url, copy)
        for path in tmp_path.glob("central.db*"):
            path.unlink()
        assert pull(server.url, copy).pulled == 20
        assert copy_equals_log(store, copy)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_is_said_so(tmp_path: Path, status: int) -> None:
    def central() -> None:
        raise HTTPException(status)

    with (
        open_store(tmp_path / "gate") as store,
        served(store, central) as server,
        pytest.raises(Forbidden, match=f"token \\({status}\\)"),
    ):
        pull(server.url, tmp_path / "central.db", "wrong")


def test_nobody_there(tmp_path: Path) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}"
        with pytest.raises(Unreachable, match="does not answer"):
            pull(url, tmp_path / "central.db")


@pytest.mark.parametrize("url", ["gate-1", "ftp://gate", "http://", "//x"])
def test_a_wrong_address_is_said_so(tmp_path: Path, url: str) -> None:
    with pytest.raises(CentralError, match="http://"):
        pull(url, tmp_path / "central.db")


def test_another_gateway_at_the_same_address_is_refused(tmp_path: Path) -> None:
    copy = tmp_path / "central.db"
    with open_store(tmp_path / "a") as first, served(first) as server:
        fill(first, 3)
        url = server.url
        pull(url, copy)
    with open_store(tmp_path / "b", gateway_id="gate-2") as second:
        with pytest.raises(CentralError, match="is now gateway gate-2"):
            answer_with(tmp_path, copy, url, lambda query: serve(second, query))
        assert [verdict.gateway for verdict in verify(copy)] == ["gate-1"]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE events SET body = '{}' WHERE seq = 3",
        "DELETE FROM events WHERE seq = 3",
        "DELETE FROM events WHERE seq = 6",
        "UPDATE events SET hash = prev WHERE seq = 6",
        "UPDATE cursors SET seq = 5",
    ],
)
def test_offline_verification_finds_a_changed_copy(tmp_path: Path, sql: str) -> None:
    copy, url = tmp_path / "central.db", "http://gate"
    with open_store(tmp_path / "gate") as store:
        fill(store, 6)
        with Puller(url, copy, client=Scripted(url, lambda query: serve(store, query))) as puller:
            puller.pull_until_level()
    assert [verdict.chain_ok for verdict in verify(copy)] == [True]
    with closing(sqlite3.connect(copy, isolation_level=None)) as conn:
        conn.execute(sql)
    verdict = verify(copy)[0]
    assert not verdict.chain_ok
    assert verdict.fault is not None


def test_a_cut_connection_is_a_lost_reply(tmp_path: Path) -> None:
    """A server that promises more bytes than it sends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def half() -> None:
            peer, _ = listener.accept()
            with peer:
                peer.recv(4096)
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{}\n")

        thread = threading.Thread(target=half)
        thread.start()
        with pytest.raises(Unreachable):
            pull(f"http://127.0.0.1:{listener.getsockname()[1]}", tmp_path / "central.db")
        thread.join(DEADLINE_S)


def test_a_silent_gateway_costs_bounded_time(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(Unreachable):
        pull(f"http://127.0.0.1:{listener.getsockname()[1]}", tmp_path / "central.db", timeout_s=0.3)
