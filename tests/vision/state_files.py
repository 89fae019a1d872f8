"""Torch state files without torch: written by the standard pickler, as torch's serialization.py lays them out."""

from __future__ import annotations

import collections
import io
import pickle
import struct
import sys
import types
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

MAGIC = 0x1950A86A20F9469CFC6C
SYSTEM = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}


class FloatStorage:
    """Stands for torch's class of the same name."""


class LongStorage:
    """Stands for torch's class of the same name."""


class HalfStorage:
    """Stands for torch's class of the same name."""


def _rebuild_tensor_v2(*arguments: Any) -> None:
    """Stands for torch's function of the same name; never called."""


class Stored:
    """Numbers as torch stores them: a kind, a key and bytes."""

    def __init__(self, key: str, numbers: Sequence[float], kind: type = FloatStorage) -> None:
        self.key = key
        self.kind = kind
        self.count = len(numbers)
        self.data = struct.pack(f"<{len(numbers)}{'f' if kind is FloatStorage else 'q'}", *numbers)


class View:
    """A tensor: a view of a storage."""

    def __init__(self, stored: Stored, shape: Sequence[int], stride: Sequence[int], offset: int = 0) -> None:
        self.stored = stored
        self.arguments: tuple[Any, ...] = (
            stored,
            offset,
            tuple(shape),
            tuple(stride),
            False,
            collections.OrderedDict(),
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild_tensor_v2, self.arguments)


class _Pickler(pickle.Pickler):
    def __init__(self, out: io.BytesIO, *, legacy: bool) -> None:
        super().__init__(out, protocol=2)
        self._legacy = legacy

    def persistent_id(self, obj: Any) -> Any:
        if not isinstance(obj, Stored):
            return None
        identity = ("storage", obj.kind, obj.key, "cpu", obj.count)
        return (*identity, None) if self._legacy else identity


@contextmanager
def named_like_torch() -> Iterator[None]:
    """While it lasts, our stand-ins have the names of torch's."""
    things = {"torch": (FloatStorage, LongStorage, HalfStorage), "torch._utils": (_rebuild_tensor_v2,)}
    before = {thing: thing.__module__ for group in things.values() for thing in group}
    modules: dict[str, types.ModuleType | None] = {name: sys.modules.get(name) for name in things}
    for name, group in things.items():
        module: Any = types.ModuleType(name)
        sys.modules[name] = module
        for thing in group:
            thing.__module__ = name
            setattr(module, thing.__name__, thing)
    try:
        yield
    finally:
        for thing, home in before.items():
            thing.__module__ = home
        for name, real in modules.items():
            if real is None:
                del sys.modules[name]
            else:
                sys.modules[name] = real


def pickled(value: Any, *, legacy: bool) -> bytes:
    """The pickle that torch would write."""
    out = io.BytesIO()
    with named_like_torch():
        _Pickler(out, legacy=legacy).dump(value)
    return out.getvalue()


def table(tensors: Mapping[str, Any]) -> Any:
    """An ordered dict with the versions that torch hangs on it."""
    made: Any = collections.OrderedDict(tensors)
    made._metadata = collections.OrderedDict({"": {"version": 1}})
    return made


def legacy_file(
    tensors: Mapping[str, Any], stored: Sequence[Stored], system: Any = SYSTEM, magic: int = MAGIC
) -> bytes:
    """As torch.save wrote it before 1.6."""
    head = b"".join(pickle.dumps(part, protocol=2) for part in (magic, 1001, system))
    body = pickled(table(tensors), legacy=True) + pickle.dumps([item.key for item in stored], protocol=2)
    return head + body + b"".join(struct.pack("<q", item.count) + item.data for item in stored)


def zip_file(
    tensors: Mapping[str, Any],
    stored: Sequence[Stored],
    *,
    compression: int = zipfile.ZIP_STORED,
    extra: Mapping[str, bytes] | None = None,
    byteorder: bytes = b"little",
) -> bytes:
    """As torch.save writes it since 1.6."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        archive.writestr("net/data.pkl", pickled(table(tensors), legacy=False))
        archive.writestr("net/byteorder", byteorder)
        for item in stored:
            archive.writestr(f"net/data/{item.key}", item.data)
        archive.writestr("net/version", b"3\n")
        for name, data in (extra or {}).items():
            archive.writestr(name, data)
    return out.getvalue()
