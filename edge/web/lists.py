"""Who may enter: vehicles and bookings, read and changed. Shell: HTTP.

Times are ISO 8601 with an offset. A change goes through the gateway, so that row and event land together.
"""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from config.model import Name
from edge.observations import ChangeLists
from edge.users.auth import Session
from edge.web.access import BOOKER, GUARD, SUPERVISOR, Gateway, operator
from edge.web.acts import RequestId, Words, carry_out
from edge.web.errors import ApiError
from sync.records import Booking, CancelBooking, Change, PutBooking, PutVehicle, RemoveVehicle, Vehicle

router = APIRouter(prefix="/v1")

PLATE = re.compile(r"^[A-Z0-9\u4e00-\u9fff]{6,10}$")
SEPARATORS = re.compile(r"[\s·.\-]")


def tidy_plate(text: str) -> str:
    """Upper case, without the dot and spaces that people write; raises ApiError 422."""
    plate = SEPARATORS.sub("", text).upper()
    if not PLATE.match(plate):
        raise ApiError(422, "plate")
    return plate


Plate = Annotated[str, AfterValidator(tidy_plate)]
Lanes = Annotated[tuple[Name, ...], Field(max_length=50)]


class VehicleBody(BaseModel):
    """An owner's vehicle."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    owner: Words
    place: str = Field(default="", max_length=80)
    valid_from: AwareDatetime | None = None
    valid_until: AwareDatetime | None = None
    lanes: Lanes = ()
    blocked: str = Field(default="", max_length=200)


class BookingBody(BaseModel):
    """An outside vehicle that somebody expects."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    request_id: RequestId = Field(default_factory=lambda: uuid.uuid4().hex)
    plate: Plate
    visitor: Words
    host: Words
    not_before: AwareDatetime
    not_after: AwareDatetime
    lanes: Lanes = ()
    entries_allowed: int = Field(default=1, ge=1, le=1000)


async def _change(
    gateway: Gateway, who: Session, change: Change, response: Response, request_id: str
) -> dict[str, Any]:
    act = ChangeLists(request_id=request_id, change=change, operator=operator(who))
    return await carry_out(gateway, act, response)


@router.get("/vehicles")
async def vehicles(_who: Annotated[Session, Depends(GUARD)], gateway: Gateway) -> dict[str, Any]:
    """All vehicles, by plate."""
    policy = gateway.store.policy()
    rows = [_vehicle_row(policy.vehicles[plate]) for plate in sorted(policy.vehicles)]
    return {"version": policy.version, "vehicles": rows}


@router.put("/vehicles/{plate}")
async def put_vehicle(
    plate: Annotated[str, Path(max_length=40)],
    given: VehicleBody,
    who: Annotated[Session, Depends(SUPERVISOR)],
    gateway: Gateway,
    response: Response,
) -> dict[str, Any]:
    """Add or replace a vehicle."""
    _check_window(given.valid_from, given.valid_until)
    vehicle = Vehicle(
        plate=tidy_plate(plate),
        owner=given.owner,
        place=given.place,
        valid_from_s=_unix(given.valid_from),
        valid_until_s=_unix(given.valid_until),
        lanes=given.lanes,
        blocked=given.blocked,
    )
    return await _change(gateway, who, PutVehicle(vehicle), response, uuid.uuid4().hex)


@router.delete("/vehicles/{plate}")
async def remove_vehicle(
    plate: Annotated[str, Path(max_length=40)],
    who: Annotated[Session, Depends(SUPERVISOR)],
    gateway: Gateway,
    response: Response,
) -> dict[str, Any]:
    """Remove a vehicle."""
    tidy = tidy_plate(plate)
    if tidy not in gateway.store.policy().vehicles:
        raise ApiError(404, "unknown_plate")
    return await _change(gateway, who, RemoveVehicle(tidy), response, uuid.uuid4().hex)


@router.get("/bookings")
async def bookings(_who: Annotated[Session, Depends(BOOKER)], gateway: Gateway) -> dict[str, Any]:
    """All bookings, in the order of their windows."""
    policy = gateway.store.policy()
    found = [b for group in policy.bookings.values() for b in group]
    found.sort(key=lambda b: (b.not_before_s, b.id))
    return {"version": policy.version, "bookings": [_booking_row(b) for b in found]}


@router.post("/bookings", status_code=201)
async def make_booking(
    given: BookingBody, who: Annotated[Session, Depends(BOOKER)], gateway: Gateway, response: Response
) -> dict[str, Any]:
    """Expect a vehicle inside a window; the request id makes a repeated call land once."""
    _check_window(given.not_before, given.not_after)
    booking = Booking(
        id=f"b-{given.request_id}",
        plate=given.plate,
        visitor=given.visitor,
        host=given.host,
        not_before_s=given.not_before.timestamp(),
        not_after_s=given.not_after.timestamp(),
        lanes=given.lanes,
        entries_allowed=given.entries_allowed,
    )
    verdict = await _change(gateway, who, PutBooking(booking), response, given.request_id)
    return verdict | {"booking": _booking_row(booking)}


@router.delete("/bookings/{booking_id}")
async def cancel_booking(
    booking_id: Annotated[str, Path(max_length=80)],
    who: Annotated[Session, Depends(BOOKER)],
    gateway: Gateway,
    response: Response,
) -> dict[str, Any]:
    """Cancel a booking; its row stays for the record."""
    policy = gateway.store.policy()
    if not any(b.id == booking_id for group in policy.bookings.values() for b in group):
        raise ApiError(404, "unknown_booking")
    return await _change(gateway, who, CancelBooking(booking_id), response, uuid.uuid4().hex)


def _check_window(start: datetime | None, end: datetime | None) -> None:
    if start is not None and end is not None and end <= start:
        raise ApiError(422, "window")


def _unix(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def _iso(unix_s: float | None) -> str | None:
    return None if unix_s is None else datetime.fromtimestamp(unix_s, UTC).isoformat()


def _vehicle_row(vehicle: Vehicle) -> dict[str, Any]:
    return {
        "plate": vehicle.plate,
        "owner": vehicle.owner,
        "place": vehicle.place,
        "valid_from": _iso(vehicle.valid_from_s),
        "valid_until": _iso(vehicle.valid_until_s),
        "lanes": list(vehicle.lanes),
        "blocked": vehicle.blocked,
    }


def _booking_row(booking: Booking) -> dict[str, Any]:
    return {
        "id": booking.id,
        "plate": booking.plate,
        "visitor": booking.visitor,
        "host": booking.host,
        "not_before": _iso(booking.not_before_s),
        "not_after": _iso(booking.not_after_s),
        "lanes": list(booking.lanes),
        "entries_allowed": booking.entries_allowed,
        "entries_used": booking.entries_used,
        "cancelled": booking.cancelled,
    }
