"""One shape for whatever is shown to a gate: plate, card, PIN, visitor code, signed pass, phone. Core: pure.

Secrets never leave this shape: its ``repr`` hides the value, ``shown`` gives what the log and the page may see.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from enum import StrEnum

from config.model import Site

PIN_DIGITS = range(6, 13)
SOLO_PIN_DIGITS = 8
"""Shorter PINs are second factors only: with a hundred of them somebody who guesses would find one within months."""


class CredentialKind(StrEnum):
    """What was shown."""

    PLATE = "plate"
    CARD = "card"
    PIN = "pin"
    CODE = "code"
    PASS = "pass"  # noqa: S105 - the name of a kind
    PHONE = "phone"
    FACE = "face"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """One credential at one gate."""

    kind: CredentialKind
    value: str = field(repr=False)
    """Plate; card UID in hex; HMAC of a PIN; the code as typed; the pass's text; the phone's public key in hex;
    the person's id for a face that the eyes matched."""
    gate: str
    """Name of the lane or door that it asks for."""
    reader: str = ""
    """Name of the reader; empty for a plate that a camera read."""
    pin: str = field(default="", repr=False)
    """HMAC of the PIN that followed as second factor; empty when none did."""
    short: bool = False
    """A PIN of so few digits that it opens nothing without a card before it."""
    keypad: str = ""
    """Where that PIN was typed, if not at this reader: wrong ones count there."""
    connection: str = ""
    """The phone's connection that waits for the verdict."""

    @property
    def shown(self) -> str:
        """What may be seen of it: never a secret, of a card and a phone the last four places."""
        match self.kind:
            case CredentialKind.PLATE:
                return f"plate:{self.value}"
            case CredentialKind.CARD | CredentialKind.PHONE:
                return f"{self.kind}:{masked(self.value)}"
            case _:
                return self.kind.value


def masked(value: str) -> str:
    """The last four places of a card's UID or a key; of a short one no more than half."""
    kept = min(4, len(value) // 2)
    return "…" + value[len(value) - kept :]


def pin_hmac(pepper: bytes, pin: str) -> str:
    """What is kept of a PIN: HMAC-SHA256 under the pepper, hex. Raises ValueError without a pepper."""
    if len(pepper) < 16:
        raise ValueError("a pepper of at least 16 bytes is needed")
    return hmac.new(pepper, b"menwei-pin\x00" + pin.encode(), "sha256").hexdigest()


def gate_of(settings: Site, reader: str) -> str | None:
    """The lane or door that a reader opens; None for an unknown reader or one that opens nothing."""
    known = settings.readers.get(reader)
    return None if known is None else known.lane or known.door


def direction_of(settings: Site, gate: str, reader: str = "") -> str:
    """``in``, ``out`` or ``both``: a lane's own direction; at a door that of its reader."""
    lane = settings.lanes.get(gate)
    if lane is not None:
        return lane.direction
    known = settings.readers.get(reader)
    return known.direction if known is not None else "both"
