"""Small made-up models, so that the folder, the pull and the stick are tested without anybody's weights."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import MappingProxyType

from vision.models.manifest import Contract, Conversion, Kind, ModelSpec

SHARED = Path(__file__).resolve().parents[2] / "../shared/models"
NO_SHARED = "the shared model files are not beside this checkout"
CONTENT = bytes(range(256)) * 1200
"""About 300 kB: several chunks of a transfer."""


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def made_up(data: bytes = CONTENT, *, name: str = "made-up", convert: Conversion | None = None) -> ModelSpec:
    """A model whose upstream file has these bytes."""
    return ModelSpec(
        name=name,
        file=f"{name}.onnx",
        sha256=sha256(data),
        size_bytes=len(data),
        licence="MIT",
        contract=Contract(kind=Kind.FACE_DETECTOR),
        source="https://example.org/owner/repo",
        commit="0" * 40,
        path="weights/model.bin",
        url="https://example.org/raw/model.bin",
        figures=MappingProxyType({}),
        convert=convert,
    )


def own_manifest(data: bytes, name: str = "mine", file: str = "mine.onnx") -> str:
    """A site's own manifest with one embedder of these bytes."""
    return f"""
[models.{name}]
file = "{file}"
sha256 = "{sha256(data)}"
size_bytes = {len(data)}
licence = "MIT"
contract = {{ kind = "face-embedder", width = 112, height = 112, std = [127.5, 127.5, 127.5], dim = 512 }}
"""
