"""Shell: things in pictures by FastestDet (80 classes of COCO, 352x352, one thread).

Decoding as in upstream's ONNX Runtime example: one cell of 16 px tells of one thing; the offset of its centre is a
tanh, its size a sigmoid of the whole picture. Upstream's score mixes "there is something" with "it is of this class";
here they are kept apart, because a car seen from above is found well (0.75 to 0.9) and named badly ("cell phone").
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.faces.network import Network, tensor_of
from vision.frame import Image
from vision.geometry import clip, iou
from vision.models.errors import ModelDamaged
from vision.models.manifest import Contract, Kind
from vision.models.store import model_path, spec
from vision.zones.found import Detector, Found, Label

MODEL = "fastestdet"
SCORE_MIN = 0.5
NAMED_MIN = 0.5
_OVERLAP_MAX = 0.45
_FOUND_MAX = 50
_CANDIDATES_MAX = 200
_PERSON = 0
_VEHICLES = [1, 2, 3, 5, 6, 7]
"""Of COCO: bicycle, car, motorcycle, bus, train, truck."""

_Rows = NDArray[np.float32]


class FastestDet:
    """May be used by several threads at once."""

    def __init__(self, path: Path, contract: Contract) -> None:
        """Raises `ModelDamaged` for a model that does not keep its contract."""
        self._contract = contract
        self._size = (contract.width, contract.height)
        self._network = Network(path)
        found = self._network.trial(contract)[0].shape
        if len(found) != 4 or found[1] != 5 + contract.classes:
            raise ModelDamaged(
                f"{path.name} 输出 {found}，应为 {5 + contract.classes} 个通道",
                f"{path.name} gives {found}, not {5 + contract.classes} channels",
            )

    def find(self, image: Image) -> list[Found]:
        """The things in a picture (HxWx3 BGR uint8), boxes in its pixels, the clearest first."""
        small = np.asarray(cv2.resize(image, self._size, interpolation=cv2.INTER_AREA), np.uint8)
        rows = self._network.run(tensor_of([small], self._contract))[0][0]
        return _found(rows, *image.shape[:2])


def open_detector(models_dir: Path, name: str = MODEL) -> Detector:
    """The detector of the models' folder. Raises `ModelUnknown`, `ModelMissing` or `ModelDamaged`."""
    contract = spec(models_dir, name).contract
    if contract.kind is not Kind.OBJECT_DETECTOR:
        raise ModelDamaged(
            f"模型 {name} 是 {contract.kind}，此处需要 {Kind.OBJECT_DETECTOR}",
            f"model {name} is a {contract.kind}, not an {Kind.OBJECT_DETECTOR}",
        )
    return FastestDet(model_path(models_dir, name), contract)


def _found(rows: _Rows, height: int, width: int) -> list[Found]:
    """From the network's 85 x rows x columns: something, dx, dy, width, height, and a share for each class."""
    something = rows[0]
    down, across = np.nonzero(something > SCORE_MIN)
    order = np.argsort(-something[down, across], kind="stable")[:_CANDIDATES_MAX]
    kept: list[Found] = []
    for y, x in zip(down[order].tolist(), across[order].tolist(), strict=True):
        cell = rows[:, y, x]
        box = _box(cell, x, y, rows.shape[1:], height, width)
        if len(kept) < _FOUND_MAX and all(iou(box, other.box) < _OVERLAP_MAX for other in kept):
            label, named = _label(cell[5:])
            kept.append(Found(label, float(cell[0]), box, named))
    return kept


def _box(cell: _Rows, x: int, y: int, grid: tuple[int, ...], height: int, width: int) -> tuple[int, int, int, int]:
    across, down = (x + np.tanh(cell[1])) / grid[1], (y + np.tanh(cell[2])) / grid[0]
    half_w, half_h = 0.5 / (1 + np.exp(-cell[3:5]))
    sides = (across - half_w) * width, (down - half_h) * height, (across + half_w) * width, (down + half_h) * height
    return clip(tuple(float(side) for side in sides), height, width)


def _label(shares: _Rows) -> tuple[Label, float]:
    person, vehicle = float(shares[_PERSON]), float(shares[_VEHICLES].sum())
    if person >= float(shares.max()):
        return "person", person
    return ("vehicle", vehicle) if vehicle >= NAMED_MIN else ("object", 1.0 - vehicle)
