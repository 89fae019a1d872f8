"""Peers for benchmarks/faces.py: OpenCV's detector as it comes, with our weights and with some that never ship."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vision.faces.align import aligned
from vision.faces.embed import Embedder
from vision.faces.face import Vector
from vision.models.manifest import Contract, Kind
from vision.models.store import spec

Image = np.ndarray[Any, np.dtype[np.uint8]]
Y1 = Contract(
    kind=Kind.FACE_EMBEDDER,
    width=112,
    height=112,
    order="RGB",
    dim=128,
)
"""MobileFaceNet y1 takes the pixels as they are. It has no licence file: measured, never shipped."""


def systems(models: Path, peers: Path) -> dict[str, Callable[[Image], Vector | None]]:
    """Each peer by name; absent weights are left out."""
    detector = models / spec(models, "yunet-n").file
    wanted = {
        "FaceDetectorYN at full size, foamliu": (
            models / spec(models, "mobilefacenet-foamliu").file,
            spec(models, "mobilefacenet-foamliu").contract,
        ),
        "FaceDetectorYN at full size, y1 (peer)": (peers / "mobilefacenet_y1.onnx", Y1),
    }
    return {
        name: _Peer(detector, Embedder(path, contract)) for name, (path, contract) in wanted.items() if path.is_file()
    }


class _Peer:
    """OpenCV's own finder at the picture's size, no second look at the points."""

    def __init__(self, detector: Path, embedder: Embedder) -> None:
        self._detector = cv2.FaceDetectorYN.create(str(detector), "", (320, 320), 0.6)
        self._embedder = embedder

    def __call__(self, image: Image) -> Vector | None:
        height, width = image.shape[:2]
        self._detector.setInputSize((width, height))
        _, found = self._detector.detect(image)
        if found is None:
            return None
        middle = np.hypot(found[:, 0] + found[:, 2] / 2 - width / 2, found[:, 1] + found[:, 3] / 2 - height / 2)
        best = found[int((np.sqrt(found[:, 2] * found[:, 3]) / (1 + 4 * middle / min(width, height))).argmax())]
        return self._embedder.template(aligned(image, best[4:14].reshape(5, 2).astype(np.float32)))
