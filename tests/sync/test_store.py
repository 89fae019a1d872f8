"""The event log: numbered, chained, durable, once."""

from __future__ import annotations

import asyncio
import math
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from sync.chain import verify_chain
from sync.errors import DraftRefused, StoreClosed, StoreLocked
from sync.event import GENESIS_HASH, Attachment
from sync.prepare import ATTACHMENT_MAX_BYTES, ATTACHMENTS_MAX, BODY_MAX_BYTES
from sync.records import PutVehicle, RemoveVehicle, UseBooking, Vehicle
from tests.sync.helpers import DEADLINE_S, draft, fill, open_store, picture, until

ROOT = Path(__file__).resolve().parents[2]


def test_events_are_numbered_from_one_without_gaps_and_chained(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        assert store.head().seq == 0
        assert store.head().hash == GENESIS_HASH
        assert store.read_after(0) == []
        assert store.oldest() == 1
        fill(store, 25)
        events = store.read_after(0)
        assert [event.seq for event in events] == list(range(1, 26))
        assert events[0].prev == GENESIS_HASH
        assert verify_chain(events) is None
        assert store.head().hash == events[-1].hash


def test_reading_forth_and_back_and_by_id(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        fill(store, 10)
        assert [event.seq for event in store.read_after(7)] == [8, 9, 10]
        assert [event.seq for event in store.read_after(2, 3)] == [3, 4, 5]
        assert [event.seq for event in store.read_before(4, 2)] == [3, 2]
        third = store.read_after(2, 1)[0]
        assert store.by_id(third.id) == third
        assert store.by_id("nobody") is None
        assert store.hash_at(3) == third.hash
        assert store.hash_at(0) == GENESIS_HASH
        assert store.hash_at(11) is None
        assert store.hash_at(-1) is None


def test_the_log_goes_on_after_reopening(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        fill(store, 3)
        first_id = store.store_id
    with open_store(tmp_path) as store:
        assert (store.newest, store.epoch, store.store_id) == (3, 1, first_id)
        fill(store, 2)
        assert verify_chain(store.read_after(0)) is None
        assert store.newest == 5


@pytest.mark.parametrize("together", [True, False], ids=["one batch", "after a restart"])
def test_the_same_draft_twice_lands_once(tmp_path: Path, together: bool) -> None:
    one = draft(1)
    store = open_store(tmp_path)
    first = store.append([one], [PutVehicle(Vehicle(plate="京A12345", owner="Zhang"))])
    if not together:
        first.result(DEADLINE_S)
        store.close()
        store = open_store(tmp_path)
    second = store.append([one], [RemoveVehicle("京A12345")])
    assert second.result(DEADLINE_S)[0].seq == 1
    assert store.newest == 1
    assert "京A12345" in store.policy().vehicles, "the changes of a repeated draft must not be applied again"
    store.close()


def test_several_drafts_of_one_append_are_neighbours(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        futures = [store.append([draft(n), draft(n), draft(n)]) for n in range(20)]
        for future in futures:
            seqs = [event.seq for event in future.result(DEADLINE_S)]
            assert seqs == list(range(seqs[0], seqs[0] + 3))


def test_events_and_list_changes_land_together(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        before = store.policy()
        store.append([draft()], [PutVehicle(Vehicle(plate="京A12345", owner="Zhang"))]).result(DEADLINE_S)
        assert before.vehicles == {}
        assert store.policy().version == before.version + 1
        assert store.policy().vehicles["京A12345"].owner == "Zhang"
    with open_store(tmp_path) as store:
        assert store.policy().vehicles["京A12345"].owner == "Zhang"
        assert store.policy().version == 1


def nested(depth: int) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for _ in range(depth):
        body = {"a": body}
    return body


POISON = {
    "not JSON": draft(body={"x": object()}),
    "NaN": draft(body={"x": math.nan}),
    "infinite": draft(body={"x": math.inf}),
    "lone surrogate": draft(body={"x": "\ud800"}),
    "mixed keys": draft(body={1: 1, "1": 2}),
    "too deep": draft(body=nested(100_000)),
    "body too large": draft(body={"x": "x" * BODY_MAX_BYTES}),
    "empty kind": draft(kind=""),
    "kind no text": draft(kind=3),
    "source too long": draft(source="s" * 201),
    "id surrogate": draft(id="\udfff"),
    "boolean time": draft(wall_us=True),
    "time too large": draft(mono_ns=2**63),
    "negative time": draft(wall_us=-1),
    "float time": draft(wall_us=1.5),
    "priority": draft(priority=10),
    "attachment too large": draft(attachments=(picture(bytes(ATTACHMENT_MAX_BYTES + 1)),)),
    "attachment no bytes": draft(attachments=(Attachment("frame", "image/jpeg", "text"),)),  # type: ignore[arg-type]
    "too many attachments": draft(attachments=(picture(),) * (ATTACHMENTS_MAX + 1)),
    "media twice": draft(body={"media": []}, attachments=(picture(),)),
}


@pytest.mark.parametrize("name", POISON)
def test_a_poison_draft_fails_alone_and_at_once(tmp_path: Path, name: str) -> None:
    with open_store(tmp_path) as store:
        good = [store.append([draft(1)]), store.append([POISON[name]]), store.append([draft(2)])]
        with pytest.raises(DraftRefused, match=" / "):
            good[1].result(0)
        assert [good[0].result(DEADLINE_S)[0].seq, good[2].result(DEADLINE_S)[0].seq] == [1, 2]


@pytest.mark.parametrize(
    "change",
    [
        PutVehicle(Vehicle(plate="", owner="x")),
        PutVehicle(Vehicle(plate="京A", owner="\ud800")),
        PutVehicle(Vehicle(plate="京A", owner="x", valid_from_s=math.nan)),
        PutVehicle(Vehicle(plate="京A", owner="x", lanes=["east"])),  # type: ignore[arg-type]
        UseBooking(id=7),  # type: ignore[arg-type]
        "not a change",
    ],
    ids=str,
)
def test_a_poison_change_takes_its_event_with_it(tmp_path: Path, change: Any) -> None:
    with open_store(tmp_path) as store:
        with pytest.raises(DraftRefused):
            store.append([draft()], [change]).result(0)
        assert store.append([draft()]).result(DEADLINE_S)[0].seq == 1


def test_a_failing_task_fails_alone_within_its_batch(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        gate = threading.Event()
        held = store.transact(lambda _: (gate.wait(DEADLINE_S), ())[1])
        before = store.append([draft(1)])
        bad = store.transact(lambda _: [draft(kind="")])
        after = store.append([draft(2)])
        gate.set()
        held.result(DEADLINE_S)
        with pytest.raises(DraftRefused):
            bad.result(DEADLINE_S)
        assert [before.result(DEADLINE_S)[0].seq, after.result(DEADLINE_S)[0].seq] == [1, 2]


def test_many_appends_share_few_commits(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        gate = threading.Event()
        held = store.transact(lambda _: (gate.wait(DEADLINE_S), ())[1])
        futures = [store.append([draft(n)]) for n in range(300)]
        gate.set()
        held.result(DEADLINE_S)
        for future in futures:
            future.result(DEADLINE_S)
        assert store.newest == 300
        assert store.figures().commits <= 3


def test_appends_of_many_threads_keep_each_threads_order(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:

        def work(name: str) -> None:
            for number in range(50):
                store.append([draft(number, source=name)])

        threads = [threading.Thread(target=work, args=(f"t{k}",)) for k in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(DEADLINE_S)
        until(lambda: store.newest == 300, "300 events")
        events = store.read_after(0)
        assert verify_chain(events) is None
        for name in {event.source for event in events}:
            assert [event.data()["n"] for event in events if event.source == name] == list(range(50))


def test_an_attachment_is_stored_before_its_event_and_listed_in_the_body(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        part = picture(b"picture" * 100)
        seen: list[bool] = []
        store.on_commit(lambda _: seen.append(store.media.path(part.sha256).exists()))
        event = store.append([draft(attachments=(part,))]).result(DEADLINE_S)[0]
        entry = {"role": "frame", "sha256": part.sha256, "size": len(part.data), "mime": "image/jpeg"}
        assert event.data()["media"] == [entry]
        assert store.media.read(part.sha256) == part.data
        assert (
            store.media.path(part.sha256).relative_to(store.media.root).as_posix()
            == f"{part.sha256[:2]}/{part.sha256[2:]}"
        )
        until(lambda: bool(seen), "commit announced")
        assert all(seen)


def test_an_impatient_waiter_cannot_take_an_event_back(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        gate = threading.Event()
        held = store.transact(lambda _: (gate.wait(DEADLINE_S), ())[1])
        future = store.append([draft()])

        async def impatient() -> None:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.wrap_future(future), 0.01)

        asyncio.run(impatient())
        gate.set()
        held.result(DEADLINE_S)
        assert future.result(DEADLINE_S)[0].seq == 1


def test_commits_are_announced_with_the_newest_seq(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        seen: list[int] = []
        stop = store.on_commit(seen.append)
        store.on_commit(lambda _: 1 / 0)  # type: ignore[arg-type]
        fill(store, 5)
        until(lambda: bool(seen) and seen[-1] == 5, "announced")
        assert seen == sorted(seen)
        stop()
        fill(store, 1)
        assert seen[-1] == 5


def test_waiting_for_news(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        assert not store.wait_after(0, 0.01)
        timer = threading.Timer(0.05, lambda: store.append([draft()]))
        timer.start()
        assert store.wait_after(0, DEADLINE_S)
        timer.join()
        assert store.wait_after(0, 0)


def test_closing_writes_what_waits_and_refuses_what_comes_later(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    futures = [store.append([draft(n)]) for n in range(200)]
    store.close()
    store.close()
    assert all(future.done() for future in futures)
    assert futures[-1].result()[0].seq == 200
    with pytest.raises(StoreClosed):
        store.append([draft()]).result(0)
    assert {path.name for path in tmp_path.iterdir() if "-wal" in path.name or "-shm" in path.name} == set()


def test_a_second_process_is_refused_with_a_clear_sentence(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from sync.store import Store\n"
        "Store.open(Path(sys.argv[1]), gateway_id='gate-1', ballast_bytes=0)"
    )
    with open_store(tmp_path):
        done = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "log.db")],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 1
        assert "StoreLocked" in done.stderr
        assert "in use by another process" in done.stderr
        with pytest.raises(StoreLocked):
            open_store(tmp_path)
    open_store(tmp_path).close()
