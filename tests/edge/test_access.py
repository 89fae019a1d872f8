"""Who may pass: one row of the table a rule."""

from __future__ import annotations

from dataclasses import replace

import pytest

from config.model import Lane, Site
from edge.access.plates import Reason, decide
from sync.records import Booking, Policy, UseBooking, Vehicle
from tests.edge.conversation import BLOCKED, BOOKED, BOOKING, NOON_S, OWNER, POLICY, SITE, STRANGER, with_booking

LANE = Site.model_validate(SITE).lanes["east"]
WAY_OUT = LANE.model_copy(update={"direction": "out"})
DAY_S = 86400.0


def vehicle(**fields: object) -> Policy:
    return Policy(vehicles={OWNER: replace(POLICY.vehicles[OWNER], **fields)})  # type: ignore[arg-type]


TABLE = [
    # policy, plate, lane, reason, granted
    (POLICY, OWNER, LANE, Reason.OWNER, True),
    (POLICY, STRANGER, LANE, Reason.UNKNOWN_PLATE, False),
    (POLICY, BLOCKED, LANE, Reason.BLOCKED, False),
    (vehicle(valid_from_s=NOON_S + 1), OWNER, LANE, Reason.NOT_YET_VALID, False),
    (vehicle(valid_from_s=NOON_S), OWNER, LANE, Reason.OWNER, True),
    (vehicle(valid_until_s=NOON_S), OWNER, LANE, Reason.EXPIRED, False),
    (vehicle(valid_until_s=NOON_S + 1), OWNER, LANE, Reason.OWNER, True),
    (vehicle(lanes=("west",)), OWNER, LANE, Reason.WRONG_LANE, False),
    (vehicle(lanes=("west", "east")), OWNER, LANE, Reason.OWNER, True),
    (POLICY, BOOKED, LANE, Reason.BOOKING, True),
    (with_booking(not_before_s=NOON_S + 1), BOOKED, LANE, Reason.BOOKING_EARLY, False),
    (with_booking(not_before_s=NOON_S), BOOKED, LANE, Reason.BOOKING, True),
    (with_booking(not_after_s=NOON_S), BOOKED, LANE, Reason.BOOKING_LATE, False),
    (with_booking(cancelled=True), BOOKED, LANE, Reason.BOOKING_CANCELLED, False),
    (with_booking(entries_used=1), BOOKED, LANE, Reason.BOOKING_USED_UP, False),
    (with_booking(entries_used=1, entries_allowed=2), BOOKED, LANE, Reason.BOOKING, True),
    (with_booking(lanes=("west",)), BOOKED, LANE, Reason.WRONG_LANE, False),
    # whoever was let in is let out, also after the window
    (with_booking(entries_used=1, not_after_s=NOON_S - 1), BOOKED, WAY_OUT, Reason.BOOKING, True),
    (with_booking(not_after_s=NOON_S - 1), BOOKED, WAY_OUT, Reason.BOOKING_LATE, False),
    (POLICY, OWNER, LANE.model_copy(update={"admit": ("bookings",)}), Reason.NOT_ADMITTED, False),
    (POLICY, BOOKED, LANE.model_copy(update={"admit": ("owners",)}), Reason.NOT_ADMITTED, False),
    (POLICY, STRANGER, LANE.model_copy(update={"admit": ("anyone",)}), Reason.ANYONE, True),
    (POLICY, BLOCKED, LANE.model_copy(update={"admit": ("anyone",)}), Reason.BLOCKED, False),
]


@pytest.mark.parametrize(("policy", "plate", "lane", "reason", "granted"), TABLE)
def test_decision_table(policy: Policy, plate: str, lane: Lane, reason: Reason, granted: bool) -> None:
    decision = decide(policy, plate, "east", lane, NOON_S)
    assert (decision.reason, decision.granted) == (reason, granted)


def test_a_grant_by_booking_uses_one_entry_on_the_way_in_and_none_on_the_way_out() -> None:
    assert decide(POLICY, BOOKED, "east", LANE, NOON_S).changes == (UseBooking("b1"),)
    inside = with_booking(entries_used=1)
    assert decide(inside, BOOKED, "east", WAY_OUT, NOON_S).changes == ()


def test_a_second_booking_counts_when_the_first_is_over() -> None:
    tomorrow = replace(BOOKING, id="b2", not_before_s=NOON_S, not_after_s=NOON_S + DAY_S)
    over = replace(BOOKING, not_after_s=NOON_S - 1)
    policy = Policy(bookings={BOOKED: (over, tomorrow)})
    assert decide(policy, BOOKED, "east", LANE, NOON_S).rule == "booking:b2"


def test_a_blocked_owner_does_not_come_in_by_a_booking() -> None:
    policy = Policy(
        vehicles={BOOKED: Vehicle(plate=BOOKED, owner="x", blocked="stolen")}, bookings={BOOKED: (BOOKING,)}
    )
    assert decide(policy, BOOKED, "east", LANE, NOON_S).reason is Reason.BLOCKED


def test_an_expired_owner_may_still_come_in_by_a_booking() -> None:
    owner = Vehicle(plate=BOOKED, owner="x", valid_until_s=NOON_S - 1)
    policy = Policy(vehicles={BOOKED: owner}, bookings={BOOKED: (BOOKING,)})
    assert decide(policy, BOOKED, "east", LANE, NOON_S).reason is Reason.BOOKING


def test_the_most_telling_denial_is_reported() -> None:
    early = Booking(id="b3", plate=BOOKED, visitor="v", host="h", not_before_s=NOON_S + 60, not_after_s=NOON_S + 120)
    over = replace(BOOKING, not_after_s=NOON_S - 1)
    policy = Policy(bookings={BOOKED: (over, early)})
    assert decide(policy, BOOKED, "east", LANE, NOON_S).reason is Reason.BOOKING_EARLY
