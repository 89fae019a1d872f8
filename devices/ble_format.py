"""Bytes of the phone door (docs/phone-door.md): pieces of at most 20 bytes, and what a phone signs. Core: pure.

20 bytes is what one write carries when nobody has negotiated an MTU (Bluetooth Core 5.3, Vol 3, Part F, 5.2.1:
ATT_MTU 23 less 3 of header), as in a mini-program. Numbers are unsigned; there are none over one byte.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from enum import IntEnum

VERSION = 1
SERVICE = "9f4c0001-6d65-4e77-a569-3b1c5d20e7a4"
HELLO = "9f4c0002-6d65-4e77-a569-3b1c5d20e7a4"
CHALLENGE = "9f4c0003-6d65-4e77-a569-3b1c5d20e7a4"
REQUEST = "9f4c0004-6d65-4e77-a569-3b1c5d20e7a4"
VERDICT = "9f4c0005-6d65-4e77-a569-3b1c5d20e7a4"

PIECE_MAX, HEADER, CHUNK = 20, 4, 16
ID_BYTES, NONCE_BYTES, SIGNATURE_BYTES = 8, 16, 64
TEXT_BYTES_MAX = 60  # a verdict's text: 20 Chinese characters
MESSAGE_S = 5.0  # from a message's first piece to its last

DOMAIN = b"menwei-door-1"
ACTION_NONE, ACTION_OPEN = 0, 1
GRANTED, REFUSED, WAITING = 0, 1, 2


class Kind(IntEnum):
    """First byte of a piece; from the reader with the top bit set."""

    OPEN = 0x01
    PROOF = 0x02
    CHALLENGE = 0x81
    VERDICT = 0x82


LENGTHS = {Kind.OPEN: 2 + ID_BYTES, Kind.PROOF: ID_BYTES + NONCE_BYTES + SIGNATURE_BYTES}
"""Bytes of the messages that a reader takes."""


class Refusal(IntEnum):
    """Why a reader refused; the second byte of a verdict."""

    NONE = 0
    OVERSIZE = 1  # a piece of more than 20 bytes
    TRUNCATED = 2  # a piece shorter than its header says
    BAD_HEADER = 3  # index, total and length do not fit together, or more bytes than they say
    UNKNOWN_KIND = 4
    DUPLICATE = 5  # a piece that came already
    OUT_OF_ORDER = 6  # a piece before its turn
    MIXED = 7  # a piece of another message in between
    SLOW = 8  # the message was not complete in 5 s
    WRONG_VERSION = 9
    NO_PRESS = 10  # the user did not press
    UNKNOWN_ACTION = 11
    WRONG_READER = 12
    NO_CHALLENGE = 13  # a proof without an OPEN before it
    LATE = 14  # the nonce is older than 10 s
    SPENT_NONCE = 15  # used, replaced or of a connection that has ended
    OTHER_CONNECTION = 16  # the nonce of another phone
    WRONG_NONCE = 17  # never given out
    TOO_FAST = 18
    TOO_MANY = 19  # connections
    BUSY = 20  # a verdict is still awaited here, or too many proofs come at once
    NO_VERDICT = 21  # the gateway did not answer in time
    GATEWAY = 64  # the gateway decided so: key, person, time or gate


def reader_id(name: str) -> bytes:
    """8 bytes that name a reader on the air and inside what is signed."""
    return hashlib.sha256(b"menwei-reader-1" + name.encode()).digest()[:ID_BYTES]


def key_id(public_key: bytes) -> bytes:
    """8 bytes that name a raw Ed25519 public key (32 bytes)."""
    return hashlib.sha256(public_key).digest()[:ID_BYTES]


def hello(name: str) -> bytes:
    """What a reader says first: version and reader id."""
    return bytes((VERSION,)) + reader_id(name)


def signed_message(reader: bytes, nonce: bytes, action: int, key: bytes) -> bytes:
    """What a phone signs, 46 bytes; every field has a fixed length, so no two readings exist."""
    return DOMAIN + reader + nonce + bytes((action,)) + key


def nonce_of(message: bytes) -> bytes:
    """The nonce inside a signed message."""
    start = len(DOMAIN) + ID_BYTES
    return message[start : start + NONCE_BYTES]


def pieces(kind: Kind, payload: bytes) -> tuple[bytes, ...]:
    """Cut a message of 1 to 255 bytes into pieces: kind, index, total, length, then up to 16 bytes."""
    chunks = [payload[at : at + CHUNK] for at in range(0, len(payload), CHUNK)]
    return tuple(bytes((kind, index, len(chunks), len(payload))) + chunk for index, chunk in enumerate(chunks))


def verdict(status: int, refusal: Refusal = Refusal.NONE, text: str = "") -> tuple[bytes, ...]:
    """The pieces of a verdict; its text is cut between characters to fit 60 bytes of UTF-8."""
    cut = text.encode("utf-8", "replace")[:TEXT_BYTES_MAX].decode("utf-8", "ignore").encode()
    return pieces(Kind.VERDICT, bytes((status, refusal)) + cut)


@dataclass(frozen=True, slots=True)
class Assembly:
    """A message that comes in pieces."""

    header: tuple[int, int, int]
    """Kind, total, length."""
    began_mono_s: float
    got: int = 0
    """Pieces so far."""
    payload: bytes = b""

    @property
    def kind(self) -> int:
        """Its kind; one of ``LENGTHS``."""
        return self.header[0]

    @property
    def done(self) -> bool:
        """Whether the last piece came."""
        return self.got == self.header[1]

    def slow(self, now_mono_s: float) -> bool:
        """Whether its time has passed."""
        return now_mono_s - self.began_mono_s > MESSAGE_S


def _header(piece: bytes) -> tuple[int, int, int] | Refusal:
    """Kind, total and length of a piece that is sound by itself."""
    if len(piece) > PIECE_MAX:
        return Refusal.OVERSIZE
    if len(piece) < HEADER:
        return Refusal.TRUNCATED
    kind, index, total, length = piece[:HEADER]
    if kind not in LENGTHS:
        return Refusal.UNKNOWN_KIND
    if length != LENGTHS[Kind(kind)] or total != -(-length // CHUNK) or index >= total:
        return Refusal.BAD_HEADER
    due = min(CHUNK, length - index * CHUNK)
    if len(piece) - HEADER != due:
        return Refusal.TRUNCATED if len(piece) - HEADER < due else Refusal.BAD_HEADER
    return kind, total, length


def assemble(before: Assembly | None, piece: bytes, now_mono_s: float) -> Assembly | Refusal:
    """Add a piece to what came before. Never raises; holds at most the longest message."""
    header = _header(piece)
    if isinstance(header, Refusal):
        return header
    index = piece[1]
    now = before or Assembly(header, now_mono_s)
    if now.slow(now_mono_s):
        return Refusal.SLOW
    if header != now.header:
        return Refusal.MIXED
    if index != now.got:
        return Refusal.DUPLICATE if index < now.got else Refusal.OUT_OF_ORDER
    return replace(now, got=now.got + 1, payload=now.payload + piece[HEADER:])
