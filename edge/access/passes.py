"""Signed passes (通行码): one QR code that a gate checks offline. Core: time, keys and counters are passed in.

Format, rules and test vectors: docs/passes.md. A token is ``MW1:`` and base45 (RFC 9285) of 23 fixed bytes, 1 to 8
bytes of gates and an Ed25519 signature (RFC 8032): 88 to 95 bytes, at most 147 characters, QR version 6-M.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from edge.access.base45 import decode45, encode45
from sync.records import Change, SpendPass

PREFIX = "MW1:"
SIGNED_DOMAIN = b"menwei pass 1\x00"
PLATE_DOMAIN = b"menwei pass plate 1\x00"
SIGNATURE_BYTES = 64
FIXED_BYTES = 23
TOKEN_MAX = 160
"""Longer texts are not even decoded."""
GATES_MAX = 64
USES_MAX = 255
ID_BYTES = 8

Verify = Callable[[bytes, bytes], bool]
"""(message, signature) -> whether the signature is this key's."""
Keyring = tuple[tuple[int, Verify], ...]
"""Key id and check of every issuer; ids may collide, then each is tried."""


class PassReason(StrEnum):
    """Why a pass was honoured or refused."""

    GRANTED = "pass"
    MALFORMED = "pass_malformed"
    UNKNOWN_KEY = "pass_unknown_key"
    BAD_SIGNATURE = "pass_bad_signature"
    REVOKED = "pass_revoked"
    EARLY = "pass_early"
    LATE = "pass_late"
    WRONG_GATE = "pass_wrong_gate"
    PLATE_NEEDED = "pass_plate_needed"
    WRONG_PLATE = "pass_wrong_plate"
    USED_UP = "pass_used_up"
    HOME_GATE_ONLY = "pass_home_gate_only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What a token says. Times are Unix seconds."""

    id: str
    """8 bytes as hex."""
    not_before_s: int
    not_after_s: int
    """The first second at which it is no longer valid."""
    gates: frozenset[int]
    """1 to 64."""
    uses: int = 0
    """Entries allowed, 1 to 255; 0 means as many as wanted within the window."""
    home: int = 0
    """The gate that counts the uses; 0 when they are not counted."""
    plate_hash: bytes = bytes(4)
    """Four bytes; zeros when bound to no plate."""


@dataclass(frozen=True, slots=True)
class PassDecision:
    """The outcome for one token at one gate."""

    granted: bool
    reason: PassReason
    pass_: Pass | None = None
    """What a genuine token says; None when the signature did not hold."""
    changes: tuple[Change, ...] = ()
    """Counts the use, in the same transaction as the event."""


def plate_hash(pass_id: str, plate: str) -> bytes:
    """First four bytes of SHA-256(domain | pass id | plate as UTF-8); never zeros, which mean no plate."""
    digest = hashlib.sha256(PLATE_DOMAIN + bytes.fromhex(pass_id) + plate.encode()).digest()
    return digest[:4] if any(digest[:4]) else b"\x00\x00\x00\x01"


def key_id(public_raw: bytes) -> int:
    """One byte that names a public key: the first of its SHA-256."""
    return hashlib.sha256(public_raw).digest()[0]


def make(pass_: Pass, issuer: int, sign: Callable[[bytes], bytes]) -> str:
    """The token of a pass; raises ValueError when a field is out of range."""
    _check_fields(pass_)
    mask = sum(1 << (gate - 1) for gate in pass_.gates)
    payload = b"".join(
        (
            issuer.to_bytes(1, "big"),
            bytes.fromhex(pass_.id),
            pass_.not_before_s.to_bytes(4, "big"),
            pass_.not_after_s.to_bytes(4, "big"),
            bytes((pass_.uses, pass_.home)),
            pass_.plate_hash,
            mask.to_bytes((mask.bit_length() + 7) // 8, "little"),
        )
    )
    return PREFIX + encode45(payload + sign(SIGNED_DOMAIN + payload))


def check(
    token: str,
    keyring: Keyring,
    *,
    gate: int,
    plate: str,
    now_s: float,
    spent: Mapping[str, int],
    counted: Collection[int],
    entering: bool = True,
) -> PassDecision:
    """Decide for a shown token at a gate; ``plate`` is the one read there, empty for none. Raises nothing.

    ``spent`` counts uses by pass id, -1 for a revoked pass. ``counted`` are the gates whose counter ``spent`` is right
    now: a pass with a number of uses is honoured only where its home gate is among them, so that two gateways that
    cannot talk never both let it in.
    """
    pass_ = genuine(token, keyring)
    if isinstance(pass_, PassReason):
        return PassDecision(False, pass_)
    reason = _objection(pass_, gate, plate, now_s, spent.get(pass_.id, 0), entering=entering)
    if reason is None and entering and pass_.uses:
        if pass_.home not in counted:
            reason = PassReason.HOME_GATE_ONLY
        elif spent.get(pass_.id, 0) >= pass_.uses:
            reason = PassReason.USED_UP
    if reason is not None:
        return PassDecision(False, reason, pass_)
    return PassDecision(True, PassReason.GRANTED, pass_, _spent(pass_) if entering else ())


def _spent(pass_: Pass) -> tuple[Change, ...]:
    return (SpendPass(pass_.id, until_s=float(pass_.not_after_s)),) if pass_.uses else ()


def genuine(token: str, keyring: Keyring) -> Pass | PassReason:
    """What the token says, if an issuer on the ring signed it; white space around it does not matter."""
    token = token.strip() if len(token) <= TOKEN_MAX else ""
    data = decode45(token[len(PREFIX) :]) if token.startswith(PREFIX) else None
    if data is None or not FIXED_BYTES < len(data) - SIGNATURE_BYTES <= FIXED_BYTES + GATES_MAX // 8:
        return PassReason.MALFORMED
    payload, signature = data[:-SIGNATURE_BYTES], data[-SIGNATURE_BYTES:]
    checks = [verify for issuer, verify in keyring if issuer == payload[0]]
    if not checks:
        return PassReason.UNKNOWN_KEY
    if not any(verify(SIGNED_DOMAIN + payload, signature) for verify in checks):
        return PassReason.BAD_SIGNATURE
    pass_ = _read(payload)
    return PassReason.MALFORMED if _fault(pass_) or not payload[-1] else pass_


def _read(payload: bytes) -> Pass:
    mask = int.from_bytes(payload[FIXED_BYTES:], "little")
    return Pass(
        id=payload[1:9].hex(),
        not_before_s=int.from_bytes(payload[9:13], "big"),
        not_after_s=int.from_bytes(payload[13:17], "big"),
        uses=payload[17],
        home=payload[18],
        plate_hash=payload[19:23],
        gates=frozenset(bit + 1 for bit in range(mask.bit_length()) if mask >> bit & 1),
    )


def _objection(pass_: Pass, gate: int, plate: str, now_s: float, spent: int, *, entering: bool) -> PassReason | None:
    """What speaks against it besides the count. Whoever was let in is let out, with the same plate."""
    if spent < 0:
        return PassReason.REVOKED
    if any(pass_.plate_hash) and not plate:
        return PassReason.PLATE_NEEDED
    if any(pass_.plate_hash) and pass_.plate_hash != plate_hash(pass_.id, plate):
        return PassReason.WRONG_PLATE
    if not entering and spent > 0:
        return None
    if gate not in pass_.gates:
        return PassReason.WRONG_GATE
    if now_s < pass_.not_before_s:
        return PassReason.EARLY
    return PassReason.LATE if now_s >= pass_.not_after_s else None


def _fault(pass_: Pass) -> str:
    """The field that no issuer may write; empty when all are in range."""
    if not pass_.gates or not all(1 <= gate <= GATES_MAX for gate in pass_.gates):
        return "gates"
    if not 0 <= pass_.not_before_s < pass_.not_after_s < 2**32:
        return "window"
    if not 0 <= pass_.uses <= USES_MAX:
        return "uses"
    if pass_.home not in (pass_.gates if pass_.uses else (0,)):
        return "home"
    return "" if len(pass_.plate_hash) == 4 and len(pass_.id) == 2 * ID_BYTES else "id or plate"


def _check_fields(pass_: Pass) -> None:
    fault = _fault(pass_)
    if fault:
        raise ValueError(f"a pass cannot hold this: {fault}")
