"""A phone's side of docs/phone-door.md, written from that page alone: a second implementation, nothing shared."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PAGE = Path(__file__).resolve().parents[2] / "docs" / "phone-door.md"


def vectors() -> dict[str, Any]:
    """The page's test vectors."""
    found = re.search(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    loaded: dict[str, Any] = json.loads(found[1])
    return loaded


def slices(kind: int, message: bytes) -> list[bytes]:
    """The table "Pieces"."""
    total = (len(message) + 15) // 16
    out = []
    for i in range(total):
        part = message[16 * i : 16 * i + 16]
        out.append(kind.to_bytes(1, "big") + i.to_bytes(1, "big") + total.to_bytes(1, "big"))
        out[-1] += len(message).to_bytes(1, "big") + part
    return out


@dataclass
class BookPhone:
    """One phone with its key."""

    seed: bytes

    def __post_init__(self) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(self.seed)
        self.public = self._key.public_key().public_bytes_raw()
        self.key_id = hashlib.sha256(self.public).digest()[:8]

    @staticmethod
    def reader_of(hello: bytes) -> bytes:
        """The reader id in a Hello."""
        assert len(hello) == 9
        assert hello[0] == 1
        return hello[1:9]

    def press(self, hello: bytes) -> list[bytes]:
        """OPEN, after the user pressed."""
        return slices(1, b"\x01\x01" + self.reader_of(hello))

    @staticmethod
    def nonce_in(challenge: bytes) -> bytes:
        """The nonce of a CHALLENGE."""
        assert challenge[:4] == b"\x81\x00\x01\x10"
        assert len(challenge) == 20
        return challenge[4:]

    def answer(self, hello: bytes, challenge: bytes) -> list[bytes]:
        """PROOF."""
        nonce = self.nonce_in(challenge)
        text = b"menwei-door-1" + self.reader_of(hello) + nonce + b"\x01" + self.key_id
        assert len(text) == 46
        return slices(2, self.key_id + nonce + self._key.sign(text))

    @staticmethod
    def verdict_in(parts: list[bytes]) -> tuple[int, int, str] | None:
        """Status, reason and text; None when pieces are missing."""
        message = b"".join(part[4:] for part in parts)
        assert all(len(part) <= 20 and part[0] == 0x82 and part[1] == i for i, part in enumerate(parts))
        if not parts or len(parts) < parts[0][2]:
            return None
        assert len(parts) == parts[0][2]
        assert len(message) == parts[0][3]
        return message[0], message[1], message[2:].decode("utf-8")
