"""Who may enter: the snapshot of the lists and what changes it. Core: frozen data only; the rows are in ``rows``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sync.rows import (
    Booking,
    Consent,
    FaceTemplate,
    Inside,
    Key,
    Person,
    Slip,
    Vehicle,
    VisitorCode,
)


@dataclass(frozen=True, slots=True)
class Policy:
    """A consistent snapshot of the lists; replaced as a whole, never changed."""

    version: int = 0
    vehicles: Mapping[str, Vehicle] = field(default_factory=dict)
    """By plate."""
    bookings: Mapping[str, tuple[Booking, ...]] = field(default_factory=dict)
    """By plate, in the order of their windows."""
    people: Mapping[str, Person] = field(default_factory=dict)
    """By id."""
    keys: Mapping[tuple[str, str], Key] = field(default_factory=dict)
    """By kind and value."""
    codes: Mapping[str, VisitorCode] = field(default_factory=dict)
    """By HMAC."""
    slips: Mapping[str, Slip] = field(default_factory=dict)
    """By id."""
    inside: Mapping[str, Inside] = field(default_factory=dict)
    """By key."""
    spent_passes: Mapping[str, int] = field(default_factory=dict)
    """Uses of signed passes at this gateway, by pass id; a revoked pass has -1."""
    pass_ends: Mapping[str, float] = field(default_factory=dict)
    """When a used pass ends by itself, by pass id, where that is known."""
    consents: Mapping[str, Consent] = field(default_factory=dict)
    """By person."""
    faces: Mapping[str, int] = field(default_factory=dict)
    """Number of templates (without negatives) by person; the templates themselves stay in their table."""


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


@dataclass(frozen=True, slots=True)
class PutPerson:
    """Add or replace."""

    person: Person


@dataclass(frozen=True, slots=True)
class RemovePerson:
    """Remove the person with every key, template and the consent of theirs; absent is not an error."""

    id: str


@dataclass(frozen=True, slots=True)
class PutKey:
    """Add or replace."""

    key: Key


@dataclass(frozen=True, slots=True)
class RemoveKey:
    """Remove; absent is not an error."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class PutCode:
    """Add or replace a visitor code; another code of the same HMAC gives way to it."""

    code: VisitorCode


@dataclass(frozen=True, slots=True)
class RevokeCode:
    """Mark as revoked; the row stays for the record."""

    id: str


@dataclass(frozen=True, slots=True)
class UseCode:
    """Count one use."""

    id: str


@dataclass(frozen=True, slots=True)
class PutSlip:
    """Add or replace a goods slip."""

    slip: Slip


@dataclass(frozen=True, slots=True)
class UseSlip:
    """Use it up."""

    id: str


@dataclass(frozen=True, slots=True)
class SpendPass:
    """Count so many more uses of a signed pass; ``uses=-1`` revokes it for good."""

    id: str
    uses: int = 1
    until_s: float | None = None
    """When the pass ends by itself; None where only its id is known."""


@dataclass(frozen=True, slots=True)
class Forget:
    """Remove rows that ended long ago and can open nothing any more, by their ids; absent is not an error."""

    codes: tuple[str, ...] = ()
    slips: tuple[str, ...] = ()
    passes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PutConsent:
    """Add or replace; without effect for somebody who is not in the lists."""

    consent: Consent


@dataclass(frozen=True, slots=True)
class PutFace:
    """Add a template, whose id is new; without effect for somebody whose consent is not in the lists."""

    face: FaceTemplate


@dataclass(frozen=True, slots=True)
class RemoveFaces:
    """Remove every template and the consent of a person; absent is not an error."""

    person: str


@dataclass(frozen=True, slots=True)
class RemoveNegatives:
    """Remove the look-alikes of a person; absent is not an error."""

    person: str


@dataclass(frozen=True, slots=True)
class CameIn:
    """Note that somebody is inside."""

    inside: Inside


@dataclass(frozen=True, slots=True)
class WentOut:
    """Note that somebody has left; absent is not an error."""

    key: str


Change = (
    PutVehicle
    | PutConsent
    | PutFace
    | RemoveFaces
    | RemoveNegatives
    | RemoveVehicle
    | PutBooking
    | CancelBooking
    | UseBooking
    | PutPerson
    | RemovePerson
    | PutKey
    | RemoveKey
    | PutCode
    | RevokeCode
    | UseCode
    | PutSlip
    | UseSlip
    | SpendPass
    | Forget
    | CameIn
    | WentOut
)

__all__ = [
    "Booking",
    "CameIn",
    "CancelBooking",
    "Change",
    "Consent",
    "FaceTemplate",
    "Inside",
    "Key",
    "Person",
    "Policy",
    "PutBooking",
    "PutCode",
    "PutConsent",
    "PutFace",
    "PutKey",
    "PutPerson",
    "PutSlip",
    "PutVehicle",
    "RemoveFaces",
    "RemoveKey",
    "RemoveNegatives",
    "RemovePerson",
    "RemoveVehicle",
    "RevokeCode",
    "Slip",
    "SpendPass",
    "UseBooking",
    "UseCode",
    "UseSlip",
    "Vehicle",
    "VisitorCode",
    "WentOut",
]
