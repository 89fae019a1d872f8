"""A file that holds room for the access and alarm events of a full disk. Shell: allocates and removes that file."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


class Ballast:
    """Real blocks (fallocate), given back when the disk is full; ``size_bytes`` 0 switches it off."""

    def __init__(self, path: Path, size_bytes: int) -> None:
        self._path = path
        self._size_bytes = size_bytes

    @property
    def held(self) -> bool:
        """Whether the room is reserved."""
        try:
            return self._path.stat().st_size >= self._size_bytes > 0
        except OSError:
            return False

    def release(self) -> bool:
        """Give the room back; True when there was some."""
        held = self.held
        if held:
            self._path.unlink(missing_ok=True)
        return held

    def hold(self) -> bool:
        """Reserve the room, but only where as much again stays free; True when it is held (or switched off)."""
        if self.held or not self._size_bytes:
            return True
        try:
            space = os.statvfs(self._path.parent)
            if space.f_bavail * space.f_frsize < 2 * self._size_bytes:
                return False
            self._allocate()
        except OSError:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
            return False
        return True

    def _allocate(self) -> None:
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(handle, 0, self._size_bytes)
        finally:
            os.close(handle)
