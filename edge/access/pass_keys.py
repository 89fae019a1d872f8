"""Key files of pass issuers: Ed25519 in PEM. Shell: reads and writes files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from edge.access.passes import Keyring, Verify, key_id
from edge.users.secret_files import write_secret

_PEM_BYTES_MAX = 10_000


class KeyFileError(Exception):
    """A key file cannot be used; the message says which, why and what to do, in zh and en."""


def generate(folder: Path) -> tuple[Path, Path]:
    """Write private.pem (0600) and public.pem; an existing key is never overwritten. Raises KeyFileError."""
    private, public = folder / "private.pem", folder / "public.pem"
    for path in (private, public):
        if path.exists():
            raise KeyFileError(
                f"{path} 已存在，不会覆盖；请换目录 / {path} exists and is not overwritten; choose another directory"
            )
    key = Ed25519PrivateKey.generate()
    try:
        write_secret(private, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())
        public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    except OSError as error:
        raise KeyFileError(f"无法写入 {folder}：{error} / cannot write in {folder}: {error}") from error
    return private, public


def load_issuer(path: Path) -> tuple[int, Callable[[bytes], bytes]]:
    """Key id and signing function of a private key file. Raises KeyFileError."""
    try:
        key = load_pem_private_key(_read(path), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _unusable(path, "Ed25519 私钥", "Ed25519 private key") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _unusable(path, "Ed25519 私钥", "Ed25519 private key")
    return key_id(key.public_key().public_bytes_raw()), key.sign


def load_keyring(paths: Iterable[Path]) -> Keyring:
    """Key ids and checks of public key files. Raises KeyFileError."""
    ring = []
    for path in paths:
        try:
            key = load_pem_public_key(_read(path))
        except (ValueError, UnsupportedAlgorithm) as error:
            raise _unusable(path, "Ed25519 公钥", "Ed25519 public key") from error
        if not isinstance(key, Ed25519PublicKey):
            raise _unusable(path, "Ed25519 公钥", "Ed25519 public key")
        ring.append((key_id(key.public_bytes_raw()), verifier(key)))
    return tuple(ring)


def verifier(key: Ed25519PublicKey) -> Verify:
    """Whether a signature is this key's."""

    def holds(message: bytes, signature: bytes) -> bool:
        try:
            key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    return holds


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as handle:
            return handle.read(_PEM_BYTES_MAX)
    except OSError as error:
        raise KeyFileError(
            f"无法读取密钥文件 {path}：{error.strerror} / cannot read key file {path}: {error.strerror}"
        ) from error


def _unusable(path: Path, zh: str, en: str) -> KeyFileError:
    return KeyFileError(
        f"{path} 不是 {zh}（PEM）；可用 menwei pass keygen 生成 / {path} is no {en} (PEM); menwei pass keygen makes one"
    )
