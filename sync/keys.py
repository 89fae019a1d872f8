"""The gateway's signing key (Ed25519, RFC 8032) in a file of mode 0600. Shell: reads and writes that file."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from sync.errors import StoreUnusable
from sync.files import write_durably

_SEED_BYTES = 32


class SigningKey:
    """Signs checkpoints and gap records."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_hex = self._key.public_key().public_bytes_raw().hex()
        self.id = hashlib.sha256(bytes.fromhex(self.public_hex)).hexdigest()[:16]

    @staticmethod
    def load_or_create(path: Path) -> SigningKey:
        """Read the seed, or make one; raises StoreUnusable when the file is damaged or readable by others."""
        try:
            seed = path.read_bytes()
        except FileNotFoundError:
            seed = os.urandom(_SEED_BYTES)
            write_durably(path, seed, mode=0o600)
        if path.stat().st_mode & 0o077:
            raise StoreUnusable(
                f"密钥文件 {path} 他人可读；请 chmod 600", f"key file {path} is readable by others; chmod 600 it"
            )
        if len(seed) != _SEED_BYTES:
            raise StoreUnusable(
                f"密钥文件 {path} 已损坏；请移走它，将生成新密钥",
                f"key file {path} is damaged; move it away, a new one will be made",
            )
        return SigningKey(seed)

    @staticmethod
    def load(path: Path) -> SigningKey:
        """Read a seed that must be there; raises StoreUnusable when it is not, or as `load_or_create` does."""
        if not path.is_file():
            raise StoreUnusable(
                f"没有密钥文件 {path}；网关首次启动时生成",
                f"there is no key file {path}; the gateway makes it at its first start",
            )
        return SigningKey.load_or_create(path)

    def public_pem(self) -> bytes:
        """The public key as SubjectPublicKeyInfo PEM (RFC 8410), which other programs read."""
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, message: bytes) -> str:
        """Signature as hex."""
        return self._key.sign(message).hex()


def signature_holds(public_hex: str, message: bytes, signature_hex: str) -> bool:
    """Whether the signature is this key's; malformed hex counts as no."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_hex)).verify(bytes.fromhex(signature_hex), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def public_hex_of(text: str) -> str:
    """A public key given as 64 hex digits or as PEM, as hex; raises ValueError for anything else."""
    if "BEGIN PUBLIC KEY" in text:
        key = load_pem_public_key(text.encode())
        if isinstance(key, Ed25519PublicKey):
            return key.public_bytes_raw().hex()
    elif len(bytes.fromhex(text.strip())) == _SEED_BYTES:
        return text.strip().lower()
    raise ValueError("not an Ed25519 public key")
