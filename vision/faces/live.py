"""Shell: whether a face looks alive (MiniFASNet pair of Silent-Face, Apache-2.0).

One signal among several, never the protection: its upstream knows of photos and screens that pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from vision.faces.align import Image
from vision.faces.face import Box, Face
from vision.faces.network import Network, tensor_of
from vision.models.errors import ModelDamaged
from vision.models.manifest import Contract

UNKNOWN = -1.0
"""Nobody looked: there is no model for it."""


class LivenessJudge:
    """Averages what several models say, each about its own surroundings of the face."""

    def __init__(self, models: Sequence[tuple[Path, Contract]]) -> None:
        """Raises `ModelDamaged` for a model without the class that its contract names."""
        self._judges = [(Network(path), contract) for path, contract in models]
        for (path, contract), (network, _) in zip(models, self._judges, strict=True):
            classes = network.trial(contract)[0]
            if classes.shape[-1] <= contract.live_class:
                raise ModelDamaged(
                    f"{path.name} 只有 {classes.shape[-1]} 类", f"{path.name} has only {classes.shape[-1]} classes"
                )

    def live(self, image: Image, face: Face) -> float:
        """0 (a picture of a face) to 1 (a face); `UNKNOWN` without models."""
        if not self._judges:
            return UNKNOWN
        shares = []
        for network, contract in self._judges:
            crop = surroundings(image, face.box, contract.crop, (contract.width, contract.height))
            shares.append(_softmax(network.run(tensor_of([crop], contract))[0][0])[contract.live_class])
        return float(np.mean(shares))


def surroundings(image: Image, box: Box, enlarge: float, size: tuple[int, int]) -> Image:
    """The box enlarged round its middle, less where the picture ends, shifted inside, scaled to width x height.

    The geometry is that of upstream's training crops (Silent-Face `generate_patches.py`).
    """
    height, width = image.shape[:2]
    x1, y1, x2, y2 = box
    box_width, box_height = max(x2 - x1, 1), max(y2 - y1, 1)
    scale = min((height - 1) / box_height, (width - 1) / box_width, enlarge)
    half_x, half_y = box_width * scale / 2, box_height * scale / 2
    middle_x = min(max((x1 + x2) / 2, half_x), width - 1 - half_x)
    middle_y = min(max((y1 + y2) / 2, half_y), height - 1 - half_y)
    left, top = int(middle_x - half_x), int(middle_y - half_y)
    right, bottom = int(middle_x + half_x), int(middle_y + half_y)
    part = image[max(top, 0) : bottom + 1, max(left, 0) : right + 1]
    return np.asarray(cv2.resize(part, size), np.uint8)


def _softmax(logits: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> list[float]:
    powers = np.exp(logits - logits.max())
    return [float(share) for share in powers / powers.sum()]
