"""The feed over HTTP, asked by an independent client (httpx) of a real server (uvicorn)."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi import HTTPException, Request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.chain import GapRecord, verify_chain
from sync.event import GENESIS_HASH, Attachment
from sync.keys import signature_holds
from sync.retention import acked_seq, prune
from sync.store import Store
from sync.wire import decode_page
from tests.sync.helpers import DEADLINE_S, Served, draft, fill, open_store, picture, served, until

FAR_US = 2**62


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path) as opened:
        yield opened


@pytest.fixture
def server(store: Store) -> Iterator[Served]:
    with served(store) as running:
        yield running


@pytest.fixture
def client(server: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=DEADLINE_S) as made:
        yield made


def test_pages_follow_each_other_and_end_in_a_footer(store: Store, client: httpx.Client) -> None:
    fill(store, 12)
    reply = client.get("/v1/events", params={"limit": 5})
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("application/x-ndjson")
    page = decode_page(reply.content)
    footer = json.loads(reply.text.splitlines()[-1])
    assert footer.keys() == {
        "count", "last_seq", "last_hash", "oldest", "newest", "epoch", "gateway", "now_wall_us", "now_mono_ns",
        "boot_id", "clock",
    }  # fmt: skip
    assert (footer["count"], footer["oldest"], footer["newest"], footer["gateway"]) == (5, 1, 12, "gate-1")
    seen = list(page.events)
    while page.footer.last_seq < page.footer.newest:
        params: dict[str, Any] = {"epoch": 1, "after": page.footer.last_seq, "head": page.footer.last_hash, "limit": 5}
        page = decode_page(client.get("/v1/events", params=params).content)
        seen += page.events
    assert seen == store.read_after(0)
    assert verify_chain(seen) is None


def test_a_page_is_closed_early_when_its_bodies_are_large(store: Store, client: httpx.Client) -> None:
    fill(store, 40, body={"x": "y" * 250_000})
    page = decode_page(client.get("/v1/events").content)
    assert 1 <= page.footer.count < 40


@pytest.mark.parametrize(
    ("cursor", "reason"),
    [
        ({"epoch": 2, "after": 3}, "epoch"),
        ({"epoch": 1, "after": 6}, "ahead"),
        ({"epoch": 1, "after": 3, "head": "0" * 64}, "hash"),
        ({"epoch": 1, "after": 0, "head": "1" * 64}, "hash"),
        ({"after": 9}, "ahead"),
    ],
)
def test_another_history_is_a_fork(store: Store, client: httpx.Client, cursor: dict[str, Any], reason: str) -> None:
    fill(store, 5)
    reply = client.get("/v1/events", params=cursor)
    assert reply.status_code == 409
    body = reply.json()
    assert (body["error"], body["reason"], body["gateway"], body["epoch"]) == ("fork", reason, "gate-1", 1)
    assert (body["oldest"], body["newest"], body["newest_hash"]) == (1, 5, store.head().hash)
    assert body["epochs"][0]["fork_hash"] == GENESIS_HASH
    assert body["message"].keys() == {"zh", "en"}


def test_what_was_pruned_is_gone_with_a_signed_record(store: Store, client: httpx.Client) -> None:
    fill(store, 9)
    prune(store, upto_seq=6, before_wall_us=FAR_US).result(DEADLINE_S)
    reply = client.get("/v1/events", params={"after": 3})
    assert reply.status_code == 410
    record = GapRecord.from_dict(reply.json()["gap"])
    assert (record.last_seq, record.last_hash) == (6, store.hash_at(6))
    assert signature_holds(store.key.public_hex, record.message(), record.signature)
    behind = client.get("/v1/events", params={"after": 6, "head": record.last_hash, "epoch": 1})
    events = decode_page(behind.content).events
    assert [event.kind for event in events[-1:]] == ["log.pruned"]
    assert verify_chain(events, after_seq=6, after_hash=record.last_hash) is None
    assert client.get("/v1/events", params={"after": 6, "head": "0" * 64}).status_code == 409


@pytest.mark.parametrize(
    "params",
    [
        {"after": "x"}, {"after": -1}, {"after": 2**70}, {"limit": 0}, {"limit": 1001}, {"limit": "many"}, {"wait": 31},
        {"wait": -1}, {"wait": "nan"}, {"epoch": 0}, {"head": "abc"}, {"head": "G" * 64}, {"central_id": "a b"},
        {"central_id": ""}, {"central_id": "x" * 65},
    ],
    ids=str,
)  # fmt: skip
def test_every_wrong_parameter_is_named_in_both_languages(client: httpx.Client, params: dict[str, Any]) -> None:
    reply = client.get("/v1/events", params=params)
    assert reply.status_code == 422
    body = reply.json()
    assert body["parameter"] == next(iter(params))
    assert next(iter(params)) in body["message"]["zh"]
    assert next(iter(params)) in body["message"]["en"]


odd = st.text(st.characters(codec="utf-8"), max_size=12) | st.integers().map(str) | st.floats().map(str)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(["after", "epoch", "head", "limit", "central_id", "other"]), odd), odd)
def test_no_query_makes_the_server_fail(client: httpx.Client, query: dict[str, str], digest: str) -> None:
    assert client.get("/v1/events", params=query).status_code in (200, 409, 410, 422)
    path = f"/v1/blobs/{quote(digest, safe='')}"
    headers = {"Range": quote(digest)}
    # A slash at the end is redirected by the framework before it is looked at.
    assert client.get(path, headers=headers).status_code in (307, 404, 422)


def test_the_answers_are_documented(server: Served) -> None:
    paths = server.app.openapi()["paths"]
    events, blobs = paths["/v1/events"]["get"], paths["/v1/blobs/{sha256}"]["get"]
    assert {"200", "409", "410", "422"} <= events["responses"].keys()
    assert {"200", "206", "404", "410", "416"} <= blobs["responses"].keys()
    named = {parameter["name"] for parameter in events["parameters"]}
    assert named == {"after", "epoch", "head", "limit", "wait", "central_id"}


def test_a_long_poll_ends_with_the_next_event(store: Store, client: httpx.Client) -> None:
    fill(store, 1)
    head = store.head()
    timer = threading.Timer(0.2, lambda: store.append([draft()]))
    timer.start()
    params: dict[str, Any] = {"epoch": 1, "after": 1, "head": head.hash, "wait": 30}
    page = decode_page(client.get("/v1/events", params=params).content)
    timer.join()
    assert [event.seq for event in page.events] == [2]


def test_a_long_poll_without_news_answers_an_empty_page(store: Store, client: httpx.Client) -> None:
    fill(store, 1)
    page = decode_page(client.get("/v1/events", params={"after": 1, "wait": 0.1}).content)
    assert (page.footer.count, page.footer.last_seq, page.footer.last_hash) == (0, 1, store.head().hash)


def test_many_waiters_hold_no_thread_and_end_at_shutdown(store: Store) -> None:
    replies: list[int] = []

    def ask(url: str) -> None:
        replies.append(httpx.get(f"{url}/v1/events", params={"wait": 30}, timeout=DEADLINE_S).status_code)

    with served(store) as server:
        before = threading.active_count()
        askers = [threading.Thread(target=ask, args=(server.url,)) for _ in range(60)]
        for asker in askers:
            asker.start()
        waiting = server.router.waiters
        until(lambda: len(waiting._waiting) == 60, "all wait")
        # Reading goes through shared pools, 46 threads at the very most; the waiters themselves add none.
        assert threading.active_count() - before - 60 < 50
        started_s = time.monotonic()
        server.stop()
        for asker in askers:
            asker.join(DEADLINE_S)
        assert time.monotonic() - started_s < 25, "shutdown must not wait for the long polls to run out"
        assert replies == [200] * 60
        server.stop = lambda: None  # type: ignore[method-assign]


def test_only_a_confirmed_cursor_acknowledges(store: Store, client: httpx.Client) -> None:
    fill(store, 8)
    digest = store.hash_at(5)
    good: dict[str, Any] = {"epoch": 1, "after": 5, "head": digest, "central_id": "c1"}
    unconfirmed: list[dict[str, Any]] = [
        {**good, "head": "0" * 64},
        {**good, "epoch": 3},
        {"after": 5, "central_id": "c1"},
        {**good, "central_id": "c2"},
    ]
    for params in unconfirmed:
        client.get("/v1/events", params=params)
    fill(store, 1)
    assert acked_seq(store, ["c1"]) == 0
    assert client.get("/v1/events", params=good).status_code == 200
    fill(store, 1)
    assert acked_seq(store, ["c1"]) == 5
    assert acked_seq(store, ["c1", "c2", "c3"]) == 0
    assert acked_seq(store, []) == 10


def test_an_idle_gateway_remembers_acknowledgements_too(tmp_path: Path) -> None:
    with open_store(tmp_path / "idle", acks_s=0.05) as idle:
        fill(idle, 3)
        idle.acknowledge("c1", 3)
        until(lambda: acked_seq(idle, ["c1"]) == 3, "written without any event")
        assert idle.newest == 3


def test_the_role_check_stands_before_everything(store: Store) -> None:
    def central(request: Request) -> None:
        if request.headers.get("authorization") != "Bearer right":
            raise HTTPException(401)

    part = picture()
    store.append([draft(attachments=(part,))]).result(DEADLINE_S)
    with served(store, central) as server, httpx.Client(base_url=server.url) as client:
        for path in ("/v1/events", f"/v1/blobs/{part.sha256}"):
            assert client.get(path).status_code == 401
            assert client.get(path, headers={"Authorization": "Bearer wrong"}).status_code == 401
            assert client.get(path, headers={"Authorization": "Bearer right"}).status_code == 200


RANGES = [
    (None, 200, b"0123456789", None),
    ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
    ("bytes=4-", 206, b"456789", "bytes 4-9/10"),
    ("bytes=-3", 206, b"789", "bytes 7-9/10"),
    ("bytes=-99", 206, b"0123456789", "bytes 0-9/10"),
    ("bytes=8-99", 206, b"89", "bytes 8-9/10"),
    ("bytes=10-", 416, None, "bytes */10"),
    ("bytes=-0", 416, None, "bytes */10"),
    ("bytes=5-2", 200, b"0123456789", None),
    ("bytes=0-1,3-4", 200, b"0123456789", None),
    ("lines=1-2", 200, b"0123456789", None),
    ("bytes=-", 200, b"0123456789", None),
]


@pytest.mark.parametrize(("asked", "status", "body", "said"), RANGES)
def test_ranges_of_a_picture(
    store: Store, client: httpx.Client, asked: str | None, status: int, body: bytes | None, said: str | None
) -> None:
    part = picture(b"0123456789")
    store.append([draft(attachments=(part,))]).result(DEADLINE_S)
    reply = client.get(f"/v1/blobs/{part.sha256}", headers={"Range": asked} if asked else {})
    assert (reply.status_code, reply.headers.get("content-range")) == (status, said)
    assert body is None or reply.content == body
    assert reply.headers["content-type"] == ("application/json" if status == 416 else "image/jpeg")


def test_pictures_that_are_not_there(store: Store, client: httpx.Client) -> None:
    part = picture(b"good")
    store.append([draft(attachments=(part,))]).result(DEADLINE_S)
    path = f"/v1/blobs/{part.sha256}"
    assert client.get(f"/v1/blobs/{'0' * 64}").status_code == 404
    assert client.get("/v1/blobs/..%2f..%2fetc%2fpasswd").status_code in (404, 422)
    assert client.get("/v1/blobs/ABC").status_code == 422
    store.media.path(part.sha256).write_bytes(b"evil")
    assert client.get(path).status_code == 410
    store.media.delete(part.sha256)
    assert client.get(path).status_code == 410


def test_a_page_of_script_is_never_served_as_such(store: Store, client: httpx.Client) -> None:
    for mime in ("text/html", "image/svg+xml"):
        part = picture(mime.encode())
        store.append([draft(attachments=(Attachment("frame", mime, part.data),))]).result(DEADLINE_S)
        reply = client.get(f"/v1/blobs/{part.sha256}")
        assert reply.headers["content-type"] == "application/octet-stream"
        assert reply.headers["x-content-type-options"] == "nosniff"
