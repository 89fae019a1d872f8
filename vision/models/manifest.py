"""Core: what the manifest says about each model, and the check of what it says."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from enum import StrEnum
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any, Literal, TypeVar
from urllib.parse import quote

from vision.models.errors import ManifestError

SIZE_BYTES_MAX = 256 * 1024 * 1024
"""No model for a box beside a gate is larger; a manifest that says so is mistaken."""

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,95}\.onnx")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SOURCE = re.compile(r"https://[A-Za-z0-9.-]+(:\d+)?(/[A-Za-z0-9._-]+)+")


class Kind(StrEnum):
    """What a model does."""

    FACE_DETECTOR = "face-detector"
    FACE_EMBEDDER = "face-embedder"
    FACE_LIVENESS = "face-liveness"
    OBJECT_DETECTOR = "object-detector"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What a model wants and gives. Input: float32, N x 3 x height x width, ``(pixel 0..255 - mean) / std``."""

    kind: Kind
    width: int = 0
    """0: any multiple of `multiple`."""
    height: int = 0
    multiple: int = 1
    order: Literal["RGB", "BGR"] = "BGR"
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """In `order`, on the scale of 0 to 255."""
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    dim: int = 0
    """Embedder: length of the vector, before its division by its L2 norm."""
    crop: float = 0.0
    """Liveness: the face's box enlarged by this factor."""
    live_class: int = 0
    """Liveness: the softmax's index that means a living face."""
    classes: int = 0
    """Number of classes, where the model names any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """Another file that is known to compute the same, accepted by its hash."""

    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """How the upstream state file becomes ONNX: `net` of `vision.models.nets`, and the one possible result."""

    net: str
    sha256: str
    size_bytes: int
    accepted: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """One model. `sha256` and `size_bytes` are those of the upstream file; see `ready` for the file in the folder."""

    name: str
    file: str
    """Name in the models' folder."""
    sha256: str
    size_bytes: int
    licence: str
    """SPDX identifier."""
    contract: Contract
    source: str = ""
    """Address of the public repository; empty for a site's own model, which can only be imported."""
    commit: str = ""
    path: str = ""
    """Inside the repository."""
    url: str = ""
    """Where the file itself is served at that commit."""
    copyright: str = ""
    figures: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Measured, each with the set it was measured on."""
    convert: Conversion | None = None

    @property
    def ready(self) -> tuple[Alternative, ...]:
        """Every file that may lie in the folder under `file`; the first is the one that we make or pull."""
        if self.convert is None:
            return (Alternative(sha256=self.sha256, size_bytes=self.size_bytes),)
        made = Alternative(sha256=self.convert.sha256, size_bytes=self.convert.size_bytes)
        return (made, *self.convert.accepted)


def parse(text: str, place: str) -> dict[str, ModelSpec]:
    """The models of a manifest by name; `place` is what errors call it. Raises ManifestError."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _wrong(place, f"不是 TOML：{error}", f"is not TOML: {error}") from error
    hosts, models = data.pop("addresses", {}), data.pop("models", {})
    if data:
        raise _wrong(place, f"未知的键 {sorted(data)[0]}", f"unknown key {sorted(data)[0]}")
    if not isinstance(hosts, dict) or not isinstance(models, dict):
        raise _wrong(place, "addresses 与 models 应为表", "addresses and models must be tables")
    found = {name: _spec(name, value, hosts, f"{place}: models.{name}") for name, value in models.items()}
    files = [spec.file for spec in found.values()]
    if len(set(files)) < len(files):
        raise _wrong(place, "两个模型用了同一文件名", "two models share a file name")
    return found


def _spec(name: str, value: Any, hosts: Mapping[str, Any], place: str) -> ModelSpec:
    if not _NAME.fullmatch(name):
        raise _wrong(place, "名称只可用小写字母、数字、点和连字符", "a name has a-z, digits, dots and dashes")
    given = _table(value, place)
    contract = _contract(given.pop("contract", None), f"{place}.contract")
    convert = _conversion(given.pop("convert", None), f"{place}.convert")
    figures = _table(given.pop("figures", {}), f"{place}.figures")
    if not all(isinstance(text, str) for text in figures.values()):
        raise _wrong(f"{place}.figures", "应为文字", "must be texts")
    host = given.pop("address", "raw" if given.get("source") else "")
    spec = _build(
        ModelSpec,
        {**given, "name": name, "contract": contract, "convert": convert, "figures": MappingProxyType(figures)},
        place,
    )
    _check_file(spec.sha256, spec.size_bytes, place)
    _check_match(_FILE, spec.file, f"{place}.file", "*.onnx")
    if not spec.source:
        return spec
    _check_match(_SOURCE, spec.source, f"{place}.source", "https://")
    _check_match(_COMMIT, spec.commit, f"{place}.commit", "40 hex")
    if not spec.path or PurePosixPath(spec.path).is_absolute() or ".." in PurePosixPath(spec.path).parts:
        raise _wrong(f"{place}.path", "应为仓库内的相对路径", "must be a relative path inside the repository")
    template = hosts.get(host) if isinstance(host, str) else None
    if not isinstance(template, str):
        raise _wrong(f"{place}.address", f"addresses 中没有 {host!r}", f"addresses has no {host!r}")
    return _build(ModelSpec, {**_shallow(spec), "url": fill(template, spec)}, place)


def fill(template: str, spec: ModelSpec) -> str:
    """An address with ``{repository}``, ``{commit}``, ``{path}``, ``{filename}``, ``{sha256}``, ``{url}`` filled in."""
    repository = "/".join(spec.source.split("/")[3:])
    values = {
        "repository": repository,
        "owner": repository.partition("/")[0],
        "repo": repository.rpartition("/")[2],
        "commit": spec.commit,
        "path": quote(spec.path),
        "filename": quote(PurePosixPath(spec.path).name),
        "sha256": spec.sha256,
        "url": spec.url,
    }
    return re.sub(r"\{(\w+)\}", lambda match: values.get(match[1], match[0]), template)


def _contract(value: Any, place: str) -> Contract:
    given = _table(value, place)
    try:
        given["kind"] = Kind(given.get("kind", ""))
    except ValueError as error:
        allowed = ", ".join(Kind)
        raise _wrong(f"{place}.kind", f"可用：{allowed}", f"must be one of {allowed}") from error
    for key in ("mean", "std"):
        if key in given:
            given[key] = _three(given[key], f"{place}.{key}")
    if type(given.get("crop")) is int:
        given["crop"] = float(given["crop"])
    contract = _build(Contract, given, place)
    if contract.order not in ("RGB", "BGR"):  # a tuple, for it may be a list
        raise _wrong(f"{place}.order", "应为 RGB 或 BGR", "must be RGB or BGR")
    if min(contract.width, contract.height, contract.multiple, contract.dim, contract.classes) < 0:
        raise _wrong(place, "尺寸不可为负", "sizes must not be negative")
    if min(contract.std) <= 0:
        raise _wrong(f"{place}.std", "应大于 0", "must be greater than 0")
    if contract.kind is Kind.FACE_EMBEDDER and contract.dim < 1:
        raise _wrong(f"{place}.dim", "特征模型须写明向量长度", "an embedder names the length of its vector")
    return contract


def _conversion(value: Any, place: str) -> Conversion | None:
    if value is None:
        return None
    given = _table(value, place)
    accepted = given.pop("accepted", [])
    if not isinstance(accepted, list):
        raise _wrong(f"{place}.accepted", "应为列表", "must be a list")
    others = tuple(_build(Alternative, _table(item, place), f"{place}.accepted") for item in accepted)
    conversion = _build(Conversion, {**given, "accepted": others}, place)
    _check_file(conversion.sha256, conversion.size_bytes, place)
    for item in others:
        _check_file(item.sha256, item.size_bytes, place)
    return conversion


def _three(value: Any, place: str) -> tuple[float, float, float]:
    if isinstance(value, list) and len(value) == 3 and all(isinstance(n, int | float) for n in value):
        return (float(value[0]), float(value[1]), float(value[2]))
    raise _wrong(place, "应为三个数", "must be three numbers")


_T = TypeVar("_T")
_PLAIN = {"str": str, "int": int, "float": float}


def _build(kind: type[_T], given: Mapping[str, Any], place: str) -> _T:
    """A frozen dataclass from a table: no key unknown, none missing, plain types as declared."""
    known = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]
    if unknown := sorted(set(given) - set(known)):
        raise _wrong(place, f"未知的键 {unknown[0]}", f"unknown key {unknown[0]}")
    for name, item in known.items():
        if name not in given and item.default is MISSING and item.default_factory is MISSING:
            raise _wrong(place, f"缺少 {name}", f"{name} is missing")
        wanted = _PLAIN.get(str(item.type))
        if wanted is not None and name in given and type(given[name]) is not wanted:
            raise _wrong(f"{place}.{name}", f"应为 {wanted.__name__}", f"must be {wanted.__name__}")
    return kind(**given)


def _shallow(spec: ModelSpec) -> dict[str, Any]:
    return {item.name: getattr(spec, item.name) for item in fields(spec)}


def _table(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(place, "应为表", "must be a table")
    return dict(value)


def _check_file(sha256: str, size_bytes: int, place: str) -> None:
    _check_match(_SHA256, sha256, f"{place}.sha256", "64 hex")
    if not 0 < size_bytes <= SIZE_BYTES_MAX:
        raise _wrong(f"{place}.size_bytes", f"应为 1~{SIZE_BYTES_MAX}", f"must be 1 to {SIZE_BYTES_MAX}")


def _check_match(pattern: re.Pattern[str], text: str, place: str, example: str) -> None:
    if not pattern.fullmatch(text):
        raise _wrong(place, f"{text!r} 不合要求（{example}）", f"{text!r} does not fit ({example})")


def _wrong(place: str, zh: str, en: str) -> ManifestError:
    return ManifestError(f"{place}：{zh}", f"{place}: {en}")
