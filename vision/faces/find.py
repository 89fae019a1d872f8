"""Shell: finds faces with YuNet (libfacedetection, Apache-2.0), coarse first.

The cost of a search grows with the pixels, so a much reduced picture is searched first and finer ones only where it
shows nobody, for people farther away. The five points are found again in a small upright cut-out at the picture's own
resolution, where the face has the size at which the points come out best: that is more exact than a search of the
whole picture, for a thirtieth of its cost.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.faces.align import SIDE_PX, TEMPLATE, Affine, Image, Points, back, scale_of, similarity, warp
from vision.faces.face import Face, foremost
from vision.faces.network import Network
from vision.models.manifest import Contract

LEVELS_PX = (128, 256)
"""Longer side of the pictures that are searched, until one shows a face; then one as fine as need be."""
THOROUGH_PX, FINEST_PX = 640, 1280

_STRIDES = (8, 16, 32)
_OUTPUTS = [f"{head}_{stride}" for head in ("cls", "obj", "bbox", "kps") for stride in _STRIDES]
_SCORE_MIN = 0.5
_OVERLAP_MAX = 0.3
_FACES_MAX, _CANDIDATES_MAX = 16, 400
_SEEN_PX = 20.0
"""Narrowest face that a search finds reliably, also a tilted one; a level is fine enough for the smallest wanted."""
_BOX_SHARE = 0.72
"""Width of a found box over the side of its aligned square."""
_CUT_SIZE, _CUT_FACE_PX = (96, 128), 104
"""Width and height of the cut-out, and the aligned square in its middle: best of 72 to 160 px on labelled faces."""
_CUT_MIDDLE = np.array(_CUT_SIZE, np.float32) / 2
_CUT_POINTS: Points = np.asarray((TEMPLATE - SIDE_PX / 2) * (_CUT_FACE_PX / SIDE_PX) + _CUT_MIDDLE, np.float32)
_SKIPPED_MAX = 6
_OFF_PX = 5.0
"""Points that were off by so much in the cut-out are sought once more, in a better one."""
_MIRROR = [1, 0, 2, 4, 3]
"""Where each point's mirror image stands."""

_Rows = NDArray[np.float32]


class FaceFinder:
    """Finds faces and their five points."""

    def __init__(self, path: Path, contract: Contract, *, side_px_min: int = 48) -> None:
        """`side_px_min`: smaller faces need not be found. Raises `ModelDamaged` for a model of another family."""
        self._network = Network(path, outputs=_OUTPUTS)
        self._multiple = contract.multiple if contract.multiple % _STRIDES[-1] == 0 else _STRIDES[-1]
        self._cut_tensor = np.zeros((1, 3, *_CUT_SIZE[::-1]), np.float32)
        self._scale_max = min(1.0, _SEEN_PX / (_BOX_SHARE * side_px_min))

    def find(self, image: Image, *, thorough: bool = False) -> list[Face]:
        """The faces in a BGR picture, the foremost first.

        `thorough`: far ones also where there are near ones, and points from both the face and its mirror image.
        """
        height, width = image.shape[:2]
        faces: list[Face] = []
        for longer_px in self._levels(max(height, width), thorough):
            for row in self._search(image, longer_px)[:_FACES_MAX]:
                if (face := self._inside(image, _points(row), exact=thorough)) is not None:
                    faces.append(face)
            if faces and not thorough:
                break
        return foremost(_without_twins(faces), width, height)

    def _levels(self, longer_px: int, thorough: bool) -> list[int]:
        """Longer sides to search at, coarse first, up to the one at which the smallest face wanted is seen."""
        finest_px = min(-(-int(self._scale_max * longer_px) // _STRIDES[-1]) * _STRIDES[-1], FINEST_PX)
        if thorough:  # a face that fills the picture is found in the coarsest one only
            return [LEVELS_PX[0], max(finest_px, THOROUGH_PX)]
        return sorted(
            {LEVELS_PX[0], *(level for level in (LEVELS_PX[1], finest_px) if LEVELS_PX[0] < level <= finest_px)}
        )

    def again(self, image: Image, face: Face) -> Face | None:
        """The same face in the next frame, sought only where it was; None where it is not there any more."""
        return self._inside(image, face.points)

    def _search(self, image: Image, longer_px: int) -> _Rows:
        """Rows of x1, y1, x2, y2, score and the points, best first, in pixels of the picture."""
        height, width = image.shape[:2]
        scale = min(longer_px / max(height, width), 1.0)
        columns, rows = max(1, round(width * scale)), max(1, round(height * scale))
        (outputs,) = self._outputs([_shrunk(image, columns, rows)])
        found = _without_overlaps(_decoded(outputs, -(-columns // self._multiple) * self._multiple))
        found[:, [*range(0, 4, 2), *range(5, 15, 2)]] *= width / columns
        found[:, [*range(1, 4, 2), *range(6, 15, 2)]] *= height / rows
        return found

    def _inside(self, image: Image, points: Points, *, exact: bool = False) -> Face | None:
        """The face in an upright cut-out round the points, in pixels of the picture; None where there is none."""
        row, affine = self._cut(image, points, mirrored=False)
        if row is not None and (exact or np.abs(_points(row) - _CUT_POINTS).mean() > _OFF_PX):
            row, affine = self._cut(image, back(affine, _points(row)), mirrored=exact)
        if row is None:
            return None
        x1, y1, x2, y2, score = row[:5].tolist()
        there = back(affine, np.append(row[5:], [(x1 + x2) / 2, (y1 + y2) / 2]).reshape(6, 2))
        (x, y), scale = there[5].tolist(), scale_of(affine)
        half_x, half_y = (x2 - x1) / 2 / scale, (y2 - y1) / 2 / scale
        box = (round(x - half_x), round(y - half_y), round(x + half_x), round(y + half_y))
        return Face(box, there[:5], score)

    def _cut(self, image: Image, points: Points, *, mirrored: bool) -> tuple[_Rows | None, Affine]:
        """The face in the middle of the cut-out, as a row in its pixels."""
        affine = similarity(points, _CUT_POINTS)
        cut = warp(image, affine, _CUT_SIZE)
        found = self._outputs([cut, cut[:, ::-1]] if mirrored else [cut])
        row = _central(found[0], _CUT_SIZE[0])
        other = _central(found[1], _CUT_SIZE[0]) if mirrored else None
        if row is not None and other is not None:
            there = _points(other)[_MIRROR]
            there[:, 0] = _CUT_SIZE[0] - 1 - there[:, 0]
            row[5:] = (row[5:] + there.ravel()) / 2
        return row, affine

    def _outputs(self, pictures: list[Image]) -> list[list[_Rows]]:
        """The network's outputs for each of several pictures of one size, whose width is padded to `_multiple`."""
        height, width = pictures[0].shape[:2]
        rows, columns = (-(-side // self._multiple) * self._multiple for side in (height, width))
        # A cut-out, the most frequent picture, fills its tensor entirely: no need for new memory each time.
        fills = (1, 3, height, width) == self._cut_tensor.shape and len(pictures) == 1
        tensor = self._cut_tensor if fills else np.zeros((len(pictures), 3, rows, columns), np.float32)
        for number, picture in enumerate(pictures):
            tensor[number, :, :height, :width] = picture.transpose(2, 0, 1)
        outputs = self._network.run(tensor)
        return [[output[number] for output in outputs] for number in range(len(pictures))]


_NONE: _Rows = np.zeros((0, 15), np.float32)


def _shrunk(image: Image, columns: int, rows: int) -> Image:
    """The picture averaged down.

    For the coarsest search four pixels are read for one, a third of the time; what is small enough to suffer is
    sought in a finer picture anyway. Otherwise halving it as long as possible is the fast way.
    """
    size = (columns, rows)
    if max(size) <= LEVELS_PX[0]:
        if image.shape[1] > _SKIPPED_MAX * columns:
            image = np.asarray(cv2.resize(image, (2 * columns, 2 * rows)), np.uint8)
        return image if image.shape[1::-1] == size else np.asarray(cv2.resize(image, size), np.uint8)
    while image.shape[0] >= 2 * rows and image.shape[1] >= 2 * columns:
        half = (image.shape[1] // 2, image.shape[0] // 2)
        image = np.asarray(
            cv2.resize(image[: 2 * half[1], : 2 * half[0]], half, interpolation=cv2.INTER_AREA), np.uint8
        )
    if image.shape[1::-1] == size:
        return image
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _decoded(outputs: list[_Rows], columns: int) -> _Rows:
    """Rows whose score suffices; decoding as in upstream's `FaceDetectorYN`."""
    found = []
    for place, stride in enumerate(_STRIDES):
        classes, objects, boxes, points = outputs[place::3]
        likely = classes[:, 0] * objects[:, 0]
        kept = np.flatnonzero(likely > _SCORE_MIN**2)
        if not len(kept):
            continue
        across = columns // stride
        cells = np.stack([kept % across, kept // across], axis=1).astype(np.float32)
        found.append(_rows_of([head[kept] for head in (classes, objects, boxes, points)], cells, stride))
    return np.concatenate(found) if found else _NONE


def _rows_of(heads: list[_Rows], cells: _Rows, stride: int) -> _Rows:
    """Rows from the four heads at some cells, each given as column and row of its stride."""
    classes, objects, boxes, points = heads
    rows = np.empty((len(cells), 15), np.float32)
    centre = (cells + boxes[:, :2]) * stride
    half = np.exp(np.minimum(boxes[:, 2:], 8.0)) * (stride / 2)
    rows[:, :2], rows[:, 2:4] = centre - half, centre + half
    rows[:, 4] = np.sqrt(np.minimum(classes[:, 0] * objects[:, 0], 1.0))
    rows[:, 5:] = ((points.reshape(-1, 5, 2) + cells[:, None]) * stride).reshape(-1, 10)
    return rows


def _without_overlaps(rows: _Rows) -> _Rows:
    """Best first, without weaker finds of the same face."""
    if len(rows) < 2:
        return rows.copy()
    left = rows[np.argsort(-rows[:, 4], kind="stable")][:_CANDIDATES_MAX]
    kept: list[_Rows] = []
    while len(left) and len(kept) < _FACES_MAX:
        best, left = left[0], left[1:]
        kept.append(best)
        left = left[_overlap(best, left) < _OVERLAP_MAX]
    return np.stack(kept)


def _overlap(box: _Rows, boxes: _Rows) -> _Rows:
    """Intersection over union of a row with rows."""
    sides = np.clip(np.minimum(box[2:4], boxes[:, 2:4]) - np.maximum(box[:2], boxes[:, :2]), 0, None)
    shared = sides.prod(axis=1)
    areas = (boxes[:, 2:4] - boxes[:, :2]).prod(axis=1) + (box[2:4] - box[:2]).prod()
    return np.asarray(shared / np.maximum(areas - shared, 1e-6), np.float32)


def _central(outputs: list[_Rows], columns: int) -> _Rows | None:
    """The face that the cut-out was made for: the clearest one in its middle."""
    clearest = _clearest(outputs, columns)
    if clearest is None or _is_central(clearest[None])[0]:
        return clearest
    rows = _decoded(outputs, columns)
    rows = rows[_is_central(rows)]
    return rows[int(rows[:, 4].argmax())] if len(rows) else None


def _is_central(rows: _Rows) -> NDArray[np.bool_]:
    off = np.abs(rows[:, :2] + rows[:, 2:4] - 2 * _CUT_MIDDLE).max(axis=1)
    return np.asarray(off < 2 * _CUT_FACE_PX / 3)


def _clearest(outputs: list[_Rows], columns: int) -> _Rows | None:
    """The one row with the best score: what `_decoded` would give, without the others."""
    likely = [outputs[place][:, 0] * outputs[place + 3][:, 0] for place in range(3)]
    cells = [int(shares.argmax()) for shares in likely]
    place = max(range(3), key=lambda at: float(likely[at][cells[at]]))
    cell, stride = cells[place], _STRIDES[place]
    if likely[place][cell] <= _SCORE_MIN**2:
        return None
    down, across = divmod(cell, columns // stride)
    only = [output[cell : cell + 1] for output in outputs[place::3]]
    return np.asarray(_rows_of(only, np.array([[across, down]], np.float32), stride)[0], np.float32)


def _without_twins(faces: list[Face]) -> list[Face]:
    """Two rough finds may have become the same face."""
    kept: list[Face] = []
    for face in faces:
        middle = face.points.mean(axis=0)
        if all(np.abs(other.points.mean(axis=0) - middle).max() > other.side_px / 4 for other in kept):
            kept.append(face)
    return kept


def _points(row: _Rows) -> Points:
    return np.asarray(row[5:15].reshape(5, 2), np.float32)
