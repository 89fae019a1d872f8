"""Small secret files: mode 0600, replaced in one step, locked against a second process. Shell: files."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SECRET_MODE = 0o600


class SecretFileError(RuntimeError):
    """A secret file cannot be used; the message says which, why and what to do, in zh and en."""


def write_secret(path: Path, text: str) -> None:
    """Replace the file atomically; it is never readable by others, not even for a moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            os.fchmod(out.fileno(), SECRET_MODE)
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def read_json(path: Path, default: Any) -> Any:
    """The file's JSON, or the default when there is no file. Raises SecretFileError when it is damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return default
    except (ValueError, OSError) as error:
        raise SecretFileError(
            f"无法读取 {path}：{error}。请用备份恢复或移走该文件 / cannot read {path}: {error}; "
            "restore it from a backup or move it away"
        ) from error


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock beside the file, so that daemon and command line cannot overwrite each other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, SECRET_MODE)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
