"""May this plate pass this lane now? Core: pure functions of (policy, plate, lane, time).

A denial is a Decision with a reason, never an exception. What is not a literal grant goes to the guard.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from config.model import Admit
from config.model import Lane as LaneSettings
from edge.access.passes import PassReason
from edge.access.phone_keys import PhoneRefusal
from edge.access.visitor_codes import CodeReason
from sync.records import Booking, Change, Policy, UseBooking, Vehicle


class Reason(StrEnum):
    """Why a decision fell as it did; every member has a sentence in zh and en on the page."""

    OWNER = "owner"
    BOOKING = "booking"
    ANYONE = "anyone"
    BY_HAND = "by_hand"
    # denials by a rule that speaks against this vehicle
    BLOCKED = "blocked"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    WRONG_LANE = "wrong_lane"
    BOOKING_EARLY = "booking_early"
    BOOKING_LATE = "booking_late"
    BOOKING_USED_UP = "booking_used_up"
    BOOKING_CANCELLED = "booking_cancelled"
    # people with cards, PINs and phones
    PERSON = "person"
    UNKNOWN_CARD = "unknown_card"
    UNKNOWN_PIN = "unknown_pin"
    UNKNOWN_PHONE = "unknown_phone"
    UNKNOWN_FACE = "unknown_face"
    FACE_UNSURE = "face_unsure"
    NO_CONSENT = "no_consent"
    VISITORS_NOT_HERE = "visitors_not_here"
    KEY_BLOCKED = "key_blocked"
    PERSON_BLOCKED = "person_blocked"
    WRONG_GATE = "wrong_gate"
    CLOCK_UNTRUSTED = "clock_untrusted"
    OUTSIDE_SCHEDULE = "outside_schedule"
    CARD_NEEDED = "card_needed"
    PIN_NEEDS_CARD = "pin_needs_card"
    NOT_WRITTEN = "not_written"
    AWAITING_PIN = "awaiting_pin"
    WRONG_PIN = "wrong_pin"
    PASSBACK = "passback"
    FIRST_PERSON_NEEDED = "first_person_needed"
    AWAITING_SECOND_PERSON = "awaiting_second_person"
    DOOR_REFUSED = "door_refused"
    # nothing speaks for it: the guard decides
    UNKNOWN_PLATE = "unknown_plate"
    UNSURE_READ = "unsure_read"
    NOT_ADMITTED = "not_admitted"
    NO_PLATE = "no_plate"
    AWAITING_APPROACH = "awaiting_approach"
    AWAITING_VEHICLE = "awaiting_vehicle"
    NOT_ON_VEHICLE = "not_on_vehicle"
    MOVING_AWAY = "moving_away"
    LANE_OFFLINE = "lane_offline"
    LANE_MANUAL = "lane_manual"


REFERRED = frozenset(
    {
        Reason.UNKNOWN_PLATE,
        Reason.UNSURE_READ,
        Reason.NOT_ADMITTED,
        Reason.NO_PLATE,
        Reason.AWAITING_APPROACH,
        Reason.AWAITING_VEHICLE,
        Reason.NOT_ON_VEHICLE,
        Reason.MOVING_AWAY,
        Reason.LANE_OFFLINE,
        Reason.LANE_MANUAL,
        Reason.NOT_WRITTEN,
    }
)
"""Reasons that refuse nobody: the guard decides."""


AnyReason = Reason | CodeReason | PassReason | PhoneRefusal


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome for one credential at one lane or door."""

    granted: bool
    reason: AnyReason
    subject: str = ""
    """Who it is, as the guard says it."""
    place: str = ""
    rule: str = ""
    """What decided: ``vehicle:京A12345``, ``booking:ID``, ``person:ID``, ``code:ID``, ``pass:ID`` or empty."""
    changes: tuple[Change, ...] = ()
    """List changes that belong to the grant (one entry of the booking used)."""


def decide(policy: Policy, plate: str, lane_name: str, lane: LaneSettings, now_s: float) -> Decision:
    """Decide for a plate that was read for sure. ``now_s`` is Unix time."""
    vehicle = policy.vehicles.get(plate)
    if vehicle is not None and vehicle.blocked:
        return _vehicle_denied(vehicle, Reason.BLOCKED)
    denied: list[Decision] = []
    if vehicle is not None:
        decision = _by_vehicle(vehicle, lane_name, lane, now_s)
        if decision.granted:
            return decision
        denied.append(decision)
    for booking in policy.bookings.get(plate, ()):
        decision = _by_booking(booking, lane_name, lane, now_s)
        if decision.granted:
            return decision
        denied.append(decision)
    if Admit.ANYONE in lane.admit:
        return Decision(True, Reason.ANYONE)
    if denied:
        return min(denied, key=lambda d: _TELLING.index(d.reason))
    return Decision(False, Reason.UNKNOWN_PLATE)


def looked_at(policy: Policy, plate: str, lane_name: str, lane: LaneSettings, now_s: float) -> list[Decision]:
    """What each rule says of a plate by itself: the vehicle, every booking, the lane for anyone; for explaining."""
    vehicle = policy.vehicles.get(plate)
    found: list[Decision] = []
    if vehicle is not None:
        blocked = bool(vehicle.blocked)
        found.append(
            _vehicle_denied(vehicle, Reason.BLOCKED) if blocked else _by_vehicle(vehicle, lane_name, lane, now_s)
        )
    found += [_by_booking(booking, lane_name, lane, now_s) for booking in policy.bookings.get(plate, ())]
    if Admit.ANYONE in lane.admit:
        found.append(Decision(True, Reason.ANYONE, rule=f"lane:{lane_name}"))
    return found or [Decision(False, Reason.UNKNOWN_PLATE)]


_TELLING: list[AnyReason] = [
    Reason.NOT_YET_VALID,
    Reason.BOOKING_EARLY,
    Reason.WRONG_LANE,
    Reason.BOOKING_USED_UP,
    Reason.EXPIRED,
    Reason.BOOKING_LATE,
    Reason.BOOKING_CANCELLED,
    Reason.NOT_ADMITTED,
]
"""Denials from the one that helps the guard most to the one that helps least."""


def _vehicle_denied(vehicle: Vehicle, reason: Reason) -> Decision:
    return Decision(False, reason, vehicle.owner, vehicle.place, f"vehicle:{vehicle.plate}")


def _by_vehicle(vehicle: Vehicle, lane_name: str, lane: LaneSettings, now_s: float) -> Decision:
    if Admit.OWNERS not in lane.admit:
        return _vehicle_denied(vehicle, Reason.NOT_ADMITTED)
    if vehicle.lanes and lane_name not in vehicle.lanes:
        return _vehicle_denied(vehicle, Reason.WRONG_LANE)
    if vehicle.valid_from_s is not None and now_s < vehicle.valid_from_s:
        return _vehicle_denied(vehicle, Reason.NOT_YET_VALID)
    if vehicle.valid_until_s is not None and now_s >= vehicle.valid_until_s:
        return _vehicle_denied(vehicle, Reason.EXPIRED)
    return Decision(True, Reason.OWNER, vehicle.owner, vehicle.place, f"vehicle:{vehicle.plate}")


def _by_booking(booking: Booking, lane_name: str, lane: LaneSettings, now_s: float) -> Decision:
    entering = lane.direction != "out"
    reason = _booking_objection(booking, lane_name, lane, now_s, entering=entering)
    rule = f"booking:{booking.id}"
    if reason is not None:
        return Decision(False, reason, booking.visitor, booking.host, rule)
    changes: tuple[Change, ...] = (UseBooking(booking.id),) if entering else ()
    return Decision(True, Reason.BOOKING, booking.visitor, booking.host, rule, changes)


def _booking_objection(
    booking: Booking, lane_name: str, lane: LaneSettings, now_s: float, *, entering: bool
) -> Reason | None:
    """What speaks against it. Whoever was let in is let out: only entering is bound to window and count."""
    if Admit.BOOKINGS not in lane.admit:
        return Reason.NOT_ADMITTED
    if booking.lanes and entering and lane_name not in booking.lanes:
        return Reason.WRONG_LANE
    if not entering and booking.entries_used > 0:
        return None
    if booking.cancelled:
        return Reason.BOOKING_CANCELLED
    if now_s < booking.not_before_s:
        return Reason.BOOKING_EARLY
    if now_s >= booking.not_after_s:
        return Reason.BOOKING_LATE
    if entering and booking.entries_used >= booking.entries_allowed:
        return Reason.BOOKING_USED_UP
    return None


def all_bookings(policy: Policy) -> list[Booking]:
    """Every booking, in the order of plates and windows."""
    return [booking for group in policy.bookings.values() for booking in group]
