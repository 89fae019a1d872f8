"""A second implementation of signed passes, written from docs/passes.md alone; shares no code with the gateway."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

CHARS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def to_base45(data: bytes) -> str:
    text = ""
    while data:
        if len(data) == 1:
            n = data[0]
            return text + CHARS[n % 45] + CHARS[n // 45]
        n = data[0] * 256 + data[1]
        text += CHARS[n % 45] + CHARS[n // 45 % 45] + CHARS[n // 2025]
        data = data[2:]
    return text


def from_base45(text: str) -> bytes:
    """Raises ValueError for anything that is not base45."""
    if len(text) % 3 == 1:
        raise ValueError("length")
    out = b""
    for i in range(0, len(text), 3):
        digits = [CHARS.index(c) for c in text[i : i + 3]]
        n = sum(d * 45**k for k, d in enumerate(digits))
        out += struct.pack(">H", n) if len(digits) == 3 else struct.pack("B", n) if n < 256 else _no("group")
    return out


def _no(why: str) -> bytes:
    raise ValueError(why)


@dataclass
class Fields:
    pass_id: bytes
    begin: int
    end: int
    uses: int
    home: int
    gates: list[int]
    plate: str = ""


def bound(pass_id: bytes, plate: str) -> bytes:
    if not plate:
        return b"\0\0\0\0"
    four = hashlib.sha256(b"menwei pass plate 1\0" + pass_id + plate.encode("utf-8")).digest()[:4]
    return four if four != b"\0\0\0\0" else b"\0\0\0\1"


def issue(key: Ed25519PrivateKey, f: Fields) -> str:
    """Packs whatever it is told; ranges are the caller's business."""
    bits = bytearray(8)
    for gate in f.gates:
        bits[(gate - 1) // 8] |= 1 << ((gate - 1) % 8)
    issuer = hashlib.sha256(key.public_key().public_bytes_raw()).digest()[:1]
    times = struct.pack(">IIBB", f.begin, f.end, f.uses, f.home)
    payload = issuer + f.pass_id + times + bound(f.pass_id, f.plate) + bytes(bits).rstrip(b"\0")
    return "MW1:" + to_base45(payload + key.sign(b"menwei pass 1\0" + payload))


def verdict(
    key: Ed25519PublicKey, token: str, *, gate: int, at: float, plate: str, used: int = 0, knows: tuple[int, ...] = ()
) -> str:
    """The reason that docs/passes.md gives, in its order; ``used`` is -1 for a revoked pass."""
    if len(token) > 160 or not token.strip().startswith("MW1:"):
        return "pass_malformed"
    try:
        raw = from_base45(token.strip()[4:])
    except (ValueError, struct.error):
        return "pass_malformed"
    if not 88 <= len(raw) <= 95:
        return "pass_malformed"
    payload, signature = raw[:-64], raw[-64:]
    if payload[0] != hashlib.sha256(key.public_bytes_raw()).digest()[0]:
        return "pass_unknown_key"
    try:
        key.verify(signature, b"menwei pass 1\0" + payload)
    except InvalidSignature:
        return "pass_bad_signature"
    pass_id = payload[1:9]
    begin, end, uses, home = struct.unpack(">IIBB", payload[9:19])
    gates = [
        n for n in range(1, 65) if (n - 1) // 8 < len(payload) - 23 and payload[23 + (n - 1) // 8] >> (n - 1) % 8 & 1
    ]
    if begin >= end or payload[-1] == 0 or (home not in gates if uses else home != 0):
        return "pass_malformed"
    if used == -1:
        return "pass_revoked"
    if payload[19:23] != b"\0\0\0\0":
        if not plate:
            return "pass_plate_needed"
        if payload[19:23] != bound(pass_id, plate):
            return "pass_wrong_plate"
    if gate not in gates:
        return "pass_wrong_gate"
    if at < begin:
        return "pass_early"
    if at >= end:
        return "pass_late"
    if uses and home not in knows:
        return "pass_home_gate_only"
    return "pass_used_up" if uses and used >= uses else "pass"
