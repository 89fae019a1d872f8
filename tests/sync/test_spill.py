"""The waiting queue: in order, bounded, and honest about what it let go."""

from __future__ import annotations

from concurrent.futures import Future

from hypothesis import given
from hypothesis import strategies as st

from sync.prepare import prepared
from sync.records import RemoveVehicle
from sync.spill import ACCESS_PRIORITY, Job, Spill
from tests.sync.helpers import draft, picture


def job(priority: int, drafts: int = 1, picture_bytes: int = 0, changes: bool = False) -> Job:
    parts = (picture(bytes(picture_bytes)),) if picture_bytes else ()
    items = tuple(prepared(draft(n, priority=priority, attachments=parts)) for n in range(drafts))
    return Job(items, (RemoveVehicle("x"),) if changes else (), Future())


jobs = st.builds(
    job,
    priority=st.integers(0, 4),
    drafts=st.integers(1, 3),
    picture_bytes=st.sampled_from([0, 0, 100, 700]),
    changes=st.booleans(),
)


@given(st.lists(jobs, max_size=30), st.integers(3, 20))
def test_bounds_hold_and_the_least_important_oldest_goes_first(arriving: list[Job], bound: int) -> None:
    spill = Spill(bound, 2000)
    dropped_events = 0
    for item in arriving:
        gone = spill.add(item)
        dropped_events += sum(len(one.drafts) for one in gone)
        left = spill.take(10_000, 9)
        assert sum(len(one.drafts) for one in left) <= bound
        assert sum(one.media_bytes for one in left) <= 2000
        for one in gone:
            assert all(one.priority >= other.priority for other in left)
        spill.put_back(left)
    assert spill.dropped.events.total() == dropped_events
    assert len(spill) + dropped_events == sum(len(item.drafts) for item in arriving)


@given(st.lists(jobs, max_size=20), st.integers(1, 10))
def test_taking_keeps_the_order_of_arrival(arriving: list[Job], room: int) -> None:
    spill = Spill(1000, 10**9)
    for item in arriving:
        spill.add(item)
    urgent = spill.take(room, ACCESS_PRIORITY)
    assert [arriving.index(one) for one in urgent] == sorted(arriving.index(one) for one in urgent)
    assert all(one.priority <= ACCESS_PRIORITY for one in urgent)
    spill.put_back(urgent)
    rest: list[Job] = []
    while batch := spill.take(room, 9):
        rest.extend(batch)
    assert set(map(id, rest)) == set(map(id, arriving))
    assert len(spill) == 0


def test_a_change_of_the_lists_ranks_as_access() -> None:
    assert job(4, changes=True).priority == ACCESS_PRIORITY
    assert job(0, changes=True).priority == ACCESS_PRIORITY, "changes must keep their order among themselves"
    assert Job((), (), Future(), lambda _: ()).priority == ACCESS_PRIORITY
