"""The lists: the snapshot that lives in memory and the rows on the disk always say the same."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.database import migrate, open_writer
from sync.errors import DraftRefused
from sync.lists import read_policy, write_changes
from sync.policy import applied, checked
from sync.records import (
    Booking,
    CameIn,
    CancelBooking,
    Change,
    Consent,
    FaceTemplate,
    Forget,
    Inside,
    Key,
    Person,
    Policy,
    PutBooking,
    PutCode,
    PutConsent,
    PutFace,
    PutKey,
    PutPerson,
    PutSlip,
    PutVehicle,
    RemoveFaces,
    RemoveKey,
    RemoveNegatives,
    RemovePerson,
    RemoveVehicle,
    RevokeCode,
    Slip,
    SpendPass,
    UseBooking,
    UseCode,
    UseSlip,
    Vehicle,
    VisitorCode,
    WentOut,
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
people = st.builds(
    Person,
    id=ids,
    name=words,
    place=words,
    gates=lanes,
    schedule=words,
    valid_until_s=st.none() | times,
    first_person=st.booleans(),
    blocked=words,
)
kinds = st.sampled_from(["card", "pin"])
values = st.sampled_from(["0a", "0b"])
keys = st.builds(Key, kind=kinds, value=values, person=ids, duress=st.booleans(), blocked=words)
codes = st.builds(
    VisitorCode,
    id=ids,
    hmac=st.sampled_from(["aa", "bb", "cc"]),
    host=words,
    visitor=words,
    gates=lanes,
    not_before_s=times,
    not_after_s=times,
    uses_allowed=st.integers(0, 5),
    uses_used=st.integers(0, 5),
    plate=st.just("") | plates,
    revoked=st.booleans(),
)
slips = st.builds(
    Slip,
    id=ids,
    host=words,
    consent_by=words,
    approved_by=words,
    items=st.lists(st.tuples(words, st.integers(0, 99)), max_size=3).map(tuple),
    not_before_s=times,
    not_after_s=times,
    plate=st.just("") | plates,
    used=st.booleans(),
    revoked=st.booleans(),
)
present = st.builds(Inside, key=ids, name=words, gate=words, since_s=times, event_id=words)
some_ids = st.lists(ids, max_size=3).map(tuple)
consents = st.builds(
    Consent,
    person=ids,
    purpose=st.just("开门"),
    given_by=st.sampled_from(["self", "王妈妈"]),
    given_at_s=times,
    recorded_by=words,
    until_s=st.none() | times,
)
faces = st.builds(
    FaceTemplate,
    id=st.just("new"),
    person=ids,
    model=st.just("m"),
    sealed=st.just(bytes(540)),
    negative=st.booleans(),
    source=words,
    quality=st.floats(0, 1),
    created_s=times,
)
changes: st.SearchStrategy[Change] = st.one_of(
    st.builds(PutPerson, people),
    st.builds(RemovePerson, ids),
    st.builds(PutKey, keys),
    st.builds(RemoveKey, kinds, values),
    st.builds(PutCode, codes),
    st.builds(RevokeCode, ids),
    st.builds(UseCode, ids),
    st.builds(PutSlip, slips),
    st.builds(UseSlip, ids),
    st.builds(SpendPass, ids, st.sampled_from([1, 2, -1]), st.none() | times),
    st.builds(Forget, some_ids, some_ids, some_ids),
    st.builds(PutConsent, consents),
    st.builds(PutFace, faces),
    st.builds(RemoveFaces, ids),
    st.builds(RemoveNegatives, ids),
    st.builds(CameIn, present),
    st.builds(WentOut, ids),
    st.builds(PutVehicle, vehicles),
    st.builds(RemoveVehicle, plates),
    st.builds(PutBooking, bookings),
    st.builds(CancelBooking, ids),
    st.builds(UseBooking, ids),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(changes, max_size=16))
def test_rows_and_snapshot_agree_after_any_changes(made: list[Change]) -> None:
    conn = sqlite3.connect(":memory:", isolation_level=None)
    for _, statements in MIGRATIONS:
        for statement in statements:
            conn.execute(statement)
    db = Database(conn, execute_plugins=False)
    policy = Policy()
    for number, change in enumerate(made):
        if isinstance(change, PutFace):  # the id of a template is random: never twice the same
            change = PutFace(replace(change.face, id=f"t{number}"))  # noqa: PLW2901
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


def test_every_kind_of_change_is_tried() -> None:
    """A new change without its table, its snapshot and its place in the property above is noticed here."""
    tried = {
        PutVehicle, RemoveVehicle, PutBooking, CancelBooking, UseBooking, PutPerson, RemovePerson, PutKey, RemoveKey,
        PutCode, RevokeCode, UseCode, PutSlip, UseSlip, SpendPass, Forget, CameIn, WentOut,
        PutConsent, PutFace, RemoveFaces, RemoveNegatives,
    }  # fmt: skip
    assert tried == set(get_args(Change))


def test_a_bulk_of_changes_is_the_same_as_one_after_another() -> None:
    made = tuple(PutVehicle(Vehicle(plate=f"京A{n:05}", owner="王")) for n in range(50))
    one_by_one = Policy()
    for change in made:
        one_by_one = applied(one_by_one, (change,))
    assert applied(Policy(), made) == one_by_one


def test_a_revoked_pass_stays_revoked() -> None:
    policy = applied(Policy(), (SpendPass("p1"), SpendPass("p1"), SpendPass("p2", -1), SpendPass("p2")))
    assert policy.spent_passes == {"p1": 2, "p2": -1}


def test_the_digits_of_a_code_name_one_code_only() -> None:
    def code(id_: str) -> PutCode:
        row = VisitorCode(id=id_, hmac="aa", host="h", visitor="v", gates=(), not_before_s=0, not_after_s=1)
        return PutCode(row)

    assert [row.id for row in applied(Policy(), (code("old"), code("new"))).codes.values()] == ["new"]


SLIP: dict[str, Any] = {
    "id": "s", "host": "h", "consent_by": "h", "approved_by": "office", "items": (("箱", 1),),
    "not_before_s": 0, "not_after_s": 1,
}  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        PutPerson(Person(id="", name="Li")),
        PutPerson(Person(id="p", name="Li", gates=["east"])),  # type: ignore[arg-type]
        PutPerson(Person(id="p", name="Li", valid_until_s=float("nan"))),
        PutKey(Key(kind="card", value="", person="p")),
        PutKey(Key(kind="card", value="0a", person="")),
        PutCode(VisitorCode(id="c", hmac="", host="h", visitor="v", gates=(), not_before_s=0, not_after_s=1)),
        PutCode(
            VisitorCode(
                id="c", hmac="aa", host="h", visitor="v", gates=(), not_before_s=0, not_after_s=1, uses_allowed=-1
            )
        ),
        PutSlip(
            Slip(id="s", host="h", consent_by="", approved_by="", items=(("箱", -1),), not_before_s=0, not_after_s=1)
        ),
        SpendPass("p", -2),
        SpendPass("", 1),
        SpendPass("p", 1, float("nan")),
        Forget(codes=("x", 1)),  # type: ignore[arg-type]
        UseCode(""),
        RemoveKey("card", ""),
        CameIn(Inside(key="", name="n", gate="g", since_s=0, event_id="e")),
        PutConsent(Consent(person="p", purpose="", given_by="self", given_at_s=0, recorded_by="r")),
        PutConsent(Consent(person="p", purpose="开门", given_by="", given_at_s=0, recorded_by="r")),
        PutFace(FaceTemplate(id="", person="p", model="m", sealed=bytes(540))),
        PutFace(FaceTemplate(id="t", person="p", model="", sealed=bytes(540))),
        PutFace(FaceTemplate(id="t", person="p", model="m", sealed=b"")),
        PutFace(FaceTemplate(id="t", person="p", model="m", sealed=bytes(541))),
        PutFace(FaceTemplate(id="t", person="p", model="m", sealed=bytes(540), quality=float("nan"))),
        RemoveFaces(""),
    ],
    ids=repr,
)
def test_a_row_that_could_not_be_read_back_the_same_is_refused(change: Change) -> None:
    with pytest.raises(DraftRefused):
        checked(change)


def test_a_store_of_the_first_version_is_brought_up_and_keeps_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    db = open_writer(path)
    migrate(db, path, MIGRATIONS[:1])
    write_changes(db, (PutVehicle(Vehicle(plate="京A12345", owner="王")),))
    migrate(db, path)
    policy = read_policy(db.conn)
    db.conn.close()
    assert list(policy.vehicles) == ["京A12345"]
    assert (policy.people, policy.codes, policy.spent_passes) == ({}, {}, {})
