"""Whose phone signed, if anybody's. Core: pure; the keys and the time are passed in, refusals are values.

That a nonce is fresh, used once and of its connection is the reader's part (devices/ble_protocol.py); here the message
is rebuilt from what the hub itself knows and compared, and the signature is checked (Ed25519, RFC 8032).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from devices.ble_format import ACTION_OPEN, ID_BYTES, SIGNATURE_BYTES, key_id, nonce_of, reader_id, signed_message
from devices.messages import PhoneProof
from sync.records import Key

PROOF_S = 5.0
"""A proof that waited longer in the hub opens nothing: its user has gone on."""

KEY_BYTES = 32
P = 2**255 - 19
_ORDER_8 = (
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
)
SMALL_ORDER_Y = frozenset({0, 1, P - 1, *(int.from_bytes(bytes.fromhex(y), "little") for y in _ORDER_8)})
"""The y coordinates (modulo p) of the eight points of small order: as a key, they let anybody sign."""


class PhoneRefusal(StrEnum):
    """Why a phone's proof opens nothing."""

    UNKNOWN_KEY = "phone_key_unknown"
    BLOCKED_KEY = "phone_key_blocked"
    WEAK_KEY = "phone_key_weak"
    WRONG_MESSAGE = "phone_message_wrong"
    BAD_SIGNATURE = "phone_signature_bad"
    STALE = "phone_proof_stale"


def verify(proof: PhoneProof, keys: Mapping[tuple[str, str], Key], now_mono_s: float) -> Key | PhoneRefusal:
    """The key (with its person and duress mark) that made a proof, or why there is none.

    ``keys`` as in ``Policy.keys``: a phone's value is its raw Ed25519 public key in hex. Never raises.
    """
    if not 0 <= now_mono_s - proof.at_mono_s <= PROOF_S:
        return PhoneRefusal.STALE
    if not _is_ours(proof):
        return PhoneRefusal.WRONG_MESSAGE
    found = [key for key in _phones(keys.values()) if _id_of(key.value) == proof.key_id]
    if not found:
        return PhoneRefusal.UNKNOWN_KEY
    sound = [key for key in found if not _is_weak(bytes.fromhex(key.value))]
    if not sound:
        return PhoneRefusal.WEAK_KEY
    # Two keys may share an id of 8 bytes: the signature says whose it is.
    signed = next((key for key in sound if _signed(bytes.fromhex(key.value), proof)), None)
    if signed is None:
        return PhoneRefusal.BAD_SIGNATURE
    return PhoneRefusal.BLOCKED_KEY if signed.blocked else signed


def is_phone_key(value: str) -> bool:
    """Whether a text may be enrolled as a phone's key: 32 bytes in hex, no point of small order."""
    return _id_of(value) is not None and not _is_weak(bytes.fromhex(value))


def _phones(keys: Iterable[Key]) -> Iterable[Key]:
    return (key for key in keys if key.kind == "phone")


@lru_cache(maxsize=16384)
def _id_of(value: str) -> str | None:
    """Key id in hex of a public key in hex; None when it is none. Remembered: every proof asks for all."""
    try:
        public = bytes.fromhex(value)
    except ValueError:
        return None
    return key_id(public).hex() if len(public) == KEY_BYTES else None


def _is_ours(proof: PhoneProof) -> bool:
    """Whether the message is one that this reader would have a phone with that key id sign."""
    try:
        key = bytes.fromhex(proof.key_id)
    except ValueError:
        return False
    if len(key) != ID_BYTES or len(proof.signature) != SIGNATURE_BYTES:
        return False
    return proof.message == signed_message(reader_id(proof.reader), nonce_of(proof.message), ACTION_OPEN, key)


def _is_weak(public: bytes) -> bool:
    y = int.from_bytes(public, "little") & (2**255 - 1)
    return y % P in SMALL_ORDER_Y


def _signed(public: bytes, proof: PhoneProof) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(proof.signature, proof.message)
    except (InvalidSignature, ValueError):
        return False
    return True
