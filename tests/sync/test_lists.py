"""The lists: the snapshot that lives in memory and the rows on the disk always say the same."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.lists import read_policy, write_changes
from sync.policy import applied, checked
from sync.records import (
    Booking,
    CancelBooking,
    Change,
    Policy,
    PutBooking,
    PutVehicle,
    RemoveVehicle,
    UseBooking,
    Vehicle,
)
from sync.schema import MIGRATIONS
from sync.tables import Database
from tests.sync.helpers import DEADLINE_S, draft, open_store

plates = st.sampled_from(["京A12345", "沪B00001", "粤Z1234港"])
ids = st.sampled_from(["b1", "b2", "b3"])
words = st.text(st.characters(codec="utf-8"), max_size=8)
times = st.floats(-1e9, 4e9, allow_nan=False) | st.integers(0, 2**40)
lanes = st.lists(st.sampled_from(["east-in", "west-in"]), max_size=2).map(tuple)
vehicles = st.builds(
    Vehicle,
    plate=plates,
    owner=words,
    place=words,
    valid_from_s=st.none() | times,
    valid_until_s=st.none() | times,
    lanes=lanes,
    blocked=words,
)
bookings = st.builds(
    Booking,
    id=ids,
    plate=plates,
    visitor=words,
    host=words,
    not_before_s=times,
    not_after_s=times,
    lanes=lanes,
    entries_allowed=st.integers(0, 5),
    entries_used=st.integers(0, 5),
    cancelled=st.booleans(),
)
changes: st.SearchStrategy[Change] = st.one_of(
    st.builds(PutVehicle, vehicles),
    st.builds(RemoveVehicle, plates),
    st.builds(PutBooking, bookings),
    st.builds(CancelBooking, ids),
    st.builds(UseBooking, ids),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(changes, max_size=12))
def test_rows_and_snapshot_agree_after_any_changes(made: list[Change]) -> None:
    conn = sqlite3.connect(":memory:", isolation_level=None)
    for statement in MIGRATIONS[0][1]:
        conn.execute(statement)
    db = Database(conn, execute_plugins=False)
    policy = Policy()
    for change in made:
        before = policy
        policy = applied(policy, (checked(change),))
        assert before.version == policy.version - 1
        with db.atomic():
            write_changes(db, (change,))
    assert read_policy(conn) == policy
    conn.close()


def test_bookings_of_a_plate_stand_in_the_order_of_their_windows() -> None:
    def booking(name: str, start: float) -> PutBooking:
        row = Booking(id=name, plate="京A12345", visitor="v", host="h", not_before_s=start, not_after_s=start + 60)
        return PutBooking(row)

    policy = applied(Policy(), (booking("late", 200), booking("early", 100)))
    assert [row.id for row in policy.bookings["京A12345"]] == ["early", "late"]


def test_a_used_and_a_cancelled_booking_stay_for_the_record(tmp_path: Path) -> None:
    row = Booking(id="b1", plate="京A12345", visitor="Li", host="Wang", not_before_s=1, not_after_s=2)
    with open_store(tmp_path) as store:
        for change in (PutBooking(row), UseBooking("b1"), CancelBooking("b1"), UseBooking("unknown")):
            store.append([draft()], [change]).result(DEADLINE_S)
        in_memory = store.policy()
    with open_store(tmp_path) as store:
        assert store.policy() == in_memory
        kept = store.policy().bookings["京A12345"][0]
        assert (kept.entries_used, kept.cancelled, store.policy().version) == (1, True, 4)
