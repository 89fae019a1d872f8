"""A zip file from a stranger's hands: what it holds, before anything is unpacked. Shell: reads one file.

Nothing is ever written to disk and nothing is inflated: a bundle's files lie in the zip as they are.
"""

from __future__ import annotations

import hashlib
import stat
import zipfile
from pathlib import Path
from types import TracebackType

from edge.evidence import layout
from sync.errors import SyncError

_BLOCK = 1 << 20
_ENCRYPTED = 0x1


class ArchiveRefused(SyncError):
    """This file is no evidence bundle, or is made to do harm."""


class Archive:
    """The files of a bundle by name; opening refuses what a bundle never contains."""

    def __init__(self, path: Path) -> None:
        try:
            if path.stat().st_size > layout.BUNDLE_MAX_BYTES + layout.TEXT_MAX_BYTES:
                raise _refused("文件过大", "the file is too large")
            self._zip = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise _refused(f"无法作为 ZIP 打开：{error}", f"cannot be opened as a zip file: {error}") from error
        try:
            self.sizes = self._checked(path.stat().st_size)
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def sha256(self, name: str) -> str:
        """Digest of one file; empty when the zip itself says that its bytes are damaged."""
        digest = hashlib.sha256()
        try:
            with self._zip.open(name) as handle:
                while block := handle.read(_BLOCK):
                    digest.update(block)
        except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError):
            return ""
        return digest.hexdigest()

    def read(self, name: str) -> bytes:
        """One text file; empty when the zip says that its bytes are damaged. Raises KeyError when it is absent."""
        try:
            return self._zip.read(name)
        except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError):
            return b""

    def _checked(self, size: int) -> dict[str, int]:
        infos = self._zip.infolist()
        if len(infos) > layout.FILES_MAX:
            raise _refused(f"文件过多：{len(infos)}", f"too many files: {len(infos)}")
        sizes: dict[str, int] = {}
        seen: set[str] = set()
        for info in infos:
            _check_entry(info)
            if info.filename.casefold() in seen:
                raise _refused(f"{info.filename} 重复", f"{info.filename} is there twice")
            seen.add(info.filename.casefold())
            sizes[info.filename] = info.file_size
        if sum(sizes.values()) > size:
            raise _refused("各文件相互重叠", "its files overlap: more would come out than went in")
        return sizes


def _check_entry(info: zipfile.ZipInfo) -> None:
    name = info.orig_filename
    shown = ascii(name)[:100]
    if not layout.NAME.fullmatch(name) or ".." in name:
        raise _refused(f"文件名 {shown} 不允许", f"the name {shown} is not one of a bundle")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise _refused(f"{shown} 不是普通文件", f"{shown} is no plain file (a link?)")
    if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
        raise _refused(f"{shown} 被压缩，证据包从不压缩", f"{shown} is compressed; a bundle never is")
    if info.flag_bits & _ENCRYPTED:
        raise _refused(f"{shown} 被加密", f"{shown} is encrypted")
    limit = layout.MEDIA_MAX_BYTES if name.startswith("media/") else layout.TEXT_MAX_BYTES
    if info.file_size > limit:
        raise _refused(f"{shown} 过大", f"{shown} is too large: {info.file_size} bytes")


def _refused(zh: str, en: str) -> ArchiveRefused:
    return ArchiveRefused(f"拒绝此文件：{zh}", f"refused: {en}")
