"""Pictures by hash: ``<root>/ab/cdef…``. Shell: writes and reads files.

A blob is durable before the event that names it. Reading checks the hash.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sync.errors import BlobDamaged
from sync.event import Attachment
from sync.files import sync_dir, write_file

_NAME = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Usage:
    """What the pictures take."""

    files: int
    size_bytes: int


class MediaStore:
    """The blobs under one directory; writing belongs to the store's owner thread."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._durable_dirs: set[Path] = set()

    def path(self, sha256: str) -> Path:
        """Where a blob lies; raises ValueError for anything but a lower-case hex digest."""
        if not _NAME.fullmatch(sha256):
            raise ValueError(f"not a SHA-256 digest: {sha256!r:.80}")
        return self.root / sha256[:2] / sha256[2:]

    def put_all(self, attachments: Iterable[Attachment]) -> None:
        """Store blobs durably; one that is there already is not written again. Raises OSError."""
        touched: set[Path] = set()
        for attachment in attachments:
            path = self.path(attachment.sha256)
            if path.exists() and path.stat().st_size == len(attachment.data):
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            write_file(path, attachment.data)
            touched.add(path.parent)
        if not touched <= self._durable_dirs:
            sync_dir(self.root)
        for directory in touched:
            sync_dir(directory)
        self._durable_dirs |= touched

    def read(self, sha256: str) -> bytes:
        """The bytes; raises FileNotFoundError, or BlobDamaged when they are not what the name says."""
        data = self.path(sha256).read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise BlobDamaged(f"图片 {sha256} 已损坏", f"stored picture {sha256} is damaged")
        return data

    def delete(self, sha256: str) -> int:
        """Remove a blob and return the bytes freed; absent frees nothing."""
        path = self.path(sha256)
        try:
            size = path.stat().st_size
            path.unlink()
        except FileNotFoundError:
            return 0
        return size

    def usage(self) -> Usage:
        """Count what lies there, by looking at the directory."""
        sizes = [path.stat().st_size for path in self.root.glob("[0-9a-f][0-9a-f]/*") if not path.name.endswith(".tmp")]
        return Usage(files=len(sizes), size_bytes=sum(sizes))

    def sweep(self) -> int:
        """Remove half-written files of a crashed process; returns how many."""
        left = list(self.root.glob("[0-9a-f][0-9a-f]/*.tmp"))
        for path in left:
            with suppress(OSError):  # a file system that cannot be cleaned can still be read
                path.unlink(missing_ok=True)
        return len(left)
