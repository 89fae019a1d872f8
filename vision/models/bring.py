"""Shell: models that come on a stick: from a folder or a bundle, known by their hashes alone, never by their names."""

from __future__ import annotations

import hashlib
import os
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from vision.models.errors import BundleError
from vision.models.manifest import ModelSpec
from vision.models.nets import convert
from vision.models.store import OWN_MANIFEST, Presence, lay_own_manifest, put, specs, status

FILES_MAX = 20_000
"""A folder with more than these is not a folder of models; a stick's root may have many others."""

_CALLED_MODEL = frozenset({".onnx", ".pt", ".pth"})
_BROKEN_ZIP = (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError, struct.error)
"""What `zipfile` raises for archives that are cut, forged or encrypted."""


class Outcome(StrEnum):
    """What became of a file."""

    TAKEN = "taken"
    CONVERTED = "converted"
    PRESENT = "present"
    """The model was there already."""
    UNKNOWN = "unknown"
    """It is called a model, but no manifest has its hash."""


@dataclass(frozen=True, slots=True)
class Brought:
    """One file of the folder or bundle; `name` is its model."""

    file: str
    outcome: Outcome
    name: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    label: str
    size_bytes: int
    read: Callable[[], bytes]


def import_from(models_dir: Path, source: Path) -> list[Brought]:
    """Take in every model that lies in a folder (and below it) or a bundle, and a site's own manifest beside them.

    Raises BundleError, ManifestError, StateError, ConvertError or ModelError.
    """
    try:
        files = list(_listed(source))
        for own in (found for found in files if found.label == OWN_MANIFEST):
            lay_own_manifest(models_dir, own.read(), str(source / own.label))
        known = specs(models_dir)
        return [brought for found in files for brought in _take(models_dir, known, found)]
    except OSError as error:
        raise BundleError(
            f"无法读取 {error.filename or source}：{error.strerror}；请检查权限或介质",
            f"cannot read {error.filename or source}: {error.strerror}; look at its permissions or the medium",
        ) from error


def _take(models_dir: Path, known: Mapping[str, ModelSpec], found: _Found) -> Iterator[Brought]:
    """Lay one file into the folder if it is a model; any other file is worth a word only if it is called one."""
    unknown = [Brought(found.label, Outcome.UNKNOWN)] if Path(found.label).suffix.lower() in _CALLED_MODEL else []
    if found.size_bytes not in {size for spec in known.values() for _, size in _forms(spec)}:
        yield from unknown
        return
    data = found.read()
    sha256 = hashlib.sha256(data).hexdigest()
    spec = next((item for item in known.values() if (sha256, len(data)) in _forms(item)), None)
    if spec is None:
        yield from unknown
    elif status(models_dir, spec).presence is Presence.READY:
        yield Brought(found.label, Outcome.PRESENT, spec.name)
    elif spec.convert is not None and sha256 == spec.sha256:
        put(models_dir, spec, convert(spec.convert.net, data))
        yield Brought(found.label, Outcome.CONVERTED, spec.name)
    else:
        put(models_dir, spec, data)
        yield Brought(found.label, Outcome.TAKEN, spec.name)


def _forms(spec: ModelSpec) -> set[tuple[str, int]]:
    """Hash and size of every file that is this model or becomes it."""
    return {(spec.sha256, spec.size_bytes), *((item.sha256, item.size_bytes) for item in spec.ready)}


def _listed(source: Path) -> Iterator[_Found]:
    if source.is_dir():
        return _in_folder(source)
    if source.exists():
        return _in_bundle(source)
    raise BundleError(f"没有 {source}；请给出目录或离线包", f"there is no {source}; name a folder or a bundle")


def _in_folder(folder: Path) -> Iterator[_Found]:
    count = 0
    for root, folders, names in os.walk(folder, onerror=_fail, followlinks=False):
        folders.sort()
        for path in (Path(root, name) for name in sorted(names)):
            count += 1
            if count > FILES_MAX:
                raise BundleError(
                    f"{folder} 中的文件超过 {FILES_MAX} 个；请只给出模型所在的目录",
                    f"{folder} holds more than {FILES_MAX} files; name the folder of the models alone",
                )
            if path.is_file():
                yield _Found(str(path.relative_to(folder)), path.stat().st_size, path.read_bytes)


def _fail(error: OSError) -> None:
    raise error


def _in_bundle(file: Path) -> Iterator[_Found]:
    """Nothing is unpacked by name, and stored files cannot grow when they are read."""
    try:
        with zipfile.ZipFile(file) as bundle:
            infos = bundle.infolist()
    except _BROKEN_ZIP as error:
        raise _unsound(file, error) from error
    stored = all(item.compress_type == zipfile.ZIP_STORED and not item.flag_bits & 1 for item in infos)
    if not stored or len(infos) > FILES_MAX or sum(item.file_size for item in infos) > file.stat().st_size:
        raise BundleError(f"{file} 不是 menwei 的离线包", f"{file} is no bundle of Menwei's")
    for item in infos:
        yield _Found(item.filename, item.file_size, partial(_read_entry, file, item))


def _read_entry(file: Path, item: zipfile.ZipInfo) -> bytes:
    try:
        with zipfile.ZipFile(file) as bundle:
            return bundle.read(item)
    except _BROKEN_ZIP as error:
        raise _unsound(file, error) from error


def _unsound(file: Path, error: Exception) -> BundleError:
    return BundleError(
        f"{file} 不是完好的离线包：{error}；请重新复制", f"{file} is no sound bundle: {error}; copy it anew"
    )
