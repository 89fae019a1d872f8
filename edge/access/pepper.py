"""The key that codes and PINs are hashed under, outside the database. Shell: one file of mode 0600.

Losing it makes every live code and PIN useless; whoever has it and the database can try all codes at leisure.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from config.model import Site
from edge.access.visitor_codes import PEPPER_BYTES
from edge.users.secret_files import SecretFileError, locked, write_secret

PEPPER_NAME = "codes.key"


def pepper_path(site: Site) -> Path:
    """Where the site keeps it: ``passes.pepper_file``, else a file in the data directory."""
    return site.passes.pepper_file or site.site.data_dir / PEPPER_NAME


def load_pepper(site: Site) -> bytes:
    """The pepper; made on first use. Raises SecretFileError when it is damaged, unreadable or readable by others."""
    path = pepper_path(site)
    try:
        with locked(path):
            if not path.exists():
                write_secret(path, secrets.token_hex(PEPPER_BYTES) + "\n")
            mode = path.stat().st_mode
            text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise SecretFileError(
            f"无法读写访客码密钥 {path}：{error}；请检查目录与权限 / "
            f"cannot use the key of visitor codes {path}: {error}; check the directory and its rights"
        ) from error
    if mode & 0o077:
        raise SecretFileError(
            f"访客码密钥 {path} 他人可读；请 chmod 600 / the key of visitor codes {path} is readable by others; "
            "chmod 600 it"
        )
    try:
        pepper = bytes.fromhex(text)
    except ValueError:
        pepper = b""
    if len(pepper) < PEPPER_BYTES:
        raise SecretFileError(
            f"访客码密钥 {path} 已损坏（应为 {PEPPER_BYTES} 字节的十六进制）；请用备份恢复 / "
            f"the key of visitor codes {path} is damaged ({PEPPER_BYTES} bytes in hex expected); restore a backup"
        )
    return pepper
