"""Shell: the folder of models: what may lie in it, what does, and the path of one that is surely the right one."""

from __future__ import annotations

import difflib
import hashlib
import os
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType

from vision.models.errors import ManifestError, ModelDamaged, ModelError, ModelMissing, ModelUnknown
from vision.models.manifest import ModelSpec, parse

OWN_MANIFEST = "menwei-models.toml"
"""A site's own models, in the models' folder, in the same form as the shipped manifest."""

_OWN_BYTES_MAX = 256 * 1024
_CHUNK_BYTES = 1 << 20
_Stamp = tuple[str, int, int, int, str]
_verified: set[_Stamp] = set()
_verified_lock = threading.Lock()


class Presence(StrEnum):
    """How a model's file lies in the folder."""

    READY = "ready"
    MISSING = "missing"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class Status:
    """One model and its file; `found` is the hash of a damaged one, or why it cannot be read."""

    spec: ModelSpec
    presence: Presence
    found: str = ""


@cache
def shipped() -> Mapping[str, ModelSpec]:
    """The models of the manifest inside the package, by name."""
    text = resources.files("vision.models").joinpath("manifest.toml").read_text(encoding="utf-8")
    return MappingProxyType(parse(text, "manifest.toml"))


def specs(models_dir: Path) -> Mapping[str, ModelSpec]:
    """Shipped models and the site's own, by name. Raises ManifestError for an own manifest that is wrong."""
    place = models_dir / OWN_MANIFEST
    try:
        with place.open("rb") as own:
            raw = own.read(_OWN_BYTES_MAX + 1)
    except (FileNotFoundError, NotADirectoryError):
        return shipped()
    except OSError as error:
        raise ManifestError(
            f"{place}：无法读取（{error.strerror}）；请检查权限", f"{place}: cannot be read ({error.strerror})"
        ) from error
    return _with_own(raw, str(place))


def lay_own_manifest(models_dir: Path, raw: bytes, place: str) -> None:
    """Take a site's own manifest in, as `place` has it; one that is there already must be the same."""
    _with_own(raw, place)
    path = models_dir / OWN_MANIFEST
    if path.exists() and path.read_bytes() != raw:
        raise ManifestError(
            f"{path} 与 {place} 不同；请人工合并后重试", f"{path} differs from {place}; merge the two by hand first"
        )
    models_dir.mkdir(parents=True, exist_ok=True)
    with _replacing(path) as temporary:
        temporary.write_bytes(raw)


def _with_own(raw: bytes, place: str) -> Mapping[str, ModelSpec]:
    if len(raw) > _OWN_BYTES_MAX:
        raise ManifestError(f"{place}：超过 {_OWN_BYTES_MAX} 字节", f"{place}: more than {_OWN_BYTES_MAX} bytes")
    try:
        mine = parse(raw.decode("utf-8"), place)
    except UnicodeDecodeError as error:
        raise ManifestError(f"{place}：不是 UTF-8", f"{place}: is not UTF-8") from error
    # A site's own model keeps its name when a later version ships one of the same name.
    others = {name: item for name, item in shipped().items() if name not in mine}
    taken = {item.file for item in others.values()}
    for name, item in mine.items():
        if item.file in taken:
            raise ManifestError(
                f"{place}：{name} 的文件名 {item.file} 已被自带模型使用，请改名",
                f"{place}: {name} has the file name {item.file} of a model we ship; choose another",
            )
    return MappingProxyType({**others, **mine})


def spec(models_dir: Path, name: str) -> ModelSpec:
    """One model by name. Raises ModelUnknown, naming the nearest."""
    known = specs(models_dir)
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1)
    hint_zh, hint_en = (f"；是否想写 {near[0]}？", f"; did you mean {near[0]}?") if near else ("", "")
    names = ", ".join(known)
    raise ModelUnknown(
        f"没有模型 {name!r}（可用：{names}）{hint_zh}", f"no model {name!r} (there are {names}){hint_en}"
    )


def model_path(models_dir: Path, name: str) -> Path:
    """The model's file, its SHA-256 checked once per process and file.

    Raises ModelUnknown, ModelMissing or ModelDamaged, each with its remedy.
    """
    wanted = spec(models_dir, name)
    path = models_dir / wanted.file
    try:
        before = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _missing(wanted, path) from error
    stamp = (str(path), before.st_ino, before.st_size, before.st_mtime_ns, wanted.sha256)
    with _verified_lock:
        if stamp in _verified:
            return path
    try:
        found = sha256_of(path)
    except OSError as error:
        raise _damaged(wanted, path, error.strerror or str(error)) from error
    if found not in {item.sha256 for item in wanted.ready}:
        raise _damaged(wanted, path, found)
    with _verified_lock:
        _verified.add(stamp)
    return path


def statuses(models_dir: Path) -> list[Status]:
    """Every known model and how its file lies there; reads and hashes every file that is present."""
    return [status(models_dir, item) for item in specs(models_dir).values()]


def status(models_dir: Path, wanted: ModelSpec) -> Status:
    """How one model's file lies there, hashed anew."""
    try:
        found = sha256_of(models_dir / wanted.file)
    except (FileNotFoundError, NotADirectoryError):
        return Status(wanted, Presence.MISSING)
    except OSError as error:
        return Status(wanted, Presence.DAMAGED, error.strerror or str(error))
    if found in {item.sha256 for item in wanted.ready}:
        return Status(wanted, Presence.READY)
    return Status(wanted, Presence.DAMAGED, found)


def sha256_of(path: Path) -> str:
    """Lower-case hex of a file's SHA-256. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def put(models_dir: Path, wanted: ModelSpec, data: bytes) -> Path:
    """Lay a model's bytes into the folder, durable and in one step. Raises ModelDamaged for any other bytes."""
    path = models_dir / wanted.file
    found = hashlib.sha256(data).hexdigest()
    if found not in {item.sha256 for item in wanted.ready}:
        raise _damaged(wanted, path, found)
    try:
        models_dir.mkdir(parents=True, exist_ok=True)
        with _replacing(path) as temporary:
            temporary.write_bytes(data)
    except OSError as error:
        raise ModelError(
            f"无法写入 {path}：{error.strerror}；请检查磁盘空间和目录权限",
            f"cannot write {path}: {error.strerror}; look at the disk's space and the folder's permissions",
        ) from error
    return path


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A temporary file beside `path` that takes its place when all went well."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        yield temporary
        os.fchmod(handle, 0o644)
        os.fsync(handle)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename in the folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _missing(wanted: ModelSpec, path: Path) -> ModelMissing:
    zh, en = _remedy(wanted)
    return ModelMissing(f"缺少模型 {wanted.name}（{path}）；{zh}", f"model {wanted.name} is missing ({path}); {en}")


def _damaged(wanted: ModelSpec, path: Path, found: str) -> ModelDamaged:
    zh, en = _remedy(wanted)
    expected = wanted.ready[0].sha256
    return ModelDamaged(
        f"模型 {wanted.name}（{path}）已损坏或不是约定的文件：SHA-256 应为 {expected}，实为 {found}；{zh}",
        f"model {wanted.name} ({path}) is damaged or another file: SHA-256 should be {expected}, is {found}; {en}",
    )


def _remedy(wanted: ModelSpec) -> tuple[str, str]:
    if wanted.source:
        command = f"menwei models pull {wanted.name}"
        return f"请运行 {command}，或用 menwei models import 目录 导入", f"run {command}, or menwei models import DIR"
    return "请用 menwei models import 目录 导入", "run menwei models import DIR"
