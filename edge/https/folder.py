"""Where the authority and the box's certificate lie: ``data_dir/https``, keys with mode 0600. Shell: files."""

from __future__ import annotations

import stat
from pathlib import Path

from edge.https.certificates import Pair
from edge.users.secret_files import SecretFileError, write_secret


class HttpsFolder:
    """The files of one site."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / "https"
        self.authority, self.authority_key = self.path / "ca.pem", self.path / "ca.key"
        self.server, self.server_key = self.path / "server.pem", self.path / "server.key"

    def write_authority(self, pair: Pair) -> None:
        """Both files; the key first, so that a certificate never stands without one."""
        _write(self.authority_key, pair.key)
        _write(self.authority, pair.certificate)

    def write_server(self, pair: Pair) -> None:
        """Both files; a gateway that reads between the two sees a pair that does not fit and keeps the old one."""
        _write(self.server_key, pair.key)
        _write(self.server, pair.certificate)

    def read_authority(self, key_file: Path | None = None) -> Pair:
        """The authority, its key perhaps from elsewhere. Raises SecretFileError with the remedy."""
        key = key_file or self.authority_key
        certificate = read(self.authority)
        _check_mode(key)
        return Pair(certificate, read(key))


def read(path: Path) -> bytes:
    """A file of this folder. Raises SecretFileError."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise SecretFileError(
            f"没有 {path}：先运行 menwei https init / there is no {path}: run menwei https init first"
        ) from error
    except OSError as error:
        raise SecretFileError(f"无法读取 {path}：{error} / cannot read {path}: {error}") from error


def _check_mode(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except OSError:
        return  # reading it tells why
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SecretFileError(
            f"私钥 {path} 对他人开放，请执行 chmod 600 {path} / the key {path} is open to others: run chmod 600 {path}"
        )


def _write(path: Path, pem: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_secret(path, pem.decode("ascii"))
