"""Who may enter: the rows of the lists. Core: frozen data only. Times are Unix seconds; None means no bound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """An owner's vehicle (业主车辆)."""

    plate: str
    owner: str
    place: str = ""
    """Flat or company, as the guard says it."""
    valid_from_s: float | None = None
    valid_until_s: float | None = None
    lanes: tuple[str, ...] = ()
    """Lanes it may use; empty means all."""
    blocked: str = ""
    """Reason why it is blocked; empty when it is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """An outside vehicle that somebody expects (外来车辆预约)."""

    id: str
    plate: str
    visitor: str
    host: str
    not_before_s: float
    not_after_s: float
    lanes: tuple[str, ...] = ()
    entries_allowed: int = 1
    entries_used: int = 0
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """A consistent snapshot of the lists; replaced as a whole, never changed."""

    version: int = 0
    vehicles: Mapping[str, Vehicle] = field(default_factory=dict)
    """By plate."""
    bookings: Mapping[str, tuple[Booking, ...]] = field(default_factory=dict)
    """By plate, in the order of their windows."""


@dataclass(frozen=True, slots=True)
class PutVehicle:
    """Add or replace."""

    vehicle: Vehicle


@dataclass(frozen=True, slots=True)
class RemoveVehicle:
    """Remove; absent is not an error."""

    plate: str


@dataclass(frozen=True, slots=True)
class PutBooking:
    """Add or replace."""

    booking: Booking


@dataclass(frozen=True, slots=True)
class CancelBooking:
    """Mark as cancelled; the row stays for the record."""

    id: str


@dataclass(frozen=True, slots=True)
class UseBooking:
    """Count one entry."""

    id: str


Change = PutVehicle | RemoveVehicle | PutBooking | CancelBooking | UseBooking
