"""A change of the lists applied to a snapshot. Core: pure; the same rules as the tables in ``lists``."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

from sync.errors import DraftRefused
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

Row = Vehicle | Booking | Person | Key | VisitorCode | Slip | Inside | Consent | FaceTemplate
ROWS_MAX = 1000
"""Gates of one row, items of one slip."""


def checked(change: Change) -> Change:
    """The change itself; raises DraftRefused when a row of it could not be stored and read back the same."""
    match change:
        case (
            PutVehicle(row)
            | PutBooking(row)
            | PutPerson(row)
            | PutKey(row)
            | PutCode(row)
            | PutSlip(row)
            | CameIn(row)
            | PutConsent(row)
            | PutFace(row)
        ):
            _check_row(row)
        case (
            RemoveVehicle(key)
            | CancelBooking(key)
            | UseBooking(key)
            | RemovePerson(key)
            | RemoveFaces(key)
            | RemoveNegatives(key)
            | RevokeCode(key)
            | UseCode(key)
            | UseSlip(key)
            | WentOut(key)
        ):
            _check_value("key", key, key)
        case RemoveKey(kind=kind, value=value):
            _check_value("kind", kind, kind)
            _check_value("value", value, kind)
        case SpendPass(id=key, uses=uses, until_s=until_s):
            _check_value("id", key, key)
            _check_value("valid_until_s", until_s, key)
            if uses != -1:
                _check_value("uses", uses, key)
        case Forget():
            for item in fields(change):
                _check_value("gates", getattr(change, item.name), item.name)
        case _:
            raise DraftRefused(f"未知的名单改动 {change!r}", f"unknown change of the lists: {change!r}")
    return change


def applied(policy: Policy, changes: tuple[Change, ...]) -> Policy:
    """The snapshot after the changes; its version grows by one per change. The given one stays as it is."""
    lists = _Lists(policy)
    for change in changes:
        _apply(lists, change)
    return replace(policy, version=policy.version + len(changes), **lists.changed())


def _apply(lists: _Lists, change: Change) -> None:  # noqa: PLR0912, PLR0915 - one case a change
    match change:
        case PutVehicle(vehicle=vehicle):
            lists.of("vehicles")[vehicle.plate] = vehicle
        case RemoveVehicle(plate=plate):
            lists.of("vehicles").pop(plate, None)
        case PutBooking(booking=booking):
            lists.of("bookings")[booking.id] = booking
        case CancelBooking(id=key):
            lists.amend("bookings", key, lambda row: {"cancelled": True})
        case UseBooking(id=key):
            lists.amend("bookings", key, lambda row: {"entries_used": row.entries_used + 1})
        case PutPerson(person=person):
            lists.of("people")[person.id] = person
        case RemovePerson(id=key):
            lists.of("people").pop(key, None)
            lists.drop("keys", lambda carried: carried.person == key)
            lists.of("consents").pop(key, None)
            lists.of("faces").pop(key, None)
        case PutConsent(consent=consent):
            if consent.person in lists.seen("people"):
                lists.of("consents")[consent.person] = consent
        case PutFace(face=face):
            if face.person in lists.seen("consents") and not face.negative:
                counts = lists.of("faces")
                counts[face.person] = counts.get(face.person, 0) + 1
        case RemoveFaces(person=key):
            lists.of("consents").pop(key, None)
            lists.of("faces").pop(key, None)
        case RemoveNegatives():
            pass  # they stand in no snapshot
        case PutKey(key=carried):
            lists.of("keys")[carried.kind, carried.value] = carried
        case RemoveKey(kind=kind, value=value):
            lists.of("keys").pop((kind, value), None)
        case PutCode(code=code):
            # The same digits cannot name two codes: the newer one takes them over.
            lists.drop("codes", lambda other: other.hmac == code.hmac)
            lists.of("codes")[code.id] = code
        case RevokeCode(id=key):
            lists.amend("codes", key, lambda row: {"revoked": True})
        case UseCode(id=key):
            lists.amend("codes", key, lambda row: {"uses_used": row.uses_used + 1})
        case PutSlip(slip=slip):
            lists.of("slips")[slip.id] = slip
        case UseSlip(id=key):
            lists.amend("slips", key, lambda row: {"used": True})
        case SpendPass(id=key, uses=uses, until_s=until_s):
            spent = lists.of("spent_passes")
            if until_s is not None:
                ends = lists.of("pass_ends")
                ends[key] = max(until_s, ends.get(key, until_s))
            # A revoked pass (-1) stays revoked, whatever is counted after it.
            spent[key] = -1 if -1 in (uses, spent.get(key, 0)) else spent.get(key, 0) + uses
        case Forget(codes=codes, slips=slips, passes=passes):
            for name, gone in (("codes", codes), ("slips", slips), ("spent_passes", passes), ("pass_ends", passes)):
                for key in gone:
                    lists.of(name).pop(key, None)
        case CameIn(inside=inside):
            lists.of("inside")[inside.key] = inside
        case WentOut(key=key):
            lists.of("inside").pop(key, None)


def faces_touched(changes: Iterable[Change]) -> tuple[str, ...]:
    """People whose templates came or went, in order, each once."""
    people: dict[str, None] = {}
    for change in changes:
        match change:
            case PutFace(face=face):
                people[face.person] = None
            case RemoveFaces(person=person) | RemoveNegatives(person=person) | RemovePerson(id=person):
                people[person] = None
            case _:
                continue
    return tuple(people)


class _Lists:
    """The lists that some changes touch, copied once each; bookings and codes by their ids."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._copies: dict[str, dict[Any, Any]] = {}

    def of(self, name: str) -> dict[Any, Any]:
        """The copy of one list."""
        if name not in self._copies:
            rows = getattr(self._policy, name)
            if name == "bookings":
                rows = {booking.id: booking for group in rows.values() for booking in group}
            elif name == "codes":
                rows = {code.id: code for code in rows.values()}
            self._copies[name] = dict(rows)
        return self._copies[name]

    def seen(self, name: str) -> Mapping[Any, Any]:
        """One list to look into, not copied for it."""
        rows: Mapping[Any, Any] = self._copies[name] if name in self._copies else getattr(self._policy, name)
        return rows

    def amend(self, name: str, key: str, values: Callable[[Any], dict[str, Any]]) -> None:
        """Change fields of one row; absent is not an error."""
        rows = self.of(name)
        if key in rows:
            rows[key] = replace(rows[key], **values(rows[key]))

    def drop(self, name: str, of: Callable[[Any], bool]) -> None:
        """Remove every row of which this holds."""
        rows = self.of(name)
        for key in [key for key, row in rows.items() if of(row)]:
            del rows[key]

    def changed(self) -> dict[str, Any]:
        """The touched lists as a snapshot holds them."""
        lists: dict[str, Any] = dict(self._copies)
        if "bookings" in lists:
            lists["bookings"] = by_plate(lists["bookings"].values())
        if "codes" in lists:
            lists["codes"] = {code.hmac: code for code in lists["codes"].values()}
        return lists


def by_plate(bookings: Iterable[Booking]) -> Mapping[str, tuple[Booking, ...]]:
    """Bookings by plate, each group in the order of its windows."""
    groups: dict[str, list[Booking]] = {}
    for booking in bookings:
        groups.setdefault(booking.plate, []).append(booking)
    return {
        plate: tuple(sorted(group, key=lambda b: (b.not_before_s, b.not_after_s, b.id)))
        for plate, group in groups.items()
    }


_KEYS = ("plate", "id", "key", "hmac", "kind", "value", "person", "model", "purpose", "given_by")
_COUNTS = ("entries_allowed", "entries_used", "uses_allowed", "uses_used", "uses")
_FLAGS = ("cancelled", "first_person", "duress", "revoked", "used", "negative")
_TIMES = ("not_before_s", "not_after_s", "since_s", "given_at_s", "created_s", "quality")
_SEALED_BYTES = range(32, 28 + 4 * 4096 + 1, 4)
"""Nonce and tag take 28 bytes, every number of a template 4."""


def _check_row(row: Row) -> None:
    key = getattr(row, fields(row)[0].name)
    may_be_empty = ("plate",) if isinstance(row, VisitorCode | Slip) else ()
    for item in fields(row):
        _check_value(item.name, getattr(row, item.name), key, may_be_empty)


def _check_value(name: str, value: object, key: object, may_be_empty: tuple[str, ...] = ()) -> None:
    if name in _KEYS and name not in may_be_empty and not value:
        raise DraftRefused(f"名单行的 {name} 为空", f"empty {name} in a row of the lists")
    if name in _COUNTS:
        fits = _is_count(value)
    elif name in ("valid_from_s", "valid_until_s", "until_s"):
        fits = value is None or _is_time(value)
    elif name in _TIMES:
        fits = _is_time(value)
    elif name in _FLAGS:
        fits = isinstance(value, bool)
    elif name in ("lanes", "gates"):
        fits = isinstance(value, tuple) and len(value) <= ROWS_MAX and all(_is_text(gate) for gate in value)
    elif name == "items":
        fits = isinstance(value, tuple) and len(value) <= ROWS_MAX and all(_is_item(item) for item in value)
    elif name == "sealed":
        fits = isinstance(value, bytes) and len(value) in _SEALED_BYTES
    else:
        fits = _is_text(value)
    if not fits:
        shown = "…" if name in ("hmac", "value", "sealed") else repr(value)
        raise DraftRefused(f"名单行 {key!r} 的 {name} 无效：{shown}", f"row {key!r} of the lists: bad {name}: {shown}")


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**31


def _is_item(value: object) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and _is_text(value[0]) and _is_count(value[1])


def _is_time(value: object) -> bool:
    return (
        isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and abs(value) < 2**53
    )


def _is_text(value: object) -> bool:
    try:
        return isinstance(value, str) and len(value.encode()) <= 1000
    except UnicodeEncodeError:
        return False
