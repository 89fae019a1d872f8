"""Base45 (RFC 9285): bytes in the characters of a QR code's alphanumeric mode. Core: pure."""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUE = {char: value for value, char in enumerate(ALPHABET)}


def encode45(data: bytes) -> str:
    """Two bytes become three characters, a last single one two."""
    out = []
    for start in range(0, len(data), 2):
        pair = data[start : start + 2]
        number = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            number, digit = divmod(number, 45)
            out.append(ALPHABET[digit])
    return "".join(out)


def decode45(text: str) -> bytes | None:
    """The bytes; None for anything that no encoder writes."""
    out = bytearray()
    for start in range(0, len(text), 3):
        number = 0
        group = text[start : start + 3]
        for char in reversed(group):
            value = _VALUE.get(char)
            if value is None:
                return None
            number = number * 45 + value
        length = len(group) - 1
        if not length or number >= 256**length:
            return None
        out += number.to_bytes(length, "big")
    return bytes(out)
