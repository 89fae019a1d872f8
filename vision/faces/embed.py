"""Shell: a template from an aligned face, by any embedder whose contract is in the manifest."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vision.faces.align import SIDE_PX, Image
from vision.faces.face import Vector
from vision.faces.network import Network, tensor_of
from vision.models.errors import ModelDamaged
from vision.models.manifest import Contract, ModelSpec


def model_key(spec: ModelSpec) -> str:
    """Name and head of the hash: templates of different models are not comparable."""
    return f"{spec.name}@{spec.sha256[:12]}"


class Embedder:
    """Makes templates: vectors of length 1 whose inner product says how alike two faces are."""

    def __init__(self, path: Path, contract: Contract) -> None:
        """Raises `ModelDamaged` for a model that does not keep its contract."""
        self.contract = contract
        if (contract.width, contract.height) != (SIDE_PX, SIDE_PX):
            raise ModelDamaged(
                f"{path.name}：仅支持 {SIDE_PX}x{SIDE_PX} 输入的特征模型",
                f"{path.name}: embedders take {SIDE_PX}x{SIDE_PX} pictures here",
            )
        self._network = Network(path)
        found = self._network.trial(contract)[0].shape[1:]
        if found != (contract.dim,):
            raise ModelDamaged(
                f"{path.name} 输出 {found}，清单为 {contract.dim}",
                f"{path.name} gives {found}, its manifest says {contract.dim}",
            )

    def template(self, crop: Image, *, mirrored: bool = False) -> Vector:
        """Of an aligned 112x112 BGR face; `mirrored`: averaged with its mirror image, for twice the time."""
        vector = self._raw(crop)
        if mirrored:
            vector = vector + self._raw(np.ascontiguousarray(crop[:, ::-1]))
        return normalised(vector)

    def _raw(self, crop: Image) -> Vector:
        row: Vector = self._network.run(tensor_of([crop], self.contract))[0][0]
        return row


def normalised(vector: Vector) -> Vector:
    """The vector with length 1."""
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), np.float32)
