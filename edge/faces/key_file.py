"""The key that seals face templates, outside the database. Shell: one file of mode 0600.

Losing it makes every template useless: people enrol anew. Whoever has it and the database has the templates.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from config.model import Site
from edge.faces.seal import KEY_BYTES
from edge.users.secret_files import SecretFileError, locked, write_secret

KEY_NAME = "face.key"


def face_key_path(site: Site) -> Path:
    """Where a site keeps it."""
    return site.site.data_dir / KEY_NAME


def load_face_key(site: Site) -> bytes:
    """The key (32 bytes); made on first use. Raises SecretFileError when it is damaged or readable by others."""
    path = face_key_path(site)
    try:
        with locked(path):
            if not path.exists():
                write_secret(path, secrets.token_hex(KEY_BYTES) + "\n")
            mode = path.stat().st_mode
            text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise SecretFileError(
            f"无法读写人脸密钥 {path}：{error}；请检查目录与权限 / "
            f"cannot use the key of face templates {path}: {error}; check the directory and its rights"
        ) from error
    if mode & 0o077:
        raise SecretFileError(
            f"人脸密钥 {path} 他人可读；请 chmod 600 / the key of face templates {path} is readable by others; "
            "chmod 600 it"
        )
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise SecretFileError(
            f"人脸密钥 {path} 已损坏（应为 {KEY_BYTES} 字节的十六进制）；请用备份恢复 / "
            f"the key of face templates {path} is damaged ({KEY_BYTES} bytes in hex expected); restore a backup"
        )
    return key
