"""Templates under AES-256-GCM (NIST SP 800-38D). Core: bytes in, bytes out; key and nonce come from outside.

The associated data is the row's id with its person, model and sign: a sealed template that is put into another row,
or a row that is given to another person, does not open.
"""

from __future__ import annotations

import base64
import math
from array import array
from dataclasses import replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sync.records import FaceTemplate

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
LENGTH_TOLERANCE = 0.02
_VERSION = b"menwei-face-1"


class SealError(Exception):
    """A template does not open, or is none; ``zh`` and ``en`` say why and what to do, and name nobody."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh = zh
        self.en = en


def sealed(key: bytes, face: FaceTemplate, vector: bytes, nonce: bytes) -> FaceTemplate:
    """The row with its template under seal; the nonce (12 random bytes) is never used twice. Raises SealError."""
    if len(nonce) != NONCE_BYTES:
        raise ValueError(f"nonce of {len(nonce)} bytes")
    check_vector(vector)
    return replace(face, sealed=nonce + AESGCM(key).encrypt(nonce, vector, _associated(face)))


def unsealed(key: bytes, face: FaceTemplate) -> bytes:
    """The template as little-endian float32; raises SealError for the wrong key and for a row that was changed."""
    nonce, rest = face.sealed[:NONCE_BYTES], face.sealed[NONCE_BYTES:]
    try:
        vector = AESGCM(key).decrypt(nonce, rest, _associated(face))
    except (InvalidTag, ValueError) as error:
        raise SealError(
            "人脸模板无法解封：密钥 face.key 不对，或该行被改动、调换",
            "a face template does not open: face.key is another one, or the row was changed or swapped",
        ) from error
    check_vector(vector)
    return vector


def check_vector(vector: bytes) -> None:
    """Raises SealError for anything but finite float32 numbers of length 1."""
    numbers = array("f")
    if vector and len(vector) % numbers.itemsize == 0:
        numbers.frombytes(vector)
    length = math.sqrt(math.fsum(number * number for number in numbers))
    if not abs(length - 1.0) <= LENGTH_TOLERANCE:  # also where it is not a number
        raise SealError("这不是人脸模板（长度应为 1）", "this is no face template (its length must be 1)")


def vector_of(template: str, dim: int) -> bytes:
    """The bytes of a template in base64, as the eyes send it; raises SealError for another number of numbers."""
    try:
        vector = base64.b64decode(template, validate=True)
    except ValueError:
        vector = b""
    if len(vector) != dim * 4:
        raise SealError(f"人脸模板应有 {dim} 个数", f"a face template must have {dim} numbers")
    check_vector(vector)
    return vector


def _associated(face: FaceTemplate) -> bytes:
    """No two rows give the same: every part is preceded by its length."""
    parts = (face.id, face.person, face.model, "negative" if face.negative else "positive")
    return _VERSION + b"".join(len(raw).to_bytes(4, "big") + raw for raw in (part.encode() for part in parts))
