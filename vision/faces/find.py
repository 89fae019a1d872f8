"""Shell: finds faces with YuNet (libfacedetection, Apache-2.0), coarse first.

The cost of a search grows with the pixels, so a reduced picture is searched and the five points are found again in
a small upright cut-out of the full one: that is more exact than a search at full size, at a tenth of its cost. Only
where the coarse picture shows nobody a finer one is searched, for people farther away.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.faces.align import SIDE_PX, TEMPLATE, Image, Points, back, similarity, warp
from vision.faces.face import Face
from vision.faces.network import Network
from vision.models.manifest import Contract

COARSE_PX, FINE_PX = 224, 448
"""Longer side of the pictures that are searched."""

_STRIDES = (8, 16, 32)
_OUTPUTS = [f"{head}_{stride}" for head in ("cls", "obj", "bbox", "kps") for stride in _STRIDES]
_SCORE_MIN, _REFIND_MIN = 0.6, 0.3
_OVERLAP_MAX = 0.3
_FACES_MAX = 32
_CUT_PX, _CUT_FACE_PX = 128, 96
"""The cut-out, and the aligned square inside it."""
_CUT_POINTS: Points = np.asarray((TEMPLATE - SIDE_PX / 2) * (_CUT_FACE_PX / SIDE_PX) + _CUT_PX / 2, np.float32)

_Rows = NDArray[np.float32]


class FaceFinder:
    """Finds faces and their five points."""

    def __init__(self, path: Path, contract: Contract) -> None:
        """Raises `ModelDamaged` for a model that is not of this family."""
        self._network = Network(path, outputs=_OUTPUTS)
        self._multiple = contract.multiple if contract.multiple % _STRIDES[-1] == 0 else _STRIDES[-1]

    def find(self, image: Image, *, thorough: bool = False) -> list[Face]:
        """The faces in a BGR picture, largest first; `thorough`: also far ones beside near ones."""
        rows = _NONE if thorough else self._search(image, COARSE_PX)
        if not len(rows):
            rows = self._search(image, FINE_PX)
        faces = [self._refined(image, row) for row in rows[:_FACES_MAX]]
        return sorted(faces, key=lambda face: -face.side_px)

    def again(self, image: Image, face: Face) -> Face | None:
        """The same face in the next frame, sought only where it was; None where it is not there any more."""
        row = self._inside(image, face.points)
        if row is None or row[4] < _SCORE_MIN:
            return None
        return _face(row)

    def _search(self, image: Image, longer_px: int) -> _Rows:
        """Rows of x1, y1, x2, y2, score and the points, best first, in pixels of the picture."""
        height, width = image.shape[:2]
        scale = min(longer_px / max(height, width), 1.0)
        columns, rows = max(1, round(width * scale)), max(1, round(height * scale))
        small = image
        if scale < 1.0:
            small = np.asarray(cv2.resize(image, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)
        found = self._run(small, _SCORE_MIN)
        found[:, [0, 2]] *= width / columns
        found[:, [1, 3]] *= height / rows
        found[:, 5::2] *= width / columns
        found[:, 6::2] *= height / rows
        return found

    def _refined(self, image: Image, row: _Rows) -> Face:
        coarse = _face(row)
        finer = self._inside(image, coarse.points)
        return coarse if finer is None else Face(coarse.box, _points(finer), coarse.score)

    def _inside(self, image: Image, points: Points) -> _Rows | None:
        """The face in an upright cut-out round the points, as a row in pixels of the picture."""
        affine = similarity(points, _CUT_POINTS)
        found = self._run(warp(image, affine, _CUT_PX), _REFIND_MIN)
        if not len(found):
            return None
        off = np.abs((found[:, :2] + found[:, 2:4]) / 2 - _CUT_PX / 2).max(axis=1)
        row = found[int(off.argmin())]
        if off.min() > _CUT_FACE_PX / 3:
            return None
        corners = np.array([row[[0, 1]], row[[2, 1]], row[[2, 3]], row[[0, 3]]], np.float32)
        there = back(affine, corners)
        return np.concatenate([there.min(axis=0), there.max(axis=0), row[4:5], back(affine, _points(row)).ravel()])

    def _run(self, picture: Image, score_min: float) -> _Rows:
        height, width = picture.shape[:2]
        rows, columns = (-(-side // self._multiple) * self._multiple for side in (height, width))
        tensor = np.zeros((1, 3, rows, columns), np.float32)
        tensor[0, :, :height, :width] = picture.transpose(2, 0, 1)
        outputs = self._network.run(tensor)
        heads = [outputs[i : i + 3] for i in range(0, 12, 3)]
        found = [
            _decoded(*(head[i][0] for head in heads), stride=stride, columns=columns // stride, score_min=score_min)
            for i, stride in enumerate(_STRIDES)
        ]
        return _without_overlaps(np.concatenate(found))


_NONE: _Rows = np.zeros((0, 15), np.float32)


def _decoded(
    classes: _Rows, objects: _Rows, boxes: _Rows, points: _Rows, *, stride: int, columns: int, score_min: float
) -> _Rows:
    """Rows of one stride whose score suffices; decoding as in upstream's `FaceDetectorYN`."""
    scores = np.sqrt(np.clip(classes[:, 0], 0, 1) * np.clip(objects[:, 0], 0, 1))
    (kept,) = np.nonzero(scores > score_min)
    if not len(kept):
        return _NONE
    cell = np.stack([kept % columns, kept // columns], axis=1).astype(np.float32)
    centre = (cell + boxes[kept, :2]) * stride
    half = np.exp(np.minimum(boxes[kept, 2:], 8.0)) * stride / 2
    there = (points[kept].reshape(-1, 5, 2) + cell[:, None]) * stride
    return np.concatenate([centre - half, centre + half, scores[kept, None], there.reshape(-1, 10)], axis=1)


def _without_overlaps(rows: _Rows) -> _Rows:
    """Best first, without weaker finds of the same face."""
    if not len(rows):
        return _NONE.copy()
    sizes = rows[:, 2:4] - rows[:, :2]
    boxes = np.concatenate([rows[:, :2], sizes], axis=1)
    kept = cv2.dnn.NMSBoxes(boxes.tolist(), rows[:, 4].tolist(), 0.0, _OVERLAP_MAX)
    return np.asarray(rows[np.asarray(kept, np.int64).reshape(-1)], np.float32)


def _points(row: _Rows) -> Points:
    return np.asarray(row[5:15].reshape(5, 2), np.float32)


def _face(row: _Rows) -> Face:
    x1, y1, x2, y2 = (round(float(side)) for side in row[:4])
    return Face((x1, y1, x2, y2), _points(row), float(row[4]))
