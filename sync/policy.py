"""A change of the lists applied to a snapshot. Core: pure; the same rules as the tables in ``lists``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, replace

from sync.errors import DraftRefused
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


def checked(change: Change) -> Change:
    """The change itself; raises DraftRefused when a row of it could not be stored and read back the same."""
    match change:
        case PutVehicle(vehicle=row):
            _check_row(row, row.plate)
        case PutBooking(booking=row):
            _check_row(row, row.id)
        case RemoveVehicle(plate=key) | CancelBooking(id=key) | UseBooking(id=key):
            _check_value("key", key, key)
        case _:
            raise DraftRefused(f"未知的名单改动 {change!r}", f"unknown change of the lists: {change!r}")
    return change


def applied(policy: Policy, changes: tuple[Change, ...]) -> Policy:
    """The snapshot after the changes; its version grows by one per change. The given one stays as it is."""
    vehicles = dict(policy.vehicles)
    by_id = {booking.id: booking for group in policy.bookings.values() for booking in group}
    for change in changes:
        match change:
            case PutVehicle(vehicle=vehicle):
                vehicles[vehicle.plate] = vehicle
            case RemoveVehicle(plate=plate):
                vehicles.pop(plate, None)
            case PutBooking(booking=booking):
                by_id[booking.id] = booking
            case CancelBooking(id=key) if key in by_id:
                by_id[key] = replace(by_id[key], cancelled=True)
            case UseBooking(id=key) if key in by_id:
                by_id[key] = replace(by_id[key], entries_used=by_id[key].entries_used + 1)
    return Policy(version=policy.version + len(changes), vehicles=vehicles, bookings=by_plate(by_id.values()))


def by_plate(bookings: object) -> Mapping[str, tuple[Booking, ...]]:
    """Bookings by plate, each group in the order of its windows."""
    groups: dict[str, list[Booking]] = {}
    for booking in bookings:  # type: ignore[attr-defined]
        groups.setdefault(booking.plate, []).append(booking)
    return {
        plate: tuple(sorted(group, key=lambda b: (b.not_before_s, b.not_after_s, b.id)))
        for plate, group in groups.items()
    }


def _check_row(row: Vehicle | Booking, key: object) -> None:
    for item in fields(row):
        _check_value(item.name, getattr(row, item.name), key)


def _check_value(name: str, value: object, key: object) -> None:
    if name in ("plate", "id", "key") and not value:
        raise DraftRefused(f"名单行的 {name} 为空", f"empty {name} in a row of the lists")
    if name in ("entries_allowed", "entries_used"):
        fits = type(value) is int and 0 <= value < 2**31
    elif name in ("valid_from_s", "valid_until_s"):
        fits = value is None or _is_time(value)
    elif name in ("not_before_s", "not_after_s"):
        fits = _is_time(value)
    elif name == "cancelled":
        fits = isinstance(value, bool)
    elif name == "lanes":
        fits = isinstance(value, tuple) and all(_is_text(lane) for lane in value)
    else:
        fits = _is_text(value)
    if not fits:
        raise DraftRefused(
            f"名单行 {key!r} 的 {name} 无效：{value!r}", f"row {key!r} of the lists: bad {name}: {value!r}"
        )


def _is_time(value: object) -> bool:
    return (
        isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and abs(value) < 2**53
    )


def _is_text(value: object) -> bool:
    try:
        return isinstance(value, str) and len(value.encode()) <= 1000
    except UnicodeEncodeError:
        return False
