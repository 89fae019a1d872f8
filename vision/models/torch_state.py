"""Core: tensors of a torch state file, without torch.

Both forms that ``torch.save`` has written: the sequence of pickles (before 1.6) and the zip archive (since).
Written from torch's serialization.py; every length is checked against the bytes that are there.
"""

from __future__ import annotations

import io
import math
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vision.models.manifest import SIZE_BYTES_MAX
from vision.models.pickle_read import STORAGE_BYTES, StorageRef, TensorRef, read_pickle, refused

MAGIC = 0x1950A86A20F9469CFC6C
ENTRIES_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Tensor:
    """Float32 numbers, row-major, little-endian."""

    shape: tuple[int, ...]
    data: bytes


def read_state(data: bytes) -> dict[str, Tensor]:
    """The float32 tensors of a state file by name; counters (int64) are left out. Raises StateError."""
    if len(data) > SIZE_BYTES_MAX:
        raise refused("文件过大", "the file is too large")
    entries, storages = _read_zip(data) if data.startswith(b"PK\x03\x04") else _read_legacy(data)
    if not isinstance(entries, dict):
        raise refused("内容不是名称到张量的表", "it holds no table of tensors")
    found: dict[str, Tensor] = {}
    total = 0
    for name, value in entries.items():
        if not isinstance(value, TensorRef):
            raise refused(f"{name} 不是张量", f"{name} is no tensor")
        if value.storage.kind == "torch FloatStorage":
            found[name] = _tensor(name, value, storages)
            # Many views of one storage would unfold a small file all the same.
            total += len(found[name].data)
            if total > len(data):
                raise refused("张量相互重叠", "its tensors overlap")
    return found


def _tensor(name: str, view: TensorRef, storages: Mapping[str, bytes]) -> Tensor:
    """The bytes of a view; only plain row-major views, so that a small file cannot unfold into a large one."""
    expected, step = [], 1
    for size in reversed(view.shape):
        expected.append(step)
        step *= size
    # The stride of a side of length 1 says nothing.
    plain = all(size == 1 or a == b for size, a, b in zip(view.shape, view.stride, reversed(expected), strict=True))
    raw = storages.get(view.storage.key)
    count = math.prod(view.shape)
    begin, end = 4 * view.offset, 4 * (view.offset + count)
    if raw is None or len(raw) != 4 * view.storage.count or not plain or end > len(raw):
        raise refused(f"张量 {name} 与其存储不符", f"tensor {name} does not fit its storage")
    return Tensor(view.shape, raw[begin:end])


def _read_legacy(data: bytes) -> tuple[Any, dict[str, bytes]]:
    """Magic, protocol, system, the table, the storages' keys; then each storage as count and numbers."""
    offset, parts = 0, []
    for _ in range(5):
        part, offset = read_pickle(data, offset)
        parts.append(part)
    magic, protocol, system, entries, keys = parts
    little = isinstance(system, dict) and system.get("little_endian") is True
    if magic != MAGIC or protocol != 1001 or not little or not isinstance(keys, list):
        raise refused("文件头不是 torch 的", "its head is not torch's")
    kinds = {ref.key: ref for ref in _storages(entries)}
    storages: dict[str, bytes] = {}
    for key in keys:
        if not isinstance(key, str) or key not in kinds or key in storages:
            raise refused("存储清单不合规", "its list of storages is wrong")
        size = kinds[key].count * STORAGE_BYTES[kinds[key].kind]
        if offset + 8 + size > len(data) or struct.unpack_from("<q", data, offset)[0] != kinds[key].count:
            raise refused("文件不完整", "the file is cut short")
        storages[key] = data[offset + 8 : offset + 8 + size]
        offset += 8 + size
    if offset != len(data):
        raise refused("文件末尾有多余内容", "something follows the end")
    return entries, storages


def _storages(entries: Any) -> list[StorageRef]:
    values = entries.values() if isinstance(entries, dict) else ()
    return [value.storage for value in values if isinstance(value, TensorRef)]


def _read_zip(data: bytes) -> tuple[Any, dict[str, bytes]]:
    """``NAME/data.pkl`` and ``NAME/data/KEY``."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            folder = _folder(archive, len(data))
            entries, _ = read_pickle(archive.read(f"{folder}data.pkl"))
            start = f"{folder}data/"
            found = {name: archive.read(name) for name in archive.namelist() if name.startswith(start)}
    except _BROKEN_ZIP as error:
        raise refused(f"压缩包已损坏：{error}", f"the archive is broken: {error}") from error
    return entries, {name.removeprefix(start): raw for name, raw in found.items()}


_BROKEN_ZIP = (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError, EOFError, struct.error)
"""What `zipfile` raises for archives that are cut, forged or encrypted."""


def _folder(archive: zipfile.ZipFile, size_bytes: int) -> str:
    """The one folder inside, once the archive is surely as torch writes it: torch never compresses, so sizes add up."""
    infos, names = archive.infolist(), archive.namelist()
    stored = all(info.compress_type == zipfile.ZIP_STORED and not info.flag_bits & 1 for info in infos)
    if len(infos) > ENTRIES_MAX or not stored or sum(info.file_size for info in infos) > size_bytes:
        raise refused("压缩包不是 torch 写的，可能有害", "torch did not write this archive; it may be hostile")
    tables = [name for name in names if name.count("/") == 1 and name.endswith("/data.pkl")]
    if len(tables) != 1 or len(set(names)) < len(names):
        raise refused("压缩包中没有唯一的 data.pkl", "the archive has no single data.pkl")
    folder = tables[0].removesuffix("data.pkl")
    if f"{folder}byteorder" in names and archive.read(f"{folder}byteorder") != b"little":
        raise refused("字节序不是小端", "its numbers are not little-endian")
    return folder
