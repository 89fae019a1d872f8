"""Files that survive a power cut: tmp, fsync, rename, fsync of the directory. Shell: writes files."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def sync_dir(path: Path) -> None:
    """fsync a directory, so that a rename in it is durable."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_file(path: Path, data: bytes, *, mode: int = 0o640) -> None:
    """Write beside and rename over; the content is durable, the name only after ``sync_dir`` of the parent."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def write_durably(path: Path, data: bytes, *, mode: int = 0o640) -> None:
    """Replace a file so that after a power cut it is the old or the new one."""
    write_file(path, data, mode=mode)
    sync_dir(path.parent)
