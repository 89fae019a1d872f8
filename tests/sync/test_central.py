"""The puller: level, idempotent, and clear about forks, gaps and refusals."""

from __future__ import annotations

import shutil
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from fastapi import HTTPException

from sync.central.client import Answer, Client, Unreachable
from sync.central.puller import Forbidden, Puller, PullResult, pull
from sync.central.store import CentralStore
from sync.central.verify import verify
from sync.errors import CentralError
from sync.export import verify_file
from sync.feed import Cursor, respond
from sync.retention import acked_seq, prune
from sync.store import Store
from tests.sync.helpers import DEADLINE_S, fill, open_store, served, until

FAR_US = 2**62


def copy_equals_log(store: Store, path: Path) -> bool:
    with closing(sqlite3.connect(path)) as conn:
        rows = conn.execute("SELECT seq, hash FROM events ORDER BY epoch, seq").fetchall()
    return rows == [(event.seq, event.hash) for event in store.read_after(0, 10**6)]


def alarms(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as conn:
        return [kind for (kind,) in conn.execute("SELECT kind FROM alarms ORDER BY number")]


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


@contextmanager
def rolled_back(tmp_path: Path, lost: int, new: int, *, declared: bool) -> Iterator[tuple[Store, Path]]:
    """A gateway whose log went back to an older copy after a centre had pulled more; then it wrote something new."""
    gate, copy = tmp_path / "gate", tmp_path / "central.db"
    with open_store(gate) as store:
        fill(store, 40)
    shutil.copytree(gate, tmp_path / "backup")
    with open_store(gate) as store, served(store) as server:
        fill(store, lost)
        pull(server.url, copy)
    shutil.rmtree(gate)
    shutil.copytree(tmp_path / "backup", gate)
    with open_store(gate, new_epoch="restored" if declared else "") as store:
        fill(store, new)
        yield store, copy


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "silent"])
@pytest.mark.parametrize(("lost", "new"), [(7, 3), (3, 7), (5, 5), (1, 0), (17, 1)])
def test_a_rolled_back_gateway_is_noticed_and_nothing_new_is_missed(
    tmp_path: Path, lost: int, new: int, declared: bool
) -> None:
    with rolled_back(tmp_path, lost, new, declared=declared) as (store, copy), served(store) as server:
        with Puller(f"{server.url}", copy) as puller:
            result = puller.pull_until_level()
        assert (result.forks, result.chain_ok, result.last_seq) == (1, True, store.newest)
        assert alarms(copy) == ["fork"]
        with closing(sqlite3.connect(copy)) as conn:
            common, abandoned = conn.execute("SELECT common_seq, abandoned_events FROM forks").fetchone()
            assert (common, abandoned) == (40, lost)
            assert conn.execute("SELECT count(*) FROM events WHERE epoch = 1").fetchone()[0] == 40 + lost
            newer = conn.execute("SELECT seq, hash FROM events WHERE epoch = 2 ORDER BY seq").fetchall()
        assert newer == [(event.seq, event.hash) for event in store.read_after(40)]
        assert pull(server.url, copy).forks == 1


def test_a_quarantined_log_is_a_fork_from_nothing(tmp_path: Path) -> None:
    gate, copy = tmp_path / "gate", tmp_path / "central.db"
    with open_store(gate) as store, served(store) as server:
        fill(store, 30)
        pull(server.url, copy)
    (gate / "log.db").write_bytes(b"garbage" * 1000)
    with open_store(gate) as store, served(store) as server:
        fill(store, 5)
        with Puller(server.url, copy) as puller:
            result = puller.pull_until_level()
        assert (result.epoch, result.forks, result.chain_ok, result.last_seq) == (2, 1, True, 6)


@pytest.mark.parametrize("had", [0, 4])
def test_a_gap_is_recorded_and_pulling_goes_on_behind_it(tmp_path: Path, had: int) -> None:
    copy = tmp_path / "central.db"
    with open_store(tmp_path / "gate") as store, served(store) as server:
        if had:
            fill(store, had)
            pull(server.url, copy)
        fill(store, 20)
        prune(store, upto_seq=10, before_wall_us=FAR_US).result(DEADLINE_S)
        prune(store, upto_seq=15, before_wall_us=FAR_US).result(DEADLINE_S)
        result = pull(server.url, copy)
        assert (result.gaps, result.chain_ok, result.last_seq) == (1, True, store.newest)
        with closing(sqlite3.connect(copy)) as conn:
            assert conn.execute("SELECT first_seq, last_seq, signed FROM gaps").fetchall() == [(had + 1, 15, 1)]
        assert alarms(copy) == ["gap"]
        assert verify_file(store.path).ok


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
