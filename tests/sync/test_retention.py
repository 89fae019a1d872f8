"""What may go, in which order, and what the log says about it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sync.export import verify_file
from sync.retention import Step, acked_seq, delete_media, end_strangers, housekeep, ladder, prune, used_fraction
from sync.store import Store
from tests.sync.helpers import DEADLINE_S, draft, fill, open_store, picture, served

DAY_US = 86_400_000_000
NOW_US = 1_800_000_000_000_000


class FixedClock:
    """A day that stands still."""

    def wall_us(self) -> int:
        return NOW_US

    def mono_ns(self) -> int:
        return 5

    def boot_id(self) -> str:
        return "boot"

    def state(self) -> str:
        return "synced"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path, clock=FixedClock()) as opened:
        yield opened


def old(store: Store, days: float, count: int, **fields: object) -> None:
    fill(store, count, wall_us=NOW_US - int(days * DAY_US), **fields)


def acknowledge(store: Store, central: str, seq: int) -> None:
    store.acknowledge(central, seq)
    fill(store, 1, wall_us=NOW_US)


@pytest.mark.parametrize(
    ("used", "steps"),
    [
        (0.0, []),
        (0.799, []),
        (0.80, ["warn"]),
        (0.85, ["warn", "acked_media"]),
        (0.90, ["warn", "acked_media", "acked_events"]),
        (0.95, ["warn", "acked_media", "acked_events", "unacked_low"]),
        (1.0, ["warn", "acked_media", "acked_events", "unacked_low"]),
    ],
)
def test_the_ladder(used: float, steps: list[str]) -> None:
    assert list(ladder(used)) == steps


def test_only_what_every_centre_has_and_what_is_old_is_pruned(store: Store) -> None:
    old(store, 100, 10)
    old(store, 1, 10)
    acknowledge(store, "a", 15)
    acknowledge(store, "b", 6)
    assert acked_seq(store, ["a", "b"]) == 6
    report = housekeep(store, centrals=["a", "b"], keep_days=30, media_max_bytes=2**40, used=0.1)
    assert (report.events, store.oldest()) == (6, 7)
    report = housekeep(store, centrals=["a"], keep_days=30, media_max_bytes=2**40, used=0.1)
    assert (report.events, store.oldest()) == (4, 11), "the younger ones stay, although acknowledged"
    assert housekeep(store, centrals=["c"], keep_days=30, media_max_bytes=2**40, used=0.1).events == 0
    said = [event.data()["gap"]["last_seq"] for event in store.read_after(10) if event.kind == "log.pruned"]
    assert said == [6, 10]
    store.close()
    assert verify_file(store.path).ok


def test_a_fuller_disk_shortens_the_keeping_to_a_third(store: Store) -> None:
    old(store, 50, 5)
    old(store, 20, 5)
    assert housekeep(store, centrals=[], keep_days=90, media_max_bytes=2**40, used=0.5).events == 0
    assert housekeep(store, centrals=[], keep_days=90, media_max_bytes=2**40, used=0.91).events == 5


def test_the_newest_event_always_stays(store: Store) -> None:
    old(store, 400, 4)
    prune(store, upto_seq=2**62, before_wall_us=2**62).result(DEADLINE_S)
    assert store.oldest() == 4
    assert store.newest == 5


def test_pruning_an_empty_log_does_nothing(store: Store) -> None:
    assert prune(store, upto_seq=2**62, before_wall_us=2**62).result(DEADLINE_S) == []
    assert store.newest == 0


def test_pictures_over_the_quota_go_oldest_and_least_important_first(store: Store) -> None:
    shots = [picture(os.urandom(1000)) for _ in range(6)]
    for number, shot in enumerate(shots):
        store.append([draft(priority=1 if number < 2 else 4, wall_us=NOW_US, attachments=(shot,))]).result(DEADLINE_S)
    report = housekeep(store, centrals=[], keep_days=30, media_max_bytes=4000, used=0.1)
    assert (report.pictures, report.freed_bytes) == (2, 2000)
    left = [store.media.path(shot.sha256).exists() for shot in shots]
    assert left == [True, True, False, False, True, True]
    assert store.media.usage().size_bytes == 4000
    assert [event.data() for event in store.read_after(6)] == [{"pictures": 2}]


def test_unacknowledged_pictures_stay_until_the_last_rung(store: Store) -> None:
    low, high = picture(b"low"), picture(b"high")
    store.append([draft(priority=4, wall_us=NOW_US, attachments=(low,))]).result(DEADLINE_S)
    store.append([draft(priority=1, wall_us=NOW_US, attachments=(high,))]).result(DEADLINE_S)
    for used, exists in ((0.89, True), (0.96, False)):
        housekeep(store, centrals=["a"], keep_days=30, media_max_bytes=2**40, used=used)
        assert store.media.path(low.sha256).exists() is exists
        assert store.media.path(high.sha256).exists()


def test_a_picture_that_a_later_event_needs_stays(store: Store) -> None:
    shot = picture(b"shared")
    store.append([draft(attachments=(shot,))]).result(DEADLINE_S)
    fill(store, 3)
    entry = {"role": "frame", "sha256": shot.sha256, "size": len(shot.data), "mime": shot.mime}
    store.append([draft(body={"media": [entry]})]).result(DEADLINE_S)
    assert delete_media(store, upto_seq=4, wait_s=DEADLINE_S) == (0, 0)
    assert delete_media(store, upto_seq=5, wait_s=DEADLINE_S) == (1, len(shot.data))
    store.append([draft(attachments=(shot,))]).result(DEADLINE_S)
    assert store.media.read(shot.sha256) == shot.data, "the same picture may come back"


def test_pictures_of_pruned_events_go_with_them(store: Store) -> None:
    shot = picture(b"old")
    old(store, 100, 3, attachments=(shot,))
    fill(store, 1, wall_us=NOW_US)
    report = housekeep(store, centrals=[], keep_days=30, media_max_bytes=2**40, used=0.1)
    assert (report.events, report.pictures) == (3, 1)
    assert not store.media.path(shot.sha256).exists()


def test_the_level_is_told_at_its_edges_only(store: Store) -> None:
    for used in (0.5, 0.81, 0.82, 0.86, 0.5, 0.5):
        housekeep(store, centrals=[], keep_days=30, media_max_bytes=2**40, used=used)
    levels = [event.data()["level"] for event in store.read_after(0) if event.kind == "log.disk_level"]
    assert levels == [Step.WARN, Step.ACKED_MEDIA, "ok"]


def test_the_real_disk_is_measured(store: Store) -> None:
    assert 0.0 < used_fraction(store) <= 1.0


def test_half_written_pictures_are_swept_at_the_start(tmp_path: Path) -> None:
    folder = tmp_path / "blobs" / "ab"
    folder.mkdir(parents=True)
    (folder / "cd.123.tmp").write_bytes(b"half")
    with open_store(tmp_path) as store:
        assert store.media.usage().files == 0
    assert not list(folder.iterdir())


HOUR_US = 3_600_000_000


def stranger(store: Store, hours: float, data: bytes, role: str = "stranger") -> str:
    """A picture that is so many hours old by the wall clock; returns its name."""
    part = picture(data, role)
    store.append([draft(wall_us=NOW_US - int(hours * HOUR_US), attachments=(part,))]).result(DEADLINE_S)
    return part.sha256


def there(store: Store, sha256: str) -> bool:
    return store.media.path(sha256).exists()


class NextBoot(FixedClock):
    """The box was started anew."""

    def boot_id(self) -> str:
        return "a later boot"


def test_strangers_pictures_end_after_their_time_and_others_stay(tmp_path: Path) -> None:
    with open_store(tmp_path, clock=FixedClock()) as store:
        names = [stranger(store, 100, b"old"), stranger(store, 1, b"new"), stranger(store, 100, b"car", "frame")]
    with open_store(tmp_path, clock=NextBoot()) as store:
        report = housekeep(store, centrals=("hq",), keep_days=365, media_max_bytes=10**9, used=0.1, strangers_keep_h=72)
        assert [there(store, name) for name in names] == [False, True, True]
        assert (report.pictures, report.freed_bytes) == (1, 3)
        assert [e.data() for e in store.read_after(0) if e.kind == "log.media_deleted"] == [{"pictures": 1}]


def test_a_jump_of_the_clock_ends_no_picture_of_this_boot(store: Store) -> None:
    name = stranger(store, 10_000, b"taken a moment ago, before the clock was set")
    assert end_strangers(store, keep_h=72, wait_s=DEADLINE_S) == (0, 0)
    assert there(store, name)


def test_a_strangers_picture_is_not_handed_to_a_centre(store: Store) -> None:
    secret, car = stranger(store, 0, b"face"), stranger(store, 0, b"car", "frame")
    with served(store) as server:
        answers = [httpx.get(f"{server.url}/v1/blobs/{name}") for name in (secret, car)]
    assert [answer.status_code for answer in answers] == [403, 200]
    assert b"face" not in answers[0].content
