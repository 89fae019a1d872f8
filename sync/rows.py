"""The rows of the lists. Core: frozen data only. Times are Unix seconds; None means no bound."""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who may carry a card, a PIN or a phone key."""

    id: str
    name: str
    place: str = ""
    gates: tuple[str, ...] = ()
    """Lanes and doors that they may use; empty means all."""
    schedule: str = ""
    """Name of a schedule of the site file; empty means always."""
    valid_until_s: float | None = None
    first_person: bool = False
    """May open a door for those who come after (first-person-in)."""
    blocked: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What a person carries: ``kind`` card (value: UID hex), pin (HMAC hex) or phone (Ed25519 public key hex)."""

    kind: str
    value: str
    person: str
    duress: bool = False
    """Opens and raises a silent alarm."""
    blocked: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitorCode:
    """A visitor's code (访客临时授权码); only its HMAC is kept."""

    id: str
    hmac: str
    host: str
    visitor: str
    gates: tuple[str, ...]
    not_before_s: float
    not_after_s: float
    uses_allowed: int = 1
    uses_used: int = 0
    plate: str = ""
    """Bound to this plate; empty for none."""
    revoked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """A goods-release slip (物品放行条)."""

    id: str
    host: str
    consent_by: str
    approved_by: str
    items: tuple[tuple[str, int], ...]
    """Name and quantity."""
    not_before_s: float
    not_after_s: float
    plate: str = ""
    used: bool = False
    revoked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A person's separate consent to face recognition (人脸识别单独同意)."""

    person: str
    purpose: str
    given_by: str
    """``self``, or the name of the parent or guardian."""
    given_at_s: float
    recorded_by: str
    until_s: float | None = None
    """After this the templates are deleted; None means until it is withdrawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceTemplate:
    """One sealed template; never in `Policy`, in events, in the pull feed or in a log."""

    id: str
    """Random; the associated data of the seal."""
    person: str
    model: str
    """Name of the embedder and head of its SHA-256: templates of another model are of no use."""
    sealed: bytes = field(repr=False)
    """Nonce (12 bytes) and AES-256-GCM ciphertext of a float32 vector of length 1, little-endian."""
    negative: bool = False
    """A look-alike: a match with this one is *not* the person."""
    source: str = ""
    """``import``, ``picture`` or ``live``."""
    quality: float = 0.0
    created_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """Somebody or something that came in and has not left."""

    key: str
    """``vehicle:PLATE``, ``person:ID`` or ``visitor:ID``."""
    name: str
    gate: str
    since_s: float
    event_id: str
