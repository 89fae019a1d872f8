"""Reads the files of a site and its secrets. Shell: the file system.

Each failure is one ``ConfigError`` that names the file and the remedy. Only regular files are opened, so that a named
pipe or a terminal can never make a start wait.
"""

from __future__ import annotations

import codecs
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from config.errors import ConfigError, Problem

FILE_SIZE_MAX = 1 << 20
SECRET_SIZE_MAX = 4096

_BOMS = (
    (codecs.BOM_UTF8, "UTF-8"),
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_SAVE_ZH = "请用编辑器另存为“UTF-8（无 BOM）”"
_SAVE_EN = "save it as UTF-8 without a byte-order mark"


def shown(path: Path) -> str:
    """A path as printable text, whatever bytes its name holds."""
    text = str(path).encode("utf-8", "backslashreplace").decode()
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def read_text(path: Path) -> str:
    """Text of a site file; ConfigError for everything that is not readable UTF-8 text of bounded size."""
    data = _read_bytes(path, FILE_SIZE_MAX)
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            raise _error(
                path,
                f"文件以 {encoding} 的字节序标记（BOM）开头",
                f"the file begins with a byte-order mark of {encoding}",
                line=1,
                remedy=(_SAVE_ZH, _SAVE_EN),
            )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _undecodable(path, data, error.start) from None
    if (position := text.find("\0")) >= 0:
        raise _error(
            path,
            "文件含有空字符 NUL，可能已损坏",
            "the file holds a NUL character; it may be damaged",
            line=text.count("\n", 0, position) + 1,
            remedy=("请从备份恢复，或删去该字符", "restore it from a backup, or delete that character"),
        )
    return text


def read_secret(path: Path, *, environ: Mapping[str, str] | None = None) -> str:
    """A secret from its own file, without the line end; a bare name is first sought in $CREDENTIALS_DIRECTORY.

    ConfigError when others may read the file, when it is empty, longer than 4 KiB or not UTF-8.
    """
    environ = os.environ if environ is None else environ
    path, credentials = find_secret(path, environ)
    # systemd grants the service's user its credentials through an ACL, whose mask shows as group bits; the
    # directory around them is private already.
    data = _read_bytes(path, SECRET_SIZE_MAX, forbidden_mode=0o007 if credentials else 0o077)
    try:
        secret = data.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise _undecodable(path, data, error.start) from None
    if not secret or any(not character.isprintable() for character in secret):
        raise _error(
            path,
            "密钥文件应只有一行可见文字",
            "a secret file must hold one line of printable text",
            remedy=("请重新写入密钥", "write the secret into it again"),
        )
    return secret


def find_secret(path: Path, environ: Mapping[str, str]) -> tuple[Path, bool]:
    """Where a secret lies, and whether that is systemd's credentials directory."""
    directory = environ.get("CREDENTIALS_DIRECTORY", "")
    if not directory:
        return path, False
    credential = Path(directory) / path.name
    if path == credential:
        return path, True
    bare = path.parent == Path()
    return (credential, True) if bare and credential.is_file() else (path, False)


def _read_bytes(path: Path, size_max: int, forbidden_mode: int = 0) -> bytes:
    try:
        # O_NONBLOCK: opening a named pipe must not wait for its writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise _irregular(path, status.st_mode)
    with os.fdopen(descriptor, "rb") as file:
        if status.st_mode & forbidden_mode:
            raise _error(
                path,
                f"密钥文件可被他人读取（权限 {stat.S_IMODE(status.st_mode):04o}）",
                f"others may read this secret file (mode {stat.S_IMODE(status.st_mode):04o})",
                remedy=(f"请运行 chmod 600 {path}", f"run: chmod 600 {path}"),
            )
        try:
            data = file.read(size_max + 1)
        except OSError as error:
            raise _unreadable(path, error) from None
    if len(data) > size_max:
        raise _error(
            path,
            f"文件超过 {size_max} 字节",
            f"the file is larger than {size_max} bytes",
            remedy=("请检查是否选错了文件", "check that this is the right file"),
        )
    return data


def _irregular(path: Path, mode: int) -> ConfigError:
    if stat.S_ISDIR(mode):
        return _error(
            path,
            "这是目录，不是文件",
            "this is a directory, not a file",
            remedy=("请写出其中的文件名，例如 site.toml", "name the file in it, for example site.toml"),
        )
    return _error(
        path,
        "这不是普通文件",
        "this is not a regular file",
        remedy=("请改用普通文件", "use a regular file"),
    )


def _unreadable(path: Path, error: OSError | ValueError) -> ConfigError:
    if isinstance(error, FileNotFoundError):
        return _error(
            path,
            "找不到文件",
            "there is no such file",
            remedy=("请检查路径", "check the path"),
        )
    if isinstance(error, PermissionError):
        return _error(
            path,
            "没有读取权限",
            "permission to read it is missing",
            remedy=("请让运行 menwei 的用户可读此文件", "let the user that runs menwei read it"),
        )
    reason = error.strerror if isinstance(error, OSError) else "path"
    return _error(
        path,
        f"无法读取（{reason}）",
        f"it cannot be read ({reason})",
        remedy=("请检查路径和磁盘", "check the path and the disk"),
    )


def _undecodable(path: Path, data: bytes, position: int) -> ConfigError:
    line_start = data.rfind(b"\n", 0, position) + 1
    return _error(
        path,
        f"第 {position} 字节（0x{data[position]:02x}）不是 UTF-8 文字",
        f"byte {position} (0x{data[position]:02x}) is not UTF-8 text",
        line=data.count(b"\n", 0, position) + 1,
        column=position - line_start + 1,
        remedy=(f"文件可能是 GBK 编码，{_SAVE_ZH}", f"it may be GBK; {_SAVE_EN}"),
    )


def _error(
    path: Path,
    zh: str,
    en: str,
    *,
    line: int | None = None,
    column: int | None = None,
    remedy: tuple[str, str] = ("", ""),
) -> ConfigError:
    return ConfigError(
        [
            Problem(
                file=shown(path),
                line=line,
                column=column,
                message_zh=zh,
                message_en=en,
                remedy_zh=remedy[0],
                remedy_en=remedy[1],
            )
        ]
    )
